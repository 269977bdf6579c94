//! How long a phone waits before it connects again. Pure: the dice come in as an argument.

use rand::{Rng, RngExt};

use super::Redial;

/// The bounds of the back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffLimits {
    /// Longest wait after the first failure.
    pub first_ms: u64,
    /// Longest wait ever: a hub that is back has its fleet within this time.
    pub most_ms: u64,
}

impl Default for BackoffLimits {
    fn default() -> BackoffLimits {
        BackoffLimits { first_ms: 1_000, most_ms: 60_000 }
    }
}

/// Exponential back-off with jitter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    limits: BackoffLimits,
    failures: u32,
}

impl Backoff {
    /// A back-off within these bounds.
    pub fn new(limits: BackoffLimits) -> Backoff {
        Backoff { limits, failures: 0 }
    }

    /// A session was welcomed: the next failure is the first.
    pub fn welcomed(&mut self) {
        self.failures = 0;
    }

    /// Milliseconds to wait; `None` = do not reconnect.
    pub fn wait_ms(&mut self, redial: &Redial, dice: &mut impl Rng) -> Option<u64> {
        match redial {
            Redial::Retry => {
                let most =
                    self.limits.first_ms.saturating_mul(1 << self.failures.min(20)).min(self.limits.most_ms);
                self.failures = self.failures.saturating_add(1);
                // Half of it fixed, so that a wait is a wait; half of it random, so that a fleet spreads.
                Some(most / 2 + dice.random_range(0..=most.div_ceil(2)))
            }
            Redial::Spread { spread_ms } => Some(dice.random_range(0..=*spread_ms)),
            Redial::Replaced | Redial::Stop { .. } => None,
        }
    }
}
