//! The bounds of the protocol. Both sides keep them; whoever sees one broken closes the socket.

/// Largest frame a phone may send, bytes of UTF-8.
pub const MAX_UP_FRAME_BYTES: usize = 256 * 1024;
/// Largest frame the hub may send, bytes of UTF-8. The longest SMS with every character escaped still fits.
pub const MAX_DOWN_FRAME_BYTES: usize = 128 * 1024;
/// `events` frames a phone may have unacknowledged; the third is a flood.
pub const MAX_UNACKED_UP_FRAMES: usize = 2;
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
