//! The sweep of the system's inbox: it finds what the broadcast missed.
//!
//! Owns when the inbox is asked for and what its rows mean. Rows are matched one to one with the marks of the
//! book; what is left over is journalled. Flow: [`Output::SweepInbox`] goes out, `Input::Inbox` answers it.

use device_protocol::{
    Event,
    event::{Inbound, InboundSource},
    limits::SWEEP_INTERVAL_MS,
};

use super::{Engine, InboxRow, Output};
use crate::{
    book::KEEP_FACTS_MS,
    clock::{EARLIEST_BELIEVABLE_WALL_MS, Now},
    journal::Record,
};

/// From a change of the inbox, and from the sweep before, to the sweep that looks at it. Long enough that mostly
/// the broadcast comes first, and that a flood of texts does not make the phone read its inbox all day.
const SWEEP_SPACING_MS: u64 = 10_000;
/// How often a wall clock that was never set is looked at: before it is set, no row has an age.
const UNSET_CLOCK_CHECK_MS: u64 = 60_000;
/// Swept entries of one flush. The longest SMS is 234 kB when all of it is escaped: the group stays within half
/// of what a journal takes.
const SWEPT_A_FLUSH: usize = 32;
/// A row and its broadcast mostly agree on the time this well. Where they do not (the clock was set in between),
/// the row's time is written down: it is what the mark's end is reckoned from.
const SAME_TIME_MS: u64 = 60_000;

/// Where the sweeping stands.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// When the inbox was last asked for, monotonic; `None` before the first, which follows every start.
    asked_ms: Option<u64>,
    /// That one is not answered yet: there is one at a time.
    waiting: bool,
    /// The first change that no sweep has been asked for since, monotonic.
    changed_ms: Option<u64>,
    /// This process has seen the inbox: marks know the times of their rows, and may be pruned.
    pub seen: bool,
}

impl Sweep {
    /// When the next sweep is due, monotonic. A sweep without an answer is asked for anew at the regular time.
    fn due_ms(&self) -> u64 {
        let Some(asked) = self.asked_ms else { return 0 };
        let regular = asked.saturating_add(SWEEP_INTERVAL_MS);
        match self.changed_ms {
            Some(changed) if !self.waiting => {
                changed.max(asked).saturating_add(SWEEP_SPACING_MS).min(regular)
            }
            _ => regular,
        }
    }
}

impl Engine {
    pub(super) fn inbox_changed(&mut self, now: Now) {
        self.sweep.changed_ms.get_or_insert(now.mono_ms);
    }

    pub(super) fn sweep_if_due(&mut self, now: Now) {
        if believable(now) && now.mono_ms >= self.sweep.due_ms() {
            self.sweep.asked_ms = Some(now.mono_ms);
            self.sweep.waiting = true;
            self.sweep.changed_ms = None;
            self.out.push(Output::SweepInbox);
        }
    }

    pub(super) fn sweep_wakes_at(&self, now: Now) -> u64 {
        if believable(now) { self.sweep.due_ms() } else { now.mono_ms.saturating_add(UNSET_CLOCK_CHECK_MS) }
    }

    /// The inbox, as the world read it.
    pub(super) fn inbox_read(&mut self, rows: Vec<InboxRow>, now: Now) {
        self.sweep.waiting = false;
        if !believable(now) {
            return;
        }
        self.sweep.seen = true;
        let too_old_ms = now.wall_ms.saturating_sub_unsigned(KEEP_FACTS_MS);
        if self.book.front.horizon_ms.is_none() {
            // What was too old for the first sweep is from before this journal, and stays so when the clock is
            // set back.
            self.record_durably(Record::Horizon { wall_ms: too_old_ms });
        }
        let oldest_ms = self.book.front.horizon_ms.map_or(too_old_ms, |horizon| horizon.max(too_old_ms));
        let mut found: Vec<Inbound> = rows
            .into_iter()
            .filter(|row| row.received_wall_ms > oldest_ms)
            .map(|row| self.inbound(row, InboundSource::Sweep))
            .collect();
        found.sort_by_key(|sms| (sms.at.wall_ms, sms.smsc_at_ms));
        let entries = self.book.entries_of(&found);
        let mut missed = Vec::new();
        for (sms, entry) in found.into_iter().zip(entries) {
            match entry {
                Some(number) => self.row_seen(number, sms.at.wall_ms),
                None => missed.push(sms),
            }
        }
        self.journal_swept(missed, now);
    }

    fn row_seen(&mut self, number: u64, wall_ms: i64) {
        let known = self.book.marks.get(&number).map(|mark| mark.row_wall_ms);
        if known.is_some_and(|known| known.abs_diff(wall_ms) > SAME_TIME_MS) {
            self.record_durably(Record::RowTime { number, wall_ms });
        }
    }

    fn journal_swept(&mut self, missed: Vec<Inbound>, now: Now) {
        for (n, sms) in missed.into_iter().enumerate() {
            if n % SWEPT_A_FLUSH == 0 {
                self.flush();
            }
            // Never negative: a row from the future is of now.
            let age_ms = u64::try_from(now.wall_ms.saturating_sub(sms.at.wall_ms)).unwrap_or(0);
            self.fact_of_old(Event::Inbound(sms), now, age_ms);
        }
    }
}

/// Whether the wall clock was ever set.
fn believable(now: Now) -> bool {
    now.wall_ms >= EARLIEST_BELIEVABLE_WALL_MS
}
