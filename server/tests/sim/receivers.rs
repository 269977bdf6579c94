//! The customer's receivers: what they are told goes to the judge, and what they answer is up to their mood.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use relay_domain::WebhookId;
use relay_domain::key::Dialect;
use relay_domain::webhook::{Bodies, EventSet, SealedSecret, WebhookStatus};
use relay_hub::webhooks::Answer;
use relay_store::changes::{ChangeWebhook, CreateWebhook, CreateWebhookVerdict, NewWebhook, WebhookEdit};
use relay_store::queries::FindWebhook;

use super::desk::{Answered, Post};
use super::simulation::Simulation;

/// What the customer wants to hear of, a webhook for each.
const SUBSCRIPTIONS: [&[&str]; 2] = [
    &["outbound.queued", "outbound.dispatched", "outbound.sent", "outbound.delivered", "outbound.failed"],
    &["inbound.received"],
];

/// How a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes what comes; now and then its answer is lost.
    Well,
    /// It takes what comes, and every answer is lost.
    Mumbles,
    /// It answers 503, and wants to be left alone for so many seconds.
    Refuses(u64),
    /// It does not answer.
    Hangs,
}

/// The receivers.
pub struct Receivers {
    moods: BTreeMap<WebhookId, Mood>,
    dice: StdRng,
    /// Answers that were lost on their way, after the receiver had taken the post.
    pub unheard: u64,
}

impl Receivers {
    pub fn new(seed: u64) -> Receivers {
        Receivers { moods: BTreeMap::new(), dice: StdRng::seed_from_u64(seed), unheard: 0 }
    }

    /// One of the webhooks by chance, if there are any.
    pub fn any(&self, dice: &mut StdRng) -> Option<WebhookId> {
        let chosen = dice.random_range(0..SUBSCRIPTIONS.len());
        self.moods.keys().nth(chosen).copied()
    }

    pub fn mood(&self, webhook: WebhookId) -> Mood {
        self.moods[&webhook]
    }

    pub fn set(&mut self, webhook: WebhookId, mood: Mood) {
        self.moods.insert(webhook, mood);
    }
}

impl Simulation {
    /// The customer subscribes, before anything has happened: the webhooks, in the order of [`SUBSCRIPTIONS`].
    pub fn subscribe(&mut self) -> [WebhookId; SUBSCRIPTIONS.len()] {
        SUBSCRIPTIONS.map(|events| {
            let new = NewWebhook {
                account_id: self.account,
                dialect: Dialect::Relayion,
                url: "https://customer.example".to_owned(),
                events: EventSet::parse(events.iter().copied()).unwrap(),
                bodies: Bodies::LeftOut,
            };
            match self.hub.commit(CreateWebhook { new, secret: SealedSecret(Vec::new()) }).unwrap() {
                CreateWebhookVerdict::Created(webhook) => {
                    self.receivers.set(webhook.id, Mood::Well);
                    self.judge.subscribed(webhook.id, events);
                    webhook.id
                }
                other => panic!("no webhook: {other:?}"),
            }
        })
    }

    /// A post arrives: what comes back, or `None` for nothing at all.
    pub fn receive(&mut self, post: &Post) -> Option<Answered> {
        let webhook = post.notice.webhook_id;
        let answer = |status, retry_after| Ok(Answer { status, body: String::new(), retry_after });
        match self.receivers.mood(webhook) {
            Mood::Hangs => None,
            Mood::Refuses(seconds) => {
                let wish = (seconds > 0).then(|| Duration::from_secs(seconds));
                Some(answer(503, wish))
            }
            mood @ (Mood::Well | Mood::Mumbles) => {
                self.judge.told(webhook, post.notice.event_id, &post.body);
                if mood == Mood::Mumbles || self.receivers.dice.random_bool(0.03) {
                    self.receivers.unheard += 1;
                    return Some(Err("connection reset".to_owned()));
                }
                Some(answer(200, None))
            }
        }
    }

    /// The customer pauses or resumes a webhook, if the hub is there to hear it.
    pub fn edit(&mut self, webhook_id: WebhookId, edit: WebhookEdit) -> bool {
        self.hub.commit(ChangeWebhook { webhook_id, edit }).is_ok()
    }

    /// The receivers are well, and every webhook is told.
    pub fn heal_receivers(&mut self) {
        for webhook in self.receivers.moods.keys().copied().collect::<Vec<_>>() {
            self.receivers.set(webhook, Mood::Well);
            assert!(self.edit(webhook, WebhookEdit::Resume));
        }
    }

    /// Whether every webhook was told everything.
    pub fn all_told(&mut self) -> bool {
        let webhooks: Vec<WebhookId> = self.receivers.moods.keys().copied().collect();
        webhooks.into_iter().all(|webhook| {
            let standing = self.hub.ask(FindWebhook(webhook)).flatten().expect("nobody deletes webhooks");
            assert_eq!(standing.webhook.status, WebhookStatus::Active);
            standing.pending == Some(0)
        })
    }
}
