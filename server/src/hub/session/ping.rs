//! Whether anybody is there: pings both ways, and only complete frames count as life. Who talks but answers no ping
//! does not read, however much of what it is told its buffers take.

use std::time::Duration;

use device_protocol::limits::SILENT_AFTER_PINGS;
use relay_domain::Timestamp;

/// The pulse of one socket.
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Duration,
    last_frame_at: Timestamp,
    next_ping_at: Timestamp,
    /// When the oldest ping without an answer was sent.
    asked_at: Option<Timestamp>,
}

/// What the clock asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Wait,
    /// Send a ping.
    Ping,
    /// Nobody is there.
    Dead,
    /// Somebody talks and does not listen.
    Deaf,
}

impl Pulse {
    pub(super) fn new(interval: Duration, now: Timestamp) -> Pulse {
        Pulse { interval, last_frame_at: now, next_ping_at: now.plus(interval), asked_at: None }
    }

    /// A complete frame arrived.
    pub(super) fn alive(&mut self, now: Timestamp) {
        self.last_frame_at = now;
    }

    /// A ping was answered: all that was written before it has been read.
    pub(super) fn answered(&mut self) {
        self.asked_at = None;
    }

    pub(super) fn last_frame_at(&self) -> Timestamp {
        self.last_frame_at
    }

    pub(super) fn beat(&mut self, now: Timestamp) -> Beat {
        if now >= self.dead_at() {
            Beat::Dead
        } else if self.deaf_at().is_some_and(|at| now >= at) {
            Beat::Deaf
        } else if now >= self.next_ping_at {
            self.next_ping_at = now.plus(self.interval);
            self.asked_at.get_or_insert(now);
            Beat::Ping
        } else {
            Beat::Wait
        }
    }

    /// When to look again.
    pub(super) fn next(&self) -> Timestamp {
        let next = self.next_ping_at.min(self.dead_at());
        self.deaf_at().map_or(next, |at| at.min(next))
    }

    fn dead_at(&self) -> Timestamp {
        self.last_frame_at.plus(self.patience())
    }

    fn deaf_at(&self) -> Option<Timestamp> {
        self.asked_at.map(|at| at.plus(self.patience()))
    }

    fn patience(&self) -> Duration {
        self.interval.mul_f64(SILENT_AFTER_PINGS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn second(number: i64) -> Timestamp {
        Timestamp::from_millis(number * 1_000)
    }

    /// What is asked for at these seconds, where a frame comes at each of `frames` and an answer at each of `answers`.
    fn beats(frames: &[i64], answers: &[i64], until: i64) -> Vec<(i64, Beat)> {
        let mut pulse = Pulse::new(INTERVAL, second(0));
        let mut beats = Vec::new();
        for now in 1..=until {
            if frames.contains(&now) {
                pulse.alive(second(now));
            }
            if answers.contains(&now) {
                pulse.answered();
            }
            let due = pulse.next() <= second(now);
            match pulse.beat(second(now)) {
                Beat::Wait => assert!(!due, "second {now}: asked for nothing when it was to be asked"),
                beat => {
                    assert!(due, "second {now}: {beat:?} came unasked");
                    beats.push((now, beat));
                }
            }
        }
        beats
    }

    #[test]
    fn pings_leave_at_their_interval_and_a_silent_socket_is_dead_after_2_4_of_them() {
        let expected = [(10, Beat::Ping), (20, Beat::Ping), (24, Beat::Dead)];
        assert_eq!(beats(&[], &[], 24), expected);
    }

    #[test]
    fn any_frame_is_life_but_only_an_answer_is_reading() {
        let talking: Vec<i64> = (1..=60).collect();
        let deaf = [(10, Beat::Ping), (20, Beat::Ping), (30, Beat::Ping), (34, Beat::Deaf)];
        assert_eq!(beats(&talking, &[], 34), deaf, "counted from the first ping without an answer");
        let answered = [(10, Beat::Ping), (20, Beat::Ping), (30, Beat::Ping), (40, Beat::Ping)];
        assert_eq!(beats(&talking, &[33], 49), answered);
    }

    #[test]
    fn who_stops_answering_is_deaf_from_the_next_ping_on() {
        let talking: Vec<i64> = (1..=60).collect();
        let last = beats(&talking, &[11, 21], 54).pop();
        assert_eq!(last, Some((54, Beat::Deaf)), "asked at 30, and the last answer was to the ping before");
    }
}
