//! What a carrier does with one message.

use crate::radio::Failure;

/// What becomes of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    RadioFails(Failure),
    RadioSilent,
    Delivered,
    ReceiptLost,
    ReceiptFails,
}
