//! A clock that stands, for tests of the writer, with nobody who listens.

use relay_domain::{Clock, Timestamp};

use crate::effect::{Announce, Effect};

pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

impl Announce for Still {
    fn announce(&self, _: Effect) {}
}
