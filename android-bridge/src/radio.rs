//! The port to a phone's radio: what it is asked, and what it answers.
//!
//! Owns the words between the engine and whatever sends an SMS: Android's `SmsManager` in the app, the
//! simulated carrier here. Knows no journal and no socket.

use device_protocol::event::FailureClass;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One message, handed to the radio once: all its parts go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The message.
    pub id: Uuid,
    /// Counts the times this message was handed over (1 is the first): answers name it, so that an answer to
    /// an attempt that the radio gave back is not taken for one to the next.
    pub attempt: u32,
    /// SIM slot.
    pub slot: u8,
    /// Recipient.
    pub to: String,
    /// Text.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
}

/// Why the radio, or the carrier by receipt, did not send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Machine code, for example `no_signal`.
    pub code: String,
    /// What a program should think of it.
    pub class: FailureClass,
    /// Sentence for people.
    pub reason: String,
}

/// Codes that say the message never left the phone; only these, and only from every part, put it back in line.
const NEVER_LEFT: [&str; 3] = ["limit_exceeded", "radio_off", "no_service"];

impl Failure {
    /// A failure with a code of [`RADIO_CODES`], or an ambiguous one where the code is unknown.
    pub fn of(code: &str) -> Failure {
        let known = RADIO_CODES.iter().find(|(known, ..)| *known == code);
        let (class, reason) =
            known.map_or((FailureClass::Ambiguous, code), |(_, class, reason)| (*class, *reason));
        Failure { code: code.into(), class, reason: reason.into() }
    }

    /// Whether the code says that nothing left the phone.
    pub fn never_left(&self) -> bool {
        NEVER_LEFT.contains(&self.code.as_str())
    }
}

/// The codes this crate itself produces, with their class and sentence.
pub const RADIO_CODES: [(&str, FailureClass, &str); 9] = [
    ("no_signal", FailureClass::Retryable, "No signal"),
    ("no_service", FailureClass::Retryable, "No service"),
    ("radio_off", FailureClass::Retryable, "The radio is off"),
    ("limit_exceeded", FailureClass::Throttled, "The phone limits how many messages an app sends"),
    ("generic_failure", FailureClass::Ambiguous, "The radio gave no reason"),
    ("invalid_number", FailureClass::Permanent, "The number is not valid"),
    ("fdn_blocked", FailureClass::Permanent, "The SIM only sends to fixed numbers"),
    ("wrong_sim", FailureClass::Permanent, "Another SIM is in the slot that this line is bound to"),
    ("receipt_failed", FailureClass::Permanent, "The carrier could not deliver the message"),
];

/// The radio's answer to one part.
pub type PartAnswer = Result<(), Failure>;

/// What a delivery receipt says of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// The handset has it.
    Delivered,
    /// The carrier gave up.
    Failed(Failure),
}

/// Something that sends: answers come back later as [`crate::engine::Input`]s.
pub trait Radio {
    /// Takes a submission. Called once per attempt, after `submitting` is durable.
    fn submit(&mut self, submission: Submission);
}
