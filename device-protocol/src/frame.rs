//! Frames: one WebSocket text message each.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Closing, Command, CommandResult, Hello, SimRef, Telemetry, Welcome};

/// A frame from the phone. `'a` borrows the text of an `events` frame.
#[derive(Debug, Clone, PartialEq)]
pub enum UpFrame<'a> {
    /// First frame of a session.
    Hello(Box<Hello>),
    /// Everything up to this `down_seq` is journalled.
    Ack {
        /// D.
        down: u64,
    },
    /// Facts; line i is number `first` + i, whatever it contains.
    Events {
        /// Number of the first line.
        first: u64,
        /// The lines, unparsed: a line that does not parse is stored raw and acknowledged.
        lines: Vec<&'a str>,
    },
    /// Health.
    Telemetry(Telemetry),
    /// Answer to a command.
    CommandResult(CommandResult),
    /// The phone did not understand a frame.
    Error(ErrorFrame),
}

/// A frame from the hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DownFrame {
    /// Answer to hello.
    Welcome(Welcome),
    /// One message to send.
    Send(Send),
    /// Do not send this message if it is not too late.
    Cancel(Cancel),
    /// Every event up to this number is stored.
    Ack {
        /// U.
        #[serde(deserialize_with = "crate::limits::sequence")]
        up: u64,
    },
    /// Fleet control.
    Command(Command),
    /// The hub did not understand a frame; the session goes on.
    Error(ErrorFrame),
    /// The hub closes the socket right after this frame.
    Closing(Closing),
}

/// One message to send. Frames of this type rise in `down_seq`; numbers may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Position in the down stream.
    #[serde(deserialize_with = "crate::limits::sequence")]
    pub down_seq: u64,
    /// The message. A phone drops a repeat by this id, never by the number.
    pub id: Uuid,
    /// Slot that the line is bound to.
    pub slot: u8,
    /// SIM that the line is bound to; another one in that slot → `failed`, code `wrong_sim`.
    pub sim: SimRef,
    /// Recipient, exactly as the customer gave it.
    pub to: String,
    /// Text.
    pub body: String,
    /// Segments as the hub counts them.
    pub parts: u16,
    /// Milliseconds until the message must not be sent any more, counted from the frame; 0 = it has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
}

/// Do not send this message. Answered by a `canceled` or `too_late` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// The message, also one that the phone has not seen.
    pub id: Uuid,
}

/// A frame was not understood. It ends nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFrame {
    /// What was wrong.
    pub code: ErrorCode,
    /// For a log.
    pub detail: String,
}

/// What was wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A `type` that this side does not know: newer peers may send what older ones ignore.
    UnknownType,
    /// Anything else, from a peer newer than this list.
    #[serde(other)]
    Other,
}

/// Why a text is no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not JSON, no `type`, or a known type that lacks what it needs: close with `malformed_frame`.
    #[error("malformed frame: {0}")]
    Malformed(String),
    /// JSON with a type of another time: answer with [`ErrorCode::UnknownType`] and go on.
    #[error("unknown frame type `{0}`")]
    UnknownType(String),
    /// Above the limit of its direction: close with `frame_too_large`.
    #[error("frame of {0} bytes is too large")]
    TooLarge(usize),
}

#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

#[derive(Serialize, Deserialize)]
struct EventsHeader {
    r#type: EventsWord,
    first: u64,
}

#[derive(Serialize, Deserialize)]
enum EventsWord {
    #[serde(rename = "events")]
    Events,
}

/// What is enough of a command to answer it.
#[derive(Deserialize)]
struct CommandEnvelope {
    r#type: CommandWord,
    id: Uuid,
    #[serde(rename = "command")]
    _kind: String,
}

