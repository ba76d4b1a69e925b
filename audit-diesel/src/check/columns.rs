//! The columns of `audit_log` as they should be, and what is missing or wrong.

/// What to do where the audit table is not as it should be and a migration mends it.
pub(super) const MIGRATE: &str = "run `audit_diesel::migrate(&mut conn)`, which puts it back";

/// What is said where nothing of that name is there.
pub(crate) const NO_LOG: &str = "there is no table `audit_log`";

pub(super) fn missing_log() -> String {
    format!("{NO_LOG}: run `audit_diesel::migrate(&mut conn)` once per database")
}

/// What the purge needs beside the log, where its gate is a table.
pub(super) const PURGE_TABLES: [&str; 3] = ["audit_log_gate", "audit_hold", "audit_purge"];

pub(super) fn missing(table: &str) -> String {
    format!("there is no table `{table}`, which the purge needs: {MIGRATE}")
}

/// A column of `audit_log`, as the migration makes it.
pub(super) struct Expected {
    pub(super) name: &'static str,
    /// As the dialect's catalog spells it.
    pub(super) kind: &'static str,
    pub(super) not_null: bool,
}

pub(super) const fn required(name: &'static str, kind: &'static str) -> Expected {
    Expected {
        name,
        kind,
        not_null: true,
    }
}

pub(super) const fn nullable(name: &'static str, kind: &'static str) -> Expected {
    Expected {
        name,
        kind,
        not_null: false,
    }
}

/// A column as it is.
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) not_null: bool,
    /// The database fills it where a statement does not.
    pub(super) filled: bool,
}

/// Compares the columns of `audit_log` with those of the migration. A column too many is the
/// app's own, as long as writes need not know it.
pub(super) fn judge_columns(
    expected: &[Expected],
    found: &[Found<'_>],
    fits: impl Fn(&str, &str) -> bool,
    findings: &mut Vec<String>,
) {
    for column in expected {
        let Expected { name, kind, .. } = column;
        let Some(is) = found.iter().find(|f| f.name == column.name) else {
            findings.push(format!(
                "`audit_log` has no column `{name}`: add it as `{kind}`, as the migration has it"
            ));
            continue;
        };
        if !fits(is.kind, kind) {
            findings.push(format!(
                "column `{name}` of `audit_log` is `{}`: make it `{kind}`",
                is.kind
            ));
        }
        if is.not_null && !column.not_null {
            findings.push(format!(
                "column `{name}` of `audit_log` is NOT NULL, and the audit writes nulls to it: \
                 drop the NOT NULL"
            ));
        }
        if !is.not_null && column.not_null {
            findings.push(format!(
                "column `{name}` of `audit_log` may be null, and no row of the audit lacks it: \
                 make it NOT NULL"
            ));
        }
    }
    if let Some(recorded) = found.iter().find(|f| f.name == "recorded_at")
        && !recorded.filled
    {
        findings.push(
            "column `recorded_at` of `audit_log` has no default, so that no row can be written: \
             give it that of the migration"
                .to_owned(),
        );
    }
    for is in found {
        let known = expected.iter().any(|column| column.name == is.name);
        if !known && is.not_null && !is.filled {
            findings.push(format!(
                "column `{}` of `audit_log` is not the audit's, is NOT NULL and has no default, so \
                 that no row can be written: give it a default",
                is.name
            ));
        }
    }
}

pub(super) fn not_unique(table: &str) -> String {
    let name = table.rsplit('.').next().unwrap_or(table);
    format!(
        "`{table}` has no unique index of `id` alone, so that a row could be written twice: run \
         `CREATE UNIQUE INDEX {name}_id_key ON {table} (id)`"
    )
}
