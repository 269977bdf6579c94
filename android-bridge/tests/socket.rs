//! The driver over a real socket, against a hub of thirty lines.

mod support;

use std::{sync::Arc, time::Duration};

use android_bridge::{
    Identity, Pairing, Phone, PhoneConfig, PhoneHandle, PhoneState,
    engine::BackoffLimits,
    handset::Paired,
    sim::demo_sim,
    witness::{CarrierLine, Line, MemoryWitness, RadioLine},
};
use device_protocol::{SUBPROTOCOL, SimRef};
use futures_util::{SinkExt, StreamExt};
use support::{hub::FakeHub, id, message};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Message,
    handshake::server::{ErrorResponse, Request, Response},
    http::{HeaderValue, StatusCode},
    protocol::CloseFrame,
};

const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    url: String,
    hub: Arc<Mutex<FakeHub>>,
    /// What the next session is to be told at its first frame: a close code.
    close_with: Arc<Mutex<Option<u16>>>,
    heard: watch::Receiver<u64>,
}

#[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
fn upgrade(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if request.headers().get("authorization") != Some(&HeaderValue::from_static("Bearer good")) {
        let body = r#"{"error":{"code":"token_revoked","message":"pair again"}}"#.to_owned();
        let mut refused = ErrorResponse::new(Some(body));
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        return Err(refused);
    }
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

async fn serve() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let hub = Arc::new(Mutex::new(FakeHub::default()));
    let close_with = Arc::new(Mutex::new(None));
    let (count, heard) = watch::channel(0);
    let (shared, close) = (hub.clone(), close_with.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(session(stream, shared.clone(), close.clone(), count.clone()));
        }
    });
    Server { url, hub, close_with, heard }
}

async fn session(
    stream: TcpStream,
    hub: Arc<Mutex<FakeHub>>,
    close_with: Arc<Mutex<Option<u16>>>,
    count: watch::Sender<u64>,
) {
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, upgrade).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if let Some(code) = close_with.lock().await.take() {
            let frame = CloseFrame { code: code.into(), reason: "told to".into() };
            socket.close(Some(frame)).await.ok();
            continue;
        }
        for frame in hub.lock().await.hear(&text) {
            socket.send(Message::text(frame.to_text())).await.ok();
        }
        count.send_modify(|count| *count += 1);
    }
}

fn config(server: &Server, token: &str) -> PhoneConfig {
    let pairing = Pairing { device_id: id(0xd), token: token.into() };
    PhoneConfig {
        backoff: BackoffLimits { first_ms: 10, most_ms: 50 },
        ..PhoneConfig::in_memory(&server.url, Identity::Paired(pairing, Paired::JustNow))
    }
}

async fn until(phone: &PhoneHandle, fact: impl FnMut(&PhoneState) -> bool) -> PhoneState {
    let mut state = phone.state();
    timeout(PATIENCE, state.wait_for(fact)).await.expect("in time").expect("the phone lives").clone()
}

fn to(n: u128, number: &str) -> device_protocol::Send {
    let sim = SimRef { number: Some(support::NUMBER.into()), ..SimRef::default() };
    device_protocol::Send { to: number.into(), sim, ..message(n, n as u64) }
}

