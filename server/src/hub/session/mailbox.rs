//! What the rest of the hub tells a session: bounded, droppable hints, and the order to end.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use device_protocol::limits::MAX_UNACKED_DOWN_FRAMES;
use tokio::sync::Notify;

use crate::relay::ingest::{EndReason, FrameRow};

/// Why a session must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A newer connection of the device.
    Replaced,
    /// The device was revoked or paired anew.
    TokenDied(EndReason),
    /// The phone is to say hello again: an operator has decided about it.
    HelloAgain,
    /// The store's row of the device has left this session's epoch behind.
    Fenced,
    /// The hub stops; the phone comes back after a random part of this time.
    Draining(Duration),
}

/// What has come in since the session looked last.
#[derive(Debug, Default)]
pub struct Mail {
    /// Dispatched messages, in commit order.
    pub rows: VecDeque<FrameRow>,
    /// Some did not fit: look at the store.
    pub behind: bool,
    /// A queued message may be able to leave.
    pub wake: bool,
    /// A command waits.
    pub command: bool,
    /// End.
    pub end: Option<End>,
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.behind && !self.wake && !self.command && self.end.is_none()
    }
}

/// A session's mailbox. Posting never blocks: it is called on the lane's thread.
#[derive(Debug, Default)]
pub struct Mailbox {
    mail: Mutex<Mail>,
    posted: Notify,
}

impl Mailbox {
    fn post(&self, write: impl FnOnce(&mut Mail)) {
        write(&mut self.lock());
        self.posted.notify_one();
    }

    /// A message was dispatched. As many as the window holds are carried; more are read when there is room.
    pub fn row(&self, row: FrameRow) {
        self.post(|mail| {
            if mail.rows.len() < MAX_UNACKED_DOWN_FRAMES && !mail.behind {
                mail.rows.push_back(row);
            } else {
                mail.behind = true;
            }
        });
    }

    /// A queued message may be able to leave.
    pub fn wake(&self) {
        self.post(|mail| mail.wake = true);
    }

    /// A command waits.
    pub fn command(&self) {
        self.post(|mail| mail.command = true);
    }

    /// End. The first reason counts.
    pub fn end(&self, why: End) {
        self.post(|mail| {
            mail.end.get_or_insert(why);
        });
    }

    /// Waits for mail and takes all of it.
    pub async fn take(&self) -> Mail {
        loop {
            let mail = std::mem::take(&mut *self.lock());
            if !mail.is_empty() {
                return mail;
            }
            // One permit is kept when the post comes between the look and this wait.
            self.posted.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::super::tests::row;
    use super::*;

    /// What lies in it; `None` when a session would wait.
    fn taken(mailbox: &Mailbox) -> Option<Mail> {
        mailbox.take().now_or_never()
    }

    fn numbers(mail: &Mail) -> Vec<u64> {
        mail.rows.iter().map(|row| row.down_seq).collect()
    }

    #[test]
    fn an_empty_one_lets_its_session_wait() {
        let mailbox = Mailbox::default();
        assert!(taken(&mailbox).is_none());
        mailbox.wake();
        assert!(taken(&mailbox).is_some());
        assert!(taken(&mailbox).is_none(), "all of it was taken");
    }

    #[test]
    fn each_kind_of_mail_alone_ends_the_wait() {
        type Post = (fn(&Mailbox), fn(&Mail) -> bool);
        let posts: [Post; 4] = [
            (|mailbox| mailbox.row(row(1)), |mail| numbers(mail) == [1]),
            (Mailbox::wake, |mail| mail.wake),
            (Mailbox::command, |mail| mail.command),
            (|mailbox| mailbox.end(End::Fenced), |mail| mail.end == Some(End::Fenced)),
        ];
        for (post, arrived) in posts {
            let mailbox = Mailbox::default();
            let mut waiting = Box::pin(mailbox.take());
            assert!(waiting.as_mut().now_or_never().is_none());
            post(&mailbox);
            let mail = waiting.now_or_never().expect("the post wakes who waits");
            assert!(arrived(&mail), "{mail:?}");
            let said = [!mail.rows.is_empty(), mail.behind, mail.wake, mail.command, mail.end.is_some()];
            assert_eq!(said.iter().filter(|said| **said).count(), 1, "and nothing else: {mail:?}");
        }
    }

    #[test]
    fn rows_beyond_the_window_are_dropped_and_said_to_be_behind() {
        let mailbox = Mailbox::default();
        let window = MAX_UNACKED_DOWN_FRAMES as u64;
        (1..=window).for_each(|down_seq| mailbox.row(row(down_seq)));
        let full = taken(&mailbox).unwrap();
        assert_eq!((numbers(&full), full.behind), ((1..=window).collect(), false));
        (1..=window + 2).for_each(|down_seq| mailbox.row(row(down_seq)));
        let over = taken(&mailbox).unwrap();
        assert_eq!((numbers(&over), over.behind), ((1..=window).collect(), true));
        mailbox.row(row(9));
        assert_eq!(numbers(&taken(&mailbox).unwrap()), [9], "what was taken makes room");
    }

    #[test]
    fn the_first_reason_to_end_counts() {
        let mailbox = Mailbox::default();
        mailbox.end(End::Replaced);
        mailbox.end(End::Fenced);
        assert_eq!(taken(&mailbox).unwrap().end, Some(End::Replaced));
    }
}
