//! `DATA/logs`: what the judge reads.
//!
//! `radio.ndjson` (radios and carriers) and `accepted.ndjson` (what the hub said yes to) hold every run, so that
//! what one run accepted and the next one sends is judged as a whole. What the hub shows in the end is read anew
//! by each run: `observed.ndjson` on the way, `final.ndjson` at last.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use relay_domain::Timestamp;
use serde_json::{Value, json};

use super::customer::Outbound;
use super::instant;
use super::trouble::DemoError;

const FOLDER: &str = "logs";
const RADIO: &str = "radio.ndjson";
const ACCEPTED: &str = "accepted.ndjson";
const OBSERVED: &str = "observed.ndjson";
const FINAL: &str = "final.ndjson";
/// Since when the first two are complete.
const SINCE: &str = "since";

/// The logs, open.
#[derive(Debug)]
pub(super) struct Logs {
    folder: PathBuf,
    radio: PathBuf,
    accepted: File,
    observed: File,
    since: String,
}

impl Logs {
    /// Goes on with the logs of earlier runs. Where one of them is missing the others prove nothing, so all
    /// begin anew, and messages from before are not judged.
    pub(super) fn open(data_dir: &Path, now: Timestamp) -> Result<Logs, DemoError> {
        let folder = data_dir.join(FOLDER);
        let file = DemoError::file(&folder);
        std::fs::create_dir_all(&folder).map_err(&file)?;
        let since = since(&folder, now).map_err(&file)?;
        for name in [RADIO, ACCEPTED] {
            drop_torn_line(&folder.join(name)).map_err(&file)?;
        }
        let accepted = OpenOptions::new().append(true).open(folder.join(ACCEPTED)).map_err(&file)?;
        let observed = File::create(folder.join(OBSERVED)).map_err(&file)?;
        Ok(Logs { radio: folder.join(RADIO), folder, accepted, observed, since })
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where radios and carriers write.
    pub(super) fn radio(&self) -> &Path {
        &self.radio
    }

    /// Since when everything is in the logs.
    pub(super) fn since(&self) -> &str {
        &self.since
    }

    /// The same in Unix milliseconds.
    pub(super) fn since_ms(&self) -> i64 {
        instant::millis(&self.since).unwrap_or_default()
    }

    /// The hub said 202.
    pub(super) fn accepted(&self, message: &Outbound, device_id: &str) -> Result<(), DemoError> {
        let Outbound { id, recipient_number, .. } = message;
        let line = json!({
            "log": "client", "kind": "accepted", "id": id, "device": device_id, "to": recipient_number,
            "at_ms": instant::millis(&message.created_at),
        });
        self.append(&self.accepted, &line)
    }

    /// A message was seen on its way. The API tells no stage of a failure, so that is left to the end.
    pub(super) fn observed(&self, message: &Outbound, device_id: &str) -> Result<(), DemoError> {
        if message.status == "FAILED" {
            return Ok(());
        }
        let line = json!({
            "log": "client", "kind": "observed", "id": message.id, "device": device_id,
            "status": message.status, "dispatched_at_ns": null, "failure_stage": null, "uncertain": false,
        });
        self.append(&self.observed, &line)
    }

    fn append(&self, mut log: &File, line: &Value) -> Result<(), DemoError> {
        // One write a line: a killed demo leaves whole lines behind.
        log.write_all(format!("{line}\n").as_bytes()).map_err(DemoError::file(&self.folder))
    }

    /// Keeps what the hub shows in the end.
    pub(super) fn write_final(&self, lines: &[Value]) -> Result<(), DemoError> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(self.folder.join(FINAL), text).map_err(DemoError::file(&self.folder))
    }

    /// Lines of a log that `wanted` lets pass; those that are no JSON do, for the judge to say so.
    fn lines(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Vec<String>, DemoError> {
        let path = self.folder.join(name);
        let text = std::fs::read(&path).map_err(DemoError::file(&path))?;
        let lines = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect::<Vec<_>>();
        let passes = |line: &String| serde_json::from_str(line).is_ok_and(|line| !wanted(&line));
        Ok(lines.into_iter().filter(|line| !passes(line)).collect())
    }

    /// Everything to judge, in the order in which the judge has to read it. Only of these devices, for others
    /// have radios that nobody watched; on the way only messages that are there in the end, for a message that
    /// is not must count as lost.
    pub(super) fn to_judge(
        &self,
        device_ids: &[&str],
        final_ids: impl Fn(&str) -> bool,
    ) -> Result<[(&'static str, Vec<String>); 4], DemoError> {
        let ours = |name: &str, line: &Value| line[name].as_str().is_some_and(|id| device_ids.contains(&id));
        Ok([
            (ACCEPTED, self.lines(ACCEPTED, |line| ours("device", line))?),
            (RADIO, self.lines(RADIO, |line| ours("phone", line))?),
            (OBSERVED, self.lines(OBSERVED, |line| line["id"].as_str().is_some_and(&final_ids))?),
            (FINAL, self.lines(FINAL, |_| true)?),
        ])
    }
}

/// Since when the logs are complete; begins them anew where they are not.
fn since(folder: &Path, now: Timestamp) -> std::io::Result<String> {
    let path = folder.join(SINCE);
    let told = std::fs::read_to_string(&path).unwrap_or_default();
    let told = told.trim();
    let whole = [RADIO, ACCEPTED].iter().all(|name| folder.join(name).exists());
    if whole && instant::millis(told).is_some() {
        return Ok(told.to_owned());
    }
    // The mark goes first and comes last: whenever this is cut short, the next run begins anew.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    for name in [RADIO, ACCEPTED] {
        File::create(folder.join(name))?;
    }
    let since = instant::write(now);
    std::fs::write(&path, format!("{since}\n"))?;
    Ok(since)
}

/// A line whose writer was killed within it: what it did not write down, it did not do.
fn drop_torn_line(path: &Path) -> std::io::Result<()> {
    let text = std::fs::read(path)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole == text.len() {
        return Ok(());
    }
    OpenOptions::new().write(true).open(path)?.set_len(whole as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_777_104_000_250);

    #[test]
    fn logs_go_on_and_a_torn_line_is_dropped() {
        let scratch = tempfile::tempdir().unwrap();
        let first = Logs::open(scratch.path(), NOW).unwrap();
        std::fs::write(first.radio(), "{\"phone\":\"p\"}\n{\"pho").unwrap();
        let second = Logs::open(scratch.path(), NOW.plus(std::time::Duration::from_secs(9))).unwrap();
        assert_eq!(second.since(), first.since());
        assert_eq!(std::fs::read_to_string(second.radio()).unwrap(), "{\"phone\":\"p\"}\n");
        let [_, (_, of_p), ..] = Some(second.write_final(&[]))
            .map(|written| written.and_then(|()| second.to_judge(&["p"], |_| true)).unwrap())
            .unwrap();
        assert_eq!(of_p.len(), 1);
    }

    #[test]
    fn where_one_log_is_missing_all_begin_anew() {
        let scratch = tempfile::tempdir().unwrap();
        let first = Logs::open(scratch.path(), NOW).unwrap();
        std::fs::write(first.folder().join(ACCEPTED), "{}\n").unwrap();
        std::fs::remove_file(first.radio()).unwrap();
        let second = Logs::open(scratch.path(), NOW.plus(std::time::Duration::from_secs(9))).unwrap();
        assert_ne!(second.since(), first.since());
        assert_eq!(std::fs::read_to_string(second.folder().join(ACCEPTED)).unwrap(), "");
    }
}
