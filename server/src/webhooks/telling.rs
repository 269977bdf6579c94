//! What one webhook's worker knows, and what it does next. Pure: instants and the store's answers come in, notices to post
//! go out. The simulation goes by it as well.

use std::collections::HashMap;
use std::hash::Hash;

use relay_domain::notice::Notice;
use relay_domain::webhook::{Webhook, WebhookStatus};
use relay_domain::{NoticeId, Timestamp, WebhookId};
use relay_store::queries::{Due, DueNotices};

use super::circuit::Circuit;

/// What is under way to one webhook. `K` tells posts apart.
pub struct Telling<K> {
    webhook: WebhookId,
    circuit: Circuit,
    under_way: HashMap<K, NoticeId>,
    /// More may be due than there was room for.
    more: bool,
}

/// How many posts may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// It is worth waiting for so many turns: a look at the store costs as much for one notice as for a few.
    pub least: usize,
    /// No more than these.
    pub most: usize,
}

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The receiver took it at once.
    Taken,
    /// It took it, and took its time.
    TakenSlowly,
    /// Anything else.
    NotTaken,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Post these to this webhook as it is now, and look again at the instant, if there is one.
    Post(Box<Webhook>, Vec<Notice>, Option<Timestamp>),
    /// Wait for the bell: whoever resumes it rings.
    Rest,
    /// Nothing more: there is no such webhook any more.
    Over,
}

impl<K: Hash + Eq> Telling<K> {
    /// Nothing is known of its endpoint yet.
    pub fn new(webhook: WebhookId) -> Telling<K> {
        Telling { webhook, circuit: Circuit::default(), under_way: HashMap::new(), more: false }
    }

    /// Somebody changed the webhook: what was learnt of its endpoint may be old.
    pub fn changed(&mut self) {
        self.circuit.forget();
    }

    /// Whether it is worth a look at the store now; else until when nothing may begin, if that is known.
    pub fn room(&mut self, now: Timestamp) -> Result<Room, Option<Timestamp>> {
        let most = self.circuit.room(self.under_way.len(), now);
        let backlog = std::mem::replace(&mut self.more, !self.circuit.is_roomy(self.under_way.len(), now));
        if self.more {
            return Err(self.circuit.opens_at(now));
        }
        Ok(Room { least: if backlog { most } else { 1 }, most })
    }

    /// Whether its endpoint is in trouble.
    pub fn is_troubled(&self) -> bool {
        self.circuit.is_troubled()
    }

    /// What to ask the store, for so many at most.
    pub fn question(&self, limit: usize, now: Timestamp) -> DueNotices {
        let under_way = self.under_way.values().copied().collect();
        DueNotices { webhook_id: self.webhook, now, limit, under_way }
    }

    /// The store's answer to a question for `limit`. Whoever posts says so with [`Telling::began`].
    pub fn answered(&mut self, due: Option<Due>, limit: usize, now: Timestamp) -> Next {
        let Some(Due { webhook, mut notices, next_at }) = due else { return Next::Over };
        match webhook.status {
            WebhookStatus::Active => {}
            WebhookStatus::Paused | WebhookStatus::Failing | WebhookStatus::Gone => return Next::Rest,
            WebhookStatus::Deleted => return Next::Over,
        }
        self.more = notices.len() == limit;
        // What gathered during a pause leaves one by one.
        let gathered = notices.iter().position(|notice| notice.created_at < webhook.status_at);
        let next_at = match gathered {
            Some(first) => {
                notices.truncate(first + 1);
                self.circuit.drained_one(now);
                self.circuit.opens_at(now)
            }
            None => next_at,
        };
        Next::Post(Box::new(webhook), notices, next_at)
    }

    /// A post began.
    pub fn began(&mut self, post: K, notice: NoticeId) {
        self.under_way.insert(post, notice);
    }

