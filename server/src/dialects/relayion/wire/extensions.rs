//! What `?include=` adds to a message: our own words, in the vendor's spelling.

use serde::Serialize;
use utoipa::ToSchema;

use super::documented;

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Include {
    pub(in super::super) wait: bool,
    pub(in super::super) timeline: bool,
    pub(in super::super) options: bool,
}

/// Why a message has not left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Wait)]
pub(in super::super) struct WaitShown {
    pub(in super::super) reason: WaitReason,
    /// The same for people.
    pub(in super::super) message: String,
    /// When it should leave, if nothing else happens; null where that depends on a phone or a person.
    #[schema(required, format = DateTime)]
    pub(in super::super) expected_at: Option<String>,
    /// Messages that leave before it.
    pub(in super::super) ahead: u32,
}

/// What a message waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum WaitReason {
    DeviceOffline,
    DeviceUnresponsive,
    Paused,
    SimMismatch,
    HeldRestored,
    PhoneBusy,
    BucketEmpty,
    WaitingTurn,
    Scheduled,
    NoService,
    RadioGuard,
}

/// One fact about a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TimelineEntry)]
pub(in super::super) struct EntryShown {
    pub(in super::super) event: Event,
    /// When it happened.
    #[schema(format = DateTime)]
    pub(in super::super) at: String,
    /// When the hub learnt of it.
    #[schema(format = DateTime)]
    pub(in super::super) recorded_at: String,
    /// Null unless something went wrong.
    #[schema(required)]
    pub(in super::super) failure: Option<FailureShown>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimelineEvent)]
pub(in super::super) enum Event {
    Accepted,
    Dispatched,
    Sent,
    Delivered,
    Failed,
    Expired,
    Canceled,
    Uncertain,
    CancelTooLate,
}

/// Where it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FailureStage)]
pub(in super::super) enum Stage {
    Hub,
    Radio,
    Receipt,
    Deadline,
    Cancel,
    Unknown,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Failure)]
pub(in super::super) struct FailureShown {
    pub(in super::super) stage: Stage,
    #[schema(schema_with = documented::failure_class)]
    pub(in super::super) class: &'static str,
    /// What happened, for programs.
    pub(in super::super) code: String,
    /// What happened, for people.
    pub(in super::super) reason: String,
    /// What it means and what to do, for people.
    pub(in super::super) advice: &'static str,
}

/// What was asked for with the message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Options)]
pub(in super::super) struct OptionsShown {
    #[schema(schema_with = documented::priority)]
    pub(in super::super) priority: &'static str,
    /// When it may leave at the earliest; null: at once.
    #[schema(required, format = DateTime)]
    pub(in super::super) scheduled_at: Option<String>,
    /// When it is not worth sending any more; null: never.
    #[schema(required, format = DateTime)]
    pub(in super::super) expires_at: Option<String>,
    /// SMS segments that the text takes.
    pub(in super::super) segments: u16,
}
