//! `cargo xtask test`: everything that this machine can run, and what it could not.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Command;

use crate::report::Report;
use crate::server::{self, Kind, Server};
use crate::workspace::{Clients, Workspace, cargo};
use crate::{Options, Result};

pub(crate) fn run(options: &Options) -> Result<bool> {
    let workspace = Workspace::read()?;
    let mut clients = Clients::find();
    let postgres = backend(&server::POSTGRES, &mut clients.postgres);
    let mysql = backend(&server::MYSQL, &mut clients.mysql);
    for (kind, found) in [(&server::POSTGRES, &postgres), (&server::MYSQL, &mysql)] {
        match found {
            Ok(server) => eprintln!("{}: {}", kind.name, server.about),
            Err(reason) => eprintln!("{}: not run: {reason}", kind.name),
        }
    }
    if options.all && (postgres.is_err() || mysql.is_err()) {
        return Err(
            "with --all, every backend must be there; see above for what is missing".into(),
        );
    }

    let mut report = Report::default();
    let features = workspace.features(&clients);
    let mut select = vec!["--workspace".to_owned(), "--exclude".into(), "xtask".into()];
    for package in workspace.aside() {
        select.extend(["--exclude".into(), package.into()]);
    }
    select.extend(["--features".into(), features]);

    let with_urls = |mut command: Command| {
        for (kind, found) in [(&server::POSTGRES, &postgres), (&server::MYSQL, &mysql)] {
            if let Ok(server) = found {
                command.env(kind.variable, &server.url);
            }
        }
        command
    };
    let mut tests = with_urls(cargo());
    tests
        .args(["test", "--no-fail-fast"])
        .args(&select)
        .args(&options.rest);
    read(&mut tests, "build of the tests", &mut report)?;
    // With arguments, somebody is after one test.
    if options.rest.is_empty() {
        read(
            cargo().args(["test", "--package=xtask"]),
            "build of xtask",
            &mut report,
        )?;
        // Any crate of an app's can switch this on for all of them, and numbers then come and go
        // as text: the encoding must not notice.
        read(
            cargo()
                .args(["test", "--package=audit-core", "--features"])
                .arg("serde_json/arbitrary_precision"),
            "build with arbitrary precision",
            &mut report,
        )?;
        if postgres.is_ok() {
            // The same promises hold of a log in partitions.
            read(
                with_urls(cargo())
                    .env("AUDIT_TEST_BY_MONTH", "1")
                    .args(["test", "--no-fail-fast"])
                    .args(&select)
                    .args(["--test=log", "--test=replay", "--test=retention"])
                    .args(["--", "postgres"]),
                "build for a log by month",
                &mut report,
            )?;
        }
        quickstart(&workspace, &select, with_urls, &mut report)?;
    }

    let good = report.total().failed == 0;
    let mut notes = vec![("sqlite", "SQLite", "compiled in".to_owned())];
    for (name, kind, found) in [
        ("postgres", &server::POSTGRES, &postgres),
        ("mysql", &server::MYSQL, &mysql),
    ] {
        notes.push(match found {
            Ok(server) => (name, kind.name, server.about.clone()),
            Err(reason) => (name, kind.name, format!("not run: {reason}")),
        });
    }
    println!();
    for failure in report.failures() {
        println!("FAILED  {failure}");
    }
    println!("\n{}", report.tables(&notes));
    // Tests are told apart by the names of their modules: a renaming must not pass unseen.
    let mut unseen = false;
    for (backend, name, note) in &notes {
        let there = !note.starts_with("not run");
        if good && options.rest.is_empty() && there && report.ran_on(backend) == 0 {
            unseen = true;
            println!(
                "no test ran on {name}, though it is there: no test has `{backend}` on its path"
            );
        }
    }
    println!("{}", report.total());
    Ok(good && !unseen)
}

/// A server, if the client library is there to reach it. Without a server nothing is compiled for
/// it either.
fn backend(kind: &Kind, client: &mut Result<String>) -> Result<Server> {
    client.as_ref().map_err(Clone::clone)?;
    let found = server::find(kind);
    if let Err(error) = &found {
        *client = Err(error.clone());
    }
    found
}

/// Runs cargo, shows what it says, and counts it.
fn read(command: &mut Command, what: &str, report: &mut Report) -> Result<()> {
    let failed = |error: std::io::Error| format!("{what}: cargo does not run: {error}");
    // One pipe for both streams: cargo names a suite on one, the suite speaks on the other.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    command
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
    let mut child = command.spawn().map_err(failed)?;
    // The command holds the writing end; as long as it does, reading does not end.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let _ = std::io::stdout().write_all(&line);
        report.line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    let status = child.wait().map_err(failed)?;
    report.end(what, status.success());
    Ok(())
}

/// The quickstart is what people copy: it has to run to its end.
fn quickstart(
    workspace: &Workspace,
    select: &[String],
    with_urls: impl Fn(Command) -> Command,
    report: &mut Report,
) -> Result<()> {
    const NAME: &str = "quickstart";
    if !workspace.has(NAME) {
        return Ok(());
    }
    let mut build = cargo();
    build.args(["build", "--bins"]).args(select);
    let built = build
        .status()
        .map_err(|error| format!("cargo does not run: {error}"))?;
    let program = workspace.target().join("debug").join(NAME);
    let ran = built.success() && start(with_urls(Command::new(&program)), &workspace.root());
    report.one("quickstart, run", ran);
    Ok(())
}

fn start(mut program: Command, dir: &Path) -> bool {
    match program
        .current_dir(dir.join("examples/quickstart"))
        .status()
    {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("the quickstart does not run: {error}");
            false
        }
    }
}
