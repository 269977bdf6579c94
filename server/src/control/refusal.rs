//! Refusals: their kinds, and the words of whoever refused.

use super::answer::{Refused, RefusedKind};
use crate::relay::Trouble;

fn refused(kind: RefusedKind, message: impl ToString) -> Refused {
    Refused { kind, message: message.to_string() }
}

pub(super) fn invalid(message: impl ToString) -> Refused {
    refused(RefusedKind::Invalid, message)
}

pub(super) fn not_found(message: impl ToString) -> Refused {
    refused(RefusedKind::NotFound, message)
}

pub(super) fn failed(trouble: Trouble) -> Refused {
    refused(RefusedKind::Failed, trouble)
}