#[derive(Deserialize)]
enum CommandWord {
    #[serde(rename = "command")]
    Command,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum PlainUp {
    Hello(Box<Hello>),
    Ack {
        #[serde(deserialize_with = "crate::limits::sequence")]
        down: u64,
    },
    Telemetry(Telemetry),
    CommandResult(CommandResult),
    Error(ErrorFrame),
}

/// The `type` words of a phone's frames.
pub const UP_TYPES: [&str; 6] = ["hello", "ack", "events", "telemetry", "command_result", "error"];
/// The `type` words of the hub's frames.
pub const DOWN_TYPES: [&str; 7] = ["welcome", "send", "cancel", "ack", "command", "error", "closing"];

impl<'a> UpFrame<'a> {
    /// Reads a frame of a phone.
    pub fn parse(text: &'a str) -> Result<UpFrame<'a>, FrameError> {
        if text.len() > crate::limits::MAX_UP_FRAME_BYTES {
            return Err(FrameError::TooLarge(text.len()));
        }
        let (head, rest) = match text.split_once('\n') {
            Some((head, rest)) => (head, Some(rest)),
            None => (text, None),
        };
        object(text)?;
        // Only the first line of an `events` frame decides whether there is a frame.
        if let Ok(EventsHeader { first, .. }) = serde_json::from_str(head) {
            // One more than allowed is enough to refuse: a frame of line feeds must not cost memory.
            let enough = crate::limits::MAX_EVENTS_PER_FRAME + 1;
            let lines: Vec<&str> =
                rest.map(|rest| rest.split('\n').take(enough).collect()).unwrap_or_default();
            if first == 0 || lines.is_empty() {
                return Err(FrameError::Malformed("events need `first` from 1 and a line each".into()));
            }
            if lines.len() > crate::limits::MAX_EVENTS_PER_FRAME {
                return Err(FrameError::TooLarge(text.len()));
            }
            if first.checked_add(lines.len() as u64).is_none_or(|next| next > crate::limits::MAX_SEQUENCE) {
                return Err(FrameError::Malformed("event numbers out of range".into()));
            }
            return Ok(UpFrame::Events { first, lines });
        }
        if known_type(text, &UP_TYPES)? == "events" {
            return Err(FrameError::Malformed(
                "the first line of `events` needs `first` and a line end".into(),
            ));
        }
        let plain: PlainUp = serde_json::from_str(text).map_err(malformed)?;
        Ok(match plain {
            PlainUp::Hello(hello) => UpFrame::Hello(hello),
            PlainUp::Ack { down } => UpFrame::Ack { down },
            PlainUp::Telemetry(telemetry) => UpFrame::Telemetry(telemetry),
            PlainUp::CommandResult(result) => UpFrame::CommandResult(result),
            PlainUp::Error(error) => UpFrame::Error(error),
        })
    }

    /// Writes the frame.
    pub fn to_text(&self) -> String {
        let plain = match self {
            UpFrame::Events { first, lines } => return events_frame(*first, lines),
            UpFrame::Hello(hello) => PlainUp::Hello(hello.clone()),
            UpFrame::Ack { down } => PlainUp::Ack { down: *down },
            UpFrame::Telemetry(telemetry) => PlainUp::Telemetry(telemetry.clone()),
            UpFrame::CommandResult(result) => PlainUp::CommandResult(result.clone()),
            UpFrame::Error(error) => PlainUp::Error(error.clone()),
        };
        to_json(&plain)
    }
}

impl DownFrame {
    /// Reads a frame of the hub.
    pub fn parse(text: &str) -> Result<DownFrame, FrameError> {
        if text.len() > crate::limits::MAX_DOWN_FRAME_BYTES {
            return Err(FrameError::TooLarge(text.len()));
        }
        object(text)?;
        known_type(text, &DOWN_TYPES)?;
        serde_json::from_str(text).map_err(malformed)
    }

    /// The id of a command in a text that [`DownFrame::parse`] calls malformed because its kind or its arguments
    /// are of another time. A phone answers it with [`crate::CommandOutcome::Unknown`] and goes on: if it closed,
    /// one new kind would lock old phones out for good.
    pub fn unreadable_command(text: &str) -> Option<Uuid> {
        let CommandEnvelope { r#type: CommandWord::Command, id, .. } = serde_json::from_str(text).ok()?;
        Some(id)
    }

    /// Writes the frame.
    pub fn to_text(&self) -> String {
        to_json(self)
    }
}

/// Writes an `events` frame from lines that hold no line feed (JSON never needs one).
pub fn events_frame<S: AsRef<str>>(first: u64, lines: &[S]) -> String {
    let mut text = to_json(&EventsHeader { r#type: EventsWord::Events, first });
    for line in lines {
        text.push('\n');
        text.push_str(line.as_ref());
    }
    text
}

/// serde reads a struct from a list of its members too; on the wire a frame is an object and nothing else.
fn object(text: &str) -> Result<(), FrameError> {
    let object = text.trim_ascii_start().starts_with('{');
    object.then_some(()).ok_or_else(|| FrameError::Malformed("not a JSON object".into()))
}

fn known_type(text: &str, known: &[&str]) -> Result<String, FrameError> {
    let Typed { r#type } = serde_json::from_str(text).map_err(malformed)?;
    if known.contains(&r#type.as_str()) { Ok(r#type) } else { Err(FrameError::UnknownType(r#type)) }
}

fn malformed(error: serde_json::Error) -> FrameError {
    FrameError::Malformed(error.to_string())
}

fn to_json<T: Serialize>(value: &T) -> String {
    // Frames are plain structs with string keys: serde_json cannot fail on them.
    serde_json::to_string(value).unwrap_or_default()
}
