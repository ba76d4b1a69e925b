//! `audit purge`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

use audit_diesel::retention::{Keep, Purge as Run, PurgeReport, RETENTION_DAYS, Retention};
use chrono::SecondsFormat;
use serde_json::json;

use super::filters::{actor, context};
use super::known;
use super::tenants;
use crate::args::{Common, Format, Purge};
use crate::database::{self, Database, on};
use crate::failure::{Failure, Result, Verdict};
use crate::output::{self, csv_line, progress, table};

pub(crate) fn run(common: &Common, args: &Purge) -> Result<Verdict> {
    let Rules {
        retention,
        tables,
        tenants,
    } = rules(args)?;
    let ctx = context(actor("--actor", &args.actor)?, args.tenant.as_deref())?;
    if !args.dry_run && !args.yes && io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "this deletes rows of the audit log: see by `--dry-run` how many, then say `--yes`"
                .to_owned(),
        ));
    }
    let mut database = database::open(common)?;
    if !args.allow_unknown_tables {
        let unknown = on!(&mut database, conn => retention.unknown_tables(conn))?;
        let named = |(_, table): &&Named<'_>| unknown.iter().any(|name| name == table);
        refuse_unknown_tables(&mut database, tables.iter().filter(named))?;
    }
    let named = tenants.into_iter().chain(args.tenant.as_deref());
    on!(&mut database, conn => tenants::note_unknown(conn, named))?;
    let bar = progress(0, if args.dry_run { "counting" } else { "purging" });
    let retention = match args.allow_unknown_tables {
        true => retention.allow_unknown_tables(),
        // What it refuses was refused before, in the words of the options; what is known is remembered.
        false => retention,
    };
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

/// The option that names a table, and the table.
type Named<'a> = (&'static str, &'a str);

/// The rules that the options give, and whom they name.
struct Rules<'a> {
    retention: Retention,
    tables: Vec<Named<'a>>,
    tenants: Vec<&'a str>,
}

fn rules(args: &Purge) -> Result<Rules<'_>> {
    let given = &args.older_than_days;
    let mut retention = Retention::new(days(given, &source_of_days(given))?);
    let mut rules = HashSet::new();
    let (mut tables, mut tenants) = (Vec::new(), Vec::new());
    for given in &args.keep_tenant {
        let said = format!("`--keep-tenant {given}`");
        let (tenant, days) = name_and_days(given, &said)?;
        let keep = keep(days, &said)?;
        once(&mut rules, (Some(tenant), None), &said)?;
        tenants.push(tenant);
        retention = retention.tenant(tenant, keep);
    }
    for given in &args.keep_table {
        let said = format!("`--keep-table {given}`");
        let (table, days) = name_and_days(given, &said)?;
        let keep = keep(days, &said)?;
        once(&mut rules, (None, Some(table)), &said)?;
        tables.push(("--keep-table", table));
        retention = retention.table(table, keep);
    }
    for given in args.keep_tenant_table.chunks(3) {
        if let [tenant, table, days] = given {
            let said = format!("`--keep-tenant-table {}`", given.join(" "));
            let keep = keep(days, &said)?;
            once(&mut rules, (Some(tenant), Some(table)), &said)?;
            tables.push(("--keep-tenant-table", table.as_str()));
            tenants.push(tenant.as_str());
            retention = retention.tenant_table(tenant.as_str(), table.as_str(), keep);
        }
    }
    Ok(Rules {
        retention,
        tables,
        tenants,
    })
}

/// Refuses rules that keep tables that nobody knows: a slip of the finger would delete what they keep.
fn refuse_unknown_tables<'a>(
    database: &mut Database,
    tables: impl Iterator<Item = &'a Named<'a>>,
) -> Result<()> {
    for (option, table) in tables {
        on!(database, conn => known::refuse_unknown(
            conn, option, table, "`--allow-unknown-tables` takes it all the same; nothing was deleted"
        ))?;
    }
    Ok(())
}

/// Where the days come from and what they are. What clap fills in does not tell the variable from the
/// option.
fn source_of_days(given: &str) -> String {
    let option = "--older-than-days";
    let is_option = |arg: OsString| arg.to_string_lossy().starts_with(option);
    if std::env::args_os().any(is_option) {
        format!("`{option} {given}`")
    } else {
        format!("the variable `{RETENTION_DAYS}`, which is `{given}`")
    }
}

/// Refuses a second rule for one name: of two, one would be forgotten.
fn once<'a>(
    rules: &mut HashSet<(Option<&'a str>, Option<&'a str>)>,
    whose: (Option<&'a str>, Option<&'a str>),
    said: &str,
) -> Result<()> {
    if rules.insert(whose) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{said}: this name was given days before; say it once; nothing was deleted"
    )))
}

/// `NAME=DAYS`; the name may have a `=` in it.
fn name_and_days<'a>(given: &'a str, said: &str) -> Result<(&'a str, &'a str)> {
    given
        .rsplit_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| Failure::Usage(format!("{said}: write `NAME=DAYS` or `NAME=forever`")))
}

fn keep(given: &str, said: &str) -> Result<Keep> {
    if given == "forever" {
        return Ok(Keep::FOREVER);
    }
    days(given, said)
}

/// Days; `said` is what a message says of where they stand.
fn days(given: &str, said: &str) -> Result<Keep> {
    let number = given.parse::<i64>().map_err(|_| {
        Failure::Usage(format!(
            "{said}: give a whole number of days; nothing was deleted"
        ))
    })?;
    Keep::days(number).map_err(|error| Failure::Usage(format!("{said}: {error}")))
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
