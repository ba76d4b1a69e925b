//! `audit columns`.

use std::io::Write;

use audit_diesel::{
    Actor, AuditBackend, AuditConnection, AuditContext, AuditError, Dialect, FailureKind,
};
use chrono::Utc;
use serde_json::json;

use super::check::Line;
use super::filters;
use crate::args::{Columns, Common, Format};
use crate::catalog;
use crate::database::{self, on};
use crate::failure::{Failure, Result, Verdict};
use crate::output::{self, csv_line, progress};
use crate::plan::{self, Plan, Wishes};
use crate::query::{ask, text};
use crate::script::{self, Script};
use crate::text::printable;

pub(crate) fn run(common: &Common, args: &Columns) -> Result<Verdict> {
    let wishes = wishes(args)?;
    let mut database = database::open(common)?;
    let (plan, script) = on!(&mut database, conn => {
        if args.apply { apply(conn, args, &wishes) } else { prepare(conn, args, &wishes) }
    })?;
    let applied = args.apply && !plan.is_blocked();
    print(common, &plan, &script, applied)?;
    // What cannot be mended here is still there.
    let left = plan
        .findings
        .iter()
        .any(|finding| !applied || finding.remedy != plan::Remedy::Planned);
    Ok(if left {
        Verdict::Findings
    } else {
        Verdict::Fine
    })
}

fn wishes(args: &Columns) -> Result<Wishes> {
    let actor = filters::actor("--backfill-actor", &args.backfill_actor)?;
    if let Some(tenant) = &args.backfill_tenant {
        AuditContext::new(Actor::system())
            .tenant(tenant)
            .validate()
            .map_err(|error| Failure::Usage(format!("`--backfill-tenant`: {error}")))?;
    }
    Ok(Wishes {
        soft_delete: args.soft_delete,
        tenant: args.tenant,
        version: args.version_column,
        renames: !args.no_rename,
        readers_are_safe: args.readers_are_safe,
        leave: args.leave.clone(),
        is_check: false,
        actor,
        time_from: Some(args.backfill_time.clone()).filter(|from| from != "now"),
        tenant_id: args.backfill_tenant.clone(),
        now: Utc::now(),
    })
}

fn prepare<C: AuditConnection>(
    conn: &mut C,
    args: &Columns,
    wishes: &Wishes,
) -> Result<(Plan, Script)> {
    let table = catalog::table(conn, &args.table)?;
    let plan = plan::plan(conn, table, wishes)?;
    let script = made(script::of(conn, &plan), plan.is_blocked())?;
    Ok((plan, script))
}

/// What is in the way is told, also where no script can be made yet. A database that does not answer
/// is no such case.
fn made(script: Result<Script>, is_blocked: bool) -> Result<Script> {
    match script {
        Err(Failure::Usage(_) | Failure::Database(_)) if is_blocked => Ok(Script::default()),
        made => made,
    }
}

/// Plans and runs in one transaction where there is one, so that what was counted still holds.
fn apply<C: AuditConnection>(
    conn: &mut C,
    args: &Columns,
    wishes: &Wishes,
) -> Result<(Plan, Script)> {
    let dialect = C::Backend::DIALECT;
    let begin = match dialect {
        Dialect::Sqlite => {
            // Without effect inside of a transaction.
            conn.batch_execute("PRAGMA foreign_keys = OFF")?;
            Some("BEGIN IMMEDIATE")
        }
        Dialect::Postgres => Some("BEGIN"),
        _ => None,
    };
    let Some(begin) = begin else {
        // Whoever comes later waits behind a lock that is waited for.
        conn.batch_execute("SET SESSION lock_wait_timeout = 5")?;
        return work(conn, args, wishes);
    };
    // The name is looked up before, so that a slip of the finger locks nothing.
    let table = catalog::table(conn, &args.table)?;
    conn.batch_execute(begin)?;
    let done = (|| {
        if dialect == Dialect::Postgres && table.faults.is_empty() {
            // As above.
            conn.batch_execute("SET LOCAL lock_timeout = '5s'")?;
            let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.quoted());
            conn.batch_execute(&lock)
                .map_err(|error| busy(error.into()))?;
        }
        let broken = broken_references(conn)?;
        let done = work(conn, args, wishes)?;
        if broken_references(conn)? > broken {
            return Err(Failure::Database(
                "the rebuilt table would break foreign keys: nothing was changed".to_owned(),
            ));
        }
        conn.batch_execute("COMMIT")?;
        Ok(done)
    })();
    if done.is_err() {
        // The first error says why; that it cannot be rolled back says nothing more.
        let _ = conn.batch_execute("ROLLBACK");
    }
    done
}

fn busy(failure: Failure) -> Failure {
    match failure {
        Failure::Audit(error)
            if matches!(&*error, AuditError::Database(failure) if failure.kind == FailureKind::Busy) =>
        {
            Failure::Database(
                "others are at work on the table, and nothing was changed: run it again, or when they \
                 are done"
                    .to_owned(),
            )
        }
        other => other,
    }
}

/// SQLite: rows whose foreign keys lead nowhere.
fn broken_references<C: AuditConnection>(conn: &mut C) -> Result<u64> {
    if C::Backend::DIALECT != Dialect::Sqlite {
        return Ok(0);
    }
    let rows = ask(
        conn,
        "SELECT CAST(count(*) AS TEXT) FROM pragma_foreign_key_check",
        &[],
    )?;
    Ok(rows
        .first()
        .map_or("", |row| text(row, 0))
        .parse()
        .unwrap_or(0))
}

