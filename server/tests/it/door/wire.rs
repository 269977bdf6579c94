//! A bare connection: it says what no HTTP library would, and reads what comes back, answer by answer.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Hub;
use crate::support::await_fact::within_deadline;

/// One answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    /// A header, if it stands there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().skip(1).filter_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        let value = values.next();
        assert_eq!(values.next(), None, "`{name}` stands there twice");
        value
    }

    /// A refusal in the vendor's envelope.
    pub fn is_refused(&self, status: u16, code: &str) {
        let body: Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no envelope: {self:?}"));
        assert_eq!((self.status, &body["error"]["code"]), (status, &Value::from(code)), "{self:?}");
        assert_eq!(body["success"], false);
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    }

    /// What the HTTP library says by itself: a number, and the end.
    pub fn is_bare(&self, status: u16) {
        assert_eq!((self.status, self.body.as_str()), (status, ""), "{self:?}");
        assert_eq!(self.header("connection"), Some("close"));
    }
}

/// The client's end of a connection.
pub struct Wire {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Wire {
    pub async fn to(hub: &Hub) -> Wire {
        let stream = TcpStream::connect(("127.0.0.1", hub.port())).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Wire { stream, heard: Vec::new() }
    }

    /// Says bytes; false when the hub has ended the connection.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        within_deadline("the hub reads", self.stream.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Nothing more is said; the answers are still read.
    pub async fn end(&mut self) {
        let _ended_already = self.stream.shutdown().await;
    }

    /// Says the same until the hub has ended the connection.
    pub async fn say_until_ended(&mut self, bytes: &[u8]) {
        while self.say(bytes).await {}
    }

    /// Says a byte now and then until an answer comes.
    pub async fn drip(&mut self, pause: Duration) -> Reply {
        let mut drip = tokio::time::interval(pause);
        loop {
            drip.tick().await;
            self.say("x").await;
            if let Some(reply) = self.answer_if_any().await {
                return reply;
            }
        }
    }

    /// The next answer; none when the connection ends before.
    pub async fn answer(&mut self) -> Option<Reply> {
        self.read(true).await
    }

    /// The next answer to a HEAD: its length is told, its body is not there.
    pub async fn answer_to_head(&mut self) -> Option<Reply> {
        self.read(false).await
    }

    /// The next answer if one has begun to arrive, for who says something meanwhile.
    pub async fn answer_if_any(&mut self) -> Option<Reply> {
        let _nothing_yet = self.stream.try_read_buf(&mut self.heard);
        if self.heard.is_empty() { None } else { self.read(true).await }
    }

    /// The hub refuses a body, and ends the connection behind the refusal.
    pub async fn is_ended_by_a_refusal(&mut self) {
        self.answer().await.expect("an answer").is_refused(400, "VALIDATION_ERROR");
        self.is_ended().await;
    }

    /// The port of this end: the hub's end is known by it.
    pub fn port(&self) -> u16 {
        self.stream.local_addr().unwrap().port()
    }

    async fn read(&mut self, with_body: bool) -> Option<Reply> {
        let end = loop {
            match self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end,
                None => self.hear().await.then_some(())?,
            }
        };
        let head = String::from_utf8(self.heard.drain(..end + 4).take(end).collect()).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut reply = Reply { status: status.expect("a status line"), head, body: String::new() };
        assert_eq!(reply.header("transfer-encoding"), None, "the hub knows how long its answers are");
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        if with_body {
            while self.heard.len() < length {
                assert!(self.hear().await, "cut off: {reply:?}");
            }
            reply.body = String::from_utf8(self.heard.drain(..length).collect()).unwrap();
        }
        Some(reply)
    }

    /// The hub says nothing more and ends the connection.
    pub async fn is_ended(&mut self) {
        while self.hear().await {}
        assert_eq!(String::from_utf8_lossy(&self.heard), "", "something was said after the last answer");
    }

    /// Whatever is said, the connection ends.
    pub async fn heard_to_its_end(&mut self) {
        while self.hear().await {
            self.heard.clear();
        }
    }

    async fn hear(&mut self) -> bool {
        let heard = within_deadline("the hub says something", self.stream.read_buf(&mut self.heard)).await;
        heard.is_ok_and(|bytes| bytes > 0)
    }
}
