//! Phones that hurt on purpose lose their socket, its file descriptor included, and hurt nobody else.
//!
//! Threads of their own: with short ping intervals the neighbour must answer while a management command runs.

use std::time::Duration;

use device_protocol::{CloseCode, DownFrame, SUBPROTOCOL, UpFrame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use super::scene::Scene;
use crate::support::await_fact::within_deadline;
use crate::support::eventually;
use crate::support::raw_phone::{Paired, RawPhone, hub_holds_socket};

/// Frames that a flood brings in one go: more than any second admits.
const FLOOD: usize = 8_000;
/// A pause of a phone that says little.
const DRIP: Duration = Duration::from_millis(50);
/// Faster than the kernel's probes of a shut window (about 200 ms): each word puts the next probe off, so that the
/// kernel alone would never give such a peer up.
const BEAT: Duration = Duration::from_millis(50);

/// The hub's end of the socket is closed and the device offline.
async fn is_gone(scene: &Scene, port: u16) {
    eventually("the hub's file descriptor is gone", || async {
        (!hub_holds_socket(&scene.hub, port)).then_some(())
    })
    .await;
    eventually("the device is offline", || async { (scene.shown()["status"] == "offline").then_some(()) })
        .await;
}

/// Reads the bare stream to its end.
async fn last_words(mut stream: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    let _reset = within_deadline("the hub ends the connection", stream.read_to_end(&mut words)).await;
    String::from_utf8_lossy(&words).into_owned()
}

/// A phone with a receive buffer that holds next to nothing, welcomed.
async fn narrow(scene: &Scene, paired: &Paired) -> RawPhone {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let bearer = format!("Bearer {}", paired.token);
    let headers = [("authorization", bearer.as_str()), ("sec-websocket-protocol", SUBPROTOCOL)];
    let mut phone = RawPhone::knock_on(socket, &scene.hub, &headers).await.expect("the token lives");
    phone.introduce(paired.hello()).await;
    phone
}

/// Sends it more than its buffers hold.
async fn flood_with_messages(scene: &Scene) {
    let long = "x".repeat(1500);
    for _ in 0..40 {
        scene.customer.send("+4915200000009", &long).await.expect("accepted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_never_reads_and_says_nothing_loses_its_socket() {
    let mut scene = Scene::set_with(&["--ping-interval", "1s", "--write-timeout", "1s"]).await;
    let phone = narrow(&scene, &scene.bad).await;
    let port = phone.port();
    let stream = phone.into_stream();
    assert!(hub_holds_socket(&scene.hub, port), "the count counts");
    flood_with_messages(&scene).await;
    is_gone(&scene, port).await;
    drop(stream);
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_never_reads_but_lives_loses_its_socket_all_the_same() {
    let mut scene = Scene::set_with(&["--ping-interval", "1s", "--write-timeout", "1s"]).await;
    let phone = narrow(&scene, &scene.bad).await;
    let port = phone.port();
    let mut stream = phone.into_stream();
    flood_with_messages(&scene).await;
    // It is heard all the time: only its not reading ends it, though the buffers between may take all that it is
    // told. An empty masked pong.
    let beating = async {
        let mut beat = tokio::time::interval(BEAT);
        while stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.is_ok() {
            beat.tick().await;
        }
    };
    within_deadline("the hub ends the connection", beating).await;
    is_gone(&scene, port).await;
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_to_a_phone_that_did_not_read_go_to_it_when_it_does() {
    let scene = Scene::set_with(&["--ping-interval", "1s", "--write-timeout", "1s"]).await;
    let phone = narrow(&scene, &scene.bad).await;
    let port = phone.port();
    let stream = phone.into_stream();
    flood_with_messages(&scene).await;
    is_gone(&scene, port).await;
    drop(stream);
    let (mut phone, _) = RawPhone::greet(&scene.hub, &scene.bad.token, scene.bad.hello_after(0, 0)).await;
    let mut ids = std::collections::HashSet::new();
    while ids.len() < 40 {
        match phone.hear().await {
            Some(DownFrame::Send(message)) => {
                assert!(ids.insert(message.id), "framed twice in one session");
                phone.say(UpFrame::Ack { down: message.down_seq }.to_text()).await;
            }
            Some(_) => {}
            None => panic!("the session ended after {} messages", ids.len()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_frames_ends_the_session() {
    let mut scene = Scene::set().await;
    for frame in [
        Message::text(UpFrame::Ack { down: 0 }.to_text()),
        Message::text("{\"type\":\"telemetry\",\"battery_percent\":50}"),
        Message::Pong(Vec::new().into()),
    ] {
        let mut phone = scene.welcomed().await;
        let port = phone.port();
        phone.say_all(std::iter::repeat_n(frame.clone(), FLOOD)).await;
        let ending = phone.ending().await;
        if let Some(closing) = ending.closing {
            assert_eq!(closing.reason, CloseCode::Flood, "{frame:?}");
        }
        is_gone(&scene, port).await;
    }
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_ends_the_session() {
    let mut scene = Scene::set().await;
    let phone = scene.welcomed().await;
    let port = phone.port();
    let mut stream = phone.into_stream();
    let pings = [0x89, 0x80, 0, 0, 0, 0].repeat(FLOOD);
    let flooding = async { while stream.write_all(&pings).await.is_ok() {} };
    within_deadline("the hub ends the connection", flooding).await;
    is_gone(&scene, port).await;
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_drips_bytes_is_silent() {
    let mut scene = Scene::set_with(&["--ping-interval", "1s"]).await;
    let phone = scene.welcomed().await;
    let port = phone.port();
    let (reading, mut writing) = phone.into_stream().into_split();
    // The head of a masked text frame of 60,000 bytes; then one byte at a time, for ever.
    writing.write_all(&[0x81, 0x80 | 126, 0xea, 0x60, 0, 0, 0, 0]).await.unwrap();
    let dripping = tokio::spawn(async move {
        let mut drip = tokio::time::interval(DRIP);
        while writing.write_all(b" ").await.is_ok() {
            drip.tick().await;
        }
    });
    let heard = last_words(reading).await;
    dripping.abort();
    assert!(heard.contains("\"reason\":\"silent\""), "{heard:?}");
    is_gone(&scene, port).await;
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_vanishes_without_a_word_is_silent() {
    let mut scene = Scene::set_with(&["--ping-interval", "1s"]).await;
    let phone = scene.welcomed().await;
    let port = phone.port();
    // Nobody reads, writes or closes: a phone in a tunnel.
    let stream: TcpStream = phone.into_stream();
    is_gone(&scene, port).await;
    assert!(last_words(stream).await.contains("\"reason\":\"silent\""));
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_reset_ends_its_session_and_nothing_else() {
    let mut scene = Scene::set().await;
    let phone = scene.welcomed().await;
    let port = phone.port();
    let stream = phone.into_stream();
    stream.set_zero_linger().unwrap();
    drop(stream);
    is_gone(&scene, port).await;
    drop(scene.welcomed().await);
    scene.others_go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_finishes_its_request_is_cut_off() {
    let mut scene = Scene::set().await;
    let mut stream = TcpStream::connect(("127.0.0.1", scene.hub.port())).await.unwrap();
    let port = stream.local_addr().unwrap().port();
    stream.write_all(b"GET /device/v1/connect HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    last_words(stream).await;
    eventually("the hub's file descriptor is gone", || async {
        (!hub_holds_socket(&scene.hub, port)).then_some(())
    })
    .await;
    scene.others_go_on().await;
}
