//! Does a hub run on the data directory? Then nothing of it is touched.

use super::finding::Finding;
use crate::app::look::{Holder, RunningHub};

const CHECK: &str = "hub";

pub(super) fn judge(holder: Holder) -> Finding {
    match holder {
        Holder::Nobody => Finding::ok(CHECK, "none runs on this data directory"),
        Holder::Hub(RunningHub { pid: Some(pid), .. }) => {
            Finding::ok(CHECK, format!("one runs on this data directory (process {pid}), and answers"))
        }
        Holder::Hub(RunningHub { pid: None, .. }) => {
            Finding::ok(CHECK, "one runs on this data directory, and answers")
        }
        Holder::Silent => Finding::fail(
            CHECK,
            "a process holds this data directory and does not answer: it is starting, stopping or hung",
            "try again in a moment; if it stays so, look at that hub's log, and restart it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn only_a_hub_that_does_not_answer_is_a_failure() {
        assert_eq!(judge(Holder::Nobody).level, Level::Ok);
        let running = judge(Holder::Hub(RunningHub { pid: Some(42), phones: 3 }));
        assert!(running.level == Level::Ok && running.finding.contains("process 42"));
        let silent = judge(Holder::Silent);
        assert!(silent.level == Level::Fail && silent.remedy.unwrap().contains("log"));
    }
}
