//! How many phones the limit of open files allows: each holds a connection for as long as it lives.

use procfs::process::{LimitValue, Process};
use rustix::process::{Resource, getrlimit};

use super::finding::Finding;
use crate::app::look::Holder;

const CHECK: &str = "open files";
/// For the hub itself (database, threads, control socket) and for customers' connections.
const RESERVED: u64 = 256;
/// What services are usually given.
const USUAL: u64 = 65_536;

/// A limit, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Of the hub that runs.
    OfTheHub(u64),
    /// Of this shell: a hub that is started from here gets the same.
    OfThisShell(u64),
}

/// The limit of the running hub, or of this process.
pub(super) fn limit(holder: Holder) -> Limit {
    let hub = match holder {
        Holder::Hub(hub) => hub.pid.and_then(limit_of),
        Holder::Nobody | Holder::Silent => None,
    };
    match hub {
        Some(limit) => Limit::OfTheHub(limit),
        None => Limit::OfThisShell(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)),
    }
}

fn limit_of(pid: i32) -> Option<u64> {
    match Process::new(pid).ok()?.limits().ok()?.max_open_files.soft_limit {
        LimitValue::Unlimited => Some(u64::MAX),
        LimitValue::Value(limit) => Some(limit),
    }
}

/// What it means for so many phones.
pub(super) fn judge(limit: Limit, phones: u64) -> Finding {
    let (number, whose) = match limit {
        Limit::OfTheHub(number) => (number, "the running hub"),
        Limit::OfThisShell(number) => (number, "a hub started from this shell"),
    };
    let fit = number.saturating_sub(RESERVED);
    let paired = match phones {
        0 => "none is paired yet".to_owned(),
        phones => format!("{phones} paired"),
    };
    let finding = match number {
        u64::MAX => format!("{whose} may open any number of files; {paired}"),
        number => format!("{whose} may open {number} files: some {fit} phones fit; {paired}"),
    };
    // A phone that comes back has two connections for a moment, and so have all of them after a restart.
    let comfortable = phones.saturating_add(phones / 2);
    let wanted = comfortable.saturating_add(RESERVED).next_power_of_two().max(USUAL);
    let remedy = format!(
        "allow it {wanted}: `LimitNOFILE={wanted}` in its systemd unit, `ulimit -n {wanted}` in the shell that starts it, or \
         `--ulimit nofile={wanted}` for a container; then restart the hub"
    );
    match fit {
        fit if fit < phones || fit == 0 => Finding::fail(CHECK, finding, remedy),
        fit if fit < comfortable => Finding::warn(CHECK, finding, remedy),
        _ => Finding::ok(CHECK, finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::look::RunningHub;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn a_limit_says_how_many_phones_fit() {
        let finding = judge(Limit::OfThisShell(1_024), 10);
        assert_eq!(finding.level, Level::Ok);
        assert!(finding.finding.contains("some 768 phones fit; 10 paired"), "{finding:?}");
        let finding = judge(Limit::OfThisShell(u64::MAX), 1_000_000);
        assert!(finding.level == Level::Ok && finding.finding.contains("any number"), "{finding:?}");
    }

    #[test]
    fn too_low_a_limit_fails_and_a_tight_one_warns_with_the_number_to_set() {
        let finding = judge(Limit::OfTheHub(1_024), 800);
        assert!(finding.level == Level::Fail && finding.finding.contains("the running hub"), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("LimitNOFILE=65536"));
        assert_eq!(judge(Limit::OfTheHub(1_024), 700).level, Level::Warn);
        let many = judge(Limit::OfTheHub(65_536), 100_000).remedy.unwrap();
        assert!(many.contains("ulimit -n 262144"), "{many}");
        assert_eq!(judge(Limit::OfThisShell(200), 0).level, Level::Fail);
    }

    #[test]
    fn the_limit_of_a_running_process_is_read() {
        let own = i32::try_from(std::process::id()).unwrap();
        let Limit::OfThisShell(here) = limit(Holder::Nobody) else { panic!("no hub runs") };
        assert_eq!(limit(Holder::Hub(RunningHub { pid: Some(own), phones: 0 })), Limit::OfTheHub(here));
        assert_eq!(limit(Holder::Hub(RunningHub { pid: None, phones: 0 })), Limit::OfThisShell(here));
    }
}
