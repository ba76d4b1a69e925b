//! Everything that touches the database. Compiled once for each database that is built in, against
//! that one's `schema`; an app with one database has all this once.

mod apply;
mod entities;
mod handlers;
mod promises;

use std::collections::BTreeSet;

use audit_diesel::{AuditConfig, prelude::*};
use diesel::connection::SimpleConnection as _;
use diesel::dsl::max;
use diesel::prelude::*;

use super::{Conn, TABLES, schema};
use crate::audit_log::audit_log;
use crate::outcome::{Handled, Record};
use crate::report::Report;
use crate::requests::{Kind, RequestFile};
use entities::{Account, Order};

/// True where all promises are kept.
pub(super) fn run(
    conn: &mut Conn,
    database: &str,
    file: &RequestFile,
    report: &mut Report,
) -> Result<bool, String> {
    run_and(conn, database, file, report, |_| {})
}

/// [`run`], with something done after the requests and before the checks: tests forge there.
pub(super) fn run_and(
    conn: &mut Conn,
    database: &str,
    file: &RequestFile,
    report: &mut Report,
    then: impl FnOnce(&mut Conn),
) -> Result<bool, String> {
    prepare(conn).map_err(|error| format!("the database {database} is unfit: {error}"))?;
    report.start(database, file);
    let work = || -> Result<bool, AuditError> {
        let start = last_row(conn)?;
        let handled = requests(conn, file, report)?;
        trail(conn, &handled, report)?;
        then(conn);
        promises::check(conn, start, &handled, report)
    };
    work().map_err(|error| format!("the run had to stop: {}", unmasked(error)))
}

/// Makes what is missing.
fn prepare(conn: &mut Conn) -> Result<(), String> {
    audit_diesel::migrate(conn).map_err(unmasked)?;
    conn.batch_execute(TABLES)
        .map_err(|error| error.to_string())?;
    // Tables of these names may have been there, with other columns.
    let ctx = operator();
    let columns = |error: AuditError| {
        format!(
            "its table quickstart_accounts or quickstart_orders is not the one of this example; \
             drop it or use another database ({})",
            unmasked(error)
        )
    };
    let accounts = Account::with_deleted(&ctx).map_err(columns)?;
    let found: QueryResult<Vec<Account>> = accounts.limit(1).load(conn);
    found.map_err(|error| columns(error.into()))?;
    let orders = Order::live(&ctx).map_err(columns)?;
    let found: QueryResult<Vec<Order>> = orders.limit(1).load(conn);
    found.map_err(|error| columns(error.into()))?;
    Ok(())
}

fn requests<'f>(
    conn: &mut Conn,
    file: &'f RequestFile,
    report: &mut Report,
) -> Result<Vec<Handled<'f>>, AuditError> {
    let mut app = apply::App::new(config());
    let mut handled = Vec::new();
    for line in &file.lines {
        match &line.request {
            Ok(request) => {
                let request = app.apply(conn, line.number, request)?;
                report.request(&request);
                handled.push(request);
            }
            Err(error) => report.bad_line(line.number, error),
        }
    }
    Ok(handled)
}

/// Prints the history of each record that was written to.
fn trail(conn: &mut Conn, handled: &[Handled<'_>], report: &mut Report) -> Result<(), AuditError> {
    report.trail_heading();
    let ctx = operator();
    let written: BTreeSet<Record> = handled.iter().filter_map(Handled::written).collect();
    for record in written {
        let title = format!("{} {}", record.kind.name(), record.id);
        match record.kind {
            Kind::Account => {
                report.trail::<Account>(&title, &Account::history(conn, &ctx, record.id)?);
            }
            Kind::Order => {
                let key = Order::key_any_version(record.id);
                report.trail::<Order>(&title, &Order::history(conn, &ctx, key)?);
            }
        }
    }
    Ok(())
}

/// What an app makes once. Its key comes from where its secrets are; this one is for show.
fn config() -> AuditConfig {
    AuditConfig::builder()
        .token_key("demo", b"not a secret, for this demo only")
        .build()
}

/// Reads over all tenants, which has to be asked for.
fn operator() -> AuditContext {
    AuditContext::new(Actor::system()).all_tenants()
}

fn last_row(conn: &mut Conn) -> Result<i64, AuditError> {
    let last: Option<i64> = audit_log::table.select(max(audit_log::seq)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// With the database's own message, which an app should log only where values may be logged.
fn unmasked(error: AuditError) -> String {
    match error.into_diesel_unmasked() {
        Ok(raw) => raw.to_string(),
        Err(other) => other.to_string(),
    }
}
