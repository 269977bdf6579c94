//! Liveness, and the one instant at which the engine next wants to be asked.

use device_protocol::limits::SILENT_AFTER_PINGS;

use super::{CloseWhy, Engine, Output};
use crate::clock::Now;

/// Below this a hub's setting would keep the phone's radio awake all day.
const LEAST_PING_INTERVAL_MS: u64 = 1_000;
/// Above it no middlebox keeps the connection.
const MOST_PING_INTERVAL_MS: u64 = 3_600_000;

impl Engine {
    pub(super) fn ping_interval_ms(&self) -> u64 {
        self.settings().ping_interval_ms.clamp(LEAST_PING_INTERVAL_MS, MOST_PING_INTERVAL_MS)
    }

    fn silence_ms(&self) -> u64 {
        (self.ping_interval_ms() as f64 * SILENT_AFTER_PINGS) as u64
    }

    /// A complete frame came: the hub lives.
    pub(super) fn alive(&mut self, now: Now) {
        if let Some(session) = &mut self.session {
            session.last_life_ms = now.mono_ms;
        }
    }

    /// Pings when it is time, and gives up on a hub that has been silent for too long.
    pub(super) fn keep_alive(&mut self, now: Now) {
        let (interval, silence) = (self.ping_interval_ms(), self.silence_ms());
        let Some(session) = self.session.as_mut().filter(|session| !session.closed) else { return };
        if now.mono_ms >= session.last_life_ms.saturating_add(silence) {
            self.close(CloseWhy::Silent);
        } else if now.mono_ms >= session.next_ping_ms {
            session.next_ping_ms = now.mono_ms.saturating_add(interval);
            self.out.push(Output::Ping);
        }
    }

    /// The monotonic instant of the next thing that time alone brings about: ask with `Input::Tick` then.
    pub fn wakes_at_ms(&mut self, now: Now) -> Option<u64> {
        let silence = self.silence_ms();
        let timeout = self.answer_timeout_ms();
        let session = self.session.as_ref().filter(|session| !session.closed);
        let alive =
            session.map(|session| session.next_ping_ms.min(session.last_life_ms.saturating_add(silence)));
        let deadline = self
            .book
            .line
            .iter()
            .filter_map(|(_, id)| self.book.messages.get(id)?.expires_after(now))
            .min()
            .map(|left| now.mono_ms.saturating_add(left));
        let answer = self
            .book
            .at_radio
            .iter()
            .filter_map(|id| self.book.messages.get(id)?.submitted)
            .filter_map(|at| now.since(at))
            .map(|age| now.mono_ms.saturating_add(timeout.saturating_sub(age)))
            .min();
        let line = self.line_wakes_at(now);
        let sweep = Some(self.sweep_wakes_at(now));
        [alive, deadline, answer, line, sweep].into_iter().flatten().min()
    }
}
