//! The words of the file: its first line and the lines of devices.

use relay_domain::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::relay::standing::{Mark, PhoneStanding, Standing};

/// What the first line calls itself.
pub(super) const FORMAT: &str = "relay-hub continuity";
/// The version that this program writes, and the newest that it reads.
pub(super) const VERSION: u64 = 1;
/// Bytes of the first line, always: it is overwritten where it stands, inside the first sector of the disk.
pub(super) const HEADER_BYTES: usize = 256;

/// The first line. A newer version may say more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u64,
    pub(super) incarnation: u32,
    pub(super) commits: u64,
}

/// The line of a device.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    device: uuid::Uuid,
    generation: u32,
    phone: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_ns: Option<i64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Paired,
    Leaving,
    Revoked,
}

/// The first line, padded with spaces, which JSON allows.
pub(super) fn header(mark: Mark) -> [u8; HEADER_BYTES] {
    let Mark { incarnation, commits } = mark;
    let text = format!(
        r#"{{"format":"{FORMAT}","version":{VERSION},"incarnation":{incarnation},"commits":{commits}}}"#
    );
    let mut line = [b' '; HEADER_BYTES];
    // At most 114 bytes, with both numbers at their longest.
    for (place, byte) in line.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    line[HEADER_BYTES - 1] = b'\n';
    line
}

pub(super) fn push(text: &mut Vec<u8>, standing: &Standing) {
    let Standing { device_id, generation, phone } = *standing;
    let (word, by) = match phone {
        PhoneStanding::Paired => ("paired", String::new()),
        PhoneStanding::Leaving { by } => ("leaving", format!(r#","by_ns":{}"#, by.nanos())),
        PhoneStanding::Revoked => ("revoked", String::new()),
    };
    let line = format!(r#"{{"device":"{device_id}","generation":{generation},"phone":"{word}"{by}}}"#);
    text.extend_from_slice(line.as_bytes());
    text.push(b'\n');
}

/// Reads the line of a device; `Err` says why it is none.
pub(super) fn standing(line: &[u8]) -> Result<Standing, String> {
    let Line { device, generation, phone, by_ns } =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let phone = match (phone, by_ns) {
        (Word::Paired, None) => PhoneStanding::Paired,
        (Word::Leaving, Some(by)) => PhoneStanding::Leaving { by: Timestamp::from_nanos(by) },
        (Word::Revoked, None) => PhoneStanding::Revoked,
        (Word::Leaving, None) => return Err("a phone leaves by no time".to_owned()),
        (Word::Paired | Word::Revoked, Some(_)) => {
            return Err("only a phone that leaves has a time".to_owned());
        }
    };
    Ok(Standing { device_id: DeviceId::from(device), generation, phone })
}
