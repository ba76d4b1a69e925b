//! `audit baseline`.

mod plan;
mod write;

use std::collections::HashSet;
use std::io::Write;

use audit_diesel::{AuditBackend, AuditConnection, AuditContext, Dialect, patiently_where};
use serde_json::json;
use uuid::Uuid;

use super::filters::{actor, context};
use crate::args::{Baseline, Common, Format};
use crate::catalog;
use crate::database::{self, on};
use crate::failure::{Failure, Result, Verdict};
use crate::output::{self, csv_line, progress};
use crate::query::{Rows, ask, text};
use crate::quote;
use crate::snapshot::{ROW, Value, behind, key, key_text, select, snapshot};

use plan::Plan;

/// What was done.
struct Done {
    table: String,
    recorded: u64,
    had: u64,
    /// SQLite: rows with a NULL in their key, which no trail can name.
    keyless: u64,
}

pub(crate) fn run(common: &Common, args: &Baseline) -> Result<Verdict> {
    let mut ctx = context(actor("--actor", &args.actor)?, None)?;
    if let Some(reason) = &args.reason {
        ctx = ctx.reason(reason);
    }
    let mut database = database::open(common)?;
    let done = on!(&mut database, conn => baseline(conn, args, &ctx))?;
    let mut out = output::stdout(common);
    let Done {
        table,
        recorded,
        had,
        keyless,
    } = &done;
    match common.format {
        Format::Json => {
            writeln!(
                out,
                "{}",
                json!({
                    "table": table, "recorded": recorded, "had_a_trail": had, "without_key": keyless,
                })
            )?;
        }
        Format::Csv => {
            csv_line(
                &mut out,
                &["table", "recorded", "had_a_trail", "without_key"],
            )?;
            let counts = [recorded, had, keyless].map(u64::to_string);
            let [recorded, had, keyless] = counts.each_ref().map(String::as_str);
            csv_line(&mut out, &[table, recorded, had, keyless])?;
        }
        Format::Table => {
            let table = crate::text::printable(table, false);
            writeln!(
                out,
                "{recorded} records of `{table}` recorded; {had} had a trail before"
            )?;
            if *keyless > 0 {
                writeln!(
                    out,
                    "{keyless} rows have NULL in their key and are not recorded: no trail can name them"
                )?;
            }
        }
    }
    out.flush()?;
    Ok(Verdict::Fine)
}

fn baseline<C: AuditConnection>(conn: &mut C, args: &Baseline, ctx: &AuditContext) -> Result<Done> {
    let table = catalog::table(conn, &args.table)?;
    audit_diesel::check(conn)?;
    let plan = Plan::new(&table, args)?;
    let total = count(conn, &plan, "1 = 1")?;
    let bar = progress(total, "recording");
    let operation = Uuid::now_v7();
    let mut done = Done {
        table: plan.name.clone(),
        recorded: 0,
        had: 0,
        keyless: 0,
    };
    let mut behind_key = None;
    loop {
        let step = patiently_where(Failure::is_retryable, || {
            transaction(conn, |conn| {
                let from = behind_key.as_deref();
                batch(conn, &plan, args.batch, ctx, operation, from)
            })
        })?;
        done.recorded += step.recorded;
        done.had += step.had;
        bar.inc(step.recorded + step.had);
        match step.last {
            Some(last) => behind_key = Some(last),
            None => break,
        }
    }
    bar.finish_and_clear();
    if C::Backend::DIALECT == Dialect::Sqlite {
        let keys = plan.keys.iter().filter_map(|at| plan.fields.get(*at));
        let nulls: Vec<String> = keys
            .map(|field| format!("{} IS NULL", quote::name(Dialect::Sqlite, &field.name)))
            .collect();
        done.keyless = count(conn, &plan, &nulls.join(" OR "))?;
    }
    Ok(done)
}

/// The number of rows that answer to a condition.
fn count<C: AuditConnection>(conn: &mut C, plan: &Plan, condition: &str) -> Result<u64> {
    let rows = ask(
        conn,
        &format!(
            "SELECT CAST(count(*) AS char(20)) FROM {} WHERE {condition}",
            plan.quoted
        ),
        &[],
    )?;
    let count = rows.first().map_or("", |row| text(row, 0));
    Ok(count.trim().parse().unwrap_or(0))
}

fn transaction<C: AuditConnection, T>(
    conn: &mut C,
    body: impl FnOnce(&mut C) -> Result<T>,
) -> Result<T> {
    conn.batch_execute(match C::Backend::DIALECT {
        // The one writer: nothing changes between reading a record and recording it.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        _ => "START TRANSACTION",
    })?;
    body(conn)
        .and_then(|done| {
            conn.batch_execute("COMMIT")?;
            Ok(done)
        })
        .inspect_err(|_| {
            // The first error says why.
            let _ = conn.batch_execute("ROLLBACK");
        })
}

