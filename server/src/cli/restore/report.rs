//! What a restore tells a person who was woken for it: what is there again, what is not, and what to do next.

use crate::app::{DeviceNamed, HeldShown, RestoreReport};
use crate::cli::manage::instant;

/// The sentences, in the order in which they matter.
pub(super) fn lines(report: &RestoreReport) -> Vec<String> {
    let mut lines = vec![what(report)];
    if let Some(newest) = &report.newest_entry_at {
        let newest = instant(newest);
        lines.push(format!(
            "Newest entry: {newest} UTC. What was accepted after it is lost, as far as no phone knows of it."
        ));
    }
    if report.from.is_none() {
        lines.extend(age(report.older));
    }
    if let Some(held) = report.held {
        lines.push(String::new());
        lines.extend(held_lines(held));
    }
    lines.extend(device_lines(report));
    for (n, path) in report.put_aside.iter().enumerate() {
        if n == 0 {
            lines.extend([String::new(), "Put aside, and never deleted by the hub:".to_owned()]);
        }
        lines.push(format!("  {}", path.display()));
    }
    for warning in &report.warnings {
        lines.extend([String::new(), format!("! {warning}")]);
    }
    lines.push(String::new());
    lines.extend(next(report));
    lines
}

fn what(report: &RestoreReport) -> String {
    let done = if report.held.is_some() { "Restored" } else { "Would restore" };
    let data_dir = report.data_dir.display();
    match (&report.from, &report.made_at) {
        (Some(from), Some(made_at)) => {
            format!("{done} {data_dir} from the backup of {} UTC ({}).", instant(made_at), from.display())
        }
        _ => format!("{done} {data_dir} from the files that lie in it."),
    }
}

/// Files that were put back by hand are older than what the hub knows; if they are not, somebody may be in the wrong place.
fn age(older: Option<bool>) -> Option<String> {
    let words = match older {
        Some(true) => "The database is older than this hub has known it: it was put back by hand.",
        Some(false) => {
            "The database is as new as this hub has known it. If nothing was put back, there was no need to restore; no harm is \
             done, what is held is released as the phones come back."
        }
        None => return None,
    };
    Some(words.to_owned())
}

fn held_lines(HeldShown { queued, dispatched, devices }: HeldShown) -> Vec<String> {
    if queued + dispatched == 0 {
        return vec!["No message is held: none was waiting or on its way.".to_owned()];
    }
    vec![
        format!(
            "Held: {} on {} ({queued} waited, {dispatched} were on their way).",
            counted(queued + dispatched, "message", "messages"),
            counted(devices, "device", "devices"),
        ),
        "They may have been sent after the backup, so none leaves before its phone has told what it had; then they go by"
            .to_owned(),
        "themselves. Where a phone was re-installed, you decide. Messages canceled or expired after the backup are among them:"
            .to_owned(),
        "a canceled one leaves too, one past its deadline expires again. If that matters, look at `relay-hub held list` now,"
            .to_owned(),
        "and give up what must not leave, before the hub is started.".to_owned(),
    ]
}

fn device_lines(report: &RestoreReport) -> Vec<String> {
    let kinds: [(&[DeviceNamed], &str); 3] = [
        (&report.revoked, "Revoked since the backup, and revoked again"),
        (&report.unpaired, "Unpaired since the backup, and leaving again"),
        (&report.paired, "Paired anew since the backup; these phones go on"),
    ];
    let mut lines = Vec::new();
    for (devices, words) in kinds {
        for (n, DeviceNamed { id, name }) in devices.iter().enumerate() {
            if n == 0 {
                lines.extend([String::new(), format!("{words}:")]);
            }
            lines.push(format!("  {id}  {name}"));
        }
    }
    for (n, id) in report.pair_again.iter().enumerate() {
        if n == 0 {
            lines.extend([
                String::new(),
                "Made since the backup, and unknown now; pair these phones again as new devices, and make their keys anew:"
                    .to_owned(),
            ]);
        }
        lines.push(format!("  {id}"));
    }
    lines
}

fn next(report: &RestoreReport) -> Vec<String> {
    if report.held.is_none() {
        return vec!["Nothing was changed. Without --dry-run it is done.".to_owned()];
    }
    vec![
        "Next:".to_owned(),
        "  relay-hub serve        start the hub as usual; the phones come back by themselves".to_owned(),
        "  relay-hub held list    what is still held, and why; empty when all is done".to_owned(),
        "  relay-hub doctor       is this machine good for it?".to_owned(),
    ]
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn report() -> RestoreReport {
        RestoreReport {
            answer: "restored",
            data_dir: PathBuf::from("relay-data"),
            from: Some(PathBuf::from("/backups/a")),
            made_at: Some("2026-11-25T03:00:00.000Z".to_owned()),
            newest_entry_at: Some("2026-11-25T02:59:58.000Z".to_owned()),
            older: Some(true),
            incarnation: 2,
            held: Some(HeldShown { queued: 3, dispatched: 1, devices: 1 }),
            revoked: vec![DeviceNamed { id: "0190".to_owned(), name: "Lost".to_owned() }],
            unpaired: Vec::new(),
            paired: Vec::new(),
            pair_again: vec!["0191".to_owned()],
            put_aside: vec![PathBuf::from("relay-data/relay.db.before-restore-2")],
            warnings: vec!["there is no secrets.json".to_owned()],
        }
    }

    #[test]
    fn everything_that_an_operator_must_know_is_said() {
        let said = lines(&report()).join("\n");
        for part in [
            "Restored relay-data from the backup of 2026-11-25 03:00:00 UTC (/backups/a)",
            "Newest entry: 2026-11-25 02:59:58 UTC",
            "Held: 4 messages on 1 device (3 waited, 1 were on their way)",
            "canceled or expired after the backup are among them",
            "0190  Lost",
            "  0191",
            "before-restore-2",
            "! there is no secrets.json",
            "relay-hub held list",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn what_would_be_done_is_not_said_to_be_done() {
        let said = lines(&RestoreReport { held: None, ..report() }).join("\n");
        assert!(said.contains("Would restore") && said.contains("Nothing was changed"), "{said}");
        assert!(!said.contains("Held:"), "{said}");
    }
}
