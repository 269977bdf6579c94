//! A receiver of webhooks: takes every post at once, counts them, and reads from the recipient's number in each when its
//! message was due to be accepted.

use std::cell::RefCell;
use std::rc::Rc;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::clock;
use crate::run::{Failed, tell};
use crate::stats::{Latency, latencies};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const NUMBER: &[u8] = b"\"recipientNumber\":\"";

/// What has arrived.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Received {
    pub count: u64,
    /// The instant of the last.
    pub last_us: u64,
    pub latency: Latency,
}

struct Tally {
    count: u64,
    last_us: u64,
    latencies: Histogram<u64>,
    /// Nobody is answered meanwhile.
    held: bool,
}

pub fn run() -> Result<bool, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime.map_err(Failed::io("a runtime"))?, obey())?;
    Ok(true)
}

async fn obey() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Failed::io("a port"))?;
    tell(&listener.local_addr().map_err(Failed::io("a port"))?.to_string())?;
    let tally = Rc::new(RefCell::new(Tally { count: 0, last_us: 0, latencies: latencies(), held: false }));
    let answers = Rc::new(Notify::new());
    let theirs = (Rc::clone(&tally), Rc::clone(&answers));
    tokio::task::spawn_local(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (tally, answers) = theirs.clone();
            tokio::task::spawn_local(async move {
                // A sender that goes away is none of ours.
                let _gone = serve(socket, &tally, &answers).await;
            });
        }
    });
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(order) = orders.next_line().await.map_err(Failed::io("standard input"))? {
        let words: Vec<&str> = order.split(' ').collect();
        match words.as_slice() {
            ["received", count] => {
                let count: u64 = count.parse().map_err(Failed::because)?;
                while tally.borrow().count < count {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                let tally = tally.borrow();
                let latency = Latency::from(&tally.latencies);
                tell(&Received { count: tally.count, last_us: tally.last_us, latency })?;
            }
            ["hold"] => {
                tally.borrow_mut().held = true;
                tell(&0)?;
            }
            ["answer"] => {
                tally.borrow_mut().held = false;
                answers.notify_waiters();
                tell(&0)?;
            }
            ["forget-latencies"] => {
                tally.borrow_mut().latencies.reset();
                tell(&0)?;
            }
            _ => return Err(Failed(format!("`{order}` is no order"))),
        }
    }
    Ok(())
}

async fn serve(mut socket: TcpStream, tally: &RefCell<Tally>, answers: &Notify) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut bytes = Vec::with_capacity(4096);
    loop {
        let whole = loop {
            if let Some(whole) = whole(&bytes) {
                break whole;
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let now = clock::now_us();
        {
            let mut tally = tally.borrow_mut();
            (tally.count, tally.last_us) = (tally.count + 1, now);
            if let Some(age) = number(&bytes[..whole]).and_then(clock::age_us) {
                tally.latencies.saturating_record(age.max(1));
            }
        }
        bytes.drain(..whole);
        if tally.borrow().held {
            answers.notified().await;
        }
        socket.write_all(ANSWER).await?;
    }
}

/// Where the first request ends, once all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length: usize = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })?;
    (bytes.len() >= head + length).then_some(head + length)
}

fn number(request: &[u8]) -> Option<&str> {
    let begin = request.windows(NUMBER.len()).position(|window| window == NUMBER)? + NUMBER.len();
    let length = request[begin..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&request[begin..begin + length]).ok()
}
