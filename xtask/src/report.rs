//! Reads what the test runners print, and adds it up.

use std::fmt::{self, Write};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) ignored: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    fn ran(self) -> u32 {
        self.passed + self.failed
    }
}

/// The line that sums a run up, and that programs read.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 {
            write!(f, ", {} skipped", self.ignored)?;
        }
        Ok(())
    }
}

/// A test belongs to a backend by a module of this name on its path.
pub(crate) const BACKENDS: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// What ran so far. Give it every line that `cargo test` prints.
#[derive(Debug, Default)]
pub(crate) struct Report {
    suites: Vec<(String, Tally)>,
    backends: [Tally; BACKENDS.len()],
    /// A suite that began and has not been summed up: it did not compile, or died.
    open: Option<String>,
    /// The tests that failed, with their suite.
    failures: Vec<String>,
}

impl Report {
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(suite) = suite(line) {
            self.close();
            self.open = Some(suite);
        } else if let Some(tally) = line.strip_prefix("test result: ").and_then(sum) {
            let suite = self.open.take().unwrap_or_else(|| "(unknown)".to_owned());
            self.add(suite, tally);
        } else if let Some((name, tally)) = line.strip_prefix("test ").and_then(outcome)
            && let Some(suite) = &self.open
        {
            if tally.failed > 0 {
                self.failures.push(format!("{suite}: {name}"));
            }
            let backend = BACKENDS
                .iter()
                .position(|b| name.split("::").any(|part| part == *b));
            if let Some(at) = backend {
                self.backends[at].add(tally);
            }
        }
    }

    /// Counts a suite; one of the same name is added to, an empty one left out.
    pub(crate) fn add(&mut self, suite: String, tally: Tally) {
        if let Some((_, sum)) = self.suites.iter_mut().find(|(name, _)| *name == suite) {
            sum.add(tally);
        } else if tally != Tally::default() {
            self.suites.push((suite, tally));
        }
    }

    pub(crate) fn one(&mut self, suite: &str, passed: bool) {
        let tally = Tally {
            passed: passed.into(),
            failed: (!passed).into(),
            ..Tally::default()
        };
        self.add(suite.to_owned(), tally);
    }

    /// Ends a run of cargo. One that failed without a failed test did not get to its tests.
    pub(crate) fn end(&mut self, what: &str, success: bool) {
        self.close();
        if !success && self.total().failed == 0 {
            self.one(what, false);
        }
    }

    fn close(&mut self) {
        if let Some(suite) = self.open.take() {
            self.add(
                format!("{suite}: died"),
                Tally {
                    failed: 1,
                    ..Tally::default()
                },
            );
        }
    }

    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for (_, tally) in &self.suites {
            total.add(*tally);
        }
        total
    }

    /// Number of tests that ran on a backend.
    pub(crate) fn ran_on(&self, backend: &str) -> u32 {
        BACKENDS
            .iter()
            .position(|b| *b == backend)
            .map_or(0, |at| self.backends[at].ran())
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Two tables: by suite, and by backend with what is to be said of each.
    pub(crate) fn tables(&self, backends: &[(&str, &str, String)]) -> String {
        let mut out = String::new();
        let width = self
            .suites
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        let width = width.max(14);
        let _ = writeln!(out, "{:width$}  passed  failed  ignored", "suite");
        for (name, tally) in &self.suites {
            let Tally {
                passed,
                failed,
                ignored,
            } = tally;
            let _ = writeln!(out, "{name:width$}  {passed:6}  {failed:6}  {ignored:7}");
        }
        let _ = writeln!(out, "\n{:width$}  passed  failed  ignored", "of these on");
        for (backend, name, note) in backends {
            let at = BACKENDS.iter().position(|b| b == backend);
            let tally = at.map_or(Tally::default(), |at| self.backends[at]);
            if tally == Tally::default() {
                let _ = writeln!(out, "{name:width$}       -       -        -  {note}");
            } else {
                let Tally {
                    passed,
                    failed,
                    ignored,
                } = tally;
                let _ = writeln!(
                    out,
                    "{name:width$}  {passed:6}  {failed:6}  {ignored:7}  {note}"
                );
            }
        }
        out
    }
}

