//! A customer's program that webhooks are posted to: a real socket, which answers as the test says and remembers all that
//! it was told.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::eventually;

/// What it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status without more.
    Status(u16),
    /// A status with these headers and this body.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// 200, once the test lets go.
    Held(Arc<Notify>),
    /// Nothing, and the connection stays.
    Hang,
    /// Nothing, and the connection ends.
    Close,
    /// 200, and a body of which one byte comes each 50 ms, for ever.
    Drip,
    /// 200, and a body of 100 MiB.
    Huge,
}

/// A post as it came.
#[derive(Debug, Clone)]
pub struct Told {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// Which connection it came over, counted from 0.
    pub connection: usize,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body is JSON")
    }

    pub fn event(&self) -> String {
        self.json()["event"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header `{name}`: {:?}", self.headers))
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }
}

#[derive(Default)]
struct Inner {
    told: Vec<Told>,
    next: VecDeque<Reply>,
    usual: Option<Reply>,
    connections: usize,
    open: usize,
}

/// The receiver; dropping it ends it and its connections.
pub struct Receiver {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    accepting: JoinHandle<()>,
    scheme: &'static str,
}

impl Receiver {
    /// On a free port, answering 200.
    pub async fn start() -> Receiver {
        Receiver::start_on("127.0.0.1:0").await
    }

    /// The same at this address.
    pub async fn start_on(address: &str) -> Receiver {
        Receiver::start_with(address, None).await
    }

    /// The same over TLS, with a certificate for `localhost`; answers with the file of its authority, too.
    pub async fn start_tls(folder: &Path) -> (Receiver, PathBuf) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = folder.join("authority.pem");
        std::fs::write(&file, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        (Receiver::start_with("127.0.0.1:0", Some(tls)).await, file)
    }

    async fn start_with(address: &str, tls: Option<TlsAcceptor>) -> Receiver {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::<Mutex<Inner>>::default();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&inner)));
        Receiver { address, inner, accepting, scheme }
    }

    /// Its URL under this host.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    pub fn url(&self, path: &str) -> String {
        self.url_at("127.0.0.1", path)
    }

    /// Answers the next posts so, then as usual.
    pub fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.inner.lock().unwrap().next.extend(replies);
    }

    /// Answers so from now on, where nothing else was said.
    pub fn usually(&self, reply: Reply) {
        self.inner.lock().unwrap().usual = Some(reply);
    }

    /// All that it was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.inner.lock().unwrap().told.clone()
    }

    /// Waits until it was told so much.
    pub async fn until_told(&self, count: usize) -> Vec<Told> {
        eventually(&format!("{count} posts arrive"), || async {
            let told = self.told();
            (told.len() >= count).then_some(told)
        })
        .await
    }

    /// Connections so far, and those that are open.
    pub fn connections(&self) -> (usize, usize) {
        let inner = self.inner.lock().unwrap();
        (inner.connections, inner.open)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, inner: Arc<Mutex<Inner>>) {
    let mut serving = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, inner) = (tls.clone(), Arc::clone(&inner));
        serving.spawn(async move {
            let number = {
                let mut inner = inner.lock().unwrap();
                inner.connections += 1;
                inner.open += 1;
                inner.connections - 1
            };
            let _ended = serve(stream, tls, &inner, number).await;
            inner.lock().unwrap().open -= 1;
        });
    }
}

async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    inner: &Mutex<Inner>,
    number: usize,
) -> std::io::Result<()> {
    match tls {
        Some(tls) => answer(tls.accept(stream).await?, inner, number).await,
        None => answer(stream, inner, number).await,
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    inner: &Mutex<Inner>,
    connection: usize,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(told) = read(&mut stream, connection).await? {
        let reply = {
            let mut inner = inner.lock().unwrap();
            inner.told.push(told);
            inner.next.pop_front().or_else(|| inner.usual.clone()).unwrap_or(Reply::Status(200))
        };
        match reply {
            Reply::Status(status) => write(&mut stream, status, &[], "").await?,
            Reply::Held(until) => {
                until.notified().await;
                write(&mut stream, 200, &[], "").await?;
            }
            Reply::Whole(status, headers, body) => write(&mut stream, status, &headers, &body).await?,
            Reply::Hang => {
                // Until the other end has had enough.
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
                return Ok(());
            }
            Reply::Close => return Ok(()),
            Reply::Drip => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
                loop {
                    stream.write_all(b".").await?;
                    stream.flush().await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Reply::Huge => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n").await?;
                for _ in 0..1600 {
                    stream.write_all(&[b'x'; 65_536]).await?;
                }
            }
        }
    }
    Ok(())
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin), connection: usize) -> std::io::Result<Option<Told>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    assert!(lines[0].starts_with("POST "), "{}", lines[0]);
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .map(|line| line.split_once(':').expect("a header has a colon"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await?;
    Ok(Some(Told { path, headers, body, connection }))
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    status: u16,
    headers: &[(&'static str, String)],
    body: &str,
) -> std::io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} Any\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await
}
