//! The table: which room may import which, and what is absent where. The one place to change when the house is
//! rebuilt; `ARCHITECTURE.md` tells the reasons.

/// Our crates, as paths name them.
pub const OURS: [&str; 6] =
    ["relay_domain", "relay_store", "relay_ledger", "device_protocol", "android_bridge", "relay_hub"];

/// Rooms that anyone may enter: they know nothing of ours but the domain's words.
pub const OPEN: [&str; 3] = ["clock", "secrets", "telemetry"];

/// What one room, or one crate, may import of ours.
#[derive(Debug)]
pub struct Room {
    pub name: &'static str,
    /// Rooms of `server/src` besides itself and the open ones.
    pub rooms: &'static [&'static str],
    pub crates: &'static [&'static str],
}

/// The rooms of `server/src`. The domain is the language: whoever speaks of messages at all may import it.
#[rustfmt::skip]
pub const ROOMS: [Room; 16] = [
    Room { name: "limits", rooms: &[], crates: &["relay_domain"] },
    Room { name: "relay", rooms: &["limits"], crates: &["relay_domain", "relay_store"] },
    Room { name: "commands", rooms: &[], crates: &["relay_domain", "device_protocol"] },
    Room { name: "hub", rooms: &["relay", "commands"], crates: &["relay_domain", "device_protocol"] },
    Room { name: "webhooks", rooms: &[], crates: &["relay_domain", "relay_store"] },
    Room { name: "http", rooms: &["relay", "limits"], crates: &["relay_domain"] },
    // `webhooks` defines the trait by which a dialect renders.
    Room { name: "dialects", rooms: &["relay", "webhooks", "http"], crates: &["relay_domain"] },
    Room { name: "control", rooms: &["relay", "webhooks", "http"], crates: &["relay_domain"] },
    Room { name: "sweeps", rooms: &["relay"], crates: &["relay_domain"] },
    Room { name: "continuity", rooms: &["relay"], crates: &["relay_domain"] },
    Room { name: "cluster", rooms: &[], crates: &["relay_domain"] },
    Room { name: "config", rooms: &[], crates: &[] },
    Room { name: "telemetry", rooms: &[], crates: &[] },
    Room { name: "clock", rooms: &[], crates: &["relay_domain"] },
    Room { name: "secrets", rooms: &[], crates: &["relay_domain"] },
    Room { name: "cli", rooms: &["app", "config", "relay"], crates: &["relay_domain"] },
];

/// What `cli/demo` may import besides: it plays the phones and judges what came of it.
pub const DEMO_CRATES: [&str; 2] = ["android_bridge", "relay_ledger"];

/// Files that know everyone: the composition root, and the two that only declare and call it.
pub const KNOW_ALL: [&str; 3] = ["app", "lib", "main"];

/// The other crates: folder, and what they may import of ours.
pub const CRATES: [(&str, &[&str]); 6] = [
    ("server/domain", &[]),
    ("server/store", &["relay_domain"]),
    ("server/ledger", &[]),
    ("server/bench", &["relay_domain", "relay_hub", "relay_ledger", "device_protocol", "android_bridge"]),
    ("device-protocol", &[]),
    ("android-bridge", &["device_protocol"]),
];

/// Places where actix may be named.
pub const ACTIX: [&str; 9] = [
    "server/src/dialects/",
    "server/src/control/",
    "server/src/http/",
    "server/src/hub/socket.rs",
    "server/src/hub/socket/",
    "server/src/hub/pairing.rs",
    "server/src/app.rs",
    "server/src/app/site.rs",
    "server/bench/src/ceiling/",
];

/// Crates that depend on actix: the server, and what stands in for it as a ceiling.
pub const ACTIX_CRATES: [&str; 2] = ["server", "server/bench"];

/// Who plays a customer, and so writes a vendor's field names.
pub const CUSTOMERS: [&str; 2] = ["server/src/cli/demo", "server/bench/src/"];

/// The only place that knows diesel.
pub const DIESEL: &str = "server/store/";

/// What the domain must not name: formats, runtimes, databases, servers, and everything that has an effect.
pub const NOT_IN_DOMAIN: [&str; 14] = [
    "serde",
    "serde_json",
    "tokio",
    "diesel",
    "actix",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "time",
];

/// Field names of the vendors' documents.
pub const WIRE_WORDS: [&str; 4] = ["recipientNumber", "failureReason", "simSlotIndex", "pendingSetup"];

/// Names that tell nothing of what is inside.
pub const EMPTY_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// A longer file asks to be divided.
pub const MOST_LINES: usize = 500;
/// So does a folder of more source files.
pub const MOST_FILES: usize = 15;

/// Folders that are collections: one noun, one write, one read, one frame, one promise a file, and nothing else in
/// them.
pub const COLLECTIONS: [&str; 8] = [
    "server/domain/src",
    "server/domain/tests",
    "server/store/src/changes",
    "server/store/src/queries",
    "server/store/tests/contract",
    "server/tests/it",
    "device-protocol/src/event",
    "device-protocol/src/command",
];
/// Even a collection ends somewhere.
pub const MOST_IN_A_COLLECTION: usize = 40;
