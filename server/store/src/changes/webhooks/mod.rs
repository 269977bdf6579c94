//! Webhooks: subscriptions are made and changed, what happens is written for them (`notify`), what came of telling it is
//! recorded, repeated where somebody asks, and forgotten in the end.

mod bury;
mod change;
mod create;
pub(super) mod notify;
mod record_attempt;
mod repeat;

pub use bury::{BuryNotices, ForgetNotices};
pub use change::{ChangeWebhook, ChangeWebhookVerdict, SettleRotations, WebhookEdit};
pub use create::{CreateWebhook, CreateWebhookVerdict, MOST_WEBHOOKS, NewWebhook};
pub use record_attempt::RecordAttempt;
pub use repeat::{Repeat, RepeatNotices, RepeatVerdict, TestVerdict, TestWebhook};
