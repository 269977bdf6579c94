//! What a phone remembers of its SMS, and for how long: no pruning and no clock makes an old row look new.

mod support;

use android_bridge::{
    book::{Book, KEEP_MARKS_MS, MAX_KEPT_MARKS, Mark, Via},
    clock::Now,
    engine::{InboxRow, Input},
    journal::Record,
};
use device_protocol::{SimRef, event::InboundSource, limits::SWEEP_INTERVAL_MS};
use support::{
    id,
    inbox::{DAY_MS, HOUR_MS, bodies, row, sweep, told},
    rebooted,
    rig::Rig,
    start_of_time,
};

/// Lives with its journal compacted at every disconnect, for so many days of one text each.
fn a_life_of(days: u64) -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    for day in 0..days {
        let text = row(&format!("day {day}"), rig.now);
        rig.inbox.push(text.clone());
        rig.input(told(&text));
        rig.hub.upto();
        rig.disconnect();
        rig.now = rig.now.plus(DAY_MS);
        rig.connect();
    }
    rig
}

#[test]
fn pruned_marks_and_a_clock_set_back_make_no_old_text_new() {
    let rig = a_life_of(40);
    let marks = rig.phone.engine().book().marks.len();
    assert!((14..=17).contains(&marks), "{marks} marks are kept");
    for back_days in [1, 5, 10, 25, 39, 200] {
        for boots in [0, 1] {
            let mut rig = a_life_of(40);
            if boots > 0 {
                let now = rebooted(rig.now, 1_000);
                rig = rig.restart(now);
            }
            rig.now.wall_ms -= back_days * 86_400_000;
            let known = rig.phone.engine().book().marks.len();
            rig.pass_waking(SWEEP_INTERVAL_MS);
            sweep(&mut rig);
            assert_eq!(rig.phone.engine().book().marks.len(), known, "{back_days} days back");
        }
    }
}

#[test]
fn a_clock_that_was_far_ahead_over_a_reboot_makes_no_text_new_or_lost() {
    let mut rig = a_life_of(10);
    let right = rig.now;
    // A reboot in 2099: by the wall clock everything is ancient.
    let ahead = Now { wall_ms: right.wall_ms + 70 * 365 * 86_400_000, mono_ms: 10, boot: 7 };
    rig = rig.restart(ahead);
    // The journal is looked through once a day.
    rig.pass_waking(DAY_MS + 1);
    rig.connect();
    assert_eq!(rig.phone.engine().book().marks.len(), 0, "both clocks say that they may go");
    rig.now.wall_ms = right.wall_ms + 10_000;
    sweep(&mut rig);
    assert_eq!(rig.phone.engine().book().marks.len(), 0, "and yet nothing old is new");
    rig.now = rig.now.plus(2 * HOUR_MS);
    rig.inbox.push(row("after it", rig.now));
    sweep(&mut rig);
    assert_eq!(bodies(&rig), [("after it".into(), InboundSource::Sweep)]);
}

/// The broadcast came while the clock was wrong, the row was stored when it had been set right.
#[test]
fn a_mark_learns_the_time_of_its_row() {
    let mut rig = Rig::new();
    let right = rig.now.plus(30 * DAY_MS);
    let text = row("hello", right);
    rig.input(told(&text));
    rig.inbox.push(text);
    rig.now.wall_ms = right.wall_ms;
    sweep(&mut rig);
    rig.connect();
    let now = Now { wall_ms: right.wall_ms + 13 * 86_400_000, mono_ms: 10, boot: 5 };
    rig.disconnect();
    let mut rig = rig.restart(now);
    rig.input(Input::Tick);
    rig.connect();
    rig.disconnect();
    sweep(&mut rig);
    assert_eq!(rig.phone.engine().book().marks.len(), 1);
    assert_eq!(rig.phone.engine().book().front.head, 1);
}

#[test]
fn what_was_too_old_for_the_first_sweep_stays_so_when_the_clock_is_set_back() {
    let mut rig = Rig::new();
    rig.inbox.push(InboxRow { received_wall_ms: rig.now.wall_ms - 20 * 86_400_000, ..row("old", rig.now) });
    rig.input(Input::Tick);
    sweep(&mut rig);
    rig.now.wall_ms -= 15 * 86_400_000;
    sweep(&mut rig);
    assert_eq!(bodies(&rig), []);
}

#[test]
fn too_many_marks_go_oldest_first_and_their_rows_are_not_swept_again() {
    let now = start_of_time();
    let mut book = Book::new(id(1), id(2));
    let many = u64::try_from(MAX_KEPT_MARKS).unwrap() + 10;
    let mark = |number: u64| Mark {
        number,
        slot: 0,
        sim: SimRef::default(),
        from: "+1".into(),
        smsc_at_ms: None,
        digest: String::new(),
        at: now,
        // Numbers and times run against each other: it is the row's time that counts.
        row_wall_ms: now.wall_ms - i64::try_from(number).unwrap() * 4,
        via: Via::Broadcast,
    };
    book.front.head = many;
    (1..=many).for_each(|number| book.apply(Record::Mark(mark(number))));
    book.prune_marks(now);
    assert_eq!(book.marks.len(), MAX_KEPT_MARKS);
    assert!(book.marks.contains_key(&1) && !book.marks.contains_key(&many));
    let highest_gone = mark(many - 9).row_wall_ms;
    assert!(book.front.horizon_ms.is_some_and(|horizon| horizon >= highest_gone));
    assert_eq!(Book::replay(book.snapshot()), Some(book));
}

#[test]
fn a_mark_stays_as_long_as_its_fact_and_as_either_clock_wants() {
    let now = start_of_time();
    let aged = |wall_ms: u64, mono_ms: u64| Now {
        wall_ms: now.wall_ms.saturating_add_unsigned(wall_ms),
        mono_ms: now.mono_ms + mono_ms,
        ..now
    };
    let kept_at = |later: Now| {
        let mut rig = Rig::new();
        rig.sms("hello");
        let mut book = rig.phone.engine().book().clone();
        book.prune_marks(later);
        assert_eq!(book.marks.len(), 1, "its fact is kept");
        book.facts.clear();
        book.prune_marks(later);
        assert_eq!(Book::replay(book.snapshot()), Some(book.clone()));
        !book.marks.is_empty()
    };
    let old = KEEP_MARKS_MS + 1;
    assert!(kept_at(aged(old, 1_000)) && kept_at(aged(0, old)) && kept_at(aged(old - 1, old)));
    assert!(!kept_at(aged(old, old)));
    // After a reboot the wall clock is both.
    assert!(!kept_at(Now { boot: 2, ..aged(old, 0) }));
}

#[test]
fn a_journal_from_before_there_were_marks_knows_its_texts_all_the_same() {
    let mut rig = Rig::new();
    let texts = [row("one", rig.now), row("two", rig.now)];
    texts.iter().for_each(|text| rig.input(told(text)));
    let older: Vec<Record> = rig
        .phone
        .engine()
        .book()
        .snapshot()
        .into_iter()
        .map(|record| {
            let mut json = serde_json::to_value(record).unwrap();
            if let Some(front) = json.get_mut("front") {
                front.as_object_mut().unwrap().remove("horizon_ms");
            }
            serde_json::from_value(json).unwrap()
        })
        .collect();
    let book = Book::replay(older).unwrap();
    assert_eq!((book.marks.len(), book.front.horizon_ms), (2, None));
}
