//! `audit log`.

use std::io::{self, Write};

use audit_diesel::{AuditEntry, ChangeSet, Cursor};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::filters;
use crate::args::{Common, Format, Log};
use crate::database::{self, on};
use crate::failure::{Result, Verdict, say};
use crate::output::{self, Tone, csv_line, table};
use crate::text::printable;

pub(crate) fn run(common: &Common, args: &Log) -> Result<Verdict> {
    let mut query = filters::query(&args.filters)?.limit(args.limit);
    if let Some(cursor) = &args.cursor {
        query = query.after(cursor.as_str());
    }
    let mut database = database::open(common)?;
    filters::refuse_unknown_table(&mut database, &args.filters)?;
    let view = View {
        zone: args.filters.zone,
        tenants: args.filters.whose.all_tenants,
    };
    let mut out = output::stdout(common);
    let next = if args.changes {
        let page = on!(&mut database, conn => query.change_sets(conn))?;
        print_changes(
            &mut out,
            common.format,
            &page.change_sets,
            page.next.as_ref(),
            view,
        )?;
        page.next
    } else {
        let page = on!(&mut database, conn => query.page(conn))?;
        print_entries(
            &mut out,
            common.format,
            &page.entries,
            page.next.as_ref(),
            view,
        )?;
        page.next
    };
    out.flush()?;
    if let Some(next) = next
        && common.format != Format::Json
    {
        say(&format!("there is more: --cursor {next}"))?;
    }
    Ok(Verdict::Fine)
}

/// A row of the log as a JSON object; the values are JSON as they are stored, every digit kept.
#[derive(Serialize)]
struct Row<'a> {
    seq: i64,
    id: String,
    change_id: String,
    operation_id: String,
    tenant_id: Option<&'a str>,
    table_name: Option<&'a str>,
    record_id: Option<&'a str>,
    action: &'a str,
    field_name: Option<&'a str>,
    old_value: Option<Json<'a>>,
    new_value: Option<Json<'a>>,
    actor: &'a str,
    on_behalf_of: Option<&'a str>,
    changed_at: String,
    recorded_at: String,
    request_id: Option<&'a str>,
    reason: Option<&'a str>,
    context: Option<Json<'a>>,
}

/// Stored JSON, or what somebody put in its place, as the exports write it.
#[derive(Serialize)]
#[serde(untagged)]
enum Json<'a> {
    Stored(&'a RawValue),
    Invalid {
        #[serde(rename = "$invalid")]
        text: &'a str,
    },
}

impl<'a> Json<'a> {
    fn of(text: &'a str) -> Self {
        let mut reader = serde_json::Deserializer::from_str(text);
        reader.disable_recursion_limit();
        let parsed = <&RawValue>::deserialize(&mut reader);
        match parsed.and_then(|raw| reader.end().map(|()| raw)) {
            Ok(raw) => Self::Stored(raw),
            Err(_) => Self::Invalid { text },
        }
    }
}

impl<'a> Row<'a> {
    fn of(entry: &'a AuditEntry) -> Self {
        let json = |text: &'a Option<String>| text.as_deref().map(Json::of);
        let time =
            |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Self {
            seq: entry.seq,
            id: entry.id.to_string(),
            change_id: entry.change_id.to_string(),
            operation_id: entry.operation_id.to_string(),
            tenant_id: entry.tenant_id.as_deref(),
            table_name: entry.table_name.as_deref(),
            record_id: entry.record_id.as_deref(),
            action: &entry.action,
            field_name: entry.field_name.as_deref(),
            old_value: json(&entry.old_value),
            new_value: json(&entry.new_value),
            actor: entry.actor.as_str(),
            on_behalf_of: entry.on_behalf_of.as_ref().map(|actor| actor.as_str()),
            changed_at: time(entry.changed_at),
            recorded_at: time(entry.recorded_at),
            request_id: entry.request_id.as_deref(),
            reason: entry.reason.as_deref(),
            context: json(&entry.context),
        }
    }
}

#[derive(Serialize)]
struct Entries<'a> {
    entries: Vec<Row<'a>>,
    next: Option<&'a Cursor>,
}

#[derive(Serialize)]
struct Changes<'a> {
    changes: Vec<Vec<Row<'a>>>,
    next: Option<&'a Cursor>,
}

/// How rows are shown.
#[derive(Clone, Copy)]
struct View {
    zone: Tz,
    /// With the tenant of each, where it may be any.
    tenants: bool,
}

const HEADER: [&str; 10] = [
    "at", "tenant", "by", "action", "record", "field", "old", "new", "request", "reason",
];

