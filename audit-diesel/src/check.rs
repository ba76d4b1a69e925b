//! Whether a database is fit for the audit, and what is wrong with it.
//!
//! What to ask of a database's catalog and what the answers mean are plain data and functions, one
//! module a dialect; only [`ask`] runs something.

mod entity;
mod index;
mod mysql;
mod postgres;
mod sqlite;

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::row::Row;

pub use entity::AuditedCheck;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;

/// Tells whether the database of a connection is fit for audited writes, and all that is wrong
/// where it is not.
///
/// It looks at the shape of `audit_log`, its unique id and its indexes, at the triggers that keep it
/// append-only, at a purge gate that was left open, and at what of the connection's settings could
/// cut, shift or lose a value: on MySQL/MariaDB the SQL mode, engine, character sets, collations,
/// time zone and packet size, on PostgreSQL the encodings and rules, on SQLite the journal.
/// [`migrate`](crate::migrate) ends with it; run it at start-up, or with the feature `r2d2` once
/// per pooled connection by `CheckOnConnect`. It reads catalogs only, in at most seven statements.
///
/// MySQL/MariaDB shows triggers and the gate only to users who may touch them: to a user with
/// nothing but SELECT and INSERT, which is how it should be, their absence cannot be told. Run it
/// once with the user who migrates too.
///
/// [`AuditedCheck::audited_check`] does the same for the table of an entity.
///
/// # Errors
/// [`AuditError::AuditTable`] with a line for each finding, which says what to do;
/// [`AuditError::Database`] where a catalog could not be read.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use diesel::connection::{Connection, SimpleConnection};
/// let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// audit_diesel::migrate(&mut conn).unwrap();
/// audit_diesel::check(&mut conn).unwrap();
///
/// conn.batch_execute("DROP TRIGGER audit_log_no_update").unwrap();
/// let error = audit_diesel::check(&mut conn).unwrap_err().to_string();
/// assert!(error.contains("nothing stops UPDATE of `audit_log`"), "{error}");
/// # }
/// ```
pub fn check<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    let (questions, judge): (&[Question<'_>], Judge) = match C::Backend::DIALECT {
        Dialect::Sqlite => (&sqlite::LOG, sqlite::judge_log),
        Dialect::Postgres => (&postgres::LOG, postgres::judge_log),
        Dialect::Mysql => (&mysql::LOG, mysql::judge_log),
    };
    let mut findings = Vec::new();
    let gate = judge(&ask(conn, questions)?, &mut findings);
    // A gate that is missing, or that this user may not see, cannot be read.
    if gate && count(&ask(conn, &[GATE])?, 0) > 0 {
        findings.push(
            "the purge gate `audit_log_gate` is not empty, so that old rows of `audit_log` can be \
             deleted: run `DELETE FROM audit_log_gate`"
                .to_owned(),
        );
    }
    refuse("the database", &findings)
}

/// Appends what is wrong; true where there is a gate to look into.
type Judge = fn(&Answers, &mut Vec<String>) -> bool;

const GATE: Question<'static> =
    Question::new("SELECT CAST(count(*) AS char(20)) FROM audit_log_gate");

/// What to do where the audit table is not as it should be and a migration mends it.
const MIGRATE: &str = "run `audit_diesel::migrate(&mut conn)`, which puts it back";

/// One statement about the catalog. Every column it selects is text.
#[derive(Clone, Copy)]
struct Question<'a> {
    /// Each `?` in it is a bind of the table's name, each `§` one of its schema's.
    text: &'a str,
    table: &'a str,
    schema: &'a str,
}

impl<'a> Question<'a> {
    const fn new(text: &'a str) -> Self {
        Self::about(text, "")
    }

    const fn about(text: &'a str, table: &'a str) -> Self {
        Self {
            text,
            table,
            schema: "",
        }
    }
}