    /// A post that began at an instant has ended and was recorded. Whether it is worth a look now.
    pub fn ended(&mut self, post: &K, end: End, began_at: Timestamp, now: Timestamp) -> bool {
        self.under_way.remove(post);
        match end {
            End::Taken => self.circuit.succeeded(false),
            End::TakenSlowly => self.circuit.succeeded(true),
            End::NotTaken => self.circuit.failed(began_at, now),
        }
        // What follows a success in its chain rings; when a failure is tried again only the store knows.
        self.more || end == End::NotTaken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use relay_domain::key::Dialect;
    use relay_domain::notice::{Facts, NoticeStatus};
    use relay_domain::webhook::{Bodies, EventKind, EventSet, SealedSecret};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn webhook(status: WebhookStatus) -> Webhook {
        Webhook {
            id: WebhookId::from(Uuid::from_u128(1)),
            account_id: Uuid::from_u128(2).into(),
            dialect: Dialect::Relayion,
            url: "https://hooks.example".into(),
            events: EventSet::parse(["outbound.sent"]).unwrap(),
            bodies: Bodies::LeftOut,
            secret: SealedSecret(vec![]),
            next_secret: None,
            status,
            status_at: NOW.minus(SECOND),
            paused_for: Duration::ZERO,
            succeeded_at: None,
            failing_since: None,
            failed_at: None,
            created_at: NOW.minus(SECOND),
        }
    }

    fn notice(number: u128, created_at: Timestamp) -> Notice {
        let id = Uuid::from_u128(number);
        Notice {
            id: id.into(),
            event_id: id.into(),
            webhook_id: Uuid::from_u128(1).into(),
            account_id: Uuid::from_u128(2).into(),
            kind: EventKind::OutboundSent,
            about: id,
            chain: id,
            facts: Facts::at(created_at),
            created_at,
            paused_before: Duration::ZERO,
            attempts: 0,
            status: NoticeStatus::Pending,
            next_at: Some(created_at),
        }
    }

    fn due(notices: Vec<Notice>, next_at: Option<Timestamp>) -> Option<Due> {
        Some(Due { webhook: webhook(WebhookStatus::Active), notices, next_at })
    }

    /// It takes what it is given.
    fn trusted() -> Telling<u32> {
        let mut telling = Telling::new(WebhookId::from(Uuid::from_u128(1)));
        (0..3).for_each(|post| {
            telling.ended(&post, End::Taken, NOW, NOW);
        });
        telling
    }

    /// Begins what the answer says, and tells how many posts that are and until when to wait.
    fn begin(telling: &mut Telling<u32>, due: Option<Due>, limit: usize) -> (usize, Option<Timestamp>) {
        let Next::Post(_, notices, until) = telling.answered(due, limit, NOW) else { panic!("it posts") };
        for (post, notice) in notices.iter().enumerate() {
            telling.began(u32::try_from(post).unwrap(), notice.id);
        }
        (notices.len(), until)
    }

    #[test]
    fn one_without_a_backlog_waits_for_one_turn_and_one_with_it_for_all() {
        let mut telling = trusted();
        assert_eq!(telling.room(NOW), Ok(Room { least: 1, most: 8 }));
        let eight = (1..=8).map(|number| notice(number, NOW)).collect();
        assert_eq!(begin(&mut telling, due(eight, Some(NOW)), 8), (8, Some(NOW)));
        assert_eq!(telling.question(1, NOW).under_way.len(), 8);
        assert_eq!(telling.room(NOW), Err(None), "until a post has ended");
        assert!((0..3).all(|post| telling.ended(&post, End::Taken, NOW, NOW)), "there is more");
        assert_eq!(telling.room(NOW), Err(None), "not for three");
        assert!(telling.ended(&3, End::Taken, NOW, NOW));
        assert_eq!(telling.room(NOW), Ok(Room { least: 4, most: 4 }));
    }

    #[test]
    fn a_success_is_no_reason_to_look_and_a_failure_is() {
        let mut telling = trusted();
        let later = NOW.plus(SECOND);
        assert_eq!(begin(&mut telling, due(vec![notice(1, NOW)], Some(later)), 8), (1, Some(later)));
        assert!(!telling.ended(&0, End::Taken, NOW, NOW));
        assert_eq!(begin(&mut telling, due(vec![notice(2, NOW)], None), 8), (1, None));
        assert!(telling.ended(&0, End::NotTaken, NOW, NOW));
        assert!(telling.is_troubled());
    }

    #[test]
    fn what_gathered_during_a_pause_leaves_one_by_one() {
        let mut telling = trusted();
        let before = NOW.minus(2 * SECOND);
        let gathered = vec![notice(1, before), notice(2, before), notice(3, NOW)];
        let (posts, until) = begin(&mut telling, due(gathered, None), 8);
        assert_eq!(posts, 1);
        assert!(until.is_some_and(|at| at > NOW && at < NOW.plus(SECOND)));
    }

    #[test]
    fn an_endpoint_at_rest_is_tried_at_once_when_somebody_changed_the_webhook() {
        let mut telling = trusted();
        (0..9).for_each(|failures| {
            telling.ended(&0, End::NotTaken, NOW.plus(failures * SECOND), NOW.plus(failures * SECOND));
        });
        let now = NOW.plus(9 * SECOND);
        assert!(matches!(telling.room(now), Err(Some(opens_at)) if opens_at > now.plus(SECOND)));
        telling.changed();
        assert_eq!(telling.room(now).map(|room| room.most), Ok(1));
    }

    #[test]
    fn who_is_paused_waits_for_the_bell_and_who_is_gone_is_over() {
        for (status, next) in [
            (WebhookStatus::Paused, Next::Rest),
            (WebhookStatus::Failing, Next::Rest),
            (WebhookStatus::Gone, Next::Rest),
            (WebhookStatus::Deleted, Next::Over),
        ] {
            let due = Due { webhook: webhook(status), notices: vec![notice(1, NOW)], next_at: None };
            assert_eq!(trusted().answered(Some(due), 8, NOW), next, "{status:?}");
        }
        assert_eq!(trusted().answered(None, 8, NOW), Next::Over);
    }
}
