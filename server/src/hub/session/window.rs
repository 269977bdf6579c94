//! The down stream: what is ready to be framed, and what was framed and is not acknowledged.

use std::collections::VecDeque;
use std::time::Duration;

use device_protocol::limits::{MAX_UNACKED_DOWN_BYTES, MAX_UNACKED_DOWN_FRAMES};
use device_protocol::{DownFrame, Send, SimRef};
use relay_domain::{JournalId, Timestamp};

use crate::relay::ingest::{FrameRow, Frames};

/// Rows asked of the store at once: what the window holds.
pub(super) const READ_ROWS: i64 = MAX_UNACKED_DOWN_FRAMES as i64;

/// The down stream of one session.
#[derive(Debug)]
pub(super) struct Window {
    journal: JournalId,
    /// Everything up to this `down_seq` is in `ready`, was framed, or needs no frame.
    cursor: u64,
    /// Highest `down_seq` framed: no acknowledgement may be above it.
    framed: u64,
    ready: VecDeque<FrameRow>,
    unacked: VecDeque<Unacked>,
    unacked_bytes: usize,
    /// Rows above the cursor may be in the store.
    behind: bool,
    reading: bool,
}

#[derive(Debug)]
struct Unacked {
    down_seq: u64,
    bytes: usize,
    framed_at: Timestamp,
}

impl Window {
    /// A window that goes on above D.
    pub(super) fn new(journal: JournalId, down: u64) -> Window {
        Window {
            journal,
            cursor: down,
            framed: down,
            ready: VecDeque::new(),
            unacked: VecDeque::new(),
            unacked_bytes: 0,
            // What was dispatched before this session is in the store.
            behind: true,
            reading: false,
        }
    }

    /// The journal whose messages are framed.
    pub(super) fn journal(&self) -> JournalId {
        self.journal
    }

    /// A hint: used only if it is exactly the next one.
    pub(super) fn offer(&mut self, row: FrameRow) {
        if row.down_seq <= self.cursor {
            return;
        }
        let next = row.down_seq == self.cursor + 1 && !self.reading && !self.behind;
        if next && row.journal_id == self.journal && self.ready.len() < MAX_UNACKED_DOWN_FRAMES {
            self.cursor = row.down_seq;
            self.ready.push_back(row);
        } else {
            self.behind = true;
        }
    }

    /// A hint was dropped.
    pub(super) fn fall_behind(&mut self) {
        self.behind = true;
    }

    /// The cursor to read from, when it is time to read: once per call, until [`Window::take_read`].
    pub(super) fn wants_read(&mut self) -> Option<u64> {
        if self.behind && !self.reading && self.ready.is_empty() && self.has_room() {
            self.reading = true;
            self.behind = false;
            return Some(self.cursor);
        }
        None
    }

    /// What was read.
    pub(super) fn take_read(&mut self, frames: Frames) {
        self.reading = false;
        self.behind |= frames.rows.len() as i64 == READ_ROWS;
        let cursor = self.cursor;
        self.ready.extend(frames.rows.into_iter().filter(|row| row.down_seq > cursor));
        self.cursor = self.cursor.max(frames.cursor);
    }

    /// The read failed: it is asked again later.
    pub(super) fn read_failed(&mut self) {
        self.reading = false;
        self.behind = true;
    }

    /// The next frame, if there is one and the window has room.
    pub(super) fn next_frame(&mut self, now: Timestamp) -> Option<String> {
        if !self.has_room() {
            return None;
        }
        let row = self.ready.pop_front()?;
        let down_seq = row.down_seq;
        let text = frame(row, now).to_text();
        self.framed = self.framed.max(down_seq);
        self.unacked_bytes += text.len();
        self.unacked.push_back(Unacked { down_seq, bytes: text.len(), framed_at: now });
        Some(text)
    }

    /// The phone has journalled everything up to `down`. False if that was never framed.
    pub(super) fn acknowledge(&mut self, down: u64) -> bool {
        if down > self.framed {
            return false;
        }
        while let Some(first) = self.unacked.front().filter(|first| first.down_seq <= down) {
            self.unacked_bytes -= first.bytes;
            self.unacked.pop_front();
        }
        true
    }

    /// Since when the oldest unacknowledged frame waits.
    pub(super) fn waits_since(&self) -> Option<Timestamp> {
        self.unacked.front().map(|first| first.framed_at)
    }

    /// When the oldest frame will have waited for `limit`.
    pub(super) fn overdue_at(&self, limit: Duration) -> Option<Timestamp> {
        self.waits_since().map(|since| since.plus(limit))
    }

    fn has_room(&self) -> bool {
        self.unacked.len() < MAX_UNACKED_DOWN_FRAMES
            && (self.unacked_bytes < MAX_UNACKED_DOWN_BYTES / 2 || self.unacked.is_empty())
    }
}

