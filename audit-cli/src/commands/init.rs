//! `audit init`.

use std::io::Write;

use audit_diesel::{AuditBackend, AuditConnection, Dialect};
use serde_json::json;

use crate::args::{Common, Format, Init};
use crate::database::{self, Database, Missing, on};
use crate::failure::{Failure, Result, Verdict};
use crate::output::{self, csv_line};
use crate::query::ask;

pub(crate) fn run(common: &Common, args: &Init) -> Result<Verdict> {
    let url = database::url(common)?;
    let dialect = database::dialect(url)?;
    if args.by_month && dialect != Dialect::Postgres {
        return Err(not_postgres());
    }
    if args.print {
        let mut out = output::stdout(common);
        for sql in audit_diesel::migrations(dialect) {
            out.write_all(sql.as_bytes())?;
        }
        if args.by_month {
            by_month_sql(&mut out)?;
        }
        out.flush()?;
        return Ok(Verdict::Fine);
    }
    let mut database = database::connect(url, Missing::IsMade)?;
    let did = if args.by_month {
        by_month(&mut database)?
    } else {
        on!(&mut database, conn => init(conn))?
    };
    let mut out = output::stdout(common);
    match common.format {
        Format::Table => writeln!(out, "{}", did.1)?,
        Format::Json => writeln!(out, "{}", json!({ "result": did.0 }))?,
        Format::Csv => {
            csv_line(&mut out, &["result"])?;
            csv_line(&mut out, &[did.0])?;
        }
    }
    out.flush()?;
    Ok(Verdict::Fine)
}

#[cfg(feature = "postgres")]
fn by_month_sql(out: &mut impl Write) -> Result<()> {
    Ok(out.write_all(audit_diesel::MIGRATION_BY_MONTH.as_bytes())?)
}

#[cfg(feature = "postgres")]
fn by_month(database: &mut Database) -> Result<Did> {
    match database {
        Database::Postgres(conn) => audit_diesel::migrate_by_month(&mut **conn)?,
        #[cfg(any(feature = "sqlite", feature = "mysql"))]
        _ => return Err(not_postgres()),
    }
    Ok((
        "by month",
        "`audit_log` is kept in one partition a month; the database is fit for audited writes",
    ))
}

#[cfg(not(feature = "postgres"))]
fn by_month_sql(_: &mut impl Write) -> Result<()> {
    Err(not_postgres())
}

#[cfg(not(feature = "postgres"))]
fn by_month(_: &mut Database) -> Result<Did> {
    Err(not_postgres())
}

fn not_postgres() -> Failure {
    Failure::Usage(
        "`--by-month` is for PostgreSQL, in an `audit` that is built with the feature `postgres`"
            .to_owned(),
    )
}

/// A word and a sentence about what was done.
type Did = (&'static str, &'static str);

fn init<C: AuditConnection>(conn: &mut C) -> Result<Did> {
    let before = is_there(conn)?;
    let was_fit = before && audit_diesel::check(conn).is_ok();
    audit_diesel::migrate(conn)?;
    Ok(match (before, was_fit) {
        (false, _) => (
            "made",
            "made the table `audit_log`, its indexes and its guards; the database is fit for audited writes",
        ),
        (true, true) => (
            "unchanged",
            "`audit_log` was there and fit; nothing had to be done",
        ),
        (true, false) => (
            "mended",
            "`audit_log` was there; what was missing of it was put back, and the database is fit for audited writes",
        ),
    })
}

fn is_there<C: AuditConnection>(conn: &mut C) -> Result<bool> {
    let rows = match C::Backend::DIALECT {
        Dialect::Sqlite => ask(
            conn,
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND lower(name) = 'audit_log'",
            &[],
        )?,
        Dialect::Postgres => ask(
            conn,
            "SELECT '1' FROM pg_catalog.pg_class WHERE oid = to_regclass('audit_log')",
            &[],
        )?,
        _ => ask(
            conn,
            "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = 'audit_log'",
            &[],
        )?,
    };
    Ok(!rows.is_empty())
}
