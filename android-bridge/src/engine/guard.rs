//! The radio guard: Android interrupts the owner with a dialog when an app sends about 30 segments a minute.
//!
//! An exact sliding window over submit instants: in any closed window of `guard_window_ms` at most
//! `guard_segments` segments leave. A message longer than that waits for an empty window and goes alone.
//! Instants are kept on this boot's monotonic clock; those of an earlier boot are moved onto it by their age.

use std::collections::VecDeque;

use crate::{book::Departure, clock::Now};

/// The window.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// (monotonic instant, segments), oldest first. Signed: an instant may lie before this boot.
    departures: VecDeque<(i64, u32)>,
}

/// The limits, from the hub's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// Segments in any window; 0 switches the guard off.
    pub segments: u32,
    /// The window.
    pub window_ms: u64,
}

impl Guard {
    /// The guard of a process that starts. A departure whose age nobody knows counts as one of just now.
    pub fn restore<'a>(departures: impl IntoIterator<Item = &'a Departure>, now: Now) -> Guard {
        let mono = mono(now);
        let mut departures: Vec<(i64, u32)> = departures
            .into_iter()
            .map(|one| {
                let age = now.since(one.at).unwrap_or(0);
                (mono.saturating_sub_unsigned(age), one.segments)
            })
            .collect();
        departures.sort_unstable_by_key(|(at, _)| *at);
        Guard { departures: departures.into() }
    }

    /// The earliest monotonic instant at which so many segments may leave; not later than now = now.
    pub fn earliest(&mut self, segments: u32, limits: GuardLimits, now: Now) -> i64 {
        let mono = mono(now);
        if limits.segments == 0 {
            return mono;
        }
        let window = i64::try_from(limits.window_ms).unwrap_or(i64::MAX);
        let leaves = |at: i64| at.saturating_add(window).saturating_add(1);
        while self.departures.front().is_some_and(|(at, _)| leaves(*at) <= mono) {
            self.departures.pop_front();
        }
        let mut used: u64 = self.departures.iter().map(|(_, segments)| u64::from(*segments)).sum();
        let mut earliest = mono;
        for (at, segments_then) in &self.departures {
            // A longer message than the limit never fits: it goes when nothing at all is left.
            if used + u64::from(segments) <= u64::from(limits.segments) {
                break;
            }
            used -= u64::from(*segments_then);
            earliest = leaves(*at);
        }
        earliest
    }

    /// So many segments leave now.
    pub fn depart(&mut self, segments: u32, limits: GuardLimits, now: Now) {
        // A switched-off guard remembers nothing: the book keeps the instants for a later day.
        if limits.segments > 0 {
            self.departures.push_back((mono(now), segments));
        }
    }
}

/// A monotonic clock as a signed number.
pub fn mono(now: Now) -> i64 {
    i64::try_from(now.mono_ms).unwrap_or(i64::MAX)
}
