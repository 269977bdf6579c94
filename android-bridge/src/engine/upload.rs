//! The up stream: `events` frames, at most two unacknowledged, cut by bytes and by number of events.

use device_protocol::{Event, UpFrame, events_frame, limits};

use super::{Engine, Output};
use crate::{book::KeptFact, clock::Now};

/// Bytes kept free for the first line of a frame.
const HEADER_BYTES: usize = 64;

impl Engine {
    /// Frames what the hub has not heard in this session, as far as the window lets.
    pub(super) fn upload(&mut self, now: Now) {
        while let Some(session) = &self.session
            && session.unacked.len() < limits::MAX_UNACKED_UP_FRAMES
            && session.uploaded < self.book.front.head
        {
            let first = session.uploaded + 1;
            let lines = self.batch(first, now);
            if lines.is_empty() {
                // Kept facts have no gaps and each fits a frame; were it otherwise, silence beats a false frame.
                return;
            }
            let last = session.uploaded + lines.len() as u64;
            self.out.push(Output::SendFrame(events_frame(first, &lines)));
            if let Some(session) = &mut self.session {
                session.uploaded = last;
                session.unacked.push_back(last);
            }
        }
    }

    fn batch(&self, first: u64, now: Now) -> Vec<String> {
        let mut lines = Vec::new();
        let mut room = limits::MAX_UP_FRAME_BYTES - HEADER_BYTES;
        let mut number = first;
        while lines.len() < limits::MAX_EVENTS_PER_FRAME
            && let Some(fact) = self.book.fact(number)
        {
            let line = line(fact, now);
            let Some(left) = room.checked_sub(line.len() + 1) else { break };
            room = left;
            number += 1;
            lines.push(line);
        }
        lines
    }

    /// A frame that answers something, to leave after the flush.
    pub(super) fn reply(&mut self, frame: &UpFrame<'_>) {
        if let Some(session) = self.session.as_mut().filter(|session| !session.closed) {
            session.replies.push(frame.to_text());
        }
    }
}

/// An event as it is framed now: its ages are counted here, at the last instant.
fn line(fact: &KeptFact, now: Now) -> String {
    let mut event = fact.event.clone();
    event.at_mut().age_ms = now.since(fact.at).map(|age| age.saturating_add(fact.older_by_ms));
    if let (Event::Sent(sent), Some(at)) = (&mut event, fact.accepted)
        && let Some(accepted) = &mut sent.accepted
    {
        accepted.age_ms = now.since(at);
    }
    // Events are plain structs with string keys: serde_json cannot fail on them.
    serde_json::to_string(&event).unwrap_or_default()
}
