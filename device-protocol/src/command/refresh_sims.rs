//! `refresh_sims`: read the SIM inventory anew.

use serde::{Deserialize, Serialize};

/// The phone reads its SIMs, journals a `sim_changed` event whether they differ or not, and answers `done`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefreshSims {}

impl RefreshSims {
    /// Named in hello by phones that know it.
    pub const CAPABILITY: &'static str = "command.refresh_sims";
}
