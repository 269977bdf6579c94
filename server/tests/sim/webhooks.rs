//! What befalls webhooks, scripted: each step of a message is told, in order, whatever happens to hub and receiver.

use relay_domain::WebhookId;
use relay_domain::state::Rank;
use relay_ledger::Verdict;
use relay_store::changes::WebhookEdit;
use relay_store::queries::FindWebhook;

use super::receivers::Mood;
use super::simulation::Simulation;
use super::traces::{TO, one_phone};

/// One phone, and the webhook that is told of what is sent.
fn subscribed() -> (Simulation, WebhookId) {
    let mut simulation = one_phone();
    let [outbound, _] = simulation.subscribe();
    (simulation, outbound)
}

impl Simulation {
    fn is_pending(&mut self, webhook: WebhookId) -> bool {
        self.hub.ask(FindWebhook(webhook)).flatten().is_some_and(|standing| standing.pending != Some(0))
    }

    fn send_and_deliver(&mut self) {
        self.send(0, TO, None).unwrap();
        self.until_delivered();
    }

    fn until_delivered(&mut self) {
        let id = *self.judge.accepted.last().unwrap();
        self.run_until("the message is delivered", |s| s.rank(id) == Rank::Delivered);
    }

    /// Everything is told, and the ledger agrees.
    fn settle(mut self) -> Verdict {
        self.run_until("every webhook was told everything", Simulation::all_told);
        let now = self.now();
        self.judge.settled(now);
        for id in self.judge.accepted.clone() {
            let message = self.message(id);
            self.judge.observed(&message, now);
        }
        let verdict = self.judge.verdict(&self.witness);
        assert!(verdict.is_clean(), "{verdict}");
        verdict
    }
}

/// Dispatched, sent and delivered.
const STEPS: u64 = 3;

#[test]
fn a_receiver_that_was_down_for_an_hour_hears_everything_in_order() {
    let moods = [Mood::Refuses(0), Mood::Refuses(120), Mood::Hangs, Mood::Mumbles];
    for (mood, dies) in moods.into_iter().flat_map(|mood| [(mood, false), (mood, true)]) {
        let (mut simulation, webhook) = subscribed();
        (0..3).for_each(|_| simulation.send_and_deliver());
        simulation.run_until("the webhook was told", Simulation::all_told);
        simulation.receivers.set(webhook, mood);
        simulation.send_and_deliver();
        simulation.run_ms(1_800_000);
        if dies {
            simulation.crash_hub();
            simulation.hub.start();
        }
        simulation.run_ms(1_800_000);
        assert!(simulation.is_pending(webhook));
        simulation.receivers.set(webhook, Mood::Well);
        assert_eq!(simulation.settle().counts.told, 4 * STEPS, "{mood:?}, the hub dies: {dies}");
    }
}

#[test]
fn what_was_taken_when_the_hub_died_is_told_again_with_its_id_and_bytes() {
    let (mut simulation, webhook) = subscribed();
    simulation.receivers.set(webhook, Mood::Mumbles);
    simulation.send(0, TO, None).unwrap();
    simulation.run_until("the receiver has taken something", |s| s.receivers.unheard > 0);
    simulation.crash_hub();
    simulation.hub.start();
    simulation.receivers.set(webhook, Mood::Well);
    simulation.until_delivered();
    let counts = simulation.settle().counts;
    assert_eq!(counts.told, STEPS);
    assert!(counts.told_again >= 1);
}

#[test]
fn what_gathered_while_a_webhook_was_paused_is_told_when_it_is_resumed() {
    let (mut simulation, webhook) = subscribed();
    assert!(simulation.edit(webhook, WebhookEdit::Pause));
    (0..20).for_each(|_| simulation.send_and_deliver());
    simulation.crash_hub();
    simulation.hub.start();
    simulation.run_ms(600_000);
    assert!(simulation.is_pending(webhook));
    assert!(simulation.edit(webhook, WebhookEdit::Resume));
    assert_eq!(simulation.settle().counts.told, 20 * STEPS);
}
