//! What goes into a session and what comes out of it.

use device_protocol::{CloseCode, Telemetry};

use super::mailbox::Mail;
use crate::relay::ingest::{
    Attend, CommandRow, CommitError, DispatchNext, FinishCommand, Frames, FramesAbove, NextVerdict,
    OpenSession, OpenVerdict, ReadError, RecordEvents, RecordVerdict, SetStalled,
};

/// What happens to a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// A text frame.
    Text(&'a str),
    /// A binary frame: there are none in this protocol.
    Binary,
    /// A frame above the limit, or one that is no WebSocket frame: nothing more can be read.
    Broken(CloseCode),
    /// A ping, or a pong that nobody asked for.
    Heartbeat,
    /// The answer to a ping of ours.
    Answered,
    /// The store opened the session, or refused.
    Opened(Result<OpenVerdict, CommitError>),
    /// The store took the events.
    Recorded(Result<RecordVerdict, CommitError>),
    /// The store looked at the queue's head.
    Next(Result<NextVerdict, CommitError>),
    /// The store marked the session stalled or moving.
    StalledSet(Result<bool, CommitError>),
    /// The store answered what to frame.
    Frames(Result<Frames, ReadError>),
    /// The store answered which commands wait.
    Commands(Result<Vec<CommandRow>, ReadError>),
    /// Hints from the rest of the hub.
    Mail(Mail),
    /// Time has passed.
    Tick,
}

/// What a session wants done, in order.
#[derive(Debug)]
pub enum Output {
    /// Write a text frame.
    Text(String),
    /// Write a ping.
    Ping,
    /// Commit, and answer with [`Input::Opened`].
    Open(Box<OpenSession>),
    /// Commit, and answer with [`Input::Recorded`].
    Record(RecordEvents),
    /// Commit, and answer with [`Input::Next`].
    Next(DispatchNext),
    /// Commit, and answer with [`Input::StalledSet`].
    SetStalled(SetStalled),
    /// Commit; no answer is waited for.
    Finish(FinishCommand),
    /// Read, and answer with [`Input::Frames`].
    ReadFrames(FramesAbove),
    /// Read, and answer with [`Input::Commands`].
    ReadCommands,
    /// Commit; no answer is waited for.
    Attend(Attend),
    /// The latest health of the phone.
    Telemetry(Box<Telemetry>),
    /// Close the socket; nothing follows.
    Close(CloseCode),
}
