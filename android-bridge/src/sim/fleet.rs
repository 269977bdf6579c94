//! Many phones in one process, for load and for demos.

use std::time::Duration;

use device_protocol::RefusalCode;
use tokio::time::sleep;
use uuid::Uuid;

use super::demo_sim;
use crate::{
    driver::{Phone, PhoneConfig, PhoneHandle, StartError},
    pairing::{PairError, Pairing},
};

/// Phones started in one breath: a thousand handshakes at once would measure the accept queue, not the hub.
const STARTED_AT_ONCE: usize = 50;
/// The breath.
const BREATH: Duration = Duration::from_millis(100);

/// The number of the n-th simulated phone's SIM in a slot.
pub fn demo_number(phone: usize, slot: u8) -> String {
    format!("+1555{:06}{slot}", phone % 1_000_000)
}

/// Starts phones one after the other, each from its own configuration. A hub lets one address pair ten phones a
/// minute: `waiting` is told how many run and how long the next one waits.
pub async fn start(
    configs: impl IntoIterator<Item = PhoneConfig>,
    mut waiting: impl FnMut(usize, Duration),
) -> Result<Vec<PhoneHandle>, StartError> {
    let mut phones = Vec::new();
    for config in configs {
        let phone = loop {
            match Phone::start(config.clone()).await {
                Err(StartError::Pair(PairError::Refused {
                    code: RefusalCode::TooManyTries,
                    retry_after: Some(wait),
                    ..
                })) => {
                    waiting(phones.len(), wait);
                    sleep(wait).await;
                }
                started => break started?,
            }
        };
        phones.push(phone);
        if phones.len() % STARTED_AT_ONCE == 0 {
            sleep(BREATH).await;
        }
    }
    Ok(phones)
}

/// One demo SIM for each number.
pub fn demo_sims<S: AsRef<str>>(numbers: &[S]) -> Vec<device_protocol::Sim> {
    numbers.iter().zip(0u8..).map(|(number, slot)| demo_sim(slot, number.as_ref())).collect()
}

/// Reads lines `<device uuid> <token>`: what `simulate --tokens` takes.
pub fn read_tokens(text: &str) -> Result<Vec<Pairing>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let device_id = words.next().and_then(|word| Uuid::parse_str(word).ok());
            match (device_id, words.next()) {
                (Some(device_id), Some(token)) => Ok(Pairing { device_id, token: token.into() }),
                _ => Err(format!("`{line}` is not `<device id> <token>`")),
            }
        })
        .collect()
}
