//! What `?include=` adds to a message: our own words, in the vendor's spelling.

use serde::Serialize;

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Include {
    pub(in super::super) wait: bool,
    pub(in super::super) timeline: bool,
    pub(in super::super) options: bool,
}

/// Absent unless asked for; then each is there, `wait` as null where nothing is waited for.
#[derive(Debug, Default, Serialize)]
pub(in super::super) struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) wait: Option<Option<WaitShown>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) timeline: Option<Vec<EntryShown>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) options: Option<OptionsShown>,
}

/// Why a message waits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct WaitShown {
    /// One of the words of `convert::explain`.
    pub(in super::super) reason: &'static str,
    /// For people.
    pub(in super::super) message: String,
    /// When it should leave, if nothing else happens; null where that depends on a phone or a person.
    pub(in super::super) expected_at: Option<String>,
    /// Messages that leave before it.
    pub(in super::super) ahead: u32,
}

/// One fact about a message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct EntryShown {
    /// `accepted`, `dispatched`, `sent`, `delivered`, `failed`, `expired`, `canceled`, `uncertain` or `cancel_too_late`.
    pub(in super::super) event: &'static str,
    /// When it happened.
    pub(in super::super) at: String,
    /// When the hub learnt of it.
    pub(in super::super) recorded_at: String,
    /// Null unless something went wrong.
    pub(in super::super) failure: Option<FailureShown>,
}

/// What went wrong.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct FailureShown {
    /// `hub`, `radio`, `receipt` or `unknown`: where.
    pub(in super::super) stage: &'static str,
    /// `retryable`, `throttled`, `permanent` or `ambiguous`.
    pub(in super::super) class: &'static str,
    /// For programs.
    pub(in super::super) code: String,
    /// What happened, for people.
    pub(in super::super) reason: String,
    /// What it means and what to do, for people.
    pub(in super::super) advice: &'static str,
}

/// What was asked for with the message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct OptionsShown {
    pub(in super::super) priority: &'static str,
    pub(in super::super) scheduled_at: Option<String>,
    pub(in super::super) expires_at: Option<String>,
    /// SMS segments that the text takes.
    pub(in super::super) segments: u16,
}
