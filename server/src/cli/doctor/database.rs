//! Is the database of this version, and whole?

use super::clock::shown;
use super::finding::Finding;
use crate::app::look::{Depth, Holder, InspectError, Inspection};

const CHECK: &str = "database";
const RESTORE: &str =
    "stop the hub, then `relay-hub restore --from` the newest backup: the damaged file is kept aside";

pub(super) fn judge(looked: &Result<Inspection, InspectError>, holder: Holder, depth: Depth) -> Finding {
    let found = match looked {
        Ok(found) => found,
        Err(error) => return unreadable(error),
    };
    if let Some(newest) = found.unknown.last() {
        let finding =
            format!("was written by a newer relay-hub (migration {newest} is not known to this one)");
        return Finding::fail(CHECK, finding, "start that version or a later one; nothing was changed");
    }
    if let Some(first) = found.damage.first() {
        return Finding::fail(CHECK, format!("is damaged: {first}"), RESTORE);
    }
    let phones = match found.phones {
        1 => "1 phone".to_owned(),
        phones => format!("{phones} phones"),
    };
    match (found.applied.len(), found.pending.len()) {
        (0, _) => Finding::ok(CHECK, "is empty; the first start makes its tables"),
        (applied, 0) => {
            let newest =
                found.newest_at.map_or_else(String::new, |at| format!(", newest entry {}", shown(at)));
            let whole = match depth {
                Depth::EveryPage => "; every page was read, and is whole",
                Depth::Glance => "; --thorough reads every page for damage",
            };
            Finding::ok(CHECK, format!("of this version (migrations: {applied}), {phones}{newest}{whole}"))
        }
        (_, pending) => pending_found(pending, holder),
    }
}

fn pending_found(pending: usize, holder: Holder) -> Finding {
    match holder {
        Holder::Nobody | Holder::Silent => Finding::warn(
            CHECK,
            format!("is of an older version: the next start applies what is new (migrations: {pending})"),
            "copy the data directory first: an older relay-hub will refuse the database then",
        ),
        Holder::Hub(_) => Finding::warn(
            CHECK,
            format!(
                "is of an older version (migrations to apply: {pending}), and a hub of that version runs on it"
            ),
            "restart the hub with this version, or use that version's commands",
        ),
    }
}

fn unreadable(error: &InspectError) -> Finding {
    match error {
        InspectError::Absent(_) => Finding::ok(CHECK, "there is none yet; the first start makes it"),
        InspectError::Unfinished(_) => {
            Finding::warn(CHECK, error.to_string(), "start the hub, and run doctor again afterwards")
        }
        InspectError::Busy(_) => Finding::warn(CHECK, error.to_string(), "run doctor again in a moment"),
        InspectError::Unreadable { .. } => Finding::fail(CHECK, error.to_string(), RESTORE),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use relay_domain::Timestamp;

    use super::*;
    use crate::app::look::RunningHub;
    use crate::cli::doctor::finding::Level;

    fn found() -> Inspection {
        Inspection {
            applied: vec!["0001".into(), "0002".into()],
            pending: Vec::new(),
            unknown: Vec::new(),
            mark: None,
            newest_at: Some(Timestamp::from_millis(1_795_327_200_000)),
            phones: 3,
            damage: Vec::new(),
        }
    }

    fn look(found: Inspection) -> Finding {
        judge(&Ok(found), Holder::Nobody, Depth::Glance)
    }

    #[test]
    fn a_database_of_this_version_is_good() {
        let finding = look(found());
        assert_eq!(finding.level, Level::Ok);
        for part in ["migrations: 2", "3 phones", "2026-11-22 06:00:00 UTC", "--thorough"] {
            assert!(finding.finding.contains(part), "{finding:?}");
        }
        assert!(judge(&Ok(found()), Holder::Nobody, Depth::EveryPage).finding.contains("whole"));
    }

    #[test]
    fn newer_damaged_and_unreadable_ones_fail() {
        let newer = look(Inspection { unknown: vec!["9999".into()], ..found() });
        assert!(newer.level == Level::Fail && newer.finding.contains("9999"), "{newer:?}");
        assert!(newer.remedy.unwrap().contains("a later one"));
        let damaged = look(Inspection { damage: vec!["Tree 7 page 9: bad".into()], ..found() });
        assert!(damaged.level == Level::Fail && damaged.finding.contains("page 9"), "{damaged:?}");
        let unreadable =
            Err(InspectError::Unreadable { path: PathBuf::from("x/relay.db"), why: "no".into() });
        assert_eq!(judge(&unreadable, Holder::Nobody, Depth::Glance).level, Level::Fail);
    }

    #[test]
    fn an_older_one_warns_and_says_what_a_start_does() {
        let older = Inspection { pending: vec!["0003".into()], ..found() };
        let finding = look(older.clone());
        assert!(
            finding.level == Level::Warn && finding.finding.contains("next start applies"),
            "{finding:?}"
        );
        let running = Holder::Hub(RunningHub { pid: None, phones: 0 });
        let finding = judge(&Ok(older), running, Depth::Glance);
        assert!(finding.level == Level::Warn && finding.finding.contains("runs on it"), "{finding:?}");
    }

    #[test]
    fn none_yet_and_an_empty_one_are_good() {
        let absent = Err(InspectError::Absent(PathBuf::from("relay.db")));
        assert_eq!(judge(&absent, Holder::Nobody, Depth::Glance).level, Level::Ok);
        let empty = Inspection { applied: Vec::new(), pending: vec!["0001".into()], ..found() };
        assert_eq!(look(empty).level, Level::Ok);
    }

    #[test]
    fn one_that_cannot_be_looked_into_now_warns() {
        for error in [InspectError::Unfinished, InspectError::Busy] {
            let finding = judge(&Err(error(PathBuf::from("relay.db"))), Holder::Silent, Depth::Glance);
            assert!(
                finding.level == Level::Warn && finding.remedy.unwrap().contains("again"),
                "{}",
                finding.finding
            );
        }
    }
}
