//! `cargo xtask ci`: all that is not a test, and `cargo xtask bench`.

use std::process::{Command, Stdio};

use crate::workspace::{Clients, Workspace, cargo};
use crate::{Options, Result};

/// One backend of the adapter, and the crates that belong to the others.
const BACKENDS: [(&str, &[&str]); 3] = [
    ("sqlite", &["pq-sys", "mysqlclient-sys"]),
    ("postgres", &["libsqlite3-sys", "mysqlclient-sys"]),
    ("mysql", &["libsqlite3-sys", "pq-sys"]),
];

pub(crate) fn run(options: &Options) -> Result<bool> {
    let workspace = Workspace::read()?;
    let clients = Clients::find();
    let missing = clients.missing();
    for reason in &missing {
        eprintln!("not checked: {reason}");
    }
    if options.all && !missing.is_empty() {
        return Err(
            "with --all, every backend must be there; see above for what is missing".into(),
        );
    }
    let features = workspace.features(&clients);
    let mut aside = Vec::new();
    for package in workspace.aside() {
        aside.extend(["--exclude", package]);
    }

    let mut steps = Steps::default();
    steps.cargo("formatting", &["fmt", "--all", "--", "--check"])?;
    steps.run(
        "lints",
        cargo()
            .args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--features",
                &features,
            ])
            .args(&aside)
            .args(["--", "-D", "warnings"]),
    )?;
    steps.run(
        "documentation",
        cargo()
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(["doc", "--workspace", "--no-deps", "--features", &features])
            .args(&aside),
    )?;
    bare(&mut steps, "audit-core", "")?;
    bare(&mut steps, "audit-derive", "")?;
    bare(&mut steps, "audit-names", "")?;
    bare(&mut steps, "audit-diesel", "")?;
    for (backend, others) in BACKENDS {
        let there = match backend {
            "postgres" => clients.postgres.is_ok(),
            "mysql" => clients.mysql.is_ok(),
            _ => true,
        };
        // Bundled, so that no SQLite has to be installed; the lints do not see the difference.
        let feature = if backend == "sqlite" {
            "bundled"
        } else {
            backend
        };
        if there {
            bare(&mut steps, "audit-diesel", feature)?;
            bare(&mut steps, "audit-cli", feature)?;
        }
        steps.note(
            &format!("{backend} alone pulls in no other backend"),
            alone(backend, others)?,
        );
    }
    steps.note("no GPL client library", no_gpl(&workspace)?);
    if cargo()
        .args(["deny", "--version"])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|o| o.status.success())
    {
        steps.cargo("licences and advisories", &["deny", "check"])?;
    } else {
        println!("(licences and advisories not checked: `cargo deny` is not installed)");
    }
    Ok(steps.finish())
}

/// Lints one package with one feature or none.
fn bare(steps: &mut Steps, package: &str, feature: &str) -> Result<()> {
    let name = if feature.is_empty() {
        format!("{package}, no features")
    } else {
        format!("{package}, {feature} alone")
    };
    steps.cargo(
        &name,
        &[
            "clippy",
            "-p",
            package,
            "--no-default-features",
            "--features",
            feature,
            "--",
            "-D",
            "warnings",
        ],
    )
}

/// What of `others` a backend pulls in; nothing, if all is well.
fn alone(backend: &str, others: &[&str]) -> Result<std::result::Result<(), String>> {
    let output = cargo()
        .args([
            "tree",
            "--package=audit-diesel",
            "--no-default-features",
            "--prefix=none",
        ])
        .args(["--edges=normal,build", "--features", backend])
        .output()
        .map_err(|error| format!("cargo does not run: {error}"))?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr)
            .trim()
            .to_owned()));
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let found: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| others.contains(name))
        .collect();
    Ok(if found.is_empty() {
        Ok(())
    } else {
        Err(format!("it does: {}", found.join(", ")))
    })
}

/// `mysqlclient-sys/bundled` brings in Oracle's client, which is GPL-2.0. The lock file holds the
/// crate as soon as any feature of ours can turn that on.
fn no_gpl(workspace: &Workspace) -> Result<std::result::Result<(), String>> {
    let path = workspace.root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(if lock.contains("\"mysqlclient-src\"") {
        Err("Cargo.lock has mysqlclient-src: some feature turns on mysqlclient-sys/bundled".into())
    } else {
        Ok(())
    })
}

/// What was checked, with its outcome. Everything is checked, whatever failed before.
#[derive(Default)]
struct Steps {
    done: Vec<(String, bool)>,
}

impl Steps {
    fn cargo(&mut self, name: &str, args: &[&str]) -> Result<()> {
        self.run(name, cargo().args(args))
    }

    fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        println!("== {name}");
        let status = command
            .status()
            .map_err(|error| format!("{name}: cargo does not run: {error}"))?;
        self.done.push((name.to_owned(), status.success()));
        Ok(())
    }

    fn note(&mut self, name: &str, outcome: std::result::Result<(), String>) {
        println!("== {name}");
        if let Err(reason) = &outcome {
            println!("{reason}");
        }
        self.done.push((name.to_owned(), outcome.is_ok()));
    }

    fn finish(self) -> bool {
        println!();
        for (name, good) in &self.done {
            println!("{}  {name}", if *good { "ok    " } else { "FAILED" });
        }
        self.done.iter().all(|(_, good)| *good)
    }
}

/// `cargo xtask bench`.
pub(crate) fn bench(options: &Options) -> Result<bool> {
    const PACKAGE: &str = "audit-bench";
    if !Workspace::read()?.has(PACKAGE) {
        return Err(format!(
            "there are no benchmarks yet: the workspace has no package `{PACKAGE}`"
        ));
    }
    let status = cargo()
        .args(["bench", "--package", PACKAGE])
        .args(&options.rest)
        .status()
        .map_err(|error| format!("cargo does not run: {error}"))?;
    Ok(status.success())
}