impl View {
    /// The columns, by their places in [`HEADER`].
    fn columns(self) -> impl Iterator<Item = usize> {
        (0..HEADER.len()).filter(move |at| self.tenants || HEADER[*at] != "tenant")
    }
}

/// A row as the texts of a table.
fn cells(entry: &AuditEntry, zone: Tz) -> [String; 10] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let record = match (&entry.table_name, &entry.record_id) {
        (Some(table), Some(record)) => format!("{table}#{record}"),
        (Some(table), None) => table.clone(),
        _ => String::new(),
    };
    let by = match &entry.on_behalf_of {
        Some(behalf) => format!("{} for {behalf}", entry.actor),
        None => entry.actor.to_string(),
    };
    [
        entry
            .changed_at
            .with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::Micros, true),
        text(&entry.tenant_id),
        by,
        entry.action.clone(),
        record,
        text(&entry.field_name),
        text(&entry.old_value),
        text(&entry.new_value),
        text(&entry.request_id),
        text(&entry.reason),
    ]
}

fn print_entries(
    out: &mut impl Write,
    format: Format,
    entries: &[AuditEntry],
    next: Option<&Cursor>,
    view: View,
) -> Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(
                &mut *out,
                &Entries {
                    entries: entries.iter().map(Row::of).collect(),
                    next,
                },
            )?;
            writeln!(out)?;
        }
        Format::Csv => csv(out, entries.iter(), view)?,
        Format::Table if entries.is_empty() => {
            writeln!(out, "{}", Tone::Quiet.paint("no entries"))?
        }
        Format::Table => {
            let rows: Vec<_> = entries
                .iter()
                .map(|entry| cells(entry, view.zone))
                .collect();
            // Columns that nothing stands in only take room away from the others.
            let kept: Vec<usize> = view
                .columns()
                .filter(|index| rows.iter().any(|row| !row[*index].is_empty()))
                .collect();
            let header: Vec<&str> = kept.iter().map(|index| HEADER[*index]).collect();
            let rows = rows
                .iter()
                .map(|row| kept.iter().map(|index| row[*index].clone()).collect());
            writeln!(out, "{}", table(&header, rows).trim_fmt())?;
        }
    }
    Ok(())
}

fn csv<'a>(
    out: &mut impl Write,
    entries: impl Iterator<Item = &'a AuditEntry>,
    view: View,
) -> io::Result<()> {
    let header: Vec<&str> = view.columns().map(|at| HEADER[at]).collect();
    csv_line(out, &header)?;
    for entry in entries {
        let cells = cells(entry, view.zone);
        let shown: Vec<&str> = view.columns().map(|at| cells[at].as_str()).collect();
        csv_line(out, &shown)?;
    }
    Ok(())
}

fn print_changes(
    out: &mut impl Write,
    format: Format,
    changes: &[ChangeSet],
    next: Option<&Cursor>,
    view: View,
) -> Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(
                &mut *out,
                &Changes {
                    changes: changes
                        .iter()
                        .map(|set| set.entries().iter().map(Row::of).collect())
                        .collect(),
                    next,
                },
            )?;
            writeln!(out)?;
        }
        Format::Csv => csv(out, changes.iter().flat_map(ChangeSet::entries), view)?,
        Format::Table if changes.is_empty() => {
            writeln!(out, "{}", Tone::Quiet.paint("no changes"))?
        }
        Format::Table => {
            for set in changes {
                print_change(out, set, view)?;
            }
        }
    }
    Ok(())
}

/// Who did what when, then a line for each field.
fn print_change(out: &mut impl Write, set: &ChangeSet, view: View) -> io::Result<()> {
    let Some(first) = set.first() else {
        return Ok(());
    };
    let [at, tenant, by, action, record, _, _, _, request, reason] = cells(first, view.zone);
    let tenant = if view.tenants { tenant } else { String::new() };
    let head = format!("{at}  {by}  {action}  {record}");
    write!(out, "{}", Tone::Strong.paint(&printable(&head, false)))?;
    for (what, text) in [("tenant", tenant), ("request", request), ("reason", reason)] {
        if !text.is_empty() {
            write!(out, "  {what}: {}", printable(&text, false))?;
        }
    }
    writeln!(out)?;
    for entry in set.entries() {
        let value =
            |value: &Option<String>| printable(value.as_deref().unwrap_or("-"), false).into_owned();
        let (old, new) = (value(&entry.old_value), value(&entry.new_value));
        let field = match &entry.field_name {
            Some(field) => format!("{}: ", printable(field, false)),
            None => String::new(),
        };
        writeln!(
            out,
            "  {field}{} -> {}",
            Tone::Bad.paint(&old),
            Tone::Good.paint(&new)
        )?;
    }
    Ok(())
}
