//! Bare WebSocket clients: they connect, stay, and answer pings. For ceilings of handshakes and of memory.

use futures_util::StreamExt as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{client_async_with_config, tungstenite};

use crate::clock;
use crate::load::fleet::Connected;
use crate::run::{Failed, tell};

/// As little as a client of thousands can do with.
const BUFFER_BYTES: usize = 2 * 1024;

#[derive(Debug, clap::Args)]
pub struct DialOptions {
    #[arg(long)]
    addr: String,
    #[arg(long)]
    clients: usize,
}

pub fn run(options: &DialOptions) -> Result<bool, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failed::io("a runtime"))?.block_on(stay(options))?;
    Ok(true)
}

async fn stay(options: &DialOptions) -> Result<(), Failed> {
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    orders.next_line().await.map_err(Failed::io("standard input"))?;
    let mut dialling = tokio::task::JoinSet::new();
    for _ in 0..options.clients {
        let addr = options.addr.clone();
        dialling.spawn(async move { dial(&addr).await });
    }
    let mut staying = tokio::task::JoinSet::new();
    while let Some(socket) = dialling.join_next().await {
        let mut socket = socket.map_err(Failed::because)??;
        staying.spawn(async move { while socket.next().await.is_some() {} });
    }
    tell(&Connected { phones: options.clients, at_us: clock::now_us() })?;
    orders.next_line().await.map_err(Failed::io("standard input"))?;
    Ok(())
}

async fn dial(addr: &str) -> Result<tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>, Failed> {
    let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(0);
    loop {
        let Ok(socket) = tokio::net::TcpStream::connect(addr).await else { continue };
        let mut request = format!("ws://{addr}{}", device_protocol::CONNECT_PATH)
            .into_client_request()
            .map_err(Failed::because)?;
        let protocol = HeaderValue::from_static(device_protocol::SUBPROTOCOL);
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        match client_async_with_config(request, socket, Some(config)).await {
            Ok((socket, _)) => return Ok(socket),
            // The backlog is full: again.
            Err(tungstenite::Error::Io(_)) => {}
            Err(error) => return Err(Failed::because(error)),
        }
    }
}
