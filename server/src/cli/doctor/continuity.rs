//! Is the database as new as the hub has known it?

use super::finding::Finding;
use crate::app::look::{ContinuityError, InspectError, Inspection, Mark};

const CHECK: &str = "continuity";
const RESTORE: &str =
    "with the hub stopped, run `relay-hub restore`, or `relay-hub restore --from` the newest backup";

/// `known`: what the file beside the database says, looked at before the database.
pub(super) fn judge(
    known: &Result<Option<Mark>, ContinuityError>,
    looked: &Result<Inspection, InspectError>,
) -> Finding {
    let known = match known {
        Ok(known) => *known,
        Err(error @ ContinuityError::Damaged { .. }) => {
            return Finding::fail(CHECK, error.to_string(), RESTORE);
        }
        Err(error) => {
            return Finding::fail(
                CHECK,
                error.to_string(),
                "start the version that wrote it, or look at the rights of the data directory",
            );
        }
    };
    let found = match looked {
        Ok(found) => found.mark.unwrap_or_default(),
        Err(InspectError::Absent(_)) => match known {
            Some(_) => return Finding::fail(CHECK, "there was a database, and it is gone", RESTORE),
            None => return Finding::ok(CHECK, "nothing to compare yet"),
        },
        Err(_) => return Finding::ok(CHECK, "cannot be compared while the database cannot be read"),
    };
    match known {
        Some(known) if found < known => Finding::fail(
            CHECK,
            "the database is older than the hub has known it: files were put back by hand. The hub does not start",
            RESTORE,
        ),
        None if found.commits > 0 => Finding::fail(
            CHECK,
            "the database was put here without the file beside it, so it may be old. The hub does not start",
            RESTORE,
        ),
        None => Finding::ok(CHECK, "nothing to compare yet"),
        Some(_) => Finding::ok(
            CHECK,
            format!("the database is as new as it was known (incarnation {})", found.incarnation),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::doctor::finding::Level;

    fn found(commits: u64) -> Result<Inspection, InspectError> {
        Ok(Inspection {
            applied: vec!["0001".into()],
            pending: Vec::new(),
            unknown: Vec::new(),
            mark: Some(Mark { incarnation: 1, commits }),
            newest_at: None,
            phones: 0,
            damage: Vec::new(),
        })
    }

    fn known(commits: u64) -> Result<Option<Mark>, ContinuityError> {
        Ok(Some(Mark { incarnation: 1, commits }))
    }

    #[test]
    fn an_older_a_missing_and_a_stray_database_fail_with_the_words() {
        let gone = || Err(InspectError::Absent(PathBuf::from("relay.db")));
        for finding in [
            judge(&known(9), &found(8)),
            judge(&known(9), &gone()),
            judge(&Ok(None), &found(1)),
            judge(&Err(ContinuityError::Damaged { path: PathBuf::from("x"), why: "no".into() }), &found(1)),
        ] {
            assert_eq!(finding.level, Level::Fail, "{finding:?}");
            assert!(finding.remedy.unwrap().contains("run `relay-hub restore`"));
        }
        for finding in [judge(&known(9), &found(9)), judge(&Ok(None), &found(0)), judge(&Ok(None), &gone())] {
            assert_eq!(finding.level, Level::Ok, "{finding:?}");
        }
    }
}