impl diesel::query_builder::QueryId for Question<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::query_builder::Query for Question<'_> {
    type SqlType = diesel::sql_types::Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for Question<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        for piece in self.text.split_inclusive(['?', '§']) {
            if let Some(piece) = piece.strip_suffix('?') {
                out.push_sql(piece);
                DB::bind_text(&mut out, self.table)?;
            } else if let Some(piece) = piece.strip_suffix('§') {
                out.push_sql(piece);
                DB::bind_text(&mut out, self.schema)?;
            } else {
                out.push_sql(piece);
            }
        }
        Ok(())
    }
}

/// The rows that answer a question.
type Rows = Vec<Vec<Option<String>>>;

/// The rows of each question, in the order in which they were asked.
type Answers = Vec<Rows>;

fn ask<C: AuditConnection>(
    conn: &mut C,
    questions: &[Question<'_>],
) -> Result<Answers, AuditError> {
    questions
        .iter()
        .map(|question| {
            let rows = driver::load(conn, question, |row| {
                (0..row.field_count())
                    .map(|index| C::Backend::read_text(row, index))
                    .collect()
            })?;
            Ok(rows)
        })
        .collect()
}

/// The rows of a question.
fn rows(answers: &Answers, question: usize) -> &[Vec<Option<String>>] {
    answers.get(question).map_or(&[], Vec::as_slice)
}

/// A value of a row; empty where there is none.
fn text(row: &[Option<String>], column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

/// The first value of the first row.
fn first(answers: &Answers, question: usize) -> &str {
    rows(answers, question)
        .first()
        .map_or("", |row| text(row, 0))
}

fn count(answers: &Answers, question: usize) -> i64 {
    first(answers, question).parse().unwrap_or(0)
}

fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "true")
}

fn refuse(what: &str, findings: &[String]) -> Result<(), AuditError> {
    if findings.is_empty() {
        return Ok(());
    }
    let mut text = format!("{what} is not fit for audited writes:");
    for finding in findings {
        text.push_str("\n- ");
        text.push_str(finding);
    }
    Err(AuditError::AuditTable { what: text })
}

/// The text where nothing of that name is there.
fn missing_log() -> String {
    "there is no table `audit_log`: run `audit_diesel::migrate(&mut conn)` once per database"
        .to_owned()
}

/// What the purge needs beside the log, where its gate is a table.
const PURGE_TABLES: [&str; 3] = ["audit_log_gate", "audit_hold", "audit_purge"];

fn missing(table: &str) -> String {
    format!("there is no table `{table}`, which the purge needs: {MIGRATE}")
}

/// A column of `audit_log`, as the migration makes it.
struct Expected {
    name: &'static str,
    /// As the dialect's catalog spells it.
    kind: &'static str,
    not_null: bool,
}

const fn required(name: &'static str, kind: &'static str) -> Expected {
    Expected {
        name,
        kind,
        not_null: true,
    }
}

const fn nullable(name: &'static str, kind: &'static str) -> Expected {
    Expected {
        name,
        kind,
        not_null: false,
    }
}

/// A column as it is.
struct Found<'a> {
    name: &'a str,
    kind: &'a str,
    not_null: bool,
    /// The database fills it where a statement does not.
    filled: bool,
}

/// Compares the columns of `audit_log` with those of the migration. A column too many is the
/// app's own, as long as writes need not know it.
fn judge_columns(
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

fn not_unique(table: &str) -> String {
    let name = table.rsplit('.').next().unwrap_or(table);
    format!(
        "`{table}` has no unique index of `id` alone, so that a row could be written twice: run \
         `CREATE UNIQUE INDEX {name}_id_key ON {table} (id)`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_findings_are_in_one_error_a_line_each() {
        assert!(refuse("the database", &[]).is_ok());
        let error = refuse("the database", &["a: do b".into(), "c: do d".into()]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the database is not fit for audited writes:\n- a: do b\n- c: do d"
        );
    }
}
