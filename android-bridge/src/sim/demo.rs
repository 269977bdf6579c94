//! SIMs and rules of the demo carrier.

use device_protocol::Sim;

use super::fate::Fate;
use crate::radio::Failure;

/// A SIM for a demo: its number decides all its other facts, so that a swap is told by each of them.
pub fn demo_sim(slot: u8, number: &str) -> Sim {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(format!("iccid of {number}"));
    let hex = hex::encode(hash);
    let id = i64::from(u32::from_be_bytes([0, hash[0], hash[1], hash[2]])) + 1;
    Sim {
        slot,
        number: Some(number.into()),
        carrier: Some("Demo Mobile".into()),
        subscription_id: Some(id),
        iccid_hash: Some(hex),
        default: slot == 0,
    }
}

/// What the recipient's last digits say: `0001` fails at the radio, `0002` never gets a receipt.
pub(super) fn fate_by_number(to: &str) -> Fate {
    match to {
        _ if to.ends_with("0001") => Fate::RadioFails(Failure::of("no_signal")),
        _ if to.ends_with("0002") => Fate::ReceiptLost,
        _ => Fate::Delivered,
    }
}
