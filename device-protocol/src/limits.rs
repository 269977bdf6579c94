//! The bounds of the protocol. Both sides keep them; whoever sees one broken closes the socket.

use serde::{Deserialize, Deserializer, de};

/// Largest frame a phone may send, bytes of UTF-8.
pub const MAX_UP_FRAME_BYTES: usize = 256 * 1024;
/// Largest frame the hub may send, bytes of UTF-8. The longest SMS fits: two bytes a septet at most, six a UCS-2
/// unit. (With every septet escaped as `\u00XX` it would not; the hub writes the shortest escapes.)
pub const MAX_DOWN_FRAME_BYTES: usize = 128 * 1024;
/// `events` frames a phone may have unacknowledged; the third is a flood.
pub const MAX_UNACKED_UP_FRAMES: usize = 2;
/// Frames of any kind that a phone may send in a second, pings included: far more than a busy phone needs.
pub const MAX_UP_FRAMES_PER_SECOND: u32 = 2_000;
/// Events in one frame: bounds the hub's transaction whatever their size.
pub const MAX_EVENTS_PER_FRAME: usize = 256;
/// `send` frames the hub may have unacknowledged.
pub const MAX_UNACKED_DOWN_FRAMES: usize = 32;
/// Bytes of `send` frames the hub may have unacknowledged.
pub const MAX_UNACKED_DOWN_BYTES: usize = 256 * 1024;
/// A phone says hello within this time of the upgrade, milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// Default time between pings, both ways, milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// A socket without a complete frame for this many ping intervals is dead.
pub const SILENT_AFTER_PINGS: f64 = 2.4;
/// Default of `max_pending` in hello: dispatched messages a phone takes before any of them ends.
pub const DEFAULT_MAX_PENDING: u32 = 256;
/// The longest SMS: 255 parts, so many GSM-7 septets.
pub const MAX_GSM7_SEPTETS: usize = 39_015;
/// The longest SMS: 255 parts, so many UCS-2 units.
pub const MAX_UCS2_UNITS: usize = 17_085;
/// Ids in `unfinished[]` of a hello.
pub const MAX_UNFINISHED: usize = 4096;
/// SIMs in an inventory.
pub const MAX_SIMS: usize = 8;
/// Highest number of either stream: what a signed 64-bit column and Kotlin's `Long` hold.
pub const MAX_SEQUENCE: u64 = i64::MAX as u64;
/// Default of [`crate::Settings::radio_answer_timeout_ms`].
pub const RADIO_ANSWER_TIMEOUT_MS: u64 = 300_000;
/// Default of [`crate::Settings::guard_segments`]: below Android's own dialog at about 30 a minute.
pub const GUARD_SEGMENTS: u32 = 24;
/// Default of [`crate::Settings::guard_window_ms`].
pub const GUARD_WINDOW_MS: u64 = 60_000;
/// Days that a journal keeps acknowledged entries: a hub restored from an older backup asks for them again.
pub const KEEP_ACKED_DAYS: u64 = 14;
/// Days that a phone keeps the ids of messages, so that a repeat is known as one.
pub const KEEP_IDS_DAYS: u64 = 30;
/// Time between two sweeps of the system's inbox, milliseconds.
pub const SWEEP_INTERVAL_MS: u64 = 900_000;
/// Upper end of the random wait before the first reconnect, milliseconds; it doubles with each failure.
pub const BACKOFF_FIRST_MS: u64 = 1_000;
/// Where the doubling ends, milliseconds.
pub const BACKOFF_MAX_MS: u64 = 60_000;

/// Reads a number of either stream. A number above the bound could be neither stored nor counted on from.
pub(crate) fn sequence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > MAX_SEQUENCE {
        return Err(de::Error::custom("a stream's number above 2^63 - 1"));
    }
    Ok(number)
}
