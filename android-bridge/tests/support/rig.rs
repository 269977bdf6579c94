//! A handset, its hub and its radio on one table. The radio answers only when the test says so.

use std::collections::{BTreeSet, VecDeque};

use android_bridge::{
    clock::Now,
    engine::{CloseWhy, Hardware, InboxRow, Input, PhoneFacts, Redial},
    handset::{Birth, Effect, Handset, Paired},
    journal::{Death, Doomed, JournalError, MemoryJournal},
    radio::{Failure, ReceiptOutcome, Submission},
};
use device_protocol::{Cancel, DownFrame, Send, Sim, event::Inbound};
use uuid::Uuid;

use super::{hub::FakeHub, id, sims, start_of_time};

pub struct Rig {
    pub phone: Handset<Doomed<MemoryJournal>>,
    pub hub: FakeHub,
    pub now: Now,
    pub submitted: Vec<Submission>,
    pub kept: Vec<Inbound>,
    pub closes: Vec<CloseWhy>,
    pub redials: Vec<Redial>,
    pub pings: usize,
    pub online: bool,
    pub sims: Vec<Sim>,
    /// The system's inbox: no death of the phone's empties it.
    pub inbox: Vec<InboxRow>,
    /// How often the phone asked for it.
    pub sweeps: usize,
    /// Whether answers to that are held back, and those that are.
    pub hold_sweeps: bool,
    pub held: Vec<Input>,
    /// What the world has for the phone, in order.
    pub waiting: VecDeque<Input>,
}

pub fn birth() -> Birth {
    Birth { journal: id(0xa), device: id(0xd), paired: Paired::Earlier }
}

impl Rig {
    pub fn new() -> Rig {
        let (journal, hub) = (MemoryJournal::new(), FakeHub::default());
        Rig::doomed(journal, hub, vec![], start_of_time(), None, BTreeSet::new()).expect("a first start")
    }

    pub fn doomed(
        journal: MemoryJournal,
        hub: FakeHub,
        inbox: Vec<InboxRow>,
        now: Now,
        die_at: Option<(u64, Death)>,
        no_service: BTreeSet<u8>,
    ) -> Result<Rig, JournalError> {
        let journal = Doomed::new(journal, die_at);
        let hardware = Hardware { sims: sims(), no_service };
        let (phone, effects) = Handset::start(journal, birth(), PhoneFacts::default(), hardware, now)?;
        let mut rig = Rig {
            phone,
            hub,
            now,
            submitted: vec![],
            kept: vec![],
            closes: vec![],
            redials: vec![],
            pings: 0,
            online: false,
            sims: sims(),
            inbox,
            sweeps: 0,
            hold_sweeps: false,
            held: vec![],
            waiting: VecDeque::new(),
        };
        rig.perform(effects)?;
        Ok(rig)
    }

    pub fn try_input(&mut self, input: Input) -> Result<(), JournalError> {
        self.waiting.push_back(input);
        while let Some(input) = self.waiting.pop_front() {
            let effects = self.phone.step(input, self.now)?;
            self.perform(effects)?;
        }
        Ok(())
    }

    pub fn input(&mut self, input: Input) {
        self.try_input(input).expect("the journal works");
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<(), JournalError> {
        for effect in effects {
            match effect {
                Effect::SendFrame(text) => {
                    if !self.online {
                        continue;
                    }
                    let frames = self.hub.hear(&text);
                    self.waiting.extend(frames.into_iter().map(|frame| Input::Frame(frame.to_text())));
                }
                Effect::Ping => self.pings += 1,
                Effect::Submit(submission) => self.submitted.push(submission),
                Effect::Close(why) => {
                    self.closes.push(why);
                    self.online = false;
                    self.waiting.push_back(Input::Disconnected { code: None });
                }
                Effect::Redial(redial) => self.redials.push(redial),
                Effect::SweepInbox => {
                    self.sweeps += 1;
                    let rows = Input::Inbox(self.inbox.clone());
                    if self.hold_sweeps { self.held.push(rows) } else { self.waiting.push_back(rows) }
                }
                Effect::InboundKept(inbound) => self.kept.push(*inbound),
            }
        }
        Ok(())
    }

    pub fn connect(&mut self) {
        self.online = true;
        self.input(Input::Connected);
    }

    pub fn disconnect(&mut self) {
        self.online = false;
        self.input(Input::Disconnected { code: None });
    }

    pub fn frame(&mut self, frame: &DownFrame) {
        self.input(Input::Frame(frame.to_text()));
    }

    pub fn send(&mut self, send: Send) {
        let frame = self.hub.dispatch(send);
        self.frame(&frame);
    }

    pub fn cancel(&mut self, id: Uuid) {
        self.frame(&DownFrame::Cancel(Cancel { id }));
    }

    pub fn pass(&mut self, ms: u64) {
        self.try_pass(ms).expect("the journal works");
    }

    fn try_pass(&mut self, ms: u64) -> Result<(), JournalError> {
        self.now = self.now.plus(ms);
        self.try_input(Input::Tick)
    }

    /// Time passes as a driver would let it: every wake-up on the way is kept.
    pub fn pass_waking(&mut self, ms: u64) {
        self.try_pass_waking(ms).expect("the journal works");
    }

    pub fn try_pass_waking(&mut self, ms: u64) -> Result<(), JournalError> {
        let end = self.now.mono_ms + ms;
        while let Some(at) = self.phone.wakes_at_ms(self.now)
            && at <= end
        {
            self.try_pass(at.saturating_sub(self.now.mono_ms))?;
        }
        self.try_pass(end - self.now.mono_ms)
    }

    pub fn answer(&mut self, n: u128, part: u16, answer: Result<(), &str>) {
        let attempt = self.phone.engine().book().messages[&id(n)].attempt;
        self.input(Input::RadioAnswer { id: id(n), attempt, part, answer: answer.map_err(Failure::of) });
    }

    pub fn receipt(&mut self, n: u128, part: u16, delivered: Result<(), &str>) {
        let receipt = match delivered {
            Ok(()) => ReceiptOutcome::Delivered,
            Err(code) => ReceiptOutcome::Failed(Failure::of(code)),
        };
        self.input(Input::Receipt { id: id(n), part, receipt });
    }

    pub fn sms(&mut self, body: &str) {
        self.input(sms(body));
    }

    /// The process dies and starts again, at this instant; what was unflushed is gone.
    pub fn restart(self, now: Now) -> Rig {
        let mut journal = self.phone.into_journal().into_inner();
        journal.crash(7);
        Rig::doomed(journal, self.hub, self.inbox, now, None, BTreeSet::new()).expect("a restart")
    }

    /// The same, where there is no service.
    pub fn restart_without_service(self, now: Now) -> Rig {
        let mut journal = self.phone.into_journal().into_inner();
        journal.crash(0);
        Rig::doomed(journal, self.hub, self.inbox, now, None, BTreeSet::from([0])).expect("a restart")
    }

    pub fn facts(&self, n: u128) -> Vec<&'static str> {
        let book = self.phone.engine().book();
        let of = book.facts.iter().filter(|fact| fact.event.message_id() == Some(id(n)));
        of.map(|fact| super::hub::word(&fact.event)).collect()
    }
}

pub fn sms(body: &str) -> Input {
    Input::SmsReceived {
        sim: None,
        slot: 0,
        from: "+43664000".into(),
        body: body.into(),
        parts: 1,
        smsc_at_ms: Some(1_700_000_000_000),
    }
}
