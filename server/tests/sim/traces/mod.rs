//! Traces that broke earlier forms of the protocol, scripted by name. Each passes with the rule it names and fails
//! without it (`cargo xtask sabotage` has the breaks).

mod inbound;
mod sent_twice;
mod stuck;

use android_bridge::sim::CarrierProfile;
use android_bridge::witness::{Line, RadioLine};
use relay_domain::MessageId;
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::queries::{ListInbound, TimelineOf, Window};

use super::simulation::{PhoneSpec, Simulation};

/// A carrier that answers and delivers within a second.
pub fn calm() -> CarrierProfile {
    CarrierProfile { reply_after_ms: None, ..CarrierProfile::default() }
}

/// One phone with one SIM on a wide plan.
pub fn one_phone() -> Simulation {
    Simulation::new(7, Quota::new(100, 600).unwrap(), vec![PhoneSpec { sims: 1, profile: calm() }])
}

pub const TO: &str = "+16660000042";

impl Simulation {
    pub fn rank(&mut self, id: MessageId) -> Rank {
        self.message(id).state.rank
    }

    pub fn timeline(&mut self, id: MessageId) -> Vec<String> {
        let question = TimelineOf { account_id: self.account, message_id: id };
        self.hub.ask(question).unwrap().into_iter().map(|entry| entry.kind).collect()
    }

    pub fn submissions(&self, id: MessageId) -> usize {
        let is_it =
            |line: &&Line| matches!(line, Line::Radio(RadioLine::Submit { id: it, .. }) if *it == id.uuid());
        self.witness.lines().iter().filter(is_it).count()
    }

    pub fn inbound(&mut self) -> Vec<String> {
        let window = Window { offset: 0, limit: 100 };
        let all = ListInbound { account_id: self.account, number: None, filter: Default::default(), window };
        self.hub.ask(all).unwrap().rows.into_iter().map(|sms| sms.body).collect()
    }

    /// Loses the link of a phone, and lets the hub see it before the phone is back.
    pub fn go_offline(&mut self, phone: usize) {
        self.lose_link(phone);
        self.run_ms(450);
    }

    /// Turns until the phone's journal knows this message.
    pub fn until_taken(&mut self, phone: usize, id: MessageId) {
        self.run_until("the phone has taken the message", |s| s.phones[phone].knows(id));
    }
}