struct Step {
    recorded: u64,
    had: u64,
    /// The condition of what lies behind it; `None` at the end.
    last: Option<String>,
}

fn batch<C: AuditConnection>(
    conn: &mut C,
    plan: &Plan,
    size: u32,
    ctx: &AuditContext,
    operation: Uuid,
    behind_key: Option<&str>,
) -> Result<Step> {
    let dialect = C::Backend::DIALECT;
    let columns: Vec<String> = plan
        .fields
        .iter()
        .map(|field| select(dialect, field.shape, &field.name))
        .collect();
    let keys = plan.keys.iter().filter_map(|at| plan.fields.get(*at));
    let order: Vec<String> = keys
        .map(|field| key(dialect, field.shape, &field.name))
        .collect();
    let lock = if dialect == Dialect::Sqlite {
        ""
    } else {
        " FOR UPDATE"
    };
    let there: Vec<String> = order
        .iter()
        .map(|name| format!("{name} IS NOT NULL"))
        .collect();
    let rows = ask(
        conn,
        &format!(
            "SELECT {} FROM {} {ROW} WHERE {} AND {} ORDER BY {} LIMIT {size}{lock}",
            columns.join(", "),
            plan.quoted,
            there.join(" AND "),
            behind_key.unwrap_or("1 = 1"),
            order.join(", ")
        ),
        &[],
    )?;
    let mut records = Vec::new();
    for row in &rows {
        let values: Vec<Value> = plan
            .fields
            .iter()
            .zip(row)
            .map(|(field, text)| field.shape.read(text.as_deref()))
            .collect();
        let parts: Vec<&Value> = plan.keys.iter().filter_map(|at| values.get(*at)).collect();
        let id = key_text(&parts);
        if id.chars().count() > audit_core::MAX_RECORD_ID {
            return Err(Failure::Usage(format!(
                "a primary key of `{}` is over {} characters long: the trail cannot name its record",
                plan.name,
                audit_core::MAX_RECORD_ID
            )));
        }
        records.push((id, values));
    }
    let known = known(conn, plan, &records)?;
    let mut step = Step {
        recorded: 0,
        had: 0,
        last: last_key(plan, dialect, &rows, size),
    };
    for (id, values) in &records {
        let record = (plan.tenant_of(values), id.clone());
        if known.contains(&record) {
            step.had += 1;
            continue;
        }
        let json = snapshot(&plan.fields, values, ctx.config_ref()).map_err(|failure| {
            Failure::Usage(format!(
                "the mask `{}` failed: {}",
                failure.mask, failure.error
            ))
        })?;
        write::record(conn, plan, ctx, operation, &record, &json)?;
        step.recorded += 1;
    }
    Ok(step)
}

/// Those of the records that have a trail, with their tenant. Events about a record are no trail of
/// it, and what came before its deletion is none either: `audited_baseline` has the same rule.
fn known<C: AuditConnection>(
    conn: &mut C,
    plan: &Plan,
    records: &[(String, Vec<Value>)],
) -> Result<HashSet<(Option<String>, String)>> {
    if records.is_empty() {
        return Ok(HashSet::new());
    }
    let marks = vec!["?"; records.len()].join(", ");
    let mut binds = vec![plan.name.as_str()];
    binds.extend(records.iter().map(|(id, _)| id.as_str()));
    // The collation of MySQL's columns takes `a ` for `a`.
    let exact = match C::Backend::DIALECT {
        Dialect::Mysql => ", CAST(record_id AS BINARY), CAST(tenant_id AS BINARY)",
        _ => "",
    };
    let rows = ask(
        conn,
        &format!(
            "SELECT tenant_id, record_id, \
                CAST(max(CASE WHEN action = 'delete' THEN seq ELSE 0 END) AS char(20)), \
                CAST(max(CASE WHEN action = 'delete' THEN 0 ELSE seq END) AS char(20)) \
             FROM audit_log WHERE table_name = ? AND record_id IN ({marks}) \
                AND action NOT LIKE '%.%' GROUP BY record_id, tenant_id{exact}"
        ),
        &binds,
    )?;
    let number = |row: &[Option<String>], at| text(row, at).trim().parse::<i64>().unwrap_or(0);
    Ok(rows
        .iter()
        .filter(|row| number(row, 3) > number(row, 2))
        .map(|row| (row.first().cloned().flatten(), text(row, 1).to_owned()))
        .collect())
}

fn last_key(plan: &Plan, dialect: Dialect, rows: &Rows, size: u32) -> Option<String> {
    if u32::try_from(rows.len()).is_ok_and(|count| count < size) {
        return None;
    }
    let row = rows.last()?;
    let keys: Vec<(String, String)> = plan
        .keys
        .iter()
        .filter_map(|at| {
            let field = plan.fields.get(*at)?;
            Some((
                key(dialect, field.shape, &field.name),
                field.shape.literal(dialect, text(row, *at)),
            ))
        })
        .collect();
    Some(behind(&keys))
}
