//! Out of file descriptors: a hub that cannot accept one more connection serves those it has, does not burn the
//! machine meanwhile, and accepts again when there is room.

use std::fs;
use std::time::{Duration, Instant};

use android_bridge::sim::CarrierProfile;
use reqwest::Method;
use tokio::net::TcpStream;

use crate::support::fleet::{Installation, Line};
use crate::support::hub::log_of;
use crate::support::sockets::descriptors;
use crate::support::{Hub, HubOptions, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";
/// What the hub may open: what it needs itself, and a few dozen connections. It may have inherited one more.
const LIMIT: usize = 128;
/// Opened beyond it: they wait in the kernel, and take each place that becomes free.
const STRANGERS: usize = 2 * LIMIT;
/// Of a customer for an answer. A client that asks again at once may open a connection, for the one before has not come
/// back to it yet: that one waits in the kernel like a stranger's, and is given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// The clock of `/proc/PID/stat` on Linux, whatever the machine.
const TICKS_A_SECOND: u64 = 100;
/// The carrier takes its time over a receipt, so that the hub has nothing to do for a while.
const IDLE_MS: u64 = 3_000;

/// What the hub has computed since its start.
fn computed(hub: &Hub) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", hub.pid())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |field: usize| fields.split_whitespace().nth(field).unwrap().parse::<u64>().unwrap();
    // utime and stime are fields 14 and 15, and the name is the second.
    Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / TICKS_A_SECOND)
}

/// Sends until it is accepted. The name keeps what was given up from being a second message when it is read after all.
async fn send(line: &Line, body: &str) -> String {
    let customer = line.customer.clone().named(body);
    eventually("accepted", || customer.send(TO, body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_out_of_descriptors_serves_whom_it_has_and_accepts_again() {
    let limit = format!("--nofile={LIMIT}:{LIMIT}");
    let options = HubOptions { under: vec!["prlimit".to_owned(), limit], ..HubOptions::default() }
        // Strangers who say nothing are otherwise sent away, each making room for the next: longer than this test takes.
        .with(&["--head-timeout", "900s"]);
    let mut town = Installation::start(options).await;
    let slow = CarrierProfile { receipt_ms: IDLE_MS..=IDLE_MS, ..CarrierProfile::quick() };
    let mut line = town.line(slow).await;
    let mut returning = town.line(CarrierProfile::quick()).await;
    for line in [&mut line, &mut returning] {
        line.customer = line.customer.clone().patient_for(PATIENCE);
    }
    // The customers' connections and the phones' are there before the strangers'.
    for line in [&line, &returning] {
        let id = line.send(TO, "before").await;
        line.customer.until_status(&id, "DELIVERED").await;
    }
    let mut strangers = Vec::new();
    for _ in 0..STRANGERS {
        strangers.push(TcpStream::connect(("127.0.0.1", town.hub.port())).await.unwrap());
    }
    eventually("the hub has no descriptor left", || async {
        (descriptors(town.hub.pid()).len() >= LIMIT).then_some(())
    })
    .await;
    // Its place is taken as soon as it has left: it knocks in vain until there is room.
    returning.phone().go_offline().await;
    eventually("gone", || async { returning.shown().await.filter(|device| device["status"] == "OFFLINE") })
        .await;
    returning.phone().go_online().await;
    let kept = send(&returning, "waits for a phone that cannot come in").await;

    let (began, before) = (Instant::now(), computed(&town.hub));
    line.phone().receive_sms(0, FROM, "to a hub without descriptors").await;
    let id = send(&line, "over connections that are there").await;
    line.customer.until_status(&id, "DELIVERED").await;
    line.settled().await;
    let inbound = eventually("listed", || line.customer.ask(Method::GET, "/api/v1/inbound", None)).await;
    assert_eq!(inbound.body["data"].as_array().map(Vec::len), Some(1));
    let (elapsed, busy) = (began.elapsed(), computed(&town.hub) - before);
    assert!(busy < elapsed / 2, "the hub computed for {busy:?} of {elapsed:?} with nothing to do");
    // One that the hub itself gave back is a stranger's a moment later.
    eventually("and still it has no descriptor left", || async {
        (descriptors(town.hub.pid()).len() >= LIMIT).then_some(())
    })
    .await;
    let complaints = log_of(town.hub.data_dir()).lines().filter(|line| line.contains("os error 24")).count();
    assert!(complaints < STRANGERS, "{complaints} lines say that it cannot accept");
    assert!(town.hub.is_running());

    drop(strangers);
    returning.online().await;
    returning.customer.until_status(&kept, "DELIVERED").await;
    // A new phone needs a management command, a pairing and a socket.
    let newcomer = town.line(CarrierProfile::quick()).await;
    let id = newcomer.send(TO, "after").await;
    newcomer.customer.until_status(&id, "DELIVERED").await;
    let counts = town.judge().await;
    assert_eq!((counts.submits, counts.failed), (counts.accepted, 0), "{counts:?}");
}
