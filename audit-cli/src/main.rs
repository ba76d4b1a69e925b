//! `audit`: the command line of the audit framework.

mod args;
mod catalog;
mod commands;
mod database;
mod ddl;
mod failure;
mod kind;
mod output;
mod plan;
mod query;
mod quote;
mod script;
mod snapshot;
mod standard;
mod text;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use failure::{Failure, Result, Verdict};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            return match error.print() {
                // Help is no error, but it may have found no room.
                Err(failed) if !error.use_stderr() => Failure::Output(failed).report(false),
                _ => code,
            };
        }
    };
    let database_messages = cli.common.database_messages;
    match run(cli) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::FAILURE,
        Err(failure) => failure.report(database_messages),
    }
}

fn run(cli: Cli) -> Result<Verdict> {
    let common = cli.common;
    match cli.command {
        Command::Init(args) => commands::init::run(&common, &args),
        Command::Check(args) => commands::check::run(&common, &args),
        Command::Columns(args) => commands::columns::run(&common, &args),
        Command::Log(args) => commands::log::run(&common, &args),
        Command::Export(args) => commands::export::run(&common, &args),
        Command::Purge(args) => commands::purge::run(&common, &args),
        Command::Hold(args) => commands::hold::run(&common, &args),
        Command::Baseline(args) => commands::baseline::run(&common, &args),
        Command::Completions(args) => commands::completions::run(&args),
    }
}
