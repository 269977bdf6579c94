//! Frames from the hub: messages, cancels, commands, and what this phone does not know.

use device_protocol::{
    Cancel, Command, CommandKind, CommandOutcome, CommandResult, DownFrame, ErrorCode, ErrorFrame, Event,
    FrameError, Send, UpFrame,
    event::{Canceled, TooLate},
    limits,
};
use uuid::Uuid;

use super::{CloseWhy, Engine, at};
use crate::{book::Phase, clock::Now, journal::Record};

/// Characters of a frame's fault that are told back.
const MAX_DETAIL_CHARS: usize = 200;

impl Engine {
    pub(super) fn frame(&mut self, text: &str, now: Now) {
        self.alive(now);
        let Some(session) = self.session.as_ref().filter(|session| !session.closed) else { return };
        let welcomed = session.welcomed;
        match DownFrame::parse(text) {
            Ok(DownFrame::Welcome(welcome)) => self.welcome(welcome),
            Ok(DownFrame::Closing(closing)) => self.closing(closing),
            Ok(DownFrame::Error(_)) => {}
            Ok(_) if !welcomed => self.close(CloseWhy::Protocol),
            Ok(DownFrame::Send(send)) => self.take(send, now),
            Ok(DownFrame::Cancel(cancel)) => self.cancel(cancel, now),
            Ok(DownFrame::Ack { up }) => self.up_acked(up),
            Ok(DownFrame::Command(command)) => self.command(command, now),
            Err(FrameError::UnknownType(kind)) => {
                let detail = format!("unknown frame type `{}`", cut(&kind));
                self.reply(&UpFrame::Error(ErrorFrame { code: ErrorCode::UnknownType, detail }));
            }
            Err(FrameError::Malformed(_) | FrameError::TooLarge(_)) => {
                match DownFrame::unreadable_command(text) {
                    Some(id) => {
                        let outcome = CommandOutcome::Unknown;
                        self.reply(&UpFrame::CommandResult(CommandResult { id, outcome }));
                    }
                    // No way on from here: an ack that rises over a `send` that was not understood would lose it.
                    None => self.close(CloseWhy::Protocol),
                }
            }
        }
    }

    fn take(&mut self, send: Send, now: Now) {
        let (id, down) = (send.id, send.down_seq);
        if self.book.messages.contains_key(&id) {
            if down > self.book.front.down {
                self.record_durably(Record::Down { down });
            }
            self.repeat_last_fact(id, now);
        } else if self.book.unfinished_len() >= limits::MAX_UNFINISHED {
            // A hello could not name them all. Not taken, not acknowledged: the hub frames it again later.
            return self.close(CloseWhy::Protocol);
        } else {
            self.record_durably(Record::Taken { send, at: now });
        }
        if let Some(session) = &mut self.session {
            session.ack_due = true;
        }
    }

    /// A dropped repeat is answered with what this journal knows: the hub may have lost it.
    fn repeat_last_fact(&mut self, id: Uuid, now: Now) {
        if let Some(last) = self.book.messages.get(&id).and_then(|entry| entry.last.clone()) {
            self.repeat(last, now);
        }
    }

    fn cancel(&mut self, cancel: Cancel, now: Now) {
        let id = cancel.id;
        let known = self.book.messages.get(&id);
        let canceled = |last: &crate::book::LastFact| matches!(last.event, Event::Canceled(_));
        match known {
            Some(entry) if entry.last.as_ref().is_some_and(canceled) => self.repeat_last_fact(id, now),
            Some(entry) if entry.phase != Phase::Waiting => {
                self.fact(Event::TooLate(TooLate { id, at: at(now) }), now, None);
            }
            // The fact is the tombstone: a `send` that comes later is a repeat.
            None | Some(_) => self.fact(Event::Canceled(Canceled { id, at: at(now) }), now, None),
        }
    }

    fn command(&mut self, command: Command, now: Now) {
        let id = command.id;
        if let Some(done) = self.book.commands.get(&id) {
            let outcome = done.outcome.clone();
            return self.reply(&UpFrame::CommandResult(CommandResult { id, outcome }));
        }
        if command.deadline_in_ms == 0 {
            return;
        }
        let outcome = match command.kind {
            // The inventory is the system's latest: it is pushed in whenever it changes.
            CommandKind::RefreshSims(_) => {
                self.journal_inventory(now);
                CommandOutcome::Done
            }
        };
        self.record_durably(Record::Commanded { id, outcome: outcome.clone(), at: now });
        self.reply(&UpFrame::CommandResult(CommandResult { id, outcome }));
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_DETAIL_CHARS).collect()
}
