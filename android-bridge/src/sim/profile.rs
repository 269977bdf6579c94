//! How a simulated carrier behaves: latencies, and the chances of each fate.

use std::ops::RangeInclusive;

use rand::{Rng, RngExt};

use super::demo;
use super::fate::Fate;
use crate::radio::Failure;

/// A chance in a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chance(pub u32);

impl Chance {
    /// Never.
    pub const NEVER: Chance = Chance(0);

    /// Throws the dice. They are thrown for impossible and certain chances too: a profile that differs in one
    /// chance leaves every other throw of a seed where it was.
    pub fn happens(self, dice: &mut impl Rng) -> bool {
        dice.random_range(0..1_000_000) < self.0
    }
}

/// What decides a message's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// The recipient's last digits, as the demo promises; chances besides.
    #[default]
    Demo,
    /// Chances alone.
    ChancesOnly,
}

/// The profile.
#[derive(Debug, Clone, PartialEq)]
pub struct CarrierProfile {
    /// What decides first.
    pub rules: Rules,
    /// From submission to the radio's answer, milliseconds.
    pub answer_ms: RangeInclusive<u64>,
    /// From the answer to the receipt.
    pub receipt_ms: RangeInclusive<u64>,
    /// From a delivered message to the recipient's answer by SMS; `None` = nobody answers.
    pub reply_after_ms: Option<u64>,
    /// The radio fails, with a code of this list.
    pub radio_fails: Chance,
    /// Codes that it fails with; see `radio::RADIO_CODES`.
    pub radio_codes: Vec<String>,
    /// The radio never answers; the message may still have left.
    pub radio_silent: Chance,
    /// The answer comes this late, and so mostly after the phone has given up.
    pub late_answer: Chance,
    /// How late, milliseconds.
    pub late_answer_ms: u64,
    /// No receipt comes.
    pub receipt_lost: Chance,
    /// The receipt says that the carrier gave up.
    pub receipt_fails: Chance,
    /// The receipt comes late.
    pub late_receipt: Chance,
    /// How late, milliseconds.
    pub late_receipt_ms: u64,
    /// Strangers' SMS to the phone, a minute.
    pub inbound_per_minute: f64,
    /// The phone is not told of an SMS: it is in the system's inbox, and nowhere else.
    pub broadcast_lost: Chance,
    /// How long after the one of broadcast and inbox row the other comes, milliseconds. Above 0 either of the two
    /// may be first.
    pub provider_late_ms: RangeInclusive<u64>,
    /// Radio parts of a stranger's SMS.
    pub stranger_parts: RangeInclusive<u16>,
}

/// What goes wrong with one SMS on its way from the radio to the phone's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InboundFaults {
    pub broadcast_lost: bool,
    pub late_ms: u64,
    pub row_first: bool,
}

impl Default for CarrierProfile {
    /// The demo carrier.
    fn default() -> CarrierProfile {
        CarrierProfile {
            rules: Rules::Demo,
            answer_ms: 40..=120,
            receipt_ms: 80..=300,
            reply_after_ms: Some(2_000),
            radio_fails: Chance::NEVER,
            radio_codes: vec!["generic_failure".into(), "no_service".into(), "invalid_number".into()],
            radio_silent: Chance::NEVER,
            late_answer: Chance::NEVER,
            late_answer_ms: 400_000,
            receipt_lost: Chance::NEVER,
            receipt_fails: Chance::NEVER,
            late_receipt: Chance::NEVER,
            late_receipt_ms: 600_000,
            inbound_per_minute: 0.0,
            broadcast_lost: Chance::NEVER,
            provider_late_ms: 0..=0,
            stranger_parts: 1..=1,
        }
    }
}

impl CarrierProfile {
    /// For load: nobody answers by SMS, and the radio is quick.
    pub fn quick() -> CarrierProfile {
        CarrierProfile {
            answer_ms: 5..=20,
            receipt_ms: 10..=50,
            reply_after_ms: None,
            ..CarrierProfile::default()
        }
    }

    /// Everything that can go wrong does, often: for simulations.
    pub fn rough() -> CarrierProfile {
        CarrierProfile {
            rules: Rules::ChancesOnly,
            answer_ms: 10..=5_000,
            receipt_ms: 10..=60_000,
            radio_fails: Chance(100_000),
            radio_silent: Chance(30_000),
            late_answer: Chance(30_000),
            receipt_lost: Chance(100_000),
            receipt_fails: Chance(50_000),
            late_receipt: Chance(50_000),
            inbound_per_minute: 1.0,
            broadcast_lost: Chance(100_000),
            provider_late_ms: 0..=30_000,
            stranger_parts: 1..=4,
            ..CarrierProfile::default()
        }
    }

    pub(super) fn fate(&self, to: &str, dice: &mut impl Rng) -> Fate {
        let code = self.radio_codes.get(dice.random_range(0..self.radio_codes.len().max(1)));
        let fails = self.radio_fails.happens(dice);
        let silent = self.radio_silent.happens(dice);
        let lost = self.receipt_lost.happens(dice);
        let refused = self.receipt_fails.happens(dice);
        let told = match self.rules {
            Rules::Demo => demo::fate_by_number(to),
            Rules::ChancesOnly => Fate::Delivered,
        };
        match told {
            Fate::Delivered if fails => {
                Fate::RadioFails(Failure::of(code.map_or("generic_failure", String::as_str)))
            }
            Fate::Delivered if silent => Fate::RadioSilent,
            Fate::Delivered if lost => Fate::ReceiptLost,
            Fate::Delivered if refused => Fate::ReceiptFails,
            told => told,
        }
    }

    pub(super) fn answer_after(&self, dice: &mut impl Rng) -> u64 {
        let late = if self.late_answer.happens(dice) { self.late_answer_ms } else { 0 };
        dice.random_range(self.answer_ms.clone()).saturating_add(late)
    }

    pub(super) fn receipt_after(&self, dice: &mut impl Rng) -> u64 {
        let late = if self.late_receipt.happens(dice) { self.late_receipt_ms } else { 0 };
        dice.random_range(self.receipt_ms.clone()).saturating_add(late)
    }

    pub(super) fn inbound_faults(&self, dice: &mut impl Rng) -> InboundFaults {
        InboundFaults {
            broadcast_lost: self.broadcast_lost.happens(dice),
            late_ms: dice.random_range(self.provider_late_ms.clone()),
            row_first: dice.random(),
        }
    }

    pub(super) fn stranger_parts(&self, dice: &mut impl Rng) -> u16 {
        dice.random_range(self.stranger_parts.clone())
    }

    /// Milliseconds to the next stranger's SMS, exponentially distributed; `None` = there are none.
    pub(super) fn next_inbound_after(&self, dice: &mut impl Rng) -> Option<u64> {
        if self.inbound_per_minute <= 0.0 {
            return None;
        }
        // 1 - x is in (0, 1]: its logarithm is finite.
        let x: f64 = dice.random();
        Some((-(1.0 - x).ln() * 60_000.0 / self.inbound_per_minute) as u64)
    }
}
