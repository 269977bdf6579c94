//! What can be asked.

use serde::{Deserialize, Serialize};

/// A verb with what it needs. Accounts, devices and keys are named by id, by name, or by the start of an id, as
/// long as that is one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// Makes an account.
    AccountCreate {
        /// Its name.
        name: String,
        /// `free`, `starter`, `pro` or `enterprise`.
        plan: String,
        /// Enterprise only: messages at once.
        burst: Option<u32>,
        /// Enterprise only: messages added back each minute.
        refill_per_minute: Option<u32>,
        /// Enterprise only: messages a month.
        monthly_cap: Option<u32>,
    },
    /// Lists accounts.
    AccountList,
    /// Issues a pairing code for a new device.
    DevicePairNew {
        /// Whose; not needed while there is only one account.
        account: Option<String>,
        /// Name of the device.
        name: String,
    },
    /// Issues a pairing code for a device that exists.
    DevicePairAgain {
        /// Which.
        device: String,
    },
    /// Lists devices.
    DeviceList {
        /// Whose; everyone's without it.
        account: Option<String>,
    },
    /// Tells the number of the SIM in a slot.
    SimSet {
        /// Which device.
        device: String,
        /// Which slot.
        slot: u8,
        /// The number.
        number: String,
    },
    /// Asks a phone to read its SIMs anew.
    SimRefresh {
        /// Which device.
        device: String,
    },
    /// Revokes a device.
    DeviceRevoke {
        /// Which.
        device: String,
    },
    /// Makes a key.
    KeyCreate {
        /// Device of its line.
        device: String,
        /// Slot of its line.
        slot: u8,
        /// Its name.
        name: String,
    },
    /// Lists keys.
    KeyList {
        /// Whose; everyone's without it.
        account: Option<String>,
    },
    /// Revokes a key.
    KeyRevoke {
        /// Which.
        key: String,
    },
}
