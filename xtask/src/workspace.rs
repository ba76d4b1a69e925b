//! What the workspace holds: its packages, and features that this machine can compile.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::{Result, client};

/// A `cargo` of the toolchain that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The client libraries: where they are, or what is missing.
pub(crate) struct Clients {
    pub(crate) postgres: Result<String>,
    pub(crate) mysql: Result<String>,
}

impl Clients {
    pub(crate) fn find() -> Self {
        Self {
            postgres: client::libpq(),
            mysql: client::libmysql(),
        }
    }

    pub(crate) fn missing(&self) -> Vec<String> {
        let of = |name, client: &Result<String>| {
            client
                .as_ref()
                .err()
                .map(|error| format!("{name}: {error}"))
        };
        [
            of("PostgreSQL", &self.postgres),
            of("MySQL/MariaDB", &self.mysql),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

pub(crate) struct Workspace {
    metadata: Value,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version=1"])
            .output()
            .map_err(|error| format!("cargo does not run: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "the workspace does not load: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ));
        }
        let metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("`cargo metadata` is not understood: {error}"))?;
        Ok(Self { metadata })
    }

    fn packages(&self) -> impl Iterator<Item = &Value> {
        self.metadata["packages"].as_array().into_iter().flatten()
    }

    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages().any(|found| found["name"] == package)
    }

    /// The packages that only some commands need, so that the others do not compile them.
    pub(crate) fn aside(&self) -> Vec<&'static str> {
        ["audit-bench"]
            .into_iter()
            .filter(|package| self.has(package))
            .collect()
    }

    /// All features of all packages but those aside, as `package/feature`, without the backends
    /// whose client library is not there. One set for all commands: what one has compiled serves
    /// the next.
    pub(crate) fn features(&self, clients: &Clients) -> String {
        let aside = self.aside();
        let mut all = Vec::new();
        for package in self.packages() {
            let name = package["name"].as_str().unwrap_or_default();
            if aside.contains(&name) {
                continue;
            }
            for feature in package["features"]
                .as_object()
                .into_iter()
                .flat_map(|f| f.keys())
            {
                let there = match feature.as_str() {
                    "postgres" => clients.postgres.is_ok(),
                    "mysql" => clients.mysql.is_ok(),
                    _ => true,
                };
                if there {
                    all.push(format!("{name}/{feature}"));
                }
            }
        }
        all.join(",")
    }

    pub(crate) fn root(&self) -> PathBuf {
        PathBuf::from(self.metadata["workspace_root"].as_str().unwrap_or("."))
    }

    pub(crate) fn target(&self) -> PathBuf {
        PathBuf::from(
            self.metadata["target_directory"]
                .as_str()
                .unwrap_or("target"),
        )
    }
}
