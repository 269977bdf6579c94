//! The upgrade: subprotocol, token, socket options, and the WebSocket as a stream of frames and a sink. The session
//! knows none of it.
//!
//! A connection that becomes a WebSocket leaves actix's HTTP, which would keep 16 KiB of buffers for it
//! (docs/decisions/0012).

use std::cell::RefCell;
use std::future::{poll_fn, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_codec::{Framed, FramedParts};
use actix_http::ws::{hash_key, verify_handshake};
use actix_http::{Request, RequestHead, h1};
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, web};
use device_protocol::{CONNECT_PATH, CloseCode, Refusal, RefusalBody, RefusalCode, SUBPROTOCOL, limits};
use futures_util::{FutureExt as _, SinkExt as _, Stream, StreamExt as _, stream};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, error};

use super::Hub;
use super::directory::Registration;
use super::session::{self, Incoming, Outgoing, Session, Sink, Unwritten, Writing};
use crate::relay::tokens::{DeviceToken, TokenError};

/// The kernel's buffers of an accepted socket: a queued write is not a written one, so little is queued.
const SOCKET_BUFFER_BYTES: usize = 256 * 1024;
/// Of a phone's connection, kept while it is quiet: most of what an idle phone costs. Longer frames get more while they
/// are read.
const READ_BUFFER_BYTES: usize = 1024;
/// What the hub keeps for a phone that does not read: far more than a frame, and no more, however often it pings.
const MOST_UNREAD_BYTES: usize = 1024 * 1024;
/// Carried by pings: who answers has read it. A pong without it is only a sign of life.
const PING_PAYLOAD: Bytes = Bytes::from_static(b"?");
/// Told with 503.
const RETRY_AFTER_SECONDS: &str = "5";
/// For the end of the WebSocket.
const PARTING_TIME: Duration = Duration::from_secs(2);

/// Adds the route, for whoever asks for no WebSocket there.
pub fn configure(config: &mut web::ServiceConfig) {
    let told = |request: HttpRequest| ready(look(request.head()).err().unwrap_or_else(no_upgrade).answer());
    config.route(CONNECT_PATH, web::get().to(told));
}

