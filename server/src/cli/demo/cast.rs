//! Who plays: three customers, each with a plan, a phone and a key.

use android_bridge::PhoneHandle;

use super::customer::Customer;

/// A customer's part, as it is written.
#[derive(Debug)]
pub(super) struct Part {
    /// Name of the key in the key file, and of the phone's folder.
    pub(super) word: &'static str,
    /// Name of the account.
    pub(super) account: &'static str,
    /// Its plan.
    pub(super) plan: &'static str,
    /// Name of the device.
    pub(super) device: &'static str,
    /// Number of its SIM.
    pub(super) number: &'static str,
    /// What it shows.
    pub(super) shows: &'static str,
}

/// Ample.
pub(super) const PRO: Part = Part {
    word: "pro",
    account: "Harbour Clinic",
    plan: "pro",
    device: "Clinic phone",
    number: "+15550101010",
    shows: "100 at once, then 50 a minute",
};

/// Scarce.
pub(super) const FREE: Part = Part {
    word: "free",
    account: "Corner Shop",
    plan: "free",
    device: "Shop phone",
    number: "+15550102020",
    shows: "5 at once, then 1 a minute, 500 a month",
};

/// Away at times.
pub(super) const AWAY: Part = Part {
    word: "away",
    account: "Van Courier",
    plan: "starter",
    device: "Van phone",
    number: "+15550103030",
    shows: "drives through a tunnel: 60 s online, 30 s offline",
};

/// Everyone, in the order in which they are shown.
pub(super) const CAST: [&Part; 3] = [&PRO, &FREE, &AWAY];

/// A part that is played.
pub(super) struct Member {
    pub(super) part: &'static Part,
    /// Id of the account.
    pub(super) account_id: String,
    /// Id of the device.
    pub(super) device_id: String,
    /// The phone.
    pub(super) phone: PhoneHandle,
    /// The customer's program.
    pub(super) customer: Customer,
    /// Numbers of the plan: at once, and added back each minute.
    pub(super) quota: (u32, u32),
}
