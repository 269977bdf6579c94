//! What a phone knows: the sum of its journal.
//!
//! Owns the meaning of each record. [`Book::apply`] is the only way that anything here changes, for a record
//! just written as for one read back at start: what a restarted phone knows is therefore what it knew. Decides
//! nothing and sends nothing; the engine reads it and writes records.

mod apply;
mod entry;
mod mark;
mod prune;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use device_protocol::{CommandOutcome, Event, Settings, Sim};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{clock::Now, journal::Record};
pub use entry::{Entry, LastFact, Phase};
pub use mark::{Mark, Via};
pub use prune::{KEEP_FACTS_MS, KEEP_IDS_MS, KEEP_MARKS_MS, MAX_KEPT_FACTS, MAX_KEPT_IDS, MAX_KEPT_MARKS};

/// Submit instants kept for the guard, however many the window would hold.
const MAX_WINDOW: usize = 4096;

/// One event with its number in the up stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptFact {
    /// Its number.
    pub number: u64,
    /// When it happened; the age in the event is computed from here whenever it is framed.
    pub at: Now,
    /// The same for the `accepted` of a `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Now>,
    /// When it was written down once more, because the hub repeated its message: it is kept from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Now>,
    /// Found only afterwards: it happened this long before `at`, as the wall clock told it then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub older_by_ms: u64,
    /// The event.
    pub event: Event,
}

fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

impl KeptFact {
    /// When it was written down.
    pub fn written(&self) -> Now {
        self.repeated.unwrap_or(self.at)
    }
}

/// Segments that left at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// When `submitting` was journalled.
    pub at: Now,
    /// How many segments.
    pub segments: u32,
}

/// Everything of a book but messages, facts and commands: small, and written as one record by a compaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// The journal's id.
    pub journal: Uuid,
    /// The device it was paired as.
    pub device: Uuid,
    /// Whether no welcome was ever journalled.
    pub virgin: bool,
    /// Whether the hub said that this journal went back in time.
    pub retired: bool,
    /// The hub's incarnation, as last welcomed.
    pub incarnation: u32,
    /// The last session's number.
    pub epoch: u64,
    /// What the hub asks.
    pub settings: Settings,
    /// A: the highest event that the hub acknowledged.
    pub acked: u64,
    /// H: the highest event.
    pub head: u64,
    /// D: the highest `down_seq` journalled.
    pub down: u64,
    /// The inventory as last journalled, if ever.
    pub sims: Option<Vec<Sim>>,
    /// Submit instants that the guard still counts.
    pub window: VecDeque<Departure>,
    /// No row of the system's inbox that is not newer is swept: its mark may be gone, or it is from before this
    /// journal. `None` before the first sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon_ms: Option<i64>,
}

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandDone {
    /// What was answered.
    pub outcome: CommandOutcome,
    /// When.
    pub at: Now,
}

/// The book.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// Everything small.
    pub front: Front,
    /// Facts still kept, in order and without gaps; the last is `front.head`.
    pub facts: VecDeque<KeptFact>,
    /// Every message whose id is still known.
    pub messages: BTreeMap<Uuid, Entry>,
    /// The phone's own line: messages that wait, in the order of the down stream.
    pub line: BTreeSet<(u64, Uuid)>,
    /// Messages that the radio has and has not answered.
    pub at_radio: BTreeSet<Uuid>,
    /// Commands carried out.
    pub commands: BTreeMap<Uuid, CommandDone>,
    /// What is remembered of each inbound SMS, by the number of its fact.
    pub marks: BTreeMap<u64, Mark>,
}

impl Book {
    /// The book of a new journal.
    pub fn new(journal: Uuid, device: Uuid) -> Book {
        let front = Front {
            journal,
            device,
            virgin: true,
            retired: false,
            incarnation: 0,
            epoch: 0,
            settings: Settings::default(),
            acked: 0,
            head: 0,
            down: 0,
            sims: None,
            window: VecDeque::new(),
            horizon_ms: None,
        };
        Book {
            front,
            facts: VecDeque::new(),
            messages: BTreeMap::new(),
            line: BTreeSet::new(),
            at_radio: BTreeSet::new(),
            commands: BTreeMap::new(),
            marks: BTreeMap::new(),
        }
    }

    /// The book that a journal adds up to; `None` for a journal that says nothing yet.
    pub fn replay(records: impl IntoIterator<Item = Record>) -> Option<Book> {
        let mut book: Option<Book> = None;
        for record in records {
            match (&mut book, record) {
                (None, Record::Born { journal, device }) => book = Some(Book::new(journal, device)),
                (None, Record::Front(front)) => {
                    book = Some(Book { front: *front, ..Book::new(Uuid::nil(), Uuid::nil()) });
                }
                (Some(book), record) => book.apply(record),
                // Only a journal of another kind starts with anything else; it says nothing to a phone.
                (None, _) => return None,
            }
        }
        book
    }

    /// L: the lowest fact still kept, `head + 1` where there is none.
    pub fn lowest(&self) -> u64 {
        self.facts.front().map_or(self.front.head + 1, |fact| fact.number)
    }

    /// The fact of this number, where it is still kept.
    pub fn fact(&self, number: u64) -> Option<&KeptFact> {
        let index = number.checked_sub(self.lowest())?;
        self.facts.get(usize::try_from(index).ok()?)
    }

    /// Messages taken or submitting that have not ended.
    pub fn unfinished(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.line.iter().map(|(_, id)| *id).chain(self.at_radio.iter().copied())
    }

    /// How many those are.
    pub fn unfinished_len(&self) -> usize {
        self.line.len() + self.at_radio.len()
    }

    /// The records that a compacted journal holds: replayed, they make this book.
    pub fn snapshot(&self) -> Vec<Record> {
        let mut records = vec![Record::Front(Box::new(self.front.clone()))];
        records.extend(
            self.messages.iter().map(|(id, entry)| Record::Entry { id: *id, entry: Box::new(entry.clone()) }),
        );
        // A mark that its own kept fact leaves is not written: that is nearly all of them.
        let told = |mark: &Mark| self.fact(mark.number).and_then(Mark::of).is_some_and(|same| same == *mark);
        records.extend(self.marks.values().filter(|mark| !told(mark)).cloned().map(Record::Mark));
        records.extend(self.facts.iter().cloned().map(Record::Kept));
        records.extend(self.commands.iter().map(|(id, done)| Record::Commanded {
            id: *id,
            outcome: done.outcome.clone(),
            at: done.at,
        }));
        records
    }
}
