//! What a phone writes down: one record for each thing that it must remember.
//!
//! Owns the shape of the records. What they mean is the book's business (`book::Book::apply`), how they lie on
//! disk is the codec's. Members may be added with a default; nothing is ever renamed.

use device_protocol::{CommandOutcome, Event, Send, Settings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    book::{Entry, Front, KeptFact, Mark},
    clock::Now,
    radio::{PartAnswer, ReceiptOutcome},
};

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// First record of a new journal.
    Born {
        /// Id of the journal.
        journal: Uuid,
        /// The device that it was paired as.
        device: Uuid,
    },
    /// The hub welcomed this journal: it is no longer virgin.
    Welcomed {
        /// The hub's incarnation.
        incarnation: u32,
        /// Number of the session.
        epoch: u64,
        /// The hub has every event up to here; lower than what was known means that the hub was set back.
        acked: u64,
        /// What the hub asks.
        settings: Settings,
    },
    /// A message was taken; from here on its id is known for 30 days.
    Taken {
        /// The frame.
        send: Send,
        /// When.
        at: Now,
    },
    /// The down cursor rose over a repeat.
    Down {
        /// D.
        down: u64,
    },
    /// The radio is about to be touched.
    Submitting {
        /// The message.
        id: Uuid,
        /// Which attempt, from 1.
        attempt: u32,
        /// When: the guard's window counts from here.
        at: Now,
    },
    /// The radio answered one part of several.
    PartAnswered {
        /// The message.
        id: Uuid,
        /// Index of the part.
        part: u16,
        /// The answer.
        answer: PartAnswer,
    },
    /// Every part came back saying that it never left the phone: the message is in line again.
    PutBack {
        /// The message.
        id: Uuid,
    },
    /// The carrier's receipt for one part.
    PartReceipt {
        /// The message.
        id: Uuid,
        /// Index of the part.
        part: u16,
        /// What it says.
        receipt: ReceiptOutcome,
    },
    /// An event, numbered for upload.
    Fact(KeptFact),
    /// A broadcast came for an SMS that a sweep had found.
    Claimed {
        /// Number of its fact.
        number: u64,
    },
    /// The row of an SMS has another time in the system's inbox than the phone had when its broadcast came.
    RowTime {
        /// Number of its fact.
        number: u64,
        /// The row's time.
        wall_ms: i64,
    },
    /// From here on no row of the system's inbox that is not newer than this is swept.
    Horizon {
        /// The row's time, as the wall clock told it.
        wall_ms: i64,
    },
    /// The hub has stored every event up to this number.
    Acked {
        /// U.
        up: u64,
    },
    /// A command was carried out.
    Commanded {
        /// The command.
        id: Uuid,
        /// What was answered.
        outcome: CommandOutcome,
        /// When.
        at: Now,
    },
    /// The hub said that this journal went back in time: the next pairing starts a new one.
    Retired,
    /// First record of a compacted journal: everything but messages, facts and commands.
    Front(Box<Front>),
    /// One message of a compacted journal.
    Entry {
        /// The message.
        id: Uuid,
        /// What is known of it.
        entry: Box<Entry>,
    },
    /// One mark of a compacted journal, where no fact says the same.
    Mark(Mark),
    /// One fact of a compacted journal: it changes no message, the entry holds that already.
    Kept(KeptFact),
}

impl Record {
    /// The inbound SMS in this record, if it is one.
    pub fn inbound(&self) -> Option<&device_protocol::event::Inbound> {
        match self {
            Record::Fact(KeptFact { event: Event::Inbound(inbound), .. }) => Some(inbound),
            _ => None,
        }
    }
}
