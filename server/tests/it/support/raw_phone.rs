//! A phone without manners: it speaks the WebSocket by hand, says what a test tells it to, and hears every word
//! and every close code.

use std::fs;

use device_protocol::{
    AppFacts, CONNECT_PATH, CloseCode, Closing, DownFrame, Hello, JournalFacts, OsFacts, PROTOCOL,
    SUBPROTOCOL, Sim, UpFrame, Welcome,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use uuid::Uuid;

use super::Hub;
use super::await_fact::within_deadline;

/// What a pairing gave.
#[derive(Debug, Clone)]
pub struct Paired {
    pub device_id: Uuid,
    pub token: String,
    pub journal: Uuid,
}

impl Paired {
    /// A device of this name, paired over HTTP; the account must be the only one.
    pub async fn new(hub: &Hub, name: &str) -> Paired {
        let code = hub.manage(&["device", "pair-code", "--name", name]);
        Paired::with_code(hub, code["code"].as_str().unwrap()).await
    }

    /// Paired with this code.
    pub async fn with_code(hub: &Hub, code: &str) -> Paired {
        let pairing = android_bridge::pair(&hub.url(""), code, "raw").await.expect("the code works");
        Paired { device_id: pairing.device_id, token: pairing.token, journal: Uuid::new_v4() }
    }

    /// The hello of a journal in which nothing has happened.
    pub fn hello(&self) -> Hello {
        let sim = Sim {
            slot: 0,
            number: Some("+4915112345678".into()),
            carrier: Some("Telekom".into()),
            subscription_id: Some(1),
            iccid_hash: None,
            default: true,
        };
        Hello {
            protocol: PROTOCOL,
            capabilities: vec!["command.refresh_sims".into()],
            app: AppFacts { version: "1.0.0".into() },
            os: OsFacts { name: "raw".into(), ..OsFacts::default() },
            sims: vec![sim],
            journal: JournalFacts { id: self.journal, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 },
            unfinished: Vec::new(),
            max_pending: 256,
        }
    }

    /// The hello of a journal whose events 1 to `head` are all kept, and which took frames up to `down`.
    pub fn hello_after(&self, head: u64, down: u64) -> Hello {
        let journal = JournalFacts { id: self.journal, virgin: false, lowest: 1, head, acked: 0, down };
        Hello { journal, ..self.hello() }
    }
}

/// How an upgrade was refused.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub code: String,
    pub challenge: Option<String>,
}

/// How a session ended, as the phone saw it.
#[derive(Debug)]
pub struct Ending {
    /// The last frame, if it was a `closing`.
    pub closing: Option<Closing>,
    /// Number and reason of the close frame.
    pub close: Option<(u16, String)>,
}

/// The phone's end of a socket.
pub struct RawPhone {
    socket: WebSocketStream<TcpStream>,
}

