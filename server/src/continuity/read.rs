//! Reads the file, whatever a crash, a full disk or a stranger made of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use relay_domain::DeviceId;

use super::ContinuityError;
use super::lines::{self, FORMAT, HEADER_BYTES, Header, VERSION};
use crate::relay::standing::{Mark, PhoneStanding, Standing};

/// A larger file is none of ours: a hub of half a million phones writes less.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// How far the database had come, at least.
    pub mark: Mark,
    /// How each device stood last, by id.
    pub standings: Vec<Standing>,
}

/// Reads the file; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Record>, ContinuityError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ContinuityError::File { path: path.to_owned(), error }),
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if length > MOST_BYTES {
        let why = format!("it has {length} bytes");
        return Err(ContinuityError::Damaged { path: path.to_owned(), why });
    }
    parse(path, BufReader::new(file.take(MOST_BYTES))).map(Some)
}

pub(super) fn parse(path: &Path, mut text: impl BufRead) -> Result<Record, ContinuityError> {
    let file = |error| ContinuityError::File { path: path.to_owned(), error };
    let damaged = |why: String| ContinuityError::Damaged { path: path.to_owned(), why };
    let mut head = Vec::with_capacity(HEADER_BYTES);
    text.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut head).map_err(file)?;
    if head.len() < HEADER_BYTES || !head.ends_with(b"\n") {
        return Err(damaged("its first line is not whole".to_owned()));
    }
    let header: Header =
        serde_json::from_slice(&head).map_err(|error| damaged(format!("its first line: {error}")))?;
    if header.format != FORMAT {
        return Err(damaged(format!("its format is not `{FORMAT}`")));
    }
    if header.version > VERSION {
        return Err(ContinuityError::Newer { path: path.to_owned(), version: header.version });
    }
    let mut standings: BTreeMap<DeviceId, Standing> = BTreeMap::new();
    let (mut line, mut number) = (Vec::new(), 1);
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(file)? == 0 {
            break;
        }
        number += 1;
        if !line.ends_with(b"\n") {
            // Its verb never answered: nobody was told that it is so.
            break;
        }
        let standing = lines::standing(&line).map_err(|why| damaged(format!("its line {number}: {why}")))?;
        let kept = later(standings.get(&standing.device_id).copied(), standing);
        standings.insert(standing.device_id, kept);
    }
    let mark = Mark { incarnation: header.incarnation, commits: header.commits };
    Ok(Record { mark, standings: standings.into_values().collect() })
}

/// Which of two lines of a device counts. Two verbs at once may write theirs in either order, and no phone goes back:
/// it is paired, it leaves, its token dies, and the next pairing has another generation.
pub(super) fn later(before: Option<Standing>, line: Standing) -> Standing {
    let place = |standing: &Standing| {
        let step = match standing.phone {
            PhoneStanding::Paired => 0,
            PhoneStanding::Leaving { .. } => 1,
            PhoneStanding::Revoked => 2,
        };
        (standing.generation, step)
    };
    match before {
        Some(before) if place(&before) > place(&line) => before,
        _ => line,
    }
}