/// The suite that a line of cargo's announces.
fn suite(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{name}, documentation"));
    }
    let (what, binary) = line.strip_prefix("Running ")?.split_once(" (")?;
    let binary = binary.strip_suffix(')')?.rsplit(['/', '\\']).next()?;
    let (name, _hash) = binary.rsplit_once('-')?;
    Some(if what.starts_with("unittests ") {
        format!("{name}, unit")
    } else {
        name.to_owned()
    })
}

/// `ok. 13 passed; 0 failed; 1 ignored; ..`
fn sum(text: &str) -> Option<Tally> {
    let (_, counts) = text.split_once(". ")?;
    let mut tally = Tally::default();
    for part in counts.split("; ") {
        let (number, what) = part.split_once(' ')?;
        match what {
            "passed" => tally.passed = number.parse().ok()?,
            "failed" => tally.failed = number.parse().ok()?,
            "ignored" => tally.ignored = number.parse().ok()?,
            _ => {}
        }
    }
    Some(tally)
}

/// `path::name ... ok`
fn outcome(text: &str) -> Option<(&str, Tally)> {
    let (name, outcome) = text.rsplit_once(" ... ")?;
    let mut tally = Tally::default();
    match outcome {
        "ok" => tally.passed = 1,
        "FAILED" => tally.failed = 1,
        other if other.starts_with("ignored") => tally.ignored = 1,
        _ => return None,
    }
    Some((name, tally))
}

#[cfg(test)]
mod unit {
    use super::*;

    const OUTPUT: &str = "\
   Compiling audit-core v0.1.0
     Running unittests src/lib.rs (target/debug/deps/audit_core-0123456789abcdef)
running 2 tests
test mask::pan ... ok
test mask::slow ... ignored, takes an hour
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/migrations/main.rs (/tmp/x y/debug/deps/migrations-0123456789abcdef)
test postgres::up ... ok
test write::postgres::update ... FAILED
test mysql_url ... ok
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running unittests src/lib.rs (target/debug/deps/empty-0123456789abcdef)
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests audit_core
test audit-core/src/lib.rs - (line 3) ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
";

    fn read(output: &str, success: bool) -> Report {
        let mut report = Report::default();
        output.lines().for_each(|line| report.line(line));
        report.end("build", success);
        report
    }

    #[test]
    fn suites_and_backends_are_counted() {
        let report = read(OUTPUT, false);
        let names: Vec<_> = report
            .suites
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "audit_core, unit",
                "migrations",
                "audit_core, documentation"
            ]
        );
        assert_eq!(report.total().to_string(), "4 passed, 1 failed, 1 skipped");
        assert_eq!(report.failures(), ["migrations: write::postgres::update"]);
        assert_eq!((report.ran_on("postgres"), report.ran_on("mysql")), (2, 0));
        let note = "no server".to_owned();
        let tables = report.tables(&[("mysql", "MySQL/MariaDB", note)]);
        assert!(
            tables
                .lines()
                .any(|l| l.starts_with("migrations ") && l.contains("2       1")),
            "{tables}"
        );
        assert!(
            tables
                .lines()
                .any(|l| l.starts_with("MySQL") && l.ends_with("no server")),
            "{tables}"
        );
    }

    #[test]
    fn what_does_not_compile_has_failed() {
        assert_eq!(
            read("error: could not compile", false).total().to_string(),
            "0 passed, 1 failed"
        );
    }

    #[test]
    fn a_suite_that_dies_has_failed() {
        let cut = OUTPUT.split("test result: FAILED").next().unwrap();
        assert_eq!(read(cut, false).total().failed, 1);
    }
}
