//! One test on one backend, with a number of cases of its own.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::Result;
use crate::server::{self, Kind};
use crate::workspace::{Clients, Workspace, cargo};

pub(crate) const BACKENDS: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// The backend that `--backend` names.
pub(crate) fn backend(name: Option<&String>) -> Result<&'static str> {
    let wanted = name.ok_or("`--backend` needs a value")?;
    let found = BACKENDS.iter().find(|backend| *backend == wanted);
    found.copied().ok_or_else(|| {
        let all = BACKENDS.join(", ");
        format!("there is no backend `{wanted}`; there are {all}")
    })
}

/// A test that takes the number of its cases from the environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneTest {
    /// The binary, a file or folder of `tests/tests`.
    pub(crate) suite: &'static str,
    /// The module in it.
    pub(crate) module: &'static str,
    pub(crate) test: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) number: u32,
}

impl OneTest {
    /// Runs it; true where it ran and passed.
    pub(crate) fn run(&self, backend: &str) -> Result<bool> {
        let workspace = Workspace::read()?;
        let clients = Clients::find();
        let kind: Option<&Kind> = match backend {
            "postgres" => {
                clients.postgres.as_ref().map_err(Clone::clone)?;
                Some(&server::POSTGRES)
            }
            "mysql" => {
                clients.mysql.as_ref().map_err(Clone::clone)?;
                Some(&server::MYSQL)
            }
            _ => None,
        };
        let mut command = cargo();
        command.args(["test", "--workspace", "--exclude", "xtask"]);
        for package in workspace.aside() {
            command.args(["--exclude", package]);
        }
        let (module, test) = (self.module, self.test);
        command
            .args(["--features", &workspace.features(&clients)])
            .arg(format!("--test={}", self.suite))
            .args(["--", "--exact", "--nocapture"])
            .arg(format!("{module}::{backend}::cases::{test}"))
            .env(self.variable, self.number.to_string())
            .stdout(Stdio::piped());
        // Held until the test has ended: a server of ours stops with it.
        let server = kind.map(server::find).transpose()?;
        if let (Some(kind), Some(server)) = (kind, &server) {
            command.env(kind.variable, &server.url);
        }
        let failed = |error: std::io::Error| format!("cargo does not run: {error}");
        let mut child = command.spawn().map_err(failed)?;
        let mut ran = false;
        let out = child.stdout.take();
        for line in out.into_iter().flat_map(|out| BufReader::new(out).lines()) {
            let line = line.map_err(failed)?;
            // A filter that no test matches passes as well.
            ran |= line.starts_with("test result:") && line.contains(" 1 passed");
            println!("{line}");
        }
        Ok(child.wait().map_err(failed)?.success() && ran)
    }
}
