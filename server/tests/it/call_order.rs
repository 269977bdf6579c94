//! Durable before told, seen where it cannot be argued about: in the system calls of the real programs.
//!
//! `kill -9` does not test flushing, because the page cache survives it. strace shows whether what was written
//! was flushed before anybody was told: the hub before its 202 and before its acknowledgement, the phone before
//! its acknowledgement and before it touches the radio.

use std::path::Path;

use android_bridge::sim::CarrierProfile;
use rustix::process::Signal;

use crate::support::fleet::{Installation, Line};
use crate::support::hub::send_signal;
use crate::support::phone_process::PhoneProcess;
use crate::support::trace::{Trace, strace, unmasked};
use crate::support::{HubOptions, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";
const SMS: &str = "an SMS to be found in the trace";

fn body(n: usize) -> String {
    format!("message {n:03} to be found in the trace")
}

/// What is on its way to somebody who will rely on it.
async fn traffic(line: &Line, messages: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..messages {
        ids.push(line.send(TO, &body(n)).await);
    }
    for id in &ids {
        line.customer.until_status(id, "DELIVERED").await;
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hub_flushes_its_log_before_each_202_and_before_each_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hub.trace");
    let options = HubOptions { under: strace(&file), ..HubOptions::default() };
    let mut town = Installation::start(options).await;
    let line = town.line(CarrierProfile::quick()).await;
    let ids = traffic(&line, 10).await;
    line.phone().receive_sms(0, FROM, SMS).await;
    let told = line.until("acknowledged", |phone| phone.counts.inbound == 1 && phone.settled()).await;
    town.judge().await;
    assert!(town.hub.terminate().success());
    let trace = Trace::read(&file);
    for (n, id) in ids.iter().enumerate() {
        let body = body(n);
        let written = trace.first("write of the message", |call| log(call) && call.wrote(body.as_bytes()));
        let accepted = trace.first("202", |call| {
            call.is_socket() && call.wrote(b"HTTP/1.1 202") && call.wrote(id.as_bytes())
        });
        trace.assert_flushed_between("-wal", written, accepted);
    }
    let written = trace.first("write of the SMS", |call| log(call) && call.wrote(SMS.as_bytes()));
    let words = format!(r#"{{"type":"ack","up":{}}}"#, told.head);
    let acknowledged =
        trace.first("acknowledgement", |call| call.is_socket() && call.wrote(words.as_bytes()));
    trace.assert_flushed_between("-wal", written, acknowledged);
}

/// Whether a call writes SQLite's log.
fn log(call: &crate::support::trace::Call) -> bool {
    call.target.ends_with("-wal")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_flushes_its_journal_before_it_acknowledges_and_before_the_radio() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("phone.trace");
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.kill().await;
    let code = town.hub.manage(&["device", "pair-code", "--device", &line.name]);
    let sms = format!("{FROM}:{SMS}");
    let args = ["--code", code["code"].as_str().unwrap(), "--number", &line.number, "--sms", &sms];
    let under = strace(&file);
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    let phone = PhoneProcess::start(&town, &town.path("traced"), &under, &args);
    eventually("online", || async { line.shown().await.filter(|device| device["status"] == "ONLINE") }).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(line.send(TO, &body(n)).await);
        line.customer.until_status(&ids[n], "DELIVERED").await;
    }
    eventually("the SMS is listed", || async {
        line.customer.list("/api/v1/inbound").await.first().cloned()
    })
    .await;
    town.judge().await;
    // The tracer detaches at its end: the phone goes first.
    interrupt_child_of(phone.pid());
    eventually("the phone ends", || async { phone.ended() }).await;
    assert_phone_order(&Trace::read(&file), &ids);
}

fn assert_phone_order(trace: &Trace, ids: &[String]) {
    let acks: Vec<_> = trace.0.iter().filter(|call| call.is_socket()).collect();
    for (n, id) in ids.iter().enumerate() {
        let journal = |call: &&crate::support::trace::Call| call.target.ends_with("journal.log");
        let naming: Vec<_> =
            trace.0.iter().filter(journal).filter(|call| call.wrote(id.as_bytes())).collect();
        let taken =
            naming.iter().find(|call| call.wrote(body(n).as_bytes())).expect("the message is journalled");
        let submitting =
            naming.iter().find(|call| call.wrote(b"submitting")).expect("submitting is journalled");
        let words = format!(r#""down":{}"#, n + 1);
        let told = |text: String| text.contains(r#""type":"ack""#) && text.contains(&words);
        let ack = acks
            .iter()
            .find(|call| unmasked(&call.bytes).is_some_and(told))
            .expect("the frame is acknowledged");
        trace.assert_flushed_between("journal.log", taken, ack);
        let radio = trace.first("line of the radio", |call| {
            call.target.ends_with("witness.ndjson") && call.wrote(b"\"submit\"") && call.wrote(id.as_bytes())
        });
        trace.assert_flushed_between("journal.log", submitting, radio);
    }
    let journalled = trace.first("SMS in the journal", |call| {
        call.target.ends_with("journal.log") && call.wrote(SMS.as_bytes())
    });
    let uploaded = acks.iter().find(|call| unmasked(&call.bytes).is_some_and(|text| text.contains(SMS)));
    trace.assert_flushed_between("journal.log", journalled, uploaded.expect("the SMS is uploaded"));
}

fn interrupt_child_of(pid: u32) {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.split_whitespace().next().unwrap();
    send_signal(child.parse().unwrap(), Signal::INT);
    assert!(Path::new("/proc").join(pid.to_string()).exists(), "the tracer stays to the end");
}
