//! One POST: to a receiver that is checked, within bounds of time and size, over connections that are reused.
//!
//! No proxy from the environment and no redirect: either would lead past the guard. A name is resolved here, and only
//! addresses that the guard admits are handed to whoever connects, so nothing can change between look and connection.

use std::future::Future;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use relay_domain::Timestamp;
use relay_domain::notice::ANSWER_CHARS;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Host;

use super::guard::{Guard, Refused};

/// Bytes of an answer's head at most; what is read at a time as well.
const MOST_HEAD_BYTES: usize = 32 * 1024;
/// Bytes of an answer that are read at most: enough to keep the connection of a receiver that says a few words.
const MOST_ANSWER_BYTES: usize = 64 * 1024;
/// Connections to one host that wait to be used again.
const IDLE_PER_HOST: usize = 256;
/// For how long they do; receivers keep theirs about as long.
const IDLE_TIME: Duration = Duration::from_secs(55);
/// Names that are looked up at once. Each holds a thread of the pool that the store's reads use as well, however long a name
/// server takes to answer; the pool has 512.
static LOOK_UPS: Semaphore = Semaphore::const_new(64);
/// What receivers see in their logs.
const OUR_NAME: &str = concat!("relay-hub/", env!("CARGO_PKG_VERSION"));

/// Whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsRoots {
    /// Files with certificates beside the public ones, PEM.
    pub more: Vec<PathBuf>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file of certificates.
    #[error(
        "cannot use the certificates in `{path}`: {why}; --webhook-ca (RELAY_WEBHOOK_CA) names a PEM file of authorities"
    )]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Anything else: a bug.
    #[error("no HTTP client can be made: {0}")]
    Broken(String),
}

/// Posts. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: Http,
    guard: Arc<Guard>,
    whole: Duration,
}

type Https = HttpsConnector<HttpConnector<Guarded>>;
type Http = hyper_util::client::legacy::Client<Timed, Full<Bytes>>;

/// What a receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The start of its body.
    pub body: String,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Client {
    /// A client whose posts take no longer than `whole`: a third of it to connect, two thirds to the first byte.
    pub fn new(guard: Arc<Guard>, roots: &TlsRoots, whole: Duration) -> Result<Client, ClientError> {
        let broken = |error: &dyn std::error::Error| ClientError::Broken(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(&error))?
            .with_root_certificates(read_roots(roots)?)
            .with_no_client_auth();
        let mut connector = HttpConnector::new_with_resolver(Guarded(Arc::clone(&guard)));
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(whole / 3));
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let connector = Timed { https: connector, limit: whole / 3 };
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_TIME)
            .http1_max_buf_size(MOST_HEAD_BYTES)
            .build(connector);
        Ok(Client { http, guard, whole })
    }

    /// Whether this may be a webhook's URL: looks where it leads now, too.
    pub async fn check(&self, url: &str) -> Result<(), Refused> {
        let url = self.guard.check(url)?;
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        resolve(&self.guard, name).await.map(drop)
    }

    /// Posts once. `Err` says in words why there is no answer.
    pub async fn post(
        &self,
        url: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<Answer, String> {
        let began = Instant::now();
        let url = self.guard.check(url).map_err(|refused| refused.to_string())?;
        let mut request = Request::post(url.as_str())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(OUR_NAME));
        for (name, value) in headers {
            let value =
                HeaderValue::try_from(value).map_err(|_| format!("the header `{name}` cannot be sent"))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        let request = request.body(Full::from(body)).map_err(|_| "`url` cannot be posted to".to_owned())?;
        let first_byte = self.whole * 2 / 3;
        let response = match timeout_at(began + first_byte, self.http.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(in_words(&error)),
            Err(_) => return Err(format!("no answer began within {} ms", first_byte.as_millis())),
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| wish(value, now));
        let mut rest = response.into_body();
        let mut read = Vec::new();
        // The status has said it: a body that drips, breaks off or does not end changes nothing.
        while read.len() < MOST_ANSWER_BYTES
            && let Ok(Some(Ok(frame))) = timeout_at(began + self.whole, rest.frame()).await
        {
            let chunk = frame.into_data().unwrap_or_default();
            read.extend_from_slice(&chunk[..chunk.len().min(MOST_ANSWER_BYTES - read.len())]);
        }
        let body = String::from_utf8_lossy(&read).chars().take(ANSWER_CHARS).collect();
        Ok(Answer { status, body, retry_after })
    }
}

fn read_roots(roots: &TlsRoots) -> Result<rustls::RootCertStore, ClientError> {
    let mut store = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for path in &roots.more {
        read_more(path, &mut store).map_err(|why| ClientError::Roots { path: path.clone(), why })?;
    }
    Ok(store)
}