/// The frame of a row; the deadline is counted from here on by the phone.
fn frame(row: FrameRow, now: Timestamp) -> DownFrame {
    let left = |until: Timestamp| u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
    DownFrame::Send(Send {
        down_seq: row.down_seq,
        id: row.id.uuid(),
        slot: row.slot,
        sim: SimRef {
            number: row.sim.number,
            subscription_id: row.sim.subscription_id,
            iccid_hash: row.sim.iccid_hash,
        },
        to: row.to,
        body: row.body,
        parts: row.parts,
        expires_in_ms: row.expires_at.map(left),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::tests::{JOURNAL, row};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn journal() -> JournalId {
        JournalId::from(JOURNAL)
    }

    /// A window that has read what there was before its session: nothing.
    fn read_up() -> Window {
        let mut window = Window::new(journal(), 0);
        assert_eq!(window.wants_read(), Some(0));
        window.take_read(Frames { rows: Vec::new(), cursor: 0 });
        window
    }

    fn framed(window: &mut Window) -> Vec<u64> {
        while window.next_frame(NOW).is_some() {}
        window.unacked.iter().map(|unacked| unacked.down_seq).collect()
    }

    #[test]
    fn a_hint_that_is_the_next_one_is_framed_without_a_read() {
        let mut window = read_up();
        window.offer(row(1));
        assert_eq!(framed(&mut window), [1]);
        assert_eq!(window.wants_read(), None);
    }

    #[test]
    fn a_hint_above_a_gap_is_not_framed_but_read_with_what_is_below_it() {
        let mut window = read_up();
        window.offer(row(2));
        assert_eq!(framed(&mut window), [0; 0]);
        assert_eq!(window.wants_read(), Some(0), "it asks for what is above its cursor");
        window.offer(row(3));
        assert_eq!(framed(&mut window), [0; 0], "while it reads, a hint is only a hint");
        window.take_read(Frames { rows: vec![row(1), row(2)], cursor: 2 });
        assert_eq!(framed(&mut window), [1, 2]);
        assert_eq!(window.wants_read(), Some(2), "and it goes on to what the hint told of");
    }

    #[test]
    fn a_hint_for_another_journal_is_not_framed() {
        let mut window = read_up();
        window.offer(FrameRow { journal_id: JournalId::from(Uuid::from_u128(8)), ..row(1) });
        assert_eq!(framed(&mut window), [0; 0]);
    }

    #[test]
    fn what_a_reads_answer_holds_again_is_not_framed_twice() {
        let mut window = read_up();
        window.offer(row(1));
        window.fall_behind();
        assert_eq!(framed(&mut window), [1]);
        assert_eq!(window.wants_read(), Some(1));
        window.take_read(Frames { rows: vec![row(1), row(2)], cursor: 2 });
        assert_eq!(framed(&mut window), [1, 2]);
    }

    #[test]
    fn a_hint_that_was_dropped_or_a_read_that_failed_is_made_good_by_another_read() {
        let mut window = read_up();
        window.fall_behind();
        assert_eq!(window.wants_read(), Some(0));
        assert_eq!(window.wants_read(), None, "one at a time");
        window.read_failed();
        assert_eq!(window.wants_read(), Some(0));
    }

    #[test]
    fn hints_that_the_window_cannot_hold_are_read_later() {
        let mut window = read_up();
        let most = MAX_UNACKED_DOWN_FRAMES as u64;
        (1..=most + 1).for_each(|down_seq| window.offer(row(down_seq)));
        assert_eq!(framed(&mut window), (1..=most).collect::<Vec<_>>());
        assert_eq!(window.wants_read(), None, "there is no room");
        assert!(window.acknowledge(1));
        assert_eq!(window.wants_read(), Some(most));
    }

    #[test]
    fn frames_wait_when_half_of_the_bytes_are_unacknowledged() {
        let long = |down_seq| FrameRow { body: "x".repeat(MAX_UNACKED_DOWN_BYTES / 4), ..row(down_seq) };
        let mut window = read_up();
        (1..=4).for_each(|down_seq| window.offer(long(down_seq)));
        assert_eq!(framed(&mut window), [1, 2]);
        assert!(window.acknowledge(1));
        assert_eq!(framed(&mut window), [2, 3], "what was acknowledged makes room, and no more");
        assert!(window.acknowledge(3));
        assert_eq!(window.unacked_bytes, 0);
    }

    #[test]
    fn a_frame_of_any_size_goes_alone() {
        let mut window = read_up();
        window.offer(FrameRow { body: "x".repeat(MAX_UNACKED_DOWN_BYTES), ..row(1) });
        window.offer(row(2));
        assert_eq!(framed(&mut window), [1]);
    }

    #[test]
    fn the_oldest_unacknowledged_frame_says_since_when_it_waits() {
        let mut window = read_up();
        assert_eq!(window.overdue_at(Duration::from_secs(5)), None);
        window.offer(row(1));
        window.offer(row(2));
        let later = NOW.plus(Duration::from_secs(3));
        assert!(window.next_frame(NOW).is_some() && window.next_frame(later).is_some());
        assert_eq!(window.overdue_at(Duration::from_secs(5)), Some(NOW.plus(Duration::from_secs(5))));
        assert!(window.acknowledge(1));
        assert_eq!(window.waits_since(), Some(later));
        assert!(!window.acknowledge(3), "never framed");
    }
}
