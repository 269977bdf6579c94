//! Acceptance: from what a customer asks for to durable messages.
//!
//! A dialect builds each [`Draft`] here, so that every vendor's surface has the same rules, and hands them over
//! in one bulk; a single message is a bulk of one. Fields are named by what they mean: each dialect puts its own
//! word for them. What happens to the messages afterwards is the lane's business.

mod fingerprint;

use std::num::NonZeroU16;
use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::message::{Draft, Expiry, Outbound, Priority};
use relay_domain::phone_number::{NotE164, PhoneNumber};
use relay_domain::segment;
use relay_store::changes::{AcceptMessages, Acceptance, Request};

pub use relay_domain::message::Refusal;

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
    /// The schedule is beyond [`LONGEST_WAIT`] from now.
    #[error("must be within a year from now: schedule it later")]
    ScheduleTooFar,
    /// The deadline comes no later than the schedule.
    #[error("must be later than the instant at which the message may leave: give it more time")]
    ExpiryBeforeSchedule,
}

/// Schedules and lifetimes beyond it are slips: milliseconds for seconds, a wrong year.
pub const LONGEST_WAIT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What a customer may ask for besides recipient and text. `Default` is what the vendors' pages know: normal, now,
/// for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Class.
    pub priority: Priority,
    /// Not to leave before.
    pub scheduled_at: Option<Timestamp>,
    /// How long it is worth sending.
    pub expiry: Option<Expiry>,
}

/// A request's own name (`Idempotency-Key`): visible ASCII, 1 to 255 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestName(String);

/// Why a request cannot be called that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {} visible ASCII characters, such as a UUID", RequestName::LONGEST)]
pub struct BadRequestName;

impl RequestName {
    const LONGEST: usize = 255;

    /// Reads one.
    pub fn parse(name: &str) -> Result<RequestName, BadRequestName> {
        let fits = (1..=RequestName::LONGEST).contains(&name.len());
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if fits && visible { Ok(RequestName(name.to_owned())) } else { Err(BadRequestName) }
    }
}

/// What came of a request: one verdict for each draft, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Stored now.
    New(Vec<Result<Outbound, Refusal>>),
    /// The same request was answered before: what it was told then, each message as it is now.
    Replayed(Vec<Result<Outbound, Refusal>>),
}

/// Why nothing was accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// The phone behind the key's line is not paired: an operator must pair it.
    #[error("the device of this key's line is not paired")]
    DeviceNotPaired,
    /// Another request has this name.
    #[error("another request was sent under the same name")]
    OtherRequest,
    /// The key died while the request was on its way.
    #[error("the key was revoked")]
    KeyRevoked,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Checks one message. Whether it comes in time is for the lane to say: a replay may come late.
    pub fn draft(&self, recipient: &str, body: String, options: Options) -> Result<Draft, DraftError> {
        // Whether the account may send to short codes is for the lane to say.
        let recipient = match PhoneNumber::parse_short_code(recipient) {
            Some(short_code) => short_code,
            None => PhoneNumber::parse(recipient)?,
        };
        if body.is_empty() {
            return Err(DraftError::TextEmpty);
        }
        if body.contains('\0') {
            return Err(DraftError::TextHoldsNul);
        }
        let (segments, limit) = (segment::count(&body).parts, self.texts.max_segments.get());
        match u16::try_from(segments) {
            Ok(parts) if parts <= limit => self.with_options(Draft::new(recipient, body, parts), options),
            _ => Err(DraftError::TextTooLong { segments, limit }),
        }
    }

    fn with_options(&self, draft: Draft, options: Options) -> Result<Draft, DraftError> {
        let Options { priority, scheduled_at, expiry } = options;
        if scheduled_at.is_some_and(|at| at > self.clock.now().plus(LONGEST_WAIT)) {
            return Err(DraftError::ScheduleTooFar);
        }
        if let (Some(from), Some(Expiry::At(until))) = (scheduled_at, expiry)
            && until <= from
        {
            return Err(DraftError::ExpiryBeforeSchedule);
        }
        Ok(Draft { priority, scheduled_at, expiry, ..draft })
    }

    /// Accepts messages for the key's line. When this answers, what was accepted is on disk. A request with a name
    /// is carried out once: asked again, it is answered again.
    pub async fn accept(
        &self,
        principal: &Principal,
        drafts: Vec<Draft>,
        name: Option<RequestName>,
    ) -> Result<Accepted, AcceptError> {
        if self.is_stopping() {
            return Err(AcceptError::Store(Trouble::stopping()));
        }
        let fingerprint =
            |name: RequestName| Request { name: name.0, fingerprint: fingerprint::fingerprint(&drafts) };
        let request = name.map(fingerprint);
        let change = AcceptMessages { key: principal.key().clone(), drafts, request };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            Acceptance::Verdicts(verdicts) => Ok(Accepted::New(verdicts)),
            Acceptance::Replayed(verdicts) => Ok(Accepted::Replayed(verdicts)),
            Acceptance::OtherRequest => Err(AcceptError::OtherRequest),
            Acceptance::DeviceNotPaired => Err(AcceptError::DeviceNotPaired),
            Acceptance::KeyRevoked => Err(AcceptError::KeyRevoked),
        }
    }
}
