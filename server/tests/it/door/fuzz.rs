//! Random and mutated bytes at the HTTP port: whatever they end, they never bring the hub down.

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use super::{DRAFT, Shop};
use crate::support::hub::log_of;

const SEED: u64 = 0xd004_5e1a;
const CLIENTS: u64 = 8;
const CONNECTIONS: usize = 60;

/// Requests that are right, to be made wrong.
fn good_requests(shop: &Shop) -> Vec<Vec<u8>> {
    let length = format!("Content-Length: {}\r\n\r\n{DRAFT}", DRAFT.len());
    let chunks = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{DRAFT}\r\n0\r\n\r\n", DRAFT.len());
    let lines = [
        ("GET /api/v1/devices", "\r\n"),
        ("GET /api/v1/outbound?status=QUEUED&from=2026-04-25&limit=3", "\r\n"),
        ("HEAD /api/v1/outbound/01890000-0000-7000-8000-000000000000", "\r\n"),
        ("OPTIONS /api/v1/inbound", "Expect: 100-continue\r\n\r\n"),
        (
            "GET /device/v1/connect",
            "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
        ),
        ("POST /api/v1/outbound", &length),
        ("POST /api/v1/outbound", &chunks),
        ("POST /device/v1/pair", &length),
    ];
    lines.iter().map(|(line, rest)| (shop.head(line) + rest).into_bytes()).collect()
}

fn mutated(dice: &mut StdRng, request: &[u8]) -> Vec<u8> {
    let mut bytes = request.to_vec();
    for _ in 0..dice.random_range(1..5) {
        let at = dice.random_range(0..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match dice.random_range(0..6) {
            0 if !bytes.is_empty() => bytes[at] = dice.random(),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\r\n :%/?\0\t;,=0f"[dice.random_range(0..14_usize)]),
            3 => bytes.truncate(at),
            4 => bytes.extend_from_within(at..),
            _ => bytes.splice(at..at, b"18446744073709551616".iter().copied()).for_each(drop),
        }
    }
    bytes
}

fn noise(dice: &mut StdRng) -> Vec<u8> {
    let mut bytes = vec![0; dice.random_range(1..4_000)];
    dice.fill_bytes(&mut bytes);
    bytes
}

/// Connections of one client, one after the other.
async fn misbehave(shop: &Shop, seed: u64, good: &[Vec<u8>]) {
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..CONNECTIONS {
        let mut wire = shop.wire().await;
        for _ in 0..dice.random_range(1..4) {
            let request = &good[dice.random_range(0..good.len())];
            let bytes = match dice.random_range(0..6) {
                0 => noise(&mut dice),
                1 => request.clone(),
                _ => mutated(&mut dice, request),
            };
            wire.say(bytes).await;
        }
        wire.end().await;
        wire.heard_to_its_end().await;
    }
}

#[tokio::test]
async fn no_bytes_bring_the_hub_down() {
    let shop = Shop::open(&["--wrong-key-rate", "0"]).await;
    let good = good_requests(&shop);
    join_all((SEED..SEED + CLIENTS).map(|seed| misbehave(&shop, seed, &good))).await;
    shop.goes_on().await;
    shop.customer.send("+639171234567", "it still works").await.expect("accepted");
    let log = log_of(shop.hub.data_dir());
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}
