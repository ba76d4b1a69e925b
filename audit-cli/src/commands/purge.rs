//! `audit purge`.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

use audit_diesel::retention::{Keep, Purge as Run, PurgeReport, Retention};
use chrono::SecondsFormat;
use serde_json::json;

use super::filters::{actor, context};
use crate::args::{Common, Format, Purge};
use crate::database::on;
use crate::failure::{Failure, Result, Verdict};
use crate::output::{self, csv_line, progress, table};

pub(crate) fn run(common: &Common, args: &Purge) -> Result<Verdict> {
    let retention = retention(args)?;
    let ctx = context(actor("--actor", &args.actor)?, args.tenant.as_deref())?;
    if !args.dry_run && !args.yes && io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "this deletes rows of the audit log: see by `--dry-run` how many, then say `--yes`"
                .to_owned(),
        ));
    }
    let mut database = crate::connect(common)?;
    let bar = progress(0, if args.dry_run { "counting" } else { "purging" });
    let mut purge = Run::new(retention).progress(|now| {
        bar.set_length(now.total);
        bar.set_position(now.done);
        ControlFlow::Continue(())
    });
    if args.dry_run {
        purge = purge.dry_run();
    }
    if args.within_months {
        purge = purge.within_months();
    }
    let report = on!(&mut database, conn => purge.run(conn, &ctx))?;
    bar.finish_and_clear();
    print(common, &report)?;
    Ok(Verdict::Fine)
}

fn retention(args: &Purge) -> Result<Retention> {
    let mut retention = Retention::new(days("--older-than-days", &args.older_than_days)?);
    for given in &args.keep_tenant {
        let (tenant, keep) = keep("--keep-tenant", given)?;
        retention = retention.tenant(tenant, keep);
    }
    for given in &args.keep_table {
        let (table, keep) = keep("--keep-table", given)?;
        retention = retention.table(table, keep);
    }
    for given in args.keep_tenant_table.chunks(3) {
        if let [tenant, table, given] = given {
            let keep = keep_of("--keep-tenant-table", given)?;
            retention = retention.tenant_table(tenant.as_str(), table.as_str(), keep);
        }
    }
    Ok(retention)
}

/// `NAME=DAYS`; the name may have a `=` in it.
fn keep<'a>(option: &str, given: &'a str) -> Result<(&'a str, Keep)> {
    let (name, value) = given
        .rsplit_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`{option} {given}`: write `NAME=DAYS` or `NAME=forever`"
            ))
        })?;
    Ok((name, keep_of(option, value)?))
}

fn keep_of(option: &str, given: &str) -> Result<Keep> {
    if given == "forever" {
        return Ok(Keep::FOREVER);
    }
    days(option, given)
}

fn days(option: &str, given: &str) -> Result<Keep> {
    let number = given.parse::<i64>().map_err(|_| {
        Failure::Usage(format!(
            "`{option} {given}`: give a whole number of days; nothing was deleted"
        ))
    })?;
    Keep::days(number).map_err(|error| Failure::Usage(format!("`{option} {given}`: {error}")))
}

fn print(common: &Common, report: &PurgeReport) -> Result<()> {
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let rows = report.counts.iter().map(|count| {
        vec![
            name(&count.tenant),
            name(&count.table),
            count.deleted.to_string(),
            count.held.to_string(),
        ]
    });
    let deleted = if report.dry_run {
        "to delete"
    } else {
        "deleted"
    };
    let header = ["tenant", "table", deleted, "held"];
    let mut out = output::stdout(common);
    match common.format {
        Format::Json => {
            let counts: Vec<_> = report
                .counts
                .iter()
                .map(|count| {
                    json!({
                        "tenant": count.tenant, "table": count.table,
                        "deleted": count.deleted, "held": count.held,
                    })
                })
                .collect();
            let document = json!({
                "dry_run": report.dry_run,
                "finished": report.finished,
                "operation": report.operation.to_string(),
                "cutoff": report.cutoff.map(time),
                "deleted": report.deleted(),
                "held": report.held(),
                "oldest": report.oldest.map(time),
                "partitions_dropped": report.partitions_dropped,
                "partitions_waiting": report.partitions_waiting,
                "partitions_created": report.partitions_created,
                "batches": report.batches,
                "seconds": report.took.as_secs_f64(),
                "counts": counts,
            });
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        Format::Csv => {
            csv_line(&mut out, &header)?;
            for row in rows {
                csv_line(
                    &mut out,
                    &row.iter().map(String::as_str).collect::<Vec<_>>(),
                )?;
            }
        }
        Format::Table => {
            let before = report
                .cutoff
                .map(|cutoff| format!(", older than {}", time(cutoff)));
            writeln!(
                out,
                "{} rows {deleted}{}; {} held",
                report.deleted(),
                before.unwrap_or_default(),
                report.held()
            )?;
            if !report.counts.is_empty() {
                writeln!(out, "{}", table(&header, rows).trim_fmt())?;
            }
            if !report.partitions_dropped.is_empty() {
                writeln!(out, "dropped {}", report.partitions_dropped.join(", "))?;
            }
            if !report.partitions_waiting.is_empty() {
                writeln!(
                    out,
                    "not over yet, so that older rows in them stay (`--within-months` deletes them): {}",
                    report.partitions_waiting.join(", ")
                )?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
