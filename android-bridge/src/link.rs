//! The real socket: one WebSocket to the hub, over plain TCP.
//!
//! Owns dialling, the refusals before there is a session, and the limits of the frames. Knows no engine. TLS is
//! not spoken here: beside a public hub a phone of this crate stands behind the same proxy as the hub.

use std::time::Duration;

use device_protocol::{CONNECT_PATH, RefusalBody, SUBPROTOCOL, limits};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error as SocketError,
        client::IntoClientRequest,
        handshake::client::Request,
        http::{
            HeaderValue,
            header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
        },
        protocol::WebSocketConfig,
    },
};

/// A socket that takes longer to open than this is tried again.
const DIAL_TIMEOUT: Duration = Duration::from_secs(20);
/// Small, so that thousands of phones fit one process; frames larger than it still pass.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// An open socket.
pub type Socket = WebSocketStream<TcpStream>;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The hub knows this token no more: trying again changes nothing.
    #[error("the hub refuses this phone: {0}")]
    Refused(String),
    /// Anything else: try again later.
    #[error("{0}")]
    Unreachable(String),
    /// The address is none of ours.
    #[error("`{0}` is not a hub's address: write `http://host:port`")]
    Address(String),
}

/// Opens a socket to the hub at `hub_url` (`http://host:port` or `ws://host:port`).
pub async fn dial(hub_url: &str, token: &str) -> Result<Socket, DialError> {
    let authority = authority(hub_url)?;
    let request = request(authority, token).ok_or_else(|| DialError::Address(hub_url.into()))?;
    match tokio::time::timeout(DIAL_TIMEOUT, open(authority, request)).await {
        Ok(opened) => opened,
        Err(_elapsed) => Err(DialError::Unreachable(format!("`{hub_url}` did not answer in time"))),
    }
}

async fn open(authority: &str, request: Request) -> Result<Socket, DialError> {
    let unreachable =
        |error: std::io::Error| DialError::Unreachable(format!("cannot reach `{authority}`: {error}"));
    let stream = if authority_has_port(authority) {
        TcpStream::connect(authority).await
    } else {
        TcpStream::connect((authority.trim_matches(['[', ']']), DEFAULT_PORT)).await
    }
    .map_err(unreachable)?;
    // Frames are small and each is waited for.
    stream.set_nodelay(true).map_err(unreachable)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_frame_size(Some(limits::MAX_DOWN_FRAME_BYTES))
        .max_message_size(Some(limits::MAX_DOWN_FRAME_BYTES));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _response)) => Ok(socket),
        Err(SocketError::Http(response)) => {
            Err(refusal(response.status().as_u16(), response.body().as_deref()))
        }
        Err(error) => Err(DialError::Unreachable(error.to_string())),
    }
}

const DEFAULT_PORT: u16 = 80;
const STATUS_UNAUTHORIZED: u16 = 401;

fn refusal(status: u16, body: Option<&[u8]>) -> DialError {
    let told = body.and_then(|body| serde_json::from_slice::<RefusalBody>(body).ok());
    let text = match told {
        Some(RefusalBody { error }) => format!("{}: {}", error.code.word(), error.message),
        None => format!("status `{status}`"),
    };
    if status == STATUS_UNAUTHORIZED { DialError::Refused(text) } else { DialError::Unreachable(text) }
}

fn request(authority: &str, token: &str) -> Option<Request> {
    let mut request = format!("ws://{authority}{CONNECT_PATH}").into_client_request().ok()?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).ok()?);
    Some(request)
}

fn authority(hub_url: &str) -> Result<&str, DialError> {
    let rest = hub_url.strip_prefix("http://").or_else(|| hub_url.strip_prefix("ws://"));
    let authority = rest.map(|rest| rest.trim_end_matches('/')).filter(|rest| !rest.is_empty());
    authority.filter(|rest| !rest.contains('/')).ok_or_else(|| DialError::Address(hub_url.into()))
}

fn authority_has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}
