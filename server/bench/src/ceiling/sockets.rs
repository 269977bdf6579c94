//! Bare actix-ws: a handshake, a task and a short channel for each connection.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::run::{Failed, tell};

/// Frames that may wait for a connection.
const WAITING: usize = 32;

pub fn run() -> Result<(), Failed> {
    actix_web::rt::System::new().block_on(async {
        let server =
            HttpServer::new(|| App::new().route(device_protocol::CONNECT_PATH, web::get().to(connect)));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let server = server.workers(cores.saturating_sub(1).max(1)).tcp_nodelay(true).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).map_err(Failed::io("a port"))?;
        tell(&server.addrs().first().map(ToString::to_string))?;
        server.run().await.map_err(Failed::io("the server"))
    })
}

async fn connect(request: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (mut response, mut session, mut stream) = actix_ws::handle(&request, body)?;
    let protocol = HeaderValue::from_static(device_protocol::SUBPROTOCOL);
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    let (kept, mut frames) = mpsc::channel::<String>(WAITING);
    actix_web::rt::spawn(async move {
        let _kept = kept;
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Some(text) => if session.text(text).await.is_err() { return },
                    None => return,
                },
                message = stream.next() => match message {
                    Some(Ok(actix_ws::Message::Ping(bytes))) if session.pong(&bytes).await.is_ok() => {}
                    Some(Ok(actix_ws::Message::Text(_) | actix_ws::Message::Pong(_))) => {}
                    _ => return,
                },
            }
        }
    });
    Ok(response)
}