fn work<C: AuditConnection>(
    conn: &mut C,
    args: &Columns,
    wishes: &Wishes,
) -> Result<(Plan, Script)> {
    let (plan, script) = prepare(conn, args, wishes)?;
    if plan.is_blocked() {
        return Ok((plan, script));
    }
    let total = script.statements.len();
    let bar = progress(total as u64, "changing the table");
    for (index, statement) in script.statements.iter().enumerate() {
        if let Err(error) = conn.batch_execute(statement) {
            bar.finish_and_clear();
            crate::failure::say(&format!(
                "statement {} of {total} failed: {}",
                index + 1,
                printable(statement, false)
            ))?;
            // What may have hindered it.
            for note in &plan.notes {
                crate::failure::say(&format!("note: {}", printable(note, false)))?;
            }
            if script.begin.is_none() {
                crate::failure::say(
                    "what came before it stays; run the command again to go on from there",
                )?;
            }
            return Err(error.into());
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((plan, script))
}

fn print(common: &Common, plan: &Plan, script: &Script, applied: bool) -> Result<()> {
    let mut out = output::stdout(common);
    match common.format {
        Format::Json => {
            let findings: Vec<Line> = plan.findings.iter().map(Line::from).collect();
            // A program that runs `statements` runs nothing while something is in the way.
            let (statements, held_back) = match (plan.is_open(), plan.is_blocked()) {
                (true, _) => (&[][..], &[][..]),
                (_, true) => (&[][..], &script.statements[..]),
                _ => (&script.statements[..], &[][..]),
            };
            let document = json!({
                "table": plan.table.name.to_string(),
                "rows": plan.rows,
                "findings": findings,
                "notes": plan.notes,
                "queries": plan.queries,
                "settings": script.settings,
                "transaction": script.begin.is_some(),
                "statements": statements,
                "held_back": held_back,
                "applied": applied,
            });
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        Format::Csv => {
            csv_line(&mut out, &["step", "statement"])?;
            let runs = if plan.is_blocked() {
                &[][..]
            } else {
                &script.statements[..]
            };
            for (index, statement) in runs.iter().enumerate() {
                csv_line(&mut out, &[&(index + 1).to_string(), statement])?;
            }
        }
        Format::Table => text_script(&mut out, plan, script, applied)?,
    }
    out.flush()?;
    Ok(())
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A script to read and to run, or what was done.
fn text_script(out: &mut impl Write, plan: &Plan, script: &Script, applied: bool) -> Result<()> {
    let table = plan.table.name.to_string();
    let table = printable(&table, false);
    if plan.findings.is_empty() {
        writeln!(out, "-- `{table}` lacks nothing")?;
    } else {
        let done = if applied { ", applied" } else { "" };
        writeln!(
            out,
            "-- `{table}`, {}: {}{done}",
            counted(plan.rows, "row"),
            counted(plan.findings.len() as u64, "finding")
        )?;
    }
    for finding in &plan.findings {
        let mark = if matches!(finding.remedy, plan::Remedy::Blocked(_)) {
            "! "
        } else {
            ""
        };
        writeln!(out, "--   {mark}{}", printable(&finding.text, false))?;
    }
    for note in &plan.notes {
        writeln!(out, "--   note: {}", printable(note, false))?;
    }
    for query in &plan.queries {
        writeln!(out, "-- The rows that cannot be converted:")?;
        for line in query.lines() {
            writeln!(out, "--     {}", printable(line, false))?;
        }
    }
    if plan.is_blocked() {
        writeln!(
            out,
            "-- Nothing is applied while a finding has a `!`: change the rows, give what it asks for, or \
             leave the column out by `--leave`."
        )?;
        return held_back(out, plan, script);
    }
    if applied || script.statements.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for line in lines(script) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The script with its settings and its transaction, as text; a statement may be of several lines.
fn lines(script: &Script) -> impl Iterator<Item = String> {
    let settings = script.settings.iter().map(String::as_str);
    let begin = script.begin;
    settings
        .chain(begin)
        .chain(script.statements.iter().map(String::as_str))
        .chain(begin.map(|_| "COMMIT"))
        .map(|statement| format!("{statement};"))
}

/// What is not run yet, to be read: in comments, so that whoever runs the output runs nothing.
fn held_back(out: &mut impl Write, plan: &Plan, script: &Script) -> Result<()> {
    if script.statements.is_empty() {
        return Ok(());
    }
    if plan.is_open() {
        writeln!(
            out,
            "-- No statements are shown: they would be others once what a `!` asks is decided, or break what \
             it names. Run none by hand before."
        )?;
        return Ok(());
    }
    writeln!(
        out,
        "-- What would run then (run now, it would fail or lose the values that are in the way):"
    )?;
    for statement in lines(script) {
        for line in statement.lines() {
            writeln!(out, "--     {}", printable(line, false))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::result::{DatabaseErrorKind, Error};

    #[test]
    fn a_lost_connection_is_told_whatever_is_in_the_way() {
        let lost = || {
            let kind = DatabaseErrorKind::ClosedConnection;
            Error::DatabaseError(kind, Box::new("gone".to_owned()))
        };
        for is_blocked in [false, true] {
            let failure = made(Err(lost().into()), is_blocked).unwrap_err();
            assert!(matches!(failure, Failure::Audit(_)), "{failure:?}");
        }
        let odd = || Err(Failure::Database("not understood".to_owned()));
        assert!(made(odd(), true).unwrap().statements.is_empty());
        assert!(made(odd(), false).is_err());
    }
}
