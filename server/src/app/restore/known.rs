//! What is known before a restore: from the file beside the database, the database that is there, and the backup.

use std::path::Path;

use relay_domain::Timestamp;
use relay_store::{Depth, InspectError, Inspection, Mark, OpenElsewhere, inspect};

use super::RestoreError;
use super::copy::Copy;
use crate::app::data_dir;
use crate::continuity::{self, ContinuityError, Record};
use crate::relay::standing::Standing;

/// What is known.
pub(super) struct Known {
    /// The incarnation that begins.
    pub(super) incarnation: u32,
    /// Batches that any of them has counted.
    pub(super) commits: u64,
    /// The newest entry of the database that will be used.
    pub(super) newest_at: Option<Timestamp>,
    /// Whether that database is older than the hub has known it.
    pub(super) age: Age,
    record: Result<Option<Record>, String>,
}

/// How old the database is that will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Something was committed after it.
    Older,
    /// As new as is known: not put back, or together with the file beside it.
    AsKnown,
    /// There is nothing to tell.
    Unknown,
}

impl Known {
    /// Looks. Without a backup the database that is there is read page by page.
    pub(super) fn look(data_dir: &Path, copy: Option<&Copy>) -> Result<Known, RestoreError> {
        let record = match continuity::read(&data_dir::continuity_path(data_dir)) {
            Ok(record) => Ok(record),
            Err(ContinuityError::Damaged { why, .. }) => Err(why),
            Err(error) => return Err(error.into()),
        };
        let database = data_dir::database_path(data_dir);
        let (used, current) = match copy {
            Some(copy) => {
                // Whatever is wrong with it, it is put aside; but its incarnation is never used again.
                let current = inspect(&database, OpenElsewhere::Ours, Depth::Glance).ok();
                (copy.inspection().clone(), current)
            }
            None => (whole(&database, OpenElsewhere::Ours)?, None),
        };
        let mark = used.mark.unwrap_or_default();
        let recorded = record.as_ref().ok().and_then(Option::as_ref).map(|record| record.mark);
        let marks = [Some(mark), recorded, current.and_then(|found| found.mark)];
        let marks = || marks.iter().flatten();
        let last = marks().map(|mark| mark.incarnation).max().unwrap_or_default();
        let age = match recorded {
            Some(recorded) if mark < recorded => Age::Older,
            Some(_) => Age::AsKnown,
            None => Age::Unknown,
        };
        Ok(Known {
            incarnation: last.saturating_add(1),
            commits: marks().map(|mark: &Mark| mark.commits).max().unwrap_or_default(),
            newest_at: used.newest_at,
            age,
            record,
        })
    }

    /// How devices stood last; none are known where the file is missing or damaged.
    pub(super) fn standings(&self) -> &[Standing] {
        match &self.record {
            Ok(Some(record)) => &record.standings,
            Ok(None) | Err(_) => &[],
        }
    }

    /// Whether the file beside the database has to be put aside.
    pub(super) fn is_record_damaged(&self) -> bool {
        self.record.is_err()
    }
}

/// A database that is of this version and without damage.
pub(super) fn whole(path: &Path, elsewhere: OpenElsewhere) -> Result<Inspection, RestoreError> {
    let found = inspect(path, elsewhere, Depth::EveryPage).map_err(|error| match error {
        InspectError::Unreadable { path, why } => RestoreError::Damaged { path, why },
        error => error.into(),
    })?;
    if let Some(newest) = found.unknown.last() {
        return Err(RestoreError::Newer { path: path.to_owned(), newest: newest.clone() });
    }
    if let Some(first) = found.damage.first() {
        return Err(RestoreError::Damaged { path: path.to_owned(), why: first.clone() });
    }
    if found.applied.is_empty() {
        let why = "it is empty".to_owned();
        return Err(RestoreError::Damaged { path: path.to_owned(), why });
    }
    Ok(found)
}
