//! A phone in virtual time, with a hub that is just clever enough to hold it to its promises.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod hub;
pub mod inbox;
pub mod rig;

use android_bridge::{
    clock::{EARLIEST_BELIEVABLE_WALL_MS, Now},
    sim::demo_sim,
};
use device_protocol::{Send, SimRef};
use uuid::Uuid;

pub const NUMBER: &str = "+15550100000";

pub fn start_of_time() -> Now {
    Now { wall_ms: EARLIEST_BELIEVABLE_WALL_MS + 86_400_000, mono_ms: 1_000, boot: 1 }
}

pub fn rebooted(now: Now, away_ms: u64) -> Now {
    Now { wall_ms: now.wall_ms + away_ms as i64, mono_ms: 10, boot: now.boot + 1 }
}

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn message(n: u128, down_seq: u64) -> Send {
    Send {
        down_seq,
        id: id(n),
        slot: 0,
        sim: SimRef { number: Some(NUMBER.into()), subscription_id: None, iccid_hash: None },
        to: format!("+4366400{n:05}99"),
        body: format!("text {n}"),
        parts: 1,
        expires_in_ms: None,
    }
}

pub fn sims() -> Vec<device_protocol::Sim> {
    vec![demo_sim(0, NUMBER)]
}
