//! Webhooks: a notice for each change that a subscriber asked for, told in order within its chain, tried for days, and
//! lost by nothing.

mod operators;
mod told;
mod written;

use std::time::Duration;

use relay_domain::key::{Dialect, Key};
use relay_domain::notice::{Attempt, Notice, NoticeStatus, Outcome};
use relay_domain::plan::PlanName;
use relay_domain::state::{FactKind, FailedAt, Failure};
use relay_domain::webhook::{
    Bodies, EventKind, EventSet, NOTICE_LIFE, PAUSED_AFTER, ROTATION_OVERLAP, SealedSecret, Webhook,
    WebhookStatus,
};
use relay_domain::{AccountId, NoticeId, Timestamp, WebhookId};
use relay_store::Effect;
use relay_store::changes::{
    Attend, BuryNotices, CancelMessage, ChangeWebhook, ChangeWebhookVerdict, CloseSession, CreateWebhook,
    CreateWebhookVerdict, ForgetNotices, MOST_WEBHOOKS, MarkAlive, NewWebhook, Presence, RecordAttempt,
    Repeat, RepeatNotices, RepeatVerdict, SettleRotations, TellPresence, TestVerdict, TestWebhook,
    WebhookEdit,
};
use relay_store::queries::{AttemptsOf, Due, DueNotices, FindWebhook, ListWebhooks, PresenceToTell};

use crate::bench::{Bench, Phone, START, fact, inbound, sim};

const URL: &str = "https://hooks.example/sms";
const HOUR: Duration = Duration::from_secs(60 * 60);
const OUTBOUND: [&str; 5] =
    ["outbound.queued", "outbound.dispatched", "outbound.sent", "outbound.delivered", "outbound.failed"];

fn new(account_id: AccountId, events: &[&str]) -> CreateWebhook {
    let new = NewWebhook {
        account_id,
        dialect: Dialect::Relayion,
        url: URL.into(),
        events: EventSet::parse(events.iter().copied()).unwrap(),
        bodies: Bodies::LeftOut,
    };
    CreateWebhook { new, secret: SealedSecret(vec![1, 2, 3]) }
}

impl Bench {
    async fn webhook(&self, account_id: AccountId, events: &[&str]) -> WebhookId {
        match self.api(new(account_id, events)).await {
            CreateWebhookVerdict::Created(webhook) => webhook.id,
            other => panic!("no webhook: {other:?}"),
        }
    }

    async fn due(&self, webhook_id: WebhookId) -> Due {
        let question = DueNotices { webhook_id, now: self.now(), limit: 100, under_way: vec![] };
        self.ask(question).await.expect("there is such a webhook")
    }

    async fn only_due(&self, webhook_id: WebhookId) -> Notice {
        let due = self.due(webhook_id).await.notices;
        assert_eq!(due.len(), 1, "{due:?}");
        due.into_iter().next().unwrap()
    }

    async fn tried(&self, notice: &Notice, outcome: Outcome) -> Notice {
        let error = (outcome != Outcome::Taken).then(|| "it answered 500".to_owned());
        let attempt = Attempt {
            at: self.now(),
            took: Duration::from_millis(5),
            status: Some(200),
            answer: "ok".into(),
            error,
        };
        let change = RecordAttempt { notice_id: notice.id, url: URL.to_owned(), attempt, outcome };
        self.device(change).await.expect("it is there")
    }

    async fn test(&self, webhook_id: WebhookId) -> NoticeId {
        match self.api(TestWebhook { webhook_id }).await {
            TestVerdict::Told(notice) => notice,
            other => panic!("not told: {other:?}"),
        }
    }

    async fn edit(&self, webhook_id: WebhookId, edit: WebhookEdit) -> Webhook {
        match self.api(ChangeWebhook { webhook_id, edit }).await {
            ChangeWebhookVerdict::Changed(webhook) => *webhook,
            other => panic!("not changed: {other:?}"),
        }
    }

    /// Everything that a webhook was ever to be told, in order, with how it stands.
    async fn told(&self, webhook_id: WebhookId) -> Vec<(EventKind, NoticeStatus)> {
        let mut told = vec![];
        loop {
            let due = self.due(webhook_id).await.notices;
            if due.is_empty() {
                return told;
            }
            for notice in due {
                let after = self.tried(&notice, Outcome::Taken).await;
                told.push((notice.kind, after.status));
            }
        }
    }

    async fn kinds(&self, webhook_id: WebhookId) -> Vec<EventKind> {
        self.told(webhook_id).await.into_iter().map(|(kind, _)| kind).collect()
    }

    async fn sends(&self, events: &[&str]) -> (Phone, Key, WebhookId) {
        let (phone, key) = self.sender(PlanName::Pro).await;
        let webhook = self.webhook(phone.account_id, events).await;
        (phone, key, webhook)
    }
}