impl RawPhone {
    /// Asks for an upgrade with these headers.
    pub async fn knock(hub: &Hub, headers: &[(&'static str, &str)]) -> Result<RawPhone, Refused> {
        let socket = TcpSocket::new_v4().unwrap();
        RawPhone::knock_on(socket, hub, headers).await
    }

    /// The same over a socket with options of its own.
    pub async fn knock_on(
        socket: TcpSocket,
        hub: &Hub,
        headers: &[(&'static str, &str)],
    ) -> Result<RawPhone, Refused> {
        let url = format!("ws://127.0.0.1:{}{CONNECT_PATH}", hub.port());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = socket.connect(([127, 0, 0, 1], hub.port()).into()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let shaken =
            within_deadline("the upgrade is answered", tokio_tungstenite::client_async(request, stream));
        match shaken.await {
            Ok((socket, _)) => Ok(RawPhone { socket }),
            Err(Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                let challenge = answer.headers().get("www-authenticate");
                Err(Refused {
                    status: answer.status().as_u16(),
                    code: body["error"]["code"].as_str().unwrap_or_default().to_owned(),
                    challenge: challenge.map(|value| value.to_str().unwrap().to_owned()),
                })
            }
            Err(error) => panic!("no answer to the upgrade: {error}"),
        }
    }

    /// Connects with a token that lives.
    pub async fn dial(hub: &Hub, token: &str) -> RawPhone {
        let bearer = format!("Bearer {token}");
        RawPhone::knock(hub, &[("authorization", &bearer), ("sec-websocket-protocol", SUBPROTOCOL)])
            .await
            .expect("the token lives")
    }

    /// Connects, says hello and hears the welcome.
    pub async fn greet(hub: &Hub, token: &str, hello: Hello) -> (RawPhone, Welcome) {
        let mut phone = RawPhone::dial(hub, token).await;
        let welcome = phone.introduce(hello).await;
        (phone, welcome)
    }

    /// Says hello and hears the welcome.
    pub async fn introduce(&mut self, hello: Hello) -> Welcome {
        self.say(UpFrame::Hello(Box::new(hello)).to_text()).await;
        match self.hear().await {
            Some(DownFrame::Welcome(welcome)) => welcome,
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// Says a text. A hub that has closed already does not hear it, which is no error here.
    pub async fn say(&mut self, text: impl Into<String>) {
        self.say_frame(Message::text(text.into())).await;
    }

    /// Says anything.
    pub async fn say_frame(&mut self, frame: Message) {
        let _closed = within_deadline("the hub reads", self.socket.send(frame)).await;
    }

    /// Says many things in one go.
    pub async fn say_all(&mut self, frames: impl IntoIterator<Item = Message>) {
        for frame in frames {
            if within_deadline("the hub reads", self.socket.feed(frame)).await.is_err() {
                return;
            }
        }
        let _closed = within_deadline("the hub reads", self.socket.flush()).await;
    }

    /// The next frame of the hub; none when it has ended the session. Pings are answered on the way.
    pub async fn hear(&mut self) -> Option<DownFrame> {
        loop {
            match within_deadline("the hub says something", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return Some(DownFrame::parse(&text).expect("a frame of the hub"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The same for a phone that has nothing to wait for.
    pub async fn hear_patiently(&mut self) -> Option<DownFrame> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Some(DownFrame::parse(&text).expect("a frame of the hub"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Everything up to event `up` is stored.
    pub async fn hears_ack(&mut self, up: u64) {
        loop {
            match self.hear().await {
                Some(DownFrame::Ack { up: told }) if told >= up => return assert_eq!(told, up),
                Some(_) => {}
                None => panic!("the session ended before event {up} was acknowledged"),
            }
        }
    }

    /// Hears to the end.
    pub async fn ending(&mut self) -> Ending {
        let mut ending = Ending { closing: None, close: None };
        loop {
            match within_deadline("the hub ends the session", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let frame = DownFrame::parse(&text).expect("a frame of the hub");
                    assert!(ending.closing.is_none(), "after `closing` came {frame:?}");
                    if let DownFrame::Closing(closing) = frame {
                        ending.closing = Some(closing);
                    }
                }
                Some(Ok(Message::Close(close))) => {
                    ending.close = close.map(|close| (close.code.into(), close.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return ending,
            }
        }
    }

    /// The session ends with this code, in the `closing` frame and in the close frame behind it.
    pub async fn is_closed_with(&mut self, code: CloseCode) {
        let ending = self.ending().await;
        assert_eq!(ending.closing.as_ref().map(|closing| closing.reason), Some(code), "{ending:?}");
        assert_eq!(ending.close, Some((code.code(), code.word().to_owned())));
    }

    /// The port of its end: the hub's end is known by it.
    pub fn port(&self) -> u16 {
        self.socket.get_ref().local_addr().unwrap().port()
    }

    /// The bare stream: what comes next is not a WebSocket's any more.
    pub fn into_stream(self) -> TcpStream {
        self.socket.into_inner()
    }
}

/// An `inbound` line.
pub fn inbound(body: &str) -> String {
    let line = json!({
        "type": "inbound", "slot": 0, "from": "+4915200000001", "body": body, "parts": 1,
        "digest": "1ddf9ee696fa750832b8649c9b88e3c1fcbf4eee7ee426cc59e1af2383085135", "source": "broadcast",
        "at": { "wall_ms": 1_766_000_000_000_u64, "age_ms": 10 },
    });
    line.to_string()
}

/// A line about a message.
pub fn about(kind: &str, message: Uuid) -> String {
    let at = json!({ "wall_ms": 1_766_000_000_000_u64, "age_ms": 10 });
    json!({ "type": kind, "id": message, "at": at, "parts": 1 }).to_string()
}

/// Whether the hub still holds the socket whose other end has this port.
pub fn hub_holds_socket(hub: &Hub, port: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let hub_end = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let ports = [hub.port(), port].map(|port| format!(":{port:04X}"));
        (fields[1].ends_with(&ports[0]) && fields[2].ends_with(&ports[1]))
            .then(|| format!("socket:[{}]", fields[9]))
    };
    let Some(name) = table.lines().skip(1).find_map(hub_end) else { return false };
    let descriptors = fs::read_dir(format!("/proc/{}/fd", hub.pid())).unwrap();
    descriptors
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == name.as_str()))
}
