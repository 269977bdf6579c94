//! The hub's HTTP stack with nothing behind it: key check, body, answer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::commit::{self, Insert};
use crate::run::{Failed, tell};
use crate::seed;

const PEPPER: [u8; 32] = [7; 32];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    recipient_number: String,
    body: String,
}

/// As long as the hub's answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    id: Uuid,
    status: &'a str,
    direction: &'a str,
    device_id: Uuid,
    sim_slot_index: u8,
    recipient_number: &'a str,
    body: &'a str,
    created_at: &'a str,
    dispatched_at: Option<&'a str>,
    sent_at: Option<&'a str>,
}

struct Stand {
    keys: HashMap<[u8; 32], Uuid>,
    writer: Option<Sender<Insert>>,
}

pub fn run(lines: &Path, database: Option<&Path>) -> Result<(), Failed> {
    let lines = seed::read(lines)?;
    let keys = lines.iter().map(|line| (digest(&line.secret), line.device)).collect();
    let stand = web::Data::from(Arc::new(Stand { keys, writer: database.map(commit::writer).transpose()? }));
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            App::new().app_data(stand.clone()).route("/api/v1/outbound", web::post().to(outbound))
        });
        // The hub's own numbers.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let server = server.workers(cores.saturating_sub(1).max(1)).tcp_nodelay(true).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).map_err(Failed::io("a port"))?;
        tell(&server.addrs().first().map(ToString::to_string))?;
        server.run().await.map_err(Failed::io("the server"))
    })
}

fn digest(secret: &str) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&PEPPER) else {
        unreachable!("HMAC takes keys of every length");
    };
    mac.update(b"api-key:");
    mac.update(secret.as_bytes());
    mac.finalize().into_bytes().into()
}

async fn outbound(stand: web::Data<Stand>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let secret = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let secret = secret.and_then(|value| value.strip_prefix("Bearer "));
    let Some(device) = secret.and_then(|secret| stand.keys.get(&digest(secret))) else {
        return HttpResponse::Unauthorized().finish();
    };
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let id = Uuid::now_v7();
    if let Some(writer) = &stand.writer {
        let (done, told) = oneshot::channel();
        let (to, text) = (asked.recipient_number.clone(), asked.body.clone());
        let asked = writer.send(Insert { id, device: *device, to, text, done });
        if asked.is_err() || told.await.is_err() {
            return HttpResponse::InternalServerError().finish();
        }
    }
    HttpResponse::Accepted().json(Answer {
        id,
        status: "QUEUED",
        direction: "OUTBOUND",
        device_id: *device,
        sim_slot_index: 0,
        recipient_number: &asked.recipient_number,
        body: &asked.body,
        created_at: "2026-01-01T00:00:00.000Z",
        dispatched_at: None,
        sent_at: None,
    })
}
