//! The up stream: frames that came and are not stored yet. At most two; a third is a flood.

use std::collections::VecDeque;
use std::time::Duration;

use device_protocol::limits::{MAX_UNACKED_UP_FRAMES, MAX_UP_FRAMES_PER_SECOND};
use relay_domain::Timestamp;
use relay_domain::report::Report;

/// One `events` frame, or what is left of it.
#[derive(Debug)]
pub(super) struct Batch {
    first: u64,
    reports: VecDeque<Report>,
    /// The frame as it came: its last lines are what is left.
    text: String,
    /// The database refused the whole: its events are stored one by one, so that the guilty one is found.
    one_by_one: bool,
}

impl Batch {
    pub(super) fn new(first: u64, reports: VecDeque<Report>, text: &str) -> Batch {
        Batch { first, reports, text: text.to_owned(), one_by_one: false }
    }

    fn part(&self) -> usize {
        if self.one_by_one { 1 } else { self.reports.len() }
    }

    /// The line of the first report that is left.
    fn first_line(&self) -> String {
        self.text.rsplit('\n').nth(self.reports.len().saturating_sub(1)).unwrap_or_default().to_owned()
    }
}

/// The up stream of one session.
#[derive(Debug)]
pub(super) struct Uplink {
    held: VecDeque<Batch>,
    storing: bool,
    second_began_at: Timestamp,
    frames_in_second: u32,
}

impl Uplink {
    pub(super) fn new(now: Timestamp) -> Uplink {
        Uplink { held: VecDeque::new(), storing: false, second_began_at: now, frames_in_second: 0 }
    }

    /// Counts a frame of any kind; false when there are too many.
    pub(super) fn admit(&mut self, now: Timestamp) -> bool {
        if now.since(self.second_began_at) >= Duration::from_secs(1) {
            self.second_began_at = now;
            self.frames_in_second = 0;
        }
        self.frames_in_second += 1;
        self.frames_in_second <= MAX_UP_FRAMES_PER_SECOND
    }

    /// Holds an `events` frame; false if it is one too many.
    pub(super) fn hold(&mut self, batch: Batch) -> bool {
        self.held.push_back(batch);
        self.held.len() <= MAX_UNACKED_UP_FRAMES
    }

    /// What to store next, with the number of its first event, unless something is being stored.
    pub(super) fn next(&mut self) -> Option<(u64, Vec<Report>)> {
        if self.storing {
            return None;
        }
        let batch = self.held.front()?;
        self.storing = true;
        Some((batch.first, batch.reports.iter().take(batch.part()).cloned().collect()))
    }

    /// It was stored.
    pub(super) fn stored(&mut self) {
        self.storing = false;
        let Some(batch) = self.held.front_mut() else { return };
        let part = batch.part();
        batch.reports.drain(..part);
        batch.first += part as u64;
        if batch.reports.is_empty() {
            self.held.pop_front();
        }
    }

    /// The store could not take it now: it stays held, and is tried again.
    pub(super) fn not_stored(&mut self) {
        self.storing = false;
    }

    /// The database refused it. No event may wedge a stream: the events are tried one by one, and one that is
    /// refused by itself is kept raw.
    pub(super) fn refused(&mut self) {
        self.storing = false;
        let Some(batch) = self.held.front_mut() else { return };
        if batch.one_by_one || batch.reports.len() == 1 {
            let raw = batch.first_line();
            if let Some(guilty) = batch.reports.front_mut() {
                *guilty = Report::Unreadable { raw, why: "the database refused what it says".to_owned() };
            }
        }
        batch.one_by_one = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of events, each unreadable in its own words.
    fn batch(first: u64, words: &[&str]) -> Batch {
        let report = |raw: &&str| Report::Unreadable { raw: (*raw).to_owned(), why: "a test".to_owned() };
        let text = format!("head\n{}", words.join("\n"));
        Batch::new(first, words.iter().map(report).collect(), &text)
    }

    /// The number of the first event to store and what each says.
    fn next(uplink: &mut Uplink) -> Option<(u64, Vec<String>)> {
        let (first, reports) = uplink.next()?;
        let said = reports.into_iter().map(|report| match report {
            Report::Unreadable { raw, why } => format!("{raw}: {why}"),
            other => panic!("{other:?}"),
        });
        Some((first, said.collect()))
    }

    fn started(words: &[&str]) -> Uplink {
        let mut uplink = Uplink::new(Timestamp::from_millis(0));
        assert!(uplink.hold(batch(4, words)));
        uplink
    }

    #[test]
    fn a_frame_is_stored_whole_and_the_next_only_after_it() {
        let mut uplink = started(&["a", "b"]);
        assert!(uplink.hold(batch(6, &["c"])));
        assert!(!uplink.hold(batch(7, &["d"])), "a third is a flood");
        assert_eq!(next(&mut uplink), Some((4, vec!["a: a test".into(), "b: a test".into()])));
        assert_eq!(next(&mut uplink), None, "it is being stored");
        uplink.stored();
        assert_eq!(next(&mut uplink), Some((6, vec!["c: a test".into()])));
    }

    #[test]
    fn what_could_not_be_stored_now_is_stored_again() {
        let mut uplink = started(&["a"]);
        let first = next(&mut uplink);
        uplink.not_stored();
        assert_eq!(next(&mut uplink), first);
    }

    #[test]
    fn a_refused_frame_is_stored_one_by_one_and_the_guilty_event_is_kept_as_it_came() {
        let mut uplink = started(&["a", "b", "c"]);
        next(&mut uplink);
        uplink.refused();
        assert_eq!(next(&mut uplink), Some((4, vec!["a: a test".into()])), "it was not its own fault");
        uplink.stored();
        assert_eq!(next(&mut uplink), Some((5, vec!["b: a test".into()])));
        uplink.refused();
        let kept = vec!["b: the database refused what it says".to_owned()];
        assert_eq!(next(&mut uplink), Some((5, kept)), "by itself, it was");
        uplink.stored();
        assert_eq!(next(&mut uplink), Some((6, vec!["c: a test".into()])));
        uplink.stored();
        assert_eq!(next(&mut uplink), None);
    }

    #[test]
    fn a_lone_event_that_is_refused_is_guilty_at_once() {
        let mut uplink = started(&["a"]);
        next(&mut uplink);
        uplink.refused();
        assert_eq!(next(&mut uplink), Some((4, vec!["a: the database refused what it says".into()])));
    }
}
