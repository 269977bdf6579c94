//! A simulated socket between a phone and a hub: ordered, late, and breakable.
//!
//! Sans-IO, in virtual time. TCP is ordered and repeats nothing, so neither does this: it delays, it drops the
//! whole connection, or it swallows bytes without telling anyone (half open).

use std::collections::VecDeque;

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkFault {
    /// Nothing.
    #[default]
    None,
    /// Both ends think that it lives; what they write goes nowhere.
    HalfOpen,
    /// It is gone: what was on its way is lost, and both ends see it.
    Dropped,
}

/// One connection. `T` is whatever one message is.
#[derive(Debug, Clone)]
pub struct SimLink<T> {
    latency_ms: u64,
    fault: LinkFault,
    up: VecDeque<(u64, T)>,
    down: VecDeque<(u64, T)>,
}

impl<T> SimLink<T> {
    /// A healthy link with this latency each way.
    pub fn new(latency_ms: u64) -> SimLink<T> {
        SimLink { latency_ms, fault: LinkFault::None, up: VecDeque::new(), down: VecDeque::new() }
    }

    /// Breaks it, or heals a half-open one (what was swallowed stays lost).
    pub fn set_fault(&mut self, fault: LinkFault) {
        self.fault = fault;
        if fault == LinkFault::Dropped {
            self.up.clear();
            self.down.clear();
        }
    }

    /// What is wrong with it.
    pub fn fault(&self) -> LinkFault {
        self.fault
    }

    /// The phone writes.
    pub fn phone_writes(&mut self, message: T, now_ms: u64) {
        if self.fault == LinkFault::None {
            self.up.push_back((now_ms.saturating_add(self.latency_ms), message));
        }
    }

    /// The hub writes.
    pub fn hub_writes(&mut self, message: T, now_ms: u64) {
        if self.fault == LinkFault::None {
            self.down.push_back((now_ms.saturating_add(self.latency_ms), message));
        }
    }

    /// What has reached the hub by now.
    pub fn hub_reads(&mut self, now_ms: u64) -> Option<T> {
        arrived(&mut self.up, now_ms, self.fault)
    }

    /// What has reached the phone by now.
    pub fn phone_reads(&mut self, now_ms: u64) -> Option<T> {
        arrived(&mut self.down, now_ms, self.fault)
    }

    /// When the next message arrives at either end.
    pub fn next_due_ms(&self) -> Option<u64> {
        if self.fault != LinkFault::None {
            return None;
        }
        [self.up.front(), self.down.front()].into_iter().flatten().map(|(at, _)| *at).min()
    }
}

fn arrived<T>(way: &mut VecDeque<(u64, T)>, now_ms: u64, fault: LinkFault) -> Option<T> {
    if fault != LinkFault::None || way.front()?.0 > now_ms {
        return None;
    }
    way.pop_front().map(|(_, message)| message)
}