#[tokio::test]
async fn the_demo_carrier_keeps_its_three_promises() {
    let server = serve().await;
    let witness = Arc::new(MemoryWitness::default());
    for (n, number) in [(1, "+436640001"), (2, "+436640002"), (3, "+436640003")] {
        server.hub.lock().await.dispatch(to(n, number));
    }
    let phone =
        Phone::start(PhoneConfig { witness: witness.clone(), ..config(&server, "good") }).await.unwrap();
    let state = until(&phone, |phone| phone.counts.inbound == 1 && phone.settled()).await;
    assert_eq!((state.counts.submitted, state.counts.sent, state.counts.delivered), (3, 2, 1));
    assert_eq!(state.counts.failed_at_radio, 1);
    let hub = server.hub.lock().await;
    assert_eq!(hub.facts_of(id(1)), ["failed"]);
    assert_eq!(hub.facts_of(id(2)), ["sent"]);
    assert_eq!(hub.facts_of(id(3)), ["sent", "delivered"]);
    let lines = witness.lines();
    let submit = |line: &Line| matches!(line, Line::Radio(RadioLine::Submit { .. }));
    assert_eq!(lines.iter().filter(|line| submit(line)).count(), 3);
    let arrived = lines.iter().position(|l| matches!(l, Line::Carrier(CarrierLine::Arrived { .. })));
    let kept = lines.iter().position(|l| matches!(l, Line::Carrier(CarrierLine::Inbound { .. })));
    assert!(arrived.unwrap() < kept.unwrap());
}

#[tokio::test]
async fn a_phone_told_to_stay_away_keeps_what_it_receives_and_brings_it_later() {
    let server = serve().await;
    let phone = Phone::start(config(&server, "good")).await.unwrap();
    until(&phone, |phone| phone.connected).await;
    phone.go_offline().await;
    until(&phone, |phone| !phone.connected).await;
    phone.receive_sms(0, "+4366412", "while away").await;
    phone.swap_sim(0, Some(demo_sim(0, "+15550107777"))).await;
    until(&phone, |phone| phone.head == 2 && phone.acked == 0).await;
    phone.go_online().await;
    let state = until(&phone, |phone| phone.connected && phone.acked == 2).await;
    assert_eq!(state.sessions, 2);
    phone.stop().await;
}

#[tokio::test]
async fn a_killed_phone_goes_on_with_its_journal() {
    let server = serve().await;
    let config = config(&server, "good");
    let phone = Phone::start(config.clone()).await.unwrap();
    until(&phone, |phone| phone.connected).await;
    phone.receive_sms(0, "+4366412", "kept").await;
    let before = until(&phone, |phone| phone.acked == 1).await;
    let remains = phone.kill().await;
    let phone = Phone::restart(config, remains).await.unwrap();
    let after = until(&phone, |phone| phone.connected).await;
    assert_eq!((before.journal, after.head), (after.journal, 1));
    assert_eq!(server.hub.lock().await.hellos.len(), 2);
}

#[tokio::test]
async fn a_revoked_token_ends_the_tries() {
    let server = serve().await;
    let phone = Phone::start(config(&server, "bad")).await.unwrap();
    let state = until(&phone, |phone| phone.stopped.is_some()).await;
    assert_eq!(state.stopped.as_deref(), Some("token_revoked: pair again"));
}

#[tokio::test]
async fn close_codes_decide_whether_the_phone_comes_back() {
    let server = serve().await;
    *server.close_with.lock().await = Some(4000);
    let phone = Phone::start(config(&server, "good")).await.unwrap();
    until(&phone, |phone| phone.connected).await;
    *server.close_with.lock().await = Some(4200);
    phone.receive_sms(0, "+1", "anything, so that a frame goes up").await;
    until(&phone, |phone| phone.stopped.is_some() && !phone.connected).await;
    assert!(*server.heard.borrow() > 0);
}

#[tokio::test]
async fn a_journal_that_went_back_is_only_replaced_by_a_new_pairing() {
    let server = serve().await;
    let config = config(&server, "good");
    *server.close_with.lock().await = Some(4101);
    let phone = Phone::start(config.clone()).await.unwrap();
    let first = until(&phone, |phone| phone.stopped.is_some()).await.journal;
    phone.stop().await;
    let Identity::Paired(pairing, _) = config.identity.clone() else { panic!("paired") };
    let earlier = PhoneConfig { identity: Identity::Paired(pairing, Paired::Earlier), ..config.clone() };
    assert!(Phone::start(earlier).await.is_err());
    let phone = Phone::start(config).await.unwrap();
    assert_ne!(until(&phone, |phone| phone.connected).await.journal, first);
}
