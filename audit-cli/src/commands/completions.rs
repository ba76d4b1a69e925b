//! `audit completions`.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::failure::{Result, Verdict};

pub(crate) fn run(args: &Completions) -> Result<Verdict> {
    // Made in memory: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "audit", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Verdict::Fine)
}
