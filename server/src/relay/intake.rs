//! Acceptance: from what a customer asks for to durable messages.
//!
//! A dialect builds each [`Draft`] here, so that every vendor's surface has the same rules, and hands them over
//! in one bulk; a single message is a bulk of one. Fields are named by what they mean: each dialect puts its own
//! word for them. What happens to the messages afterwards is the lane's business.

use std::num::NonZeroU16;

use relay_domain::message::{Draft, Outbound};
use relay_domain::phone_number::{NotE164, PhoneNumber};
use relay_domain::segment;
use relay_store::changes::{AcceptMessages, Acceptance};

pub use relay_store::changes::Refusal;

use super::keys::Principal;
use super::{Relay, Trouble};

/// Rules for texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRules {
    /// Segments at most. A phone sends about thirty a minute before Android asks its owner, so one message that
    /// takes a third of them is the most that a customer should send without having decided to.
    pub max_segments: NonZeroU16,
}

impl TextRules {
    /// Segments at most, unless configured.
    pub const DEFAULT_MAX_SEGMENTS: NonZeroU16 = NonZeroU16::new(10).expect("ten is not zero");
}

impl Default for TextRules {
    fn default() -> TextRules {
        TextRules { max_segments: TextRules::DEFAULT_MAX_SEGMENTS }
    }
}

/// Why something is no message: which field, and what to do. Texts and numbers are never repeated here, so that
/// they stay out of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The recipient is no number.
    #[error(transparent)]
    Recipient(#[from] NotE164),
    /// There is no text.
    #[error("must not be empty: give the text to send")]
    TextEmpty,
    /// The text holds U+0000.
    #[error("must not contain U+0000, which no SMS can carry: remove it")]
    TextHoldsNul,
    /// The text is too long.
    #[error("needs {segments} SMS segments and {limit} are allowed: shorten it or send several messages")]
    TextTooLong {
        /// Segments that it needs.
        segments: usize,
        /// Segments that are allowed.
        limit: u16,
    },
}

/// Why nothing was accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// The phone behind the key's line is not paired: an operator must pair it.
    #[error("the device of this key's line is not paired")]
    DeviceNotPaired,
    /// The key died while the request was on its way.
    #[error("the key was revoked")]
    KeyRevoked,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Checks one message. Expiry is not asked for by any dialect yet.
    pub fn draft(&self, recipient: &str, body: String) -> Result<Draft, DraftError> {
        let recipient = PhoneNumber::parse(recipient)?;
        if body.is_empty() {
            return Err(DraftError::TextEmpty);
        }
        if body.contains('\0') {
            return Err(DraftError::TextHoldsNul);
        }
        let (segments, limit) = (segment::count(&body).parts, self.texts.max_segments.get());
        match u16::try_from(segments) {
            Ok(parts) if parts <= limit => Ok(Draft { recipient, body, parts, expires_at: None }),
            _ => Err(DraftError::TextTooLong { segments, limit }),
        }
    }

    /// Accepts messages for the key's line: one verdict for each draft, in order. When this answers, what was
    /// accepted is on disk.
    pub async fn accept(
        &self,
        principal: &Principal,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Result<Outbound, Refusal>>, AcceptError> {
        if self.is_stopping() {
            return Err(AcceptError::Store(Trouble::stopping()));
        }
        let change = AcceptMessages { key: principal.key().clone(), drafts };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            Acceptance::Verdicts(verdicts) => Ok(verdicts),
            Acceptance::DeviceNotPaired => Err(AcceptError::DeviceNotPaired),
            Acceptance::KeyRevoked => Err(AcceptError::KeyRevoked),
        }
    }
}
