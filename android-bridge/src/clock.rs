//! Instants of a phone: what its wall clock says, what its monotonic clock says, and which boot that was.
//!
//! Owns the arithmetic between two instants and the one place that asks the system for the time. The engine
//! must not read clocks: [`Now`] reaches it as an argument, from the driver or from a simulation.

use serde::{Deserialize, Serialize};

/// 2024-01-01: a wall clock that reads less was never set (phones boot in 1970 until the network tells).
pub const EARLIEST_BELIEVABLE_WALL_MS: i64 = 1_704_067_200_000;

/// One instant, as a phone can know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// The wall clock, Unix milliseconds. It may be stepped at any time.
    pub wall_ms: i64,
    /// Milliseconds since boot, sleep included. It never steps, and means nothing in another boot.
    pub mono_ms: u64,
    /// Which boot the monotonic clock counts from: any number that differs from boot to boot.
    pub boot: u64,
}

impl Now {
    /// Milliseconds from `earlier` to here: on the monotonic clock within one boot, else the difference of the
    /// wall clock. `None` where nobody can know: after a reboot with a wall clock that was unset or set back.
    pub fn since(&self, earlier: Now) -> Option<u64> {
        if self.boot == earlier.boot {
            return Some(self.mono_ms.saturating_sub(earlier.mono_ms));
        }
        if earlier.wall_ms < EARLIEST_BELIEVABLE_WALL_MS {
            return None;
        }
        u64::try_from(self.wall_ms.checked_sub(earlier.wall_ms)?).ok()
    }

    /// This instant, later by so many milliseconds on both clocks.
    pub fn plus(&self, ms: u64) -> Now {
        Now {
            wall_ms: self.wall_ms.saturating_add_unsigned(ms),
            mono_ms: self.mono_ms.saturating_add(ms),
            boot: self.boot,
        }
    }
}

/// The clocks of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    boot: u64,
    base: std::time::Instant,
    base_mono_ms: u64,
}

impl SystemClock {
    /// Reads which boot this is. Where the system does not tell, every process is a boot of its own: ages then
    /// come from the wall clock, and what cannot be known expires.
    pub fn new() -> SystemClock {
        let told = boot_id().zip(uptime_ms());
        let (boot, base_mono_ms) = told.unwrap_or_else(|| (u64::from(std::process::id()) << 32 | 1, 0));
        SystemClock { boot, base: std::time::Instant::now(), base_mono_ms }
    }

    /// The instant.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(&self) -> Now {
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let elapsed = u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now {
            wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX),
            mono_ms: self.base_mono_ms.saturating_add(elapsed),
            boot: self.boot,
        }
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

fn boot_id() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(uuid::Uuid::parse_str(text.trim()).ok()?.as_u64_pair().0)
}

fn uptime_ms() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some((seconds * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Now = Now { wall_ms: EARLIEST_BELIEVABLE_WALL_MS + 1_000_000, mono_ms: 5_000, boot: 1 };

    #[test]
    fn within_one_boot_only_the_monotonic_clock_counts() {
        let later = Now { wall_ms: 0, mono_ms: 9_000, boot: 1 };
        assert_eq!(later.since(BASE), Some(4_000));
    }

    #[test]
    fn after_a_reboot_the_wall_clock_counts_where_it_can_be_believed() {
        let rebooted = Now { wall_ms: BASE.wall_ms + 70_000, mono_ms: 10, boot: 2 };
        assert_eq!(rebooted.since(BASE), Some(70_000));
        let set_back = Now { wall_ms: BASE.wall_ms - 1, mono_ms: 10, boot: 2 };
        assert_eq!(set_back.since(BASE), None);
        let unset = Now { wall_ms: 1_000, mono_ms: 10, boot: 1 };
        assert_eq!(rebooted.since(unset), None);
    }
}
