//! Counting tests from what the test runners print at their end.

/// Tests of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Summary {
    /// Adds what a line of the runner's output tells, if it tells anything.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        // What nextest shows of a test that failed has such a line too, indented.
        if let Some(counts) = line.strip_prefix("test result: ") {
            // `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s`
            let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
            self.add(counts.split("; "), &["ignored"]);
        } else if line.trim_start().starts_with("Summary [") && line.contains(" run: ") {
            // `Summary [ 0.1s] 5 tests run: 4 passed (1 slow), 1 failed, 2 skipped`. Its skipped tests are those the
            // filter left out: ignored ones are run with the others.
            let counts = line.split_once(" run: ").map_or("", |(_, counts)| counts);
            self.add(counts.split(", "), &[]);
        }
    }

    fn add<'a>(&mut self, counts: impl Iterator<Item = &'a str>, skips: &[&str]) {
        for count in counts {
            let mut words = count.split_whitespace();
            let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<u32>), words.next()) else { continue };
            match word.trim_end_matches(',') {
                "passed" => self.passed += number,
                "failed" | "timed" | "exec" => self.failed += number,
                word if skips.contains(&word) => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // `[32;1m` is a colour: the text goes on after its final letter.
        plain.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary_of(lines: &[&str]) -> Summary {
        let mut summary = Summary::default();
        lines.iter().for_each(|line| summary.read(line));
        summary
    }

    #[test]
    fn cargo_test_binaries_are_added_up() {
        let lines = [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "test looks_like::test_result: ... ok",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        assert_eq!(summary_of(&lines), Summary { passed: 4, failed: 2, skipped: 1 });
    }

    #[test]
    fn nextest_tells_all_in_one_line() {
        let lines = ["     Summary [   0.170s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 9 skipped"];
        assert_eq!(summary_of(&lines), Summary { passed: 3, failed: 2, skipped: 0 });
    }

    #[test]
    fn what_a_failed_test_printed_is_not_counted_again() {
        let lines = [
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 192 filtered out; finished in 1.48s",
            "     Summary [   0.170s] 5 tests run: 4 passed, 1 failed, 9 skipped",
        ];
        assert_eq!(summary_of(&lines), Summary { passed: 4, failed: 1, skipped: 0 });
    }

    #[test]
    fn colours_are_no_obstacle() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        assert_eq!(summary_of(&[line]), Summary { passed: 2, failed: 0, skipped: 0 });
    }

    #[test]
    fn the_closing_line_is_plain() {
        assert_eq!(Summary { passed: 2, failed: 1, skipped: 0 }.to_string(), "2 passed, 1 failed, 0 skipped");
    }
}
