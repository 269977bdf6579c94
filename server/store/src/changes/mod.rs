//! Writes: one change, one file. Each is applied inside the lane's transaction and answers with a verdict.

mod accept_messages;
mod attend;
mod cancel_message;
mod change_account;
mod close_session;
mod create_account;
mod create_key;
mod delete_device;
mod dispatch;
mod dispatch_next;
mod expire_queued;
mod fact;
mod finish_command;
mod forget_requests;
mod give_up_uncertain;
mod issue_command;
mod issue_pairing_code;
mod mark_alive;
mod named_request;
mod open_session;
mod record_events;
mod redeem_pairing_code;
mod release_held;
mod release_scheduled;
mod replace_device;
mod restore_hub;
mod revoke_device;
mod revoke_key;
mod set_sim_number;
mod set_stalled;
mod settle_unpaired;
mod sim_inventory;
mod sweep_match;
mod tell_presence;
mod unpair_device;
mod webhooks;

pub use accept_messages::{AcceptMessages, Acceptance};
pub use attend::Attend;
pub use cancel_message::{CancelMessage, CancelVerdict};
pub use change_account::{ChangeAccount, SetDeviceQuota, SpreadPlan};
pub use close_session::CloseSession;
pub use create_account::CreateAccount;
pub use create_key::{CreateKey, KeyVerdict};
pub use delete_device::{DeleteDevice, DeleteVerdict};
pub use dispatch_next::{DispatchNext, NextVerdict};
pub use expire_queued::ExpireQueued;
pub use finish_command::FinishCommand;
pub use forget_requests::ForgetRequests;
pub use give_up_uncertain::GiveUpUncertain;
pub use issue_command::{IssueCommand, IssueVerdict};
pub use issue_pairing_code::{IssuePairingCode, PairTarget, PairingCodeVerdict};
pub use mark_alive::MarkAlive;
pub use named_request::Request;
pub use open_session::{OpenSession, OpenVerdict, OpenedSession};
pub use record_events::{RecordEvents, RecordVerdict};
pub use redeem_pairing_code::{Paired, RedeemPairingCode, RedeemVerdict};
pub use release_held::{DecideHeld, DecideVerdict, HeldDecision, ReleaseHeld};
pub use release_scheduled::ReleaseScheduled;
pub use replace_device::{Drain, DrainDevice, DrainVerdict};
pub use restore_hub::{PhoneStanding, RestoreHub, RestoreVerdict, Standing};
pub use revoke_device::RevokeDevice;
pub use revoke_key::RevokeKey;
pub use set_sim_number::{SetSimNumber, SimNumberVerdict};
pub use set_stalled::{SetStalled, Stalled};
pub use settle_unpaired::SettleUnpaired;
pub use tell_presence::{Presence, TellPresence};
pub use unpair_device::{EndLeaving, UnpairDevice, UnpairVerdict};
pub use webhooks::{
    BuryNotices, ChangeWebhook, ChangeWebhookVerdict, CreateWebhook, CreateWebhookVerdict, ForgetNotices,
    MOST_WEBHOOKS, NewWebhook, RecordAttempt, Repeat, RepeatNotices, RepeatVerdict, SettleRotations,
    TestVerdict, TestWebhook, WebhookEdit,
};

/// Rows that a sweep touches in one batch: bounds what the callers beside it wait.
pub const SWEEP_ROWS: i64 = 200;
