//! `refresh_sims`: the phone reads its SIMs anew and reports them as an event.

use device_protocol::CommandKind;
use device_protocol::command::RefreshSims;

/// As it is stored.
pub(crate) const KIND: &str = "refresh_sims";

/// As it is framed.
pub(super) fn kind() -> CommandKind {
    CommandKind::RefreshSims(RefreshSims {})
}