fn read_more(path: &Path, store: &mut rustls::RootCertStore) -> Result<(), String> {
    let mut found = 0;
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        store.add(certificate).map_err(|error| error.to_string())?;
        found += 1;
    }
    if found == 0 { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}

/// Connects within a time, the greeting of TLS included: also for a post that has got another connection meanwhile and
/// waits for this one no more.
#[derive(Clone)]
struct Timed {
    https: Https,
    limit: Duration,
}

impl tower_service::Service<Uri> for Timed {
    type Response = <Https as tower_service::Service<Uri>>::Response;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, limit) = (self.https.call(uri), self.limit);
        Box::pin(async move {
            match timeout(limit, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(format!("no connection was made within {} ms", limit.as_millis()).into()),
            }
        })
    }
}

/// Resolves names for whoever connects, and hands out only what the guard admits.
#[derive(Clone)]
struct Guarded(Arc<Guard>);

impl tower_service::Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Refused>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let admitted = resolve(&guard, name.as_str()).await?;
            // Port 0 stands for the URL's.
            let addresses: Vec<_> = admitted.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(addresses.into_iter())
        })
    }
}

/// The addresses of a name that may be reached; the reason if there is none.
async fn resolve(guard: &Guard, name: &str) -> Result<Vec<IpAddr>, Refused> {
    // The turn goes along: a look-up that nobody waits for any more still holds its thread.
    let turn = LOOK_UPS.acquire().await;
    let asked = name.to_owned();
    let looked_up = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        (asked.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
    });
    // A name that cannot be looked up has no address.
    let found = looked_up.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    admitted(guard, name, found.unwrap_or_default())
}

fn admitted(guard: &Guard, name: &str, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Refused> {
    let mut refused = Refused::NoAddress(name.to_owned());
    let mut admitted = Vec::with_capacity(found.len());
    for address in found {
        match guard.admit(name, address) {
            Ok(()) => admitted.push(address),
            Err(why) => refused = why,
        }
    }
    if admitted.is_empty() { Err(refused) } else { Ok(admitted) }
}

/// What a receiver asks for: seconds, or an instant (RFC 9110, section 10.2.3).
fn wish(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(at.saturating_sub(now.since(Timestamp::EPOCH)))
}

/// Why nothing was answered: the last cause says it.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        if let Some(refused) = source.downcast_ref::<Refused>() {
            return refused.to_string();
        }
        deepest = source;
    }
    // A certificate may have a thousand names.
    deepest.to_string().chars().take(ANSWER_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::guard::PlainHttp;

    #[tokio::test]
    async fn who_accepts_and_does_not_greet_is_left_within_the_time_to_connect() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", silent.local_addr().unwrap());
        let guard = Arc::new(Guard { plain_http: PlainHttp::Loopback, ..Guard::default() });
        let client = Client::new(guard, &TlsRoots::default(), Duration::from_millis(300)).unwrap();
        let (mut socket, answered) = tokio::join!(
            async { silent.accept().await.unwrap().0 },
            client.post(&url, Vec::new(), Vec::new(), Timestamp::EPOCH),
        );
        assert_eq!(answered, Err("no connection was made within 100 ms".to_owned()));
        // The socket is gone as well.
        let mut heard = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut heard).await.unwrap();
        assert!(!heard.is_empty(), "its greeting");
    }

    #[test]
    fn of_a_name_only_what_is_public_is_handed_out() {
        let guard = Guard::default();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let both = vec![ip("10.0.0.1"), ip("8.8.8.8")];
        assert_eq!(admitted(&guard, "a.example", both), Ok(vec![ip("8.8.8.8")]));
        let refused = admitted(&guard, "a.example", vec![ip("169.254.169.254")]).unwrap_err();
        assert!(matches!(refused, Refused::Address { .. }), "{refused}");
        assert_eq!(admitted(&guard, "a.example", vec![]), Err(Refused::NoAddress("a.example".into())));
    }

    #[test]
    fn a_receiver_asks_for_time_in_seconds_or_until_an_instant() {
        let now = Timestamp::from_millis(1_777_104_000_000);
        let asked =
            |text: &str| wish(&HeaderValue::from_str(text).unwrap(), now).map(|asked| asked.as_secs());
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked(" 0 "), Some(0));
        assert_eq!(asked("Sat, 25 Apr 2026 08:01:00 GMT"), Some(60));
        assert_eq!(asked("Sat, 25 Apr 2026 07:00:00 GMT"), Some(0));
        for nonsense in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(asked(nonsense), None, "{nonsense}");
        }
    }
}
