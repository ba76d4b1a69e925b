//! `cargo xtask long`: the tests of which `cargo xtask test` runs a few cases, with the full numbers.

use std::time::Instant;

use crate::Result;
use crate::one_test::{BACKENDS, OneTest, backend};

/// What there is, by the name that picks it, and where.
const ALL: &[(&str, &[&str], OneTest)] = &[
    (
        "costs",
        &BACKENDS,
        OneTest {
            suite: "log",
            module: "costs",
            test: "the_documented_shapes_read_ten_rows_per_row_at_most",
            variable: "AUDIT_TEST_ROWS",
            number: 1_000_000,
        },
    ),
    (
        "queries",
        &BACKENDS,
        OneTest {
            suite: "log",
            module: "queries",
            test: "random_queries_find_what_a_model_finds_and_no_other_tenants_rows",
            variable: "AUDIT_TEST_QUERIES",
            number: 100_000,
        },
    ),
    (
        "histories",
        &BACKENDS,
        OneTest {
            suite: "replay",
            module: "histories",
            test: "what_is_said_of_the_past_was_so",
            variable: "AUDIT_TEST_HISTORIES",
            number: 10_000,
        },
    ),
    (
        "purges",
        &BACKENDS,
        OneTest {
            suite: "retention",
            module: "model",
            test: "what_is_left_is_what_the_model_says",
            variable: "AUDIT_TEST_CASES",
            number: 200,
        },
    ),
    (
        "killed-purges",
        &BACKENDS,
        OneTest {
            suite: "retention",
            module: "interrupted",
            test: "killed_anywhere_it_resumes",
            variable: "AUDIT_TEST_KILLS",
            number: 100,
        },
    ),
    (
        "killed-drops",
        &["postgres"],
        OneTest {
            suite: "retention",
            module: "interrupted_drop",
            test: "killed_while_it_drops_it_resumes",
            variable: "AUDIT_TEST_KILLS",
            number: 100,
        },
    ),
];

#[derive(Debug, PartialEq)]
struct Options {
    backends: Vec<&'static str>,
    names: Vec<&'static str>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let (mut backends, mut names) = (Vec::new(), Vec::new());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--backend" {
                backends.push(backend(args.next())?);
                continue;
            }
            let found = ALL.iter().find(|(name, ..)| name == arg);
            names.push(found.map(|(name, ..)| *name).ok_or_else(|| {
                let all: Vec<_> = ALL.iter().map(|(name, ..)| *name).collect();
                format!(
                    "there is no long test `{arg}`; there are {}",
                    all.join(", ")
                )
            })?);
        }
        if backends.is_empty() {
            backends = BACKENDS.to_vec();
        }
        if names.is_empty() {
            names = ALL.iter().map(|(name, ..)| *name).collect();
        }
        Ok(Self { backends, names })
    }
}

pub(crate) fn run(args: &[String]) -> Result<bool> {
    let options = Options::parse(args)?;
    let mut good = true;
    let mut table = String::new();
    for (name, backends, test) in ALL.iter().filter(|(name, ..)| options.names.contains(name)) {
        let wanted = options.backends.iter();
        for backend in wanted.filter(|backend| backends.contains(backend)) {
            let begun = Instant::now();
            let ran = test.run(backend);
            good &= ran == Ok(true);
            let took = begun.elapsed().as_secs();
            table.push_str(&line(name, backend, test.number, took, &ran));
        }
    }
    if table.is_empty() {
        return Err(format!(
            "there is no `{}` for {}",
            options.names.join("`, `"),
            options.backends.join(", ")
        ));
    }
    print!("\n{table}");
    Ok(good)
}

/// A line of the table; also of what did not run, so that hours of the others are not lost with it.
fn line(name: &str, backend: &str, cases: u32, seconds: u64, ran: &Result<bool>) -> String {
    let head = format!("{name:<14} {backend:<9}");
    match ran {
        Ok(true) => format!("{head} {cases:>9} cases {seconds:>6} s  passed\n"),
        Ok(false) => format!("{head} {cases:>9} cases {seconds:>6} s  FAILED\n"),
        Err(why) => format!("{head} not run: {why}\n"),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn all_of_them_on_every_backend_unless_told_otherwise() {
        let options = parse(&[]).unwrap();
        assert_eq!(
            (options.backends.len(), options.names.len()),
            (3, ALL.len())
        );
        let options = parse(&["costs", "--backend", "mysql"]).unwrap();
        assert_eq!(
            (options.backends, options.names),
            (vec!["mysql"], vec!["costs"])
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (args, named) in [
            (&["--backend", "oracle"][..], "`oracle`"),
            (&["cost"], "`cost`"),
        ] {
            let error = parse(args).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn what_did_not_run_has_its_line() {
        let line = |ran| line("costs", "mysql", 1_000, 7, &ran);
        assert!(line(Ok(true)).ends_with(" 1000 cases      7 s  passed\n"));
        assert!(line(Ok(false)).ends_with(" FAILED\n"));
        let missing = line(Err("no client library".to_owned()));
        assert_eq!(
            missing,
            "costs          mysql     not run: no client library\n"
        );
    }

    /// A test that was renamed must not be looked for in vain for hours.
    #[test]
    fn each_is_there() {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests");
        for (name, _, test) in ALL {
            let file = format!("{tests}/{}/{}.rs", test.suite, test.module);
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(
                text.contains(&format!("fn {}()", test.test)),
                "{name}: {file}"
            );
            assert!(text.contains(test.variable), "{name}: {file}");
        }
    }
}
