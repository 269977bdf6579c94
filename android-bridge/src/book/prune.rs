//! What a phone may forget, and when: only between sessions, and only what the hub has acknowledged.

use uuid::Uuid;

use super::{Book, Phase};
use crate::clock::Now;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Acknowledged facts are kept this long: a hub restored from a backup may ask for them again.
pub const KEEP_FACTS_MS: u64 = 14 * DAY_MS;
/// Ids are kept this long: a repeat within this time is dropped.
pub const KEEP_IDS_MS: u64 = 30 * DAY_MS;
/// Acknowledged facts kept whatever their age: about 10 MB of journal.
pub const MAX_KEPT_FACTS: usize = 20_000;
/// Ids kept whatever their age: a month at five a minute, day and night.
pub const MAX_KEPT_IDS: usize = 216_000;
/// A row of the inbox is at most this much newer than its mark says: rows and marks agree to a minute, and an
/// hour is beyond what any app takes to store an SMS.
const ROW_MARGIN_MS: u64 = 60 * 60 * 1000;
/// Marks are kept until their row is older than anything that is swept.
pub const KEEP_MARKS_MS: u64 = KEEP_FACTS_MS + ROW_MARGIN_MS;
/// Marks kept that have outlived their facts, whatever their age: two weeks at five a minute, day and night, some
/// 30 MB of journal.
pub const MAX_KEPT_MARKS: usize = 100_000;
/// Command ids kept: commands are rare and a person's doing.
const MAX_KEPT_COMMANDS: usize = 1_000;

impl Book {
    /// Whether the oldest fact could go by its age alone.
    pub fn has_old_facts(&self, now: Now) -> bool {
        self.facts
            .front()
            .is_some_and(|fact| fact.number <= self.front.acked && older(now, fact.written(), KEEP_FACTS_MS))
    }

    /// Whether there is anything that a day's age could make forgettable.
    pub fn remembers_anything(&self) -> bool {
        let nothing = self.messages.is_empty() && self.facts.is_empty() && self.commands.is_empty();
        !(nothing && self.marks.is_empty())
    }

    /// Forgets what may be forgotten. Call it between sessions, and write the snapshot afterwards.
    pub fn prune(&mut self, now: Now) {
        let acked = self.front.acked;
        let mut kept_acked = self.facts.iter().take_while(|fact| fact.number <= acked).count();
        while let Some(first) = self.facts.front()
            && first.number <= acked
            && (kept_acked > MAX_KEPT_FACTS || older(now, first.written(), KEEP_FACTS_MS))
        {
            self.facts.pop_front();
            kept_acked -= 1;
        }
        self.prune_ids(now);
        self.commands.retain(|_, done| !older(now, done.at, KEEP_IDS_MS));
        while self.commands.len() > MAX_KEPT_COMMANDS
            && let Some(oldest) =
                self.commands.iter().min_by_key(|(_, done)| done.at.wall_ms).map(|(id, _)| *id)
        {
            self.commands.remove(&oldest);
        }
    }

    /// Forgets marks. Never so that an old row looks new: a mark goes when both clocks agree that its row is too
    /// old to be swept, or when there are too many, the oldest first; and with each the horizon rises over its
    /// row, for the day that the wall clock is set back. A mark outlives its fact: a journal of facts alone
    /// makes the same marks.
    pub fn prune_marks(&mut self, now: Now) {
        let lowest = self.lowest();
        let oldest_ms = now.wall_ms.saturating_sub_unsigned(KEEP_MARKS_MS);
        let factless = self.marks.range(..lowest).map(|(_, mark)| mark);
        let mut by_row: Vec<(i64, u64, bool)> = factless
            .map(|mark| (mark.row_wall_ms, mark.number, older(now, mark.at, KEEP_MARKS_MS)))
            .collect();
        by_row.sort_unstable();
        let mut excess = by_row.len().saturating_sub(MAX_KEPT_MARKS);
        for (row_wall_ms, number, old) in by_row {
            if excess > 0 || (old && row_wall_ms < oldest_ms) {
                excess = excess.saturating_sub(1);
                self.marks.remove(&number);
                self.raise_horizon(row_wall_ms.saturating_add_unsigned(ROW_MARGIN_MS));
            }
        }
    }

    fn prune_ids(&mut self, now: Now) {
        let acked = self.front.acked;
        let forgettable = |entry: &super::Entry| {
            !matches!(entry.phase, Phase::Waiting | Phase::AtRadio)
                && entry.last.as_ref().is_none_or(|last| last.number <= acked)
        };
        self.messages.retain(|_, entry| !(forgettable(entry) && older(now, last_touch(entry), KEEP_IDS_MS)));
        if let Some(excess) = self.messages.len().checked_sub(MAX_KEPT_IDS).filter(|excess| *excess > 0) {
            let mut ended: Vec<(i64, Uuid)> = self
                .messages
                .iter()
                .filter(|(_, entry)| forgettable(entry))
                .map(|(id, entry)| (last_touch(entry).wall_ms, *id))
                .collect();
            ended.sort_unstable();
            for (_, id) in ended.into_iter().take(excess) {
                self.messages.remove(&id);
            }
        }
    }
}

fn last_touch(entry: &super::Entry) -> Now {
    entry.last.as_ref().map_or(entry.taken, |last| last.at)
}

/// An age that nobody knows is no reason to forget.
fn older(now: Now, at: Now, limit_ms: u64) -> bool {
    now.since(at).is_some_and(|age| age > limit_ms)
}
