//! `cargo xtask kill`: kills a process under load, again and again, and holds what is left in the
//! database against the trail. The test of the same name does so a hundred times per backend; this is
//! for the long run.

use crate::Result;
use crate::one_test::{BACKENDS, OneTest, backend};

const TEST: &str = "a_killed_process_leaves_no_half_change";

#[derive(Debug, PartialEq)]
struct Options {
    backends: Vec<&'static str>,
    kills: u32,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            backends: Vec::new(),
            kills: 100,
        };
        let mut args = args.iter();
        while let Some(option) = args.next() {
            match option.as_str() {
                "--backend" => options.backends.push(backend(args.next())?),
                "--kills" => {
                    let wanted = args.next().ok_or("`--kills` needs a value")?;
                    options.kills = match wanted.parse() {
                        Ok(kills @ 1..) => kills,
                        _ => return Err(format!("`{wanted}` is no number of kills")),
                    };
                }
                other => {
                    return Err(format!(
                        "`{other}` is not an option here: kill [--backend NAME] [--kills N]"
                    ));
                }
            }
        }
        if options.backends.is_empty() {
            options.backends = BACKENDS.to_vec();
        }
        Ok(options)
    }
}

pub(crate) fn run(args: &[String]) -> Result<bool> {
    let options = Options::parse(args)?;
    let mut good = true;
    for backend in options.backends {
        good &= kill(backend, options.kills)?;
    }
    Ok(good)
}

fn kill(backend: &str, kills: u32) -> Result<bool> {
    OneTest {
        suite: "faults",
        module: "kill",
        test: TEST,
        variable: "AUDIT_TEST_KILLS",
        number: kills,
    }
    .run(backend)
}

#[cfg(test)]
mod unit {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_hundred_kills_on_every_backend_unless_told_otherwise() {
        let options = parse(&[]).unwrap();
        assert_eq!((options.backends.len(), options.kills), (3, 100));
        let options = parse(&["--backend", "mysql", "--kills", "1000"]).unwrap();
        assert_eq!((options.backends, options.kills), (vec!["mysql"], 1000));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (args, named) in [
            (["--backend", "oracle"], "`oracle`"),
            (["--kills", "0"], "`0`"),
            (["--kill", "3"], "`--kill`"),
        ] {
            let error = parse(&args).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
