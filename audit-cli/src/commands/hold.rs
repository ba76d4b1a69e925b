//! `audit hold`.

use std::io::Write;

use audit_diesel::Actor;
use audit_diesel::retention::{AuditHold, NewHold};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::filters::{actor, context};
use super::known;
use super::tenants;
use crate::args::{Common, Format, Hold, HoldAdd};
use crate::database::{self, on};
use crate::failure::{Result, Verdict};
use crate::output::{self, Tone, csv_line, table_or_blocks};

pub(crate) fn run(common: &Common, args: &Hold) -> Result<Verdict> {
    let holds = match args {
        Hold::Add(args) => {
            let ctx = context(actor("--actor", &args.actor)?, None)?;
            let hold = new(args);
            let mut database = database::open(common)?;
            if let Some(table) = args.table.as_ref().filter(|_| !args.allow_unknown_table) {
                on!(&mut database, conn => known::refuse_unknown(
                    conn, "--table", table, "`--allow-unknown-table` takes it all the same; nothing was placed"
                ))?;
            }
            on!(&mut database, conn => tenants::note_unknown(conn, args.tenant.as_deref().into_iter()))?;
            vec![on!(&mut database, conn => AuditHold::add(conn, &ctx, hold))?]
        }
        Hold::List(args) => {
            let ctx = context(Actor::system(), args.tenant.as_deref())?;
            let mut database = database::open(common)?;
            on!(&mut database, conn => {
                if args.all { AuditHold::list_all(conn, &ctx) } else { AuditHold::list(conn, &ctx) }
            })?
        }
        Hold::Release(args) => {
            let ctx = context(actor("--actor", &args.actor)?, None)?;
            let mut database = database::open(common)?;
            vec![on!(&mut database, conn => AuditHold::release(conn, &ctx, args.id))?]
        }
    };
    print(common, &holds)?;
    Ok(Verdict::Fine)
}

fn new(args: &HoldAdd) -> NewHold {
    let mut hold = NewHold::new(&args.reason);
    if let Some(tenant) = &args.tenant {
        hold = hold.tenant(tenant);
    }
    if let Some(table) = &args.table {
        hold = hold.table(table);
    }
    if let Some(record) = &args.record {
        hold = hold.record(record);
    }
    if let Some(until) = args.until {
        hold = hold.until(until.with_timezone(&Utc));
    }
    // What is not allowed was refused before, in the words of the options.
    hold.allow_unknown_table()
}

const HEADER: [&str; 10] = [
    "id",
    "tenant",
    "table",
    "record",
    "reason",
    "placed_by",
    "placed_at",
    "until",
    "released_by",
    "released_at",
];

fn cells(hold: &AuditHold) -> [Option<String>; 10] {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    [
        Some(hold.id.to_string()),
        hold.tenant_id.clone(),
        hold.table_name.clone(),
        hold.record_id.clone(),
        Some(hold.reason.clone()),
        Some(hold.placed_by.to_string()),
        Some(time(hold.placed_at)),
        hold.until.map(time),
        hold.released_by.as_ref().map(ToString::to_string),
        hold.released_at.map(time),
    ]
}

fn print(common: &Common, holds: &[AuditHold]) -> Result<()> {
    let mut out = output::stdout(common);
    let text = |cell: Option<String>| cell.unwrap_or_default();
    match common.format {
        Format::Json => {
            let holds: Vec<Value> = holds
                .iter()
                .map(|hold| {
                    HEADER
                        .iter()
                        .zip(cells(hold))
                        .map(|(name, cell)| ((*name).to_owned(), json!(cell)))
                        .collect()
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &holds)?;
            writeln!(out)?;
        }
        Format::Csv => {
            csv_line(&mut out, &HEADER)?;
            for hold in holds {
                let cells = cells(hold).map(text);
                csv_line(&mut out, &cells.each_ref().map(String::as_str))?;
            }
        }
        Format::Table if holds.is_empty() => writeln!(out, "{}", Tone::Quiet.paint("no holds"))?,
        Format::Table => {
            let rows = holds.iter().map(|hold| cells(hold).map(text).to_vec());
            let rows: Vec<Vec<String>> = rows.collect();
            writeln!(out, "{}", table_or_blocks(&HEADER, &rows))?;
        }
    }
    out.flush()?;
    Ok(())
}
