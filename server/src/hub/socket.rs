//! The upgrade: subprotocol, token, socket options, and actix-ws as a stream of frames and a sink. The session
//! knows none of it.

use std::any::Any;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream};
use device_protocol::{CONNECT_PATH, CloseCode, Refusal, RefusalBody, RefusalCode, SUBPROTOCOL, limits};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, Stream, StreamExt as _};

use super::Hub;
use super::session::{self, Incoming, Outgoing, Session, Sink, SocketGone};
use crate::relay::tokens::TokenError;

/// The kernel's buffers of an accepted socket: a queued write is not a written one, so little is queued.
const SOCKET_BUFFER_BYTES: usize = 256 * 1024;
/// Carried by pings: who answers has read it. A pong without it is only a sign of life.
const PING_PAYLOAD: &[u8] = b"?";
/// Told with 503.
const RETRY_AFTER_SECONDS: &str = "5";

/// Adds the route.
pub fn configure(hub: &Hub, config: &mut web::ServiceConfig) {
    let hub = hub.clone();
    let upgrade = move |request: HttpRequest, body: web::Payload| connect(hub.clone(), request, body);
    config.route(CONNECT_PATH, web::get().to(upgrade));
}

/// Options of each accepted socket: data that the peer's kernel does not acknowledge for `write_timeout` ends
/// it, even when nobody in this process looks at it any more.
pub fn on_connect(
    write_timeout: Duration,
) -> impl Fn(&dyn Any, &mut actix_web::dev::Extensions) + Clone + Send + Sync {
    move |connection, _| {
        let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
        let socket = socket2::SockRef::from(stream);
        let set = socket
            .set_tcp_user_timeout(Some(write_timeout))
            .and_then(|()| socket.set_send_buffer_size(SOCKET_BUFFER_BYTES))
            .and_then(|()| socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES));
        if let Err(error) = set {
            tracing::warn!(%error, "socket options could not be set");
        }
    }
}

async fn connect(hub: Hub, request: HttpRequest, body: web::Payload) -> HttpResponse {
    match upgrade(hub, &request, body).await {
        Ok(response) => response,
        Err(refused) => refused,
    }
}

async fn upgrade(hub: Hub, request: &HttpRequest, body: web::Payload) -> Result<HttpResponse, HttpResponse> {
    if !offers_subprotocol(request) {
        let message = format!("connect with a WebSocket upgrade that offers the subprotocol `{SUBPROTOCOL}`");
        return Err(refuse(RefusalCode::SubprotocolRequired, &message));
    }
    let token = bearer(request).ok_or_else(|| {
        refuse(RefusalCode::TokenMissing, "send the device token as `Authorization: Bearer …`")
    })?;
    let token = hub.relay.authorise_device(token).await.map_err(|error| match error {
        TokenError::Invalid => {
            refuse(RefusalCode::TokenInvalid, "the token is not one of this hub's: pair the phone")
        }
        TokenError::Revoked => {
            refuse(RefusalCode::TokenRevoked, "the token was revoked: pair the phone again")
        }
        TokenError::Unavailable(_) | TokenError::Signing(_) => {
            tracing::warn!(%error, "a device token could not be checked");
            refuse(RefusalCode::Unavailable, "the token cannot be checked now: come back in a moment")
        }
    })?;
    let bad = |error: actix_web::Error| refuse(RefusalCode::SubprotocolRequired, &error.to_string());
    let (mut response, socket, stream) = actix_ws::handle(request, body).map_err(bad)?;
    // Registered before the 101 leaves: what is dispatched from now on finds the session.
    let Some(registration) = hub.directory.register(token.device_id, token.generation) else {
        return Err(refuse(RefusalCode::Unavailable, "the hub is stopping: come back in a moment"));
    };
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let frames = stream
        .max_frame_size(limits::MAX_UP_FRAME_BYTES)
        .aggregate_continuations()
        .max_continuation_size(limits::MAX_UP_FRAME_BYTES);
    let session = Session::new(registration.identity(), *hub.settings, hub.relay.clock().now());
    tracing::info!(device = %token.device_id, "phone connected");
    let write_timeout = hub.settings.write_timeout;
    let sink = ActixSink(socket);
    actix_web::rt::spawn(session::run(
        incoming(frames),
        sink,
        session,
        hub.relay,
        registration,
        write_timeout,
    ));
    Ok(response)
}

fn offers_subprotocol(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == SUBPROTOCOL)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A refusal as the protocol writes it.
pub(super) fn refuse(code: RefusalCode, message: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(code.status())
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    match code.status() {
        401 => response.insert_header((header::WWW_AUTHENTICATE, "Bearer")),
        503 => response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS)),
        _ => &mut response,
    };
    response.json(RefusalBody { error: Refusal { code, message: message.to_owned() } })
}

fn incoming(frames: AggregatedMessageStream) -> impl Stream<Item = Incoming> + Unpin {
    // The end of the connection without a Close frame is a vanished phone, not a frame that broke a rule.
    let connected =
        frames.take_while(|frame| std::future::ready(!matches!(frame, Err(error) if is_end(error))));
    connected.map(|frame| match frame {
        Ok(AggregatedMessage::Text(text)) => Incoming::Text(text.into()),
        Ok(AggregatedMessage::Binary(_)) => Incoming::Binary,
        Ok(AggregatedMessage::Ping(payload)) => Incoming::Ping(payload.to_vec()),
        Ok(AggregatedMessage::Pong(payload)) if payload == PING_PAYLOAD => Incoming::Answer,
        Ok(AggregatedMessage::Pong(_)) => Incoming::Pong,
        Ok(AggregatedMessage::Close(_)) => Incoming::Close,
        Err(actix_ws::ProtocolError::Overflow) => Incoming::Broken(CloseCode::FrameTooLarge),
        // A frame that grew too large in parts; parts that are no UTF-8 together are `InvalidData`.
        Err(actix_ws::ProtocolError::Io(error)) if error.kind() == std::io::ErrorKind::Other => {
            Incoming::Broken(CloseCode::FrameTooLarge)
        }
        Err(_) => Incoming::Broken(CloseCode::MalformedFrame),
    })
}

/// actix-ws tells what ended the connection as an I/O error about the payload.
fn is_end(error: &actix_ws::ProtocolError) -> bool {
    let actix_ws::ProtocolError::Io(error) = error else { return false };
    error.get_ref().is_some_and(|inner| inner.is::<actix_web::error::PayloadError>())
}

struct ActixSink(actix_ws::Session);

impl Sink for ActixSink {
    fn send(&self, frame: Outgoing) -> LocalBoxFuture<'static, Result<(), SocketGone>> {
        let mut socket = self.0.clone();
        async move {
            let sent = match frame {
                Outgoing::Text(text) => socket.text(text).await,
                Outgoing::Ping => socket.ping(PING_PAYLOAD).await,
                Outgoing::Pong(payload) => socket.pong(&payload).await,
                Outgoing::Close(code) => {
                    let reason = actix_ws::CloseReason {
                        code: actix_ws::CloseCode::Other(code.code()),
                        description: Some(code.word().to_owned()),
                    };
                    socket.close(Some(reason)).await
                }
            };
            sent.map_err(|_| SocketGone)
        }
        .boxed_local()
    }
}
