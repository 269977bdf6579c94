//! What a phone tells of its SIMs, and how both sides tell one SIM from another.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::limits::MAX_SIMS;

/// One inserted SIM of a phone's inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sim {
    /// Slot index, from 0.
    pub slot: u8,
    /// Number as the SIM tells it, when it does.
    #[serde(default)]
    pub number: Option<String>,
    /// Carrier label.
    #[serde(default)]
    pub carrier: Option<String>,
    /// Android's subscription id.
    #[serde(default)]
    pub subscription_id: Option<i64>,
    /// Lower-case hex SHA-256 of the ICCID, where it can be read.
    #[serde(default)]
    pub iccid_hash: Option<String>,
    /// The phone's default SIM for SMS.
    #[serde(default)]
    pub default: bool,
}

impl Sim {
    /// The facts by which this SIM is recognised.
    pub fn reference(&self) -> SimRef {
        SimRef {
            number: self.number.clone(),
            subscription_id: self.subscription_id,
            iccid_hash: self.iccid_hash.clone(),
        }
    }
}

/// Reads an inventory, at most [`MAX_SIMS`] long.
pub(crate) fn inventory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sim>, D::Error> {
    let sims = Vec::deserialize(deserializer)?;
    if sims.len() > MAX_SIMS {
        return Err(de::Error::custom("too many SIMs in one inventory"));
    }
    Ok(sims)
}

/// The facts by which a SIM is recognised; any may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SimRef {
    /// Number as the SIM tells it.
    #[serde(default)]
    pub number: Option<String>,
    /// Android's subscription id.
    #[serde(default)]
    pub subscription_id: Option<i64>,
    /// Lower-case hex SHA-256 of the ICCID.
    #[serde(default)]
    pub iccid_hash: Option<String>,
}

impl SimRef {
    /// Whether the two are known to be different SIMs. The ICCID decides where both sides know it; else any
    /// fact known on both sides that differs. Nothing known on both sides contradicts nothing.
    pub fn contradicts(&self, other: &SimRef) -> bool {
        fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> Option<bool> {
            Some(a.as_ref()? != b.as_ref()?)
        }
        differ(&self.iccid_hash, &other.iccid_hash).unwrap_or_else(|| {
            differ(&self.subscription_id, &other.subscription_id).unwrap_or(false)
                || differ(&self.number, &other.number).unwrap_or(false)
        })
    }
}
