//! One message, from the API call to DELIVERED and to the SMS that answers it, shown as it happens.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Stage;
use super::cast::{Member, PRO, Part};
use super::customer::Outbound;
use super::trouble::DemoError;
use super::{instant, try_it};
use crate::cli::output::say;

/// The demo carrier takes a third of a second; a phone that has older messages to send takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks: short beside what is watched.
const PAUSE: Duration = Duration::from_millis(15);
const TEXT: &str = "Your appointment is tomorrow at 9:30.";

impl Stage {
    /// The member that plays a part. The whole cast is on stage before anyone is asked for.
    pub(super) fn member(&self, part: &Part) -> Result<&Member, DemoError> {
        let found = self.members.iter().find(|member| member.part.word == part.word);
        found.ok_or_else(|| DemoError::SetUp(format!("{} is not there", part.account)))
    }

    /// Sends it, follows it, waits for the answer. A message that takes its time is no failure: what comes of
    /// it shows further down.
    pub(super) async fn first_message(&mut self) -> Result<(), DemoError> {
        let pro = self.member(&PRO)?;
        let to = try_it::SOMEBODY;
        say("");
        say(format!("One message, from the API to a phone and back: {} writes to {to}", pro.part.account));
        say("  POST /api/v1/outbound");
        let accepted = pro.customer.send(to, TEXT).await?;
        self.logs.accepted(&accepted, &pro.device_id)?;
        say(format!("  202, id {}", accepted.id));
        let ended = self.show_timeline(pro, accepted).await?;
        if ended.delivered_at.is_some() {
            self.show_answer(pro, &ended).await?;
        }
        self.first_id = ended.id;
        Ok(())
    }

    async fn show_timeline(&self, pro: &Member, accepted: Outbound) -> Result<Outbound, DemoError> {
        let deadline = Instant::now() + PATIENCE;
        let mut message = accepted;
        let mut shown = Shown { last_ms: instant::millis(&message.created_at), count: 0 };
        let mut status = String::new();
        loop {
            if message.status != status {
                self.logs.observed(&message, &pro.device_id)?;
                status.clone_from(&message.status);
            }
            shown.catch_up(&message);
            if message.delivered_at.is_some() || message.failed_at.is_some() {
                break;
            }
            if Instant::now() > deadline {
                say(format!("  still {} after {} s: it goes on below", message.status, PATIENCE.as_secs()));
                return Ok(message);
            }
            sleep(PAUSE).await;
            message = pro.customer.outbound(&message.id).await?;
        }
        let times = [Some(&message.created_at), message.delivered_at.as_ref()];
        if let [Some(first), Some(last)] = times.map(|at| at.and_then(|at| instant::millis(at))) {
            say(format!("  {} ms from the API call to DELIVERED", last - first));
        }
        Ok(message)
    }

    async fn show_answer(&self, pro: &Member, message: &Outbound) -> Result<(), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let received = pro.customer.received(&pro.device_id, 1).await?;
            // Written with equal digits in UTC, the texts sort as the instants do.
            let answer = received.iter().find(|inbound| {
                inbound.sender_number == message.recipient_number && inbound.created_at > message.created_at
            });
            if let Some(answer) = answer {
                let at = instant::clock(&answer.received_at);
                say(format!("  {:<11}{at}  {:?} (GET /api/v1/inbound)", "answered", answer.body));
                return Ok(());
            }
            if Instant::now() > deadline {
                say("  no answer yet: it shows below when it comes");
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }
}

/// What of a timeline has been shown.
struct Shown {
    last_ms: Option<i64>,
    count: usize,
}

impl Shown {
    fn catch_up(&mut self, message: &Outbound) {
        let ended = match &message.failure_reason {
            Some(reason) => format!("FAILED: {reason}"),
            None => "DELIVERED".to_owned(),
        };
        let steps = [
            ("accepted", Some(&message.created_at)),
            ("dispatched", message.dispatched_at.as_ref()),
            ("sent", message.sent_at.as_ref()),
            (ended.as_str(), message.delivered_at.as_ref().or(message.failed_at.as_ref())),
        ];
        let known = steps.into_iter().filter_map(|(name, at)| Some((name, at?)));
        for (name, at) in known.skip(self.count) {
            let at_ms = instant::millis(at);
            let after = at_ms.zip(self.last_ms).map(|(at, last)| format!("+{} ms", at - last));
            say(format!("  {name:<11}{}  {}", instant::clock(at), after.unwrap_or_default()));
            self.last_ms = at_ms.or(self.last_ms);
            self.count += 1;
        }
    }
}
