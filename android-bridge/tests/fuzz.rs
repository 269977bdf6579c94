//! Whatever a hub or a radio says, the engine neither panics nor touches the radio twice for one message.

mod support;

use std::collections::BTreeMap;

use android_bridge::{
    clock::Now,
    engine::{Backoff, BackoffLimits, Hardware, InboxRow, Input, PhoneFacts, Redial, Service},
    handset::{Effect, Handset},
    journal::MemoryJournal,
    radio::{Failure, ReceiptOutcome},
};
use device_protocol::{
    Cancel, Command, CommandKind, DownFrame, PROTOCOL, Settings, UpFrame, Welcome, command::RefreshSims,
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use support::{id, message, rig::birth, sims, start_of_time};

fn settings() -> impl Strategy<Value = Settings> {
    (any::<u64>(), any::<u64>(), 0u32..5, any::<u64>()).prop_map(|(ping, answer, segments, window)| {
        Settings {
            ping_interval_ms: ping,
            radio_answer_timeout_ms: answer,
            guard_segments: segments,
            guard_window_ms: window,
        }
    })
}

fn frame() -> impl Strategy<Value = String> {
    let number = prop_oneof![0u64..12, any::<u64>()];
    prop_oneof![
        4 => (1u128..6, number.clone(), 0u16..4, prop::option::of(0u64..9_000)).prop_map(
            |(n, down_seq, parts, expires_in_ms)| {
                let send = device_protocol::Send { parts, expires_in_ms, ..message(n, down_seq) };
                DownFrame::Send(send).to_text()
            }
        ),
        2 => (1u128..6).prop_map(|n| DownFrame::Cancel(Cancel { id: id(n) }).to_text()),
        2 => number.clone().prop_map(|up| DownFrame::Ack { up }.to_text()),
        2 => (number, settings()).prop_map(|(acked, settings)| {
            let (incarnation, epoch, server_time_ms) = (1, 1, 0);
            let protocol = PROTOCOL;
            DownFrame::Welcome(Welcome { protocol, incarnation, epoch, acked, server_time_ms, settings }).to_text()
        }),
        1 => (1u128..4, 0u64..3).prop_map(|(n, deadline_in_ms)| {
            let kind = CommandKind::RefreshSims(RefreshSims {});
            DownFrame::Command(Command { id: id(n), deadline_in_ms, kind }).to_text()
        }),
        1 => ".{0,60}",
        1 => "\\{\"type\":\"(send|ack|command|closing|welcome|x)\".{0,40}\\}",
    ]
}

fn inbox_row() -> impl Strategy<Value = InboxRow> {
    (0u8..4, ".{0,3}", any::<u16>(), prop::option::of(any::<i64>()), any::<i64>()).prop_map(
        |(slot, text, parts, smsc_at_ms, received_wall_ms)| InboxRow {
            slot,
            sim: None,
            from: text.clone(),
            body: text,
            parts,
            smsc_at_ms,
            received_wall_ms,
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    let answer = prop_oneof![
        Just(Ok(())),
        Just(Err(Failure::of("radio_off"))),
        Just(Err(Failure::of("no_signal"))),
        ".{0,600}".prop_map(|text| Err(Failure { reason: text.clone(), ..Failure::of(&text) })),
    ];
    prop_oneof![
        8 => frame().prop_map(Input::Frame),
        2 => Just(Input::Connected),
        1 => Just(Input::InboxChanged),
        2 => prop::collection::vec(inbox_row(), 0..5).prop_map(Input::Inbox),
        1 => prop::option::of(4000u16..4400).prop_map(|code| Input::Disconnected { code }),
        4 => (1u128..6, 0u32..4, 0u16..4, answer).prop_map(|(n, attempt, part, answer)| Input::RadioAnswer {
            id: id(n),
            attempt,
            part,
            answer,
        }),
        2 => (1u128..6, 0u16..4, any::<bool>()).prop_map(|(n, part, delivered)| Input::Receipt {
            id: id(n),
            part,
            receipt: if delivered {
                ReceiptOutcome::Delivered
            } else {
                ReceiptOutcome::Failed(Failure::of("receipt_failed"))
            },
        }),
        1 => (any::<String>(), any::<String>()).prop_map(|(from, body)| Input::SmsReceived {
            sim: None,
            slot: 0,
            from,
            body,
            parts: 0,
            smsc_at_ms: None,
        }),
        1 => any::<bool>().prop_map(|some| Input::Sims(if some { sims() } else { vec![] })),
        1 => any::<bool>().prop_map(|on| Input::Service {
            slot: 0,
            state: if on { Service::Available } else { Service::Missing },
        }),
        1 => Just(Input::Tick),
    ]
}

/// A submission is repeated only after its attempt was given back, part by part.
#[derive(Default)]
struct Judge {
    attempts: BTreeMap<u128, u32>,
}

impl Judge {
    fn see(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Submit(submission) => {
                    let last = self.attempts.insert(submission.id.as_u128(), submission.attempt);
                    assert_eq!(last.unwrap_or(0) + 1, submission.attempt, "attempts count up by one");
                    assert_ne!(submission.parts, 0);
                }
                Effect::SendFrame(text) => {
                    UpFrame::parse(text).expect("the phone only sends frames");
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_that_a_hub_or_a_radio_says_breaks_the_engine(
        script in prop::collection::vec((input(), 0u64..4_000, 0u8..40), 1..60),
    ) {
        let mut now = start_of_time();
        let hardware = Hardware { sims: sims(), ..Hardware::default() };
        let start = |journal: MemoryJournal, now: Now| {
            Handset::start(journal, birth(), PhoneFacts::default(), hardware.clone(), now).unwrap()
        };
        let (mut phone, _) = start(MemoryJournal::new(), now);
        let mut judge = Judge::default();
        for (input, pause, chance) in script {
            now = now.plus(pause);
            judge.see(&phone.step(input, now).unwrap());
            // What was due is done: asked again at once, only a later instant may be left, or a driver would spin.
            judge.see(&phone.step(Input::Tick, now).unwrap());
            let wake = phone.wakes_at_ms(now);
            prop_assert!(wake.is_none_or(|at| at > now.mono_ms), "spins at {:?}", wake);
            let book = phone.engine().book().clone();
            if chance == 0 {
                let mut journal = phone.into_journal();
                journal.crash(usize::from(chance));
                (phone, _) = start(journal, now);
            } else if chance == 1 {
                // What a restarted phone would know is what this one knows, but for what was not flushed.
                let replayed = phone.journal().clone();
                let records = android_bridge::journal::Journal::load(&mut replayed.clone()).unwrap();
                let read = android_bridge::book::Book::replay(records).unwrap();
                prop_assert_eq!(&read.facts, &book.facts);
                prop_assert_eq!(&read.messages, &book.messages);
            }
        }
    }

    #[test]
    fn waits_keep_their_bounds(seed in any::<u64>(), first_ms in 1u64..5_000, most_ms in 5_000u64..90_000) {
        let mut backoff = Backoff::new(BackoffLimits { first_ms, most_ms });
        let mut dice = StdRng::seed_from_u64(seed);
        for n in 0..40u32 {
            let wait = backoff.wait_ms(&Redial::Retry, &mut dice).unwrap();
            let most = first_ms.saturating_mul(1 << n.min(20)).min(most_ms);
            prop_assert!(wait >= most / 2 && wait <= most + 1);
        }
        let spread = backoff.wait_ms(&Redial::Spread { spread_ms: 70 }, &mut dice).unwrap();
        prop_assert!(spread <= 70);
        prop_assert_eq!(backoff.wait_ms(&Redial::Replaced, &mut dice), None);
    }
}
