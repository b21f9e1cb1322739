//! Counting what the test runners report.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// Whose output a line is from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runner {
    Cargo,
    Vitest,
}

impl Counts {
    /// The counts in a line of a runner's output, if it is a summary.
    pub(crate) fn in_line(runner: Runner, line: &str) -> Option<Self> {
        let line = without_colours(line);
        let (list, separator) = match runner {
            // test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; ...
            Runner::Cargo => (line.trim().strip_prefix("test result: ")?.split_once(". ")?.1, ';'),
            //       Tests  1 failed | 2 passed | 1 skipped (4)
            Runner::Vitest => (line.trim().strip_prefix("Tests ")?.split('(').next()?, '|'),
        };
        let mut counts = Self::default();
        for part in list.split(separator) {
            let Some((number, word)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" | "skipped" | "todo" => counts.skipped += number,
                _ => {}
            }
        }
        Some(counts)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The line without terminal colours (`ESC [ ... m`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts { passed, failed, skipped })
    }

    #[test]
    fn a_summary_of_cargo_is_read_whether_it_passed_or_failed() {
        let ok = "test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 7 filtered out; \
                  finished in 0.01s\n";
        assert_eq!(Counts::in_line(Runner::Cargo, ok), counts(12, 0, 2));
        let failed = "test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured";
        assert_eq!(Counts::in_line(Runner::Cargo, failed), counts(1, 3, 0));
    }

    #[test]
    fn a_coloured_summary_is_read_too() {
        let line = "test result: \u{1b}[32mok\u{1b}[m. 3 passed; 0 failed; 0 ignored";
        assert_eq!(Counts::in_line(Runner::Cargo, line), counts(3, 0, 0));
    }

    #[test]
    fn a_summary_of_vitest_is_read() {
        let line = "      Tests  1 failed | 20 passed | 2 skipped | 1 todo (24)\n";
        assert_eq!(Counts::in_line(Runner::Vitest, line), counts(20, 1, 3));
        let coloured = "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m3 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (3)\u{1b}[39m";
        assert_eq!(Counts::in_line(Runner::Vitest, coloured), counts(3, 0, 0));
    }

    #[test]
    fn files_are_not_counted_as_tests() {
        assert_eq!(Counts::in_line(Runner::Vitest, " Test Files  3 passed (3)"), None);
    }

    #[test]
    fn other_lines_are_no_summaries() {
        for line in ["test a::b ... ok", "running 3 tests", "", "Tests 3 passed"] {
            assert_eq!(Counts::in_line(Runner::Cargo, line), None, "{line}");
        }
    }

    #[test]
    fn skipped_tests_are_named_only_where_there_are_some() {
        assert_eq!(counts(5, 0, 0).unwrap().to_string(), "5 passed, 0 failed");
        assert_eq!(counts(5, 1, 2).unwrap().to_string(), "5 passed, 1 failed, 2 skipped");
    }
}
