//! The hub's own pages: whether it serves, what it is, and what is said where nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType, RETRY_AFTER};
use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;

/// Where in its life the hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not yet serving.
    Starting,
    /// Serving.
    Ready,
    /// Stopping.
    Draining,
}

/// The phase, shared. Begins with [`Phase::Starting`].
#[derive(Debug, Clone, Default)]
pub struct PhaseCell(Arc<AtomicU8>);

impl PhaseCell {
    /// Goes on to another phase.
    pub fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    fn get(&self) -> Phase {
        const DRAINING: u8 = Phase::Draining as u8;
        const READY: u8 = Phase::Ready as u8;
        match self.0.load(Ordering::Acquire) {
            READY => Phase::Ready,
            DRAINING => Phase::Draining,
            _ => Phase::Starting,
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Nothing {
    error: &'static str,
}

/// Adds the pages; whatever no other route owns is answered here too.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/healthz").get(health).default_service(web::to(only_read)))
        .service(web::resource("/").get(about).default_service(web::to(only_read)))
        .default_service(web::to(nothing));
}

async fn health(phase: Data<PhaseCell>) -> HttpResponse {
    let (code, status) = match phase.get() {
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        Phase::Ready => (StatusCode::OK, "ready"),
        Phase::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
    };
    let mut answer = HttpResponse::build(code);
    if code != StatusCode::OK {
        answer.insert_header((RETRY_AFTER, "1"));
    }
    answer.json(Health { status, version: env!("CARGO_PKG_VERSION") })
}

async fn about() -> HttpResponse {
    const ABOUT: &str = "<p>This server sends and receives SMS through a fleet of Android phones.</p>\
        <ul><li>Programs: <code>POST /api/v1/outbound</code> with an API key; <a href=\"/docs\">the APIs, to read and to \
        try out</a>\
        <li>Phones: <code>/device/v1/connect</code>, paired with a code from <code>relay-hub device pair-code</code>\
        <li>Monitoring: <a href=\"/healthz\"><code>/healthz</code></a></ul>";
    page("Relay Hub", ABOUT)
}

/// A page for people; title and body are HTML of ours.
pub fn page(title: &str, body: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}</style>\
         <h1>{title}</h1>{body}</html>"
    ))
}

/// What is only there to be read.
pub async fn only_read() -> HttpResponse {
    let error = "this page can only be read: use GET";
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET")).json(Nothing { error })
}

/// There is nothing.
pub async fn nothing() -> HttpResponse {
    HttpResponse::NotFound()
        .json(Nothing { error: "there is nothing at this path; `/` says what this server is" })
}
