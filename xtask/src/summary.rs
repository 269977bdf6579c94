//! The last line: totals over all test binaries. CI reads it, so its form is fixed: `N passed, N failed, N
//! skipped`, alone on the line.

use std::fmt;

/// Counts of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Totals {
    /// Adds what one line of `cargo test` tells, if it is a result line of a test binary.
    pub fn read(&mut self, line: &str) {
        if let Some(result) = parse(line) {
            self.passed += result.passed;
            self.failed += result.failed;
            self.skipped += result.skipped;
        }
    }

    /// Counts something that is no test and failed: a check, or a test binary that died without a result line.
    /// Whoever reads only the last line must not take such a run for a good one.
    pub fn fail_one(&mut self) {
        self.failed += 1;
    }

    /// Whether anything failed.
    pub fn any_failed(&self) -> bool {
        self.failed > 0
    }

    /// Whether more failed than in an earlier count.
    pub fn more_failed_than(&self, earlier: &Totals) -> bool {
        self.failed > earlier.failed
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s`. What a
/// filter left out was not asked for and is not skipped.
fn parse(line: &str) -> Option<Totals> {
    let counts = line.strip_prefix("test result: ")?;
    let counts = counts.strip_prefix("ok. ").or_else(|| counts.strip_prefix("FAILED. "))?;
    let mut fields = counts.split("; ");
    let mut next = |unit: &str| fields.next()?.strip_suffix(unit)?.strip_suffix(' ')?.parse().ok();
    Some(Totals { passed: next("passed")?, failed: next("failed")?, skipped: next("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(passed: u64, failed: u64, skipped: u64) -> Totals {
        Totals { passed, failed, skipped }
    }

    #[test]
    fn a_result_line_is_read() {
        let ok =
            "test result: ok. 17 passed; 0 failed; 2 ignored; 0 measured; 5 filtered out; finished in 1.24s";
        assert_eq!(parse(ok), Some(totals(17, 0, 2)));
        let bad =
            "test result: FAILED. 4 passed; 13 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2s";
        assert_eq!(parse(bad), Some(totals(4, 13, 0)));
    }

    #[test]
    fn other_lines_count_nothing() {
        let lines = [
            "",
            "running 17 tests",
            "test result::is::a_name ... ok",
            "test result: ok. many passed; 0 failed; 0 ignored",
            "test result: ok. 1 passed",
            "  test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "assertion failed: test result: ok. 1 passed; 0 failed; 0 ignored",
            "test result: ok. -1 passed; 0 failed; 0 ignored; 0 measured",
        ];
        for line in lines {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn all_binaries_are_added_up_in_the_form_that_ci_reads() {
        let mut all = Totals::default();
        all.read(
            "test result: ok. 17 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1s",
        );
        all.read("   Doc-tests relay_domain");
        all.read(
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s",
        );
        assert!(!all.any_failed());
        assert_eq!(all.to_string(), "20 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn a_check_that_failed_shows_in_the_last_line() {
        let mut all = Totals::default();
        all.fail_one();
        assert!(all.any_failed());
        assert_eq!(all.to_string(), "0 passed, 1 failed, 0 skipped");
    }
}
