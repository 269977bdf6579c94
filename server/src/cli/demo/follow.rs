//! What happens while the demo runs, one line each, until somebody stops it. The van drives in and out of its
//! tunnel here.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::cast::{AWAY, Member};
use super::customer::{ApiTrouble, Inbound, Outbound};
use super::trouble::DemoError;
use super::{Stage, instant};
use crate::cli::output::say;

/// Six small requests each time: often enough to see a message on its way, too seldom to be felt.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const ONLINE_FOR: Duration = Duration::from_secs(60);
const OFFLINE_FOR: Duration = Duration::from_secs(30);
/// A look that fails once may be a machine that slept; a hub that is silent for this many is gone.
const LOOKS_MISSED: u32 = 20;

/// What of a member's world has been shown: the newest page of each list, and the link.
#[derive(Default)]
struct Seen {
    /// State of each message.
    sent: HashMap<String, String>,
    received: HashSet<String>,
    online: bool,
    stopped: bool,
}

impl Stage {
    /// Shows what happens. Ends only by an error.
    pub(super) async fn follow(&mut self) -> Result<(), DemoError> {
        let mut seen = Vec::new();
        for member in &self.members {
            seen.push(Seen::of(member).await?);
        }
        say("The demo runs; what happens shows here (times are UTC). Ctrl-C ends it.");
        let mut looks = interval(LOOK_EVERY);
        // After a pause of the machine one look shows everything.
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut missed = 0;
        let mut online = true;
        let mut turns_at = Instant::now() + ONLINE_FOR;
        loop {
            tokio::select! {
                // Time to look.
                _ = looks.tick() => match self.look(&mut seen).await {
                    Ok(()) => missed = 0,
                    Err(DemoError::Api(ApiTrouble::Silent(_))) if missed < LOOKS_MISSED => missed += 1,
                    Err(error) => return Err(error),
                },
                // The van reaches an end of its tunnel.
                () = sleep_until(turns_at) => {
                    online = !online;
                    let van = &self.member(&AWAY)?.phone;
                    if online { van.go_online().await } else { van.go_offline().await }
                    turns_at = Instant::now() + if online { ONLINE_FOR } else { OFFLINE_FOR };
                }
            }
        }
    }

    async fn look(&self, seen: &mut [Seen]) -> Result<(), DemoError> {
        for (member, seen) in self.members.iter().zip(seen) {
            self.look_at_link(member, seen);
            let sent = member.customer.sent(&member.device_id, 1).await?;
            // Oldest first, as it happened.
            for message in sent.iter().rev() {
                if seen.sent.get(&message.id) != Some(&message.status) {
                    self.logs.observed(message, &member.device_id)?;
                    self.tell(member, &outbound_line(message));
                }
            }
            let received = member.customer.received(&member.device_id, 1).await?;
            for message in received.iter().rev().filter(|message| !seen.received.contains(&message.id)) {
                self.tell(member, &inbound_line(message));
            }
            seen.remember(sent, received);
        }
        Ok(())
    }

    fn look_at_link(&self, member: &Member, seen: &mut Seen) {
        let state = member.phone.state().borrow().clone();
        if state.connected != seen.online {
            let van = member.part.word == AWAY.word;
            let line = match state.connected {
                true => format!("{} is online; what waited for it leaves now", member.part.device),
                false if van => {
                    let (phone, span) = (member.part.device, OFFLINE_FOR.as_secs());
                    format!("{phone} is offline for {span} s; what is sent to it now is QUEUED")
                }
                false => format!("{} is offline", member.part.device),
            };
            self.tell(member, &line);
            seen.online = state.connected;
        }
        if let Some(why) = state.stopped.filter(|_| !seen.stopped) {
            self.tell(member, &format!("{} has stopped: {why}", member.part.device));
            seen.stopped = true;
        }
    }

    fn tell(&self, member: &Member, line: &str) {
        let now = instant::write(self.relay.clock().now());
        let (to_the_second, _) = now.split_once('.').unwrap_or((&now, ""));
        say(format!("{}  {:<15}{line}", instant::clock(to_the_second), member.part.account));
    }
}

impl Seen {
    /// What was there before is not news.
    async fn of(member: &Member) -> Result<Seen, DemoError> {
        let mut seen = Seen { online: member.phone.state().borrow().connected, ..Seen::default() };
        let sent = member.customer.sent(&member.device_id, 1).await?;
        seen.remember(sent, member.customer.received(&member.device_id, 1).await?);
        Ok(seen)
    }

    /// Only the newest page: a demo that runs for weeks forgets the rest.
    fn remember(&mut self, sent: Vec<Outbound>, received: Vec<Inbound>) {
        self.sent = sent.into_iter().map(|message| (message.id, message.status)).collect();
        self.received = received.into_iter().map(|message| message.id).collect();
    }
}

fn outbound_line(message: &Outbound) -> String {
    let Outbound { id, recipient_number, status, failure_reason, .. } = message;
    match failure_reason {
        Some(reason) => format!("{status:<10} \"{reason}\"  to {recipient_number}  {id}"),
        None => format!("{status:<10} to {recipient_number}  {id}"),
    }
}

fn inbound_line(message: &Inbound) -> String {
    format!("{:<10} from {}  {:?}", "SMS", message.sender_number, message.body)
}
