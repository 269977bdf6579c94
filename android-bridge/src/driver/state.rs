//! What a running phone tells of itself, to watch and to wait for.

use uuid::Uuid;

use crate::book::Book;
use device_protocol::{Event, event::FailStage};

/// A phone, as its driver last saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneState {
    /// The device.
    pub device: Uuid,
    /// The journal.
    pub journal: Uuid,
    /// A session is open and welcomed.
    pub connected: bool,
    /// Sessions welcomed so far in this life.
    pub sessions: u64,
    /// Why the last session or the last try to open one ended.
    pub last_close: Option<String>,
    /// Why the phone does not connect any more, or has ended.
    pub stopped: Option<String>,
    /// A: the highest event that the hub acknowledged.
    pub acked: u64,
    /// H: the highest event.
    pub head: u64,
    /// D: the highest `down_seq` journalled.
    pub down: u64,
    /// Messages taken that have not ended.
    pub unfinished: usize,
    /// Facts written in this life.
    pub counts: Counts,
}

/// Facts written in this life of a phone, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Handed to the radio.
    pub submitted: u64,
    /// The radio took it.
    pub sent: u64,
    /// The carrier delivered it.
    pub delivered: u64,
    /// Failed at the radio.
    pub failed_at_radio: u64,
    /// Failed by receipt.
    pub failed_by_receipt: u64,
    /// Past its deadline.
    pub expired: u64,
    /// Canceled.
    pub canceled: u64,
    /// Uncertain.
    pub uncertain: u64,
    /// SMS received.
    pub inbound: u64,
}

impl PhoneState {
    pub(super) fn new(book: &Book) -> PhoneState {
        let mut state = PhoneState {
            device: book.front.device,
            journal: book.front.journal,
            connected: false,
            sessions: 0,
            last_close: None,
            stopped: None,
            acked: 0,
            head: book.front.head,
            down: 0,
            unfinished: 0,
            counts: Counts::default(),
        };
        state.catch_up(book);
        state
    }

    /// Whether everything that the phone knows is acknowledged, and nothing waits on it.
    pub fn settled(&self) -> bool {
        self.acked == self.head && self.unfinished == 0
    }

    /// Takes in what the book has learnt since the last time.
    pub(super) fn catch_up(&mut self, book: &Book) {
        for number in self.head + 1..=book.front.head {
            if let Some(fact) = book.fact(number) {
                self.counts.count(&fact.event);
            }
        }
        self.acked = book.front.acked;
        self.head = book.front.head;
        self.down = book.front.down;
        self.unfinished = book.unfinished_len();
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        let counter = match event {
            Event::Sent(_) => &mut self.sent,
            Event::Delivered(_) => &mut self.delivered,
            Event::Failed(failed) if failed.stage == FailStage::Radio => &mut self.failed_at_radio,
            Event::Failed(_) => &mut self.failed_by_receipt,
            Event::Expired(_) => &mut self.expired,
            Event::Canceled(_) => &mut self.canceled,
            Event::Uncertain(_) => &mut self.uncertain,
            Event::Inbound(_) => &mut self.inbound,
            Event::TooLate(_) | Event::SimChanged(_) => return,
        };
        *counter += 1;
    }
}