/// Options of each accepted socket: data that the peer's kernel does not acknowledge for `write_timeout` ends
/// it, even when nobody in this process looks at it any more.
pub fn on_connect(
    write_timeout: Duration,
) -> impl Fn(&TcpStream, &mut actix_web::dev::Extensions) + Clone + Send + Sync {
    move |stream, _| {
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

/// Whether a request that asks for a WebSocket asks at the right place.
pub fn is_for_phones(request: &Request) -> bool {
    request.path() == CONNECT_PATH
}

/// A connection that stays HTTP, and what it is to be told.
pub type TurnedAway = (FramedParts<TcpStream, h1::Codec>, HttpResponse);

/// Takes over a connection whose client asked for a WebSocket: it leaves HTTP, whose task and buffers are free. Ends with
/// the phone's session, and answers the socket if its last word was written.
pub fn serve(
    hub: Hub,
    request: &Request,
    connection: Framed<TcpStream, h1::Codec>,
) -> impl Future<Output = Result<Option<TcpStream>, TurnedAway>> + use<> {
    let asked = look(request.head());
    // Nothing more is kept while the token is looked up: a whole fleet may wait for that at once.
    let FramedParts { io, codec, read_buf, .. } = connection.into_parts();
    let early = read_buf.to_vec();
    async move {
        let admitted = match asked {
            Ok(asked) => admit(&hub, &asked.token).await.map(|token| (token, asked.accept)),
            Err(refused) => Err(refused),
        };
        let registered = admitted.and_then(|(token, accept)| {
            // Registered before the 101 leaves: what is dispatched from now on finds the session.
            let registration = hub.directory.register(token.device_id, token.generation);
            registration.map(|registration| (registration, accept)).ok_or_else(stopping)
        });
        match registered {
            Ok((registration, accept)) => Ok(converse(hub, registration, accept, io, early).await),
            Err(refused) => Err((FramedParts::new(io, codec), refused.answer())),
        }
    }
}

/// Why a connection stays HTTP.
struct Refused(RefusalCode, String);

impl Refused {
    fn new(code: RefusalCode, message: &str) -> Refused {
        Refused(code, message.to_owned())
    }

    fn answer(self) -> HttpResponse {
        refuse(self.0, &self.1)
    }
}

fn no_upgrade() -> Refused {
    let message = format!("connect with a WebSocket upgrade that offers the subprotocol `{SUBPROTOCOL}`");
    Refused(RefusalCode::SubprotocolRequired, message)
}

fn stopping() -> Refused {
    Refused::new(RefusalCode::Unavailable, "the hub is stopping: come back in a moment")
}

/// What a request shows.
struct Asked {
    token: String,
    /// The answer to its `Sec-WebSocket-Key`.
    accept: [u8; 28],
}

/// What a request shows, if it is a phone's.
fn look(head: &RequestHead) -> Result<Asked, Refused> {
    if !offers_subprotocol(head) {
        return Err(no_upgrade());
    }
    let missing = "send the device token as `Authorization: Bearer …`";
    let token = bearer(head).ok_or_else(|| Refused::new(RefusalCode::TokenMissing, missing))?;
    verify_handshake(head).map_err(|_| no_upgrade())?;
    let key = head.headers().get(header::SEC_WEBSOCKET_KEY);
    let accept = hash_key(key.map(HeaderValue::as_bytes).unwrap_or_default());
    Ok(Asked { token: token.to_owned(), accept })
}

async fn admit(hub: &Hub, token: &str) -> Result<DeviceToken, Refused> {
    // Never closed.
    let _turn = hub.checks.acquire().await;
    hub.relay.authorise_device(token).await.map_err(|error| match error {
        TokenError::Invalid => {
            Refused::new(RefusalCode::TokenInvalid, "the token is not one of this hub's: pair the phone")
        }
        TokenError::Revoked => {
            Refused::new(RefusalCode::TokenRevoked, "the token was revoked: pair the phone again")
        }
        TokenError::Unavailable(_) | TokenError::Signing(_) => {
            tracing::warn!(%error, "a device token could not be checked");
            Refused::new(RefusalCode::Unavailable, "the token cannot be checked now: come back in a moment")
        }
    })
}

/// The phone's connection, from the 101 to its end.
async fn converse(
    hub: Hub,
    registration: Registration,
    accept: [u8; 28],
    mut io: TcpStream,
    early: Vec<u8>,
) -> Option<TcpStream> {
    io.write_all(&switching(accept)).await.ok()?;
    tracing::info!(device = %registration.device_id(), "phone connected");
    let settings = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(READ_BUFFER_BYTES)
        .max_write_buffer_size(MOST_UNREAD_BYTES)
        .max_message_size(Some(limits::MAX_UP_FRAME_BYTES))
        .max_frame_size(Some(limits::MAX_UP_FRAME_BYTES));
    let socket = WebSocketStream::from_partially_read(io, early, Role::Server, Some(settings)).await;
    let socket = Socket(Rc::new(RefCell::new(socket)));
    // In a box: the future below would hold its place three times over.
    let session = Box::new(Session::new(registration.identity(), *hub.settings, hub.relay.clock().now()));
    let write_timeout = hub.settings.write_timeout;
    session::run(socket.incoming(), socket.clone(), session, hub.relay, registration, write_timeout).await;
    let mut socket = Rc::into_inner(socket.0)?.into_inner();
    let flushed = tokio::time::timeout(PARTING_TIME, socket.flush()).await;
    flushed.is_ok_and(|flushed| flushed.is_ok()).then(|| socket.into_inner())
}

/// The head of the answer that ends HTTP on a connection.
fn switching(accept: [u8; 28]) -> Vec<u8> {
    let accept = String::from_utf8_lossy(&accept);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\nsec-websocket-protocol: {SUBPROTOCOL}\r\n\r\n"
    )
    .into_bytes()
}

/// A phone's WebSocket, in the hands of the one task that reads and writes it.
#[derive(Clone)]
struct Socket(Rc<RefCell<WebSocketStream<TcpStream>>>);

impl Socket {
    fn incoming(&self) -> impl Stream<Item = Incoming> + Unpin + use<> {
        let socket = Rc::clone(&self.0);
        stream::poll_fn(move |context| {
            let frame = socket.borrow_mut().poll_next_unpin(context);
            frame.map(|frame| read(frame?))
        })
    }
}

/// A frame as the session knows it; `None` at the end of a connection without a close frame: a vanished phone is not a
/// frame that broke a rule.
fn read(frame: Result<Message, Error>) -> Option<Incoming> {
    Some(match frame {
        Ok(Message::Text(text)) => Incoming::Text(text.as_str().to_owned()),
        Ok(Message::Pong(payload)) if payload == PING_PAYLOAD => Incoming::Answer,
        Ok(Message::Ping(_) | Message::Pong(_)) => Incoming::Heartbeat,
        Ok(Message::Close(_)) => Incoming::Close,
        Ok(Message::Binary(_) | Message::Frame(_)) => Incoming::Binary,
        Err(Error::Capacity(_)) => Incoming::Broken(CloseCode::FrameTooLarge),
        Err(Error::Protocol(error::ProtocolError::ResetWithoutClosingHandshake)) => return None,
        Err(Error::Protocol(_) | Error::Utf8(_)) => Incoming::Broken(CloseCode::MalformedFrame),
        Err(_) => return None,
    })
}

impl Sink for Socket {
    fn send(&self, frames: Vec<Outgoing>, within: Duration) -> Writing {
        let socket = Rc::clone(&self.0);
        let written = async move {
            for frame in frames {
                poll_fn(|context| socket.borrow_mut().poll_ready_unpin(context)).await?;
                socket.borrow_mut().start_send_unpin(message(frame))?;
            }
            poll_fn(|context| socket.borrow_mut().poll_flush_unpin(context)).await
        };
        async move {
            let written: Result<Result<(), Error>, _> = tokio::time::timeout(within, written).await;
            written.map_err(|_| Unwritten::Late)?.map_err(|_| Unwritten::Gone)
        }
        .boxed_local()
    }
}

fn message(frame: Outgoing) -> Message {
    match frame {
        Outgoing::Text(text) => Message::text(text),
        Outgoing::Ping => Message::Ping(PING_PAYLOAD),
        Outgoing::Close(code) => {
            Message::Close(Some(CloseFrame { code: code.code().into(), reason: code.word().into() }))
        }
    }
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

fn offers_subprotocol(head: &RequestHead) -> bool {
    head.headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == SUBPROTOCOL)
}

fn bearer(head: &RequestHead) -> Option<&str> {
    let value = head.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
