//! `sim_changed`.

use serde::{Deserialize, Serialize};

use super::EventAt;
use crate::Sim;

/// The whole inventory as it is now. A hello's inventory is newer than any of these at or below its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimChanged {
    /// When it was read.
    pub at: EventAt,
    /// Every inserted SIM, at most [`crate::limits::MAX_SIMS`].
    #[serde(deserialize_with = "crate::sim::inventory")]
    pub sims: Vec<Sim>,
}
