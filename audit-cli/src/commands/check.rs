//! `audit check`.

use std::io::Write;

use audit_diesel::{Actor, AuditConnection, AuditError, FailureKind};
use chrono::Utc;
use serde::Serialize;

use crate::args::{Check, Common, Format};
use crate::catalog::{self, Table};
use crate::database::{self, on};
use crate::failure::{Failure, Result, Verdict, for_the_command_line};
use crate::output::{self, Tone, csv_line, progress};
use crate::plan::{self, Finding, Remedy, Wishes};
use crate::text::printable;

/// What is said of the audit log or of a table.
#[derive(Debug, Serialize)]
struct Report {
    table: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    findings: Vec<Line>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    text: String,
    /// What mends it: `audit columns`, other rows or options first, or something else.
    remedy: &'static str,
}

impl From<&Finding> for Line {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code,
            column: finding.column.clone(),
            text: finding.text.clone(),
            remedy: match finding.remedy {
                Remedy::Planned => "columns",
                Remedy::Blocked(_) => "blocked",
                Remedy::Elsewhere => "elsewhere",
            },
        }
    }
}

pub(crate) fn run(common: &Common, args: &Check) -> Result<Verdict> {
    let mut database = database::open(common)?;
    let reports = on!(&mut database, conn => check(conn, args))?;
    print(common, &reports)?;
    let clean = reports.iter().all(|report| report.findings.is_empty());
    Ok(if clean {
        Verdict::Fine
    } else {
        Verdict::Findings
    })
}

/// The standard's own wishes, but for columns that somebody knows to be none of its.
fn wishes(leave: Vec<String>) -> Wishes {
    Wishes {
        soft_delete: false,
        tenant: false,
        version: false,
        renames: true,
        readers_are_safe: false,
        leave,
        is_check: true,
        actor: Actor::parse("system:migration"),
        time_from: None,
        tenant_id: None,
        now: Utc::now(),
    }
}

fn check<C: AuditConnection>(conn: &mut C, args: &Check) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    if args.tables.is_empty() {
        reports.push(log(conn)?);
    }
    let tables = if args.tables.is_empty() {
        let names = catalog::tables(conn)?;
        refuse_unknown_columns(args, names.iter().map(ToString::to_string))?;
        let mut tables = Vec::new();
        for name in names {
            if let Some(table) = catalog::read(conn, &name)?
                && (args.all || is_stamped(conn, &table, &left(args, &name.to_string()))?)
            {
                tables.push(table);
            }
        }
        tables
    } else {
        let mut tables = Vec::new();
        for name in &args.tables {
            tables.push(catalog::table(conn, name)?);
        }
        refuse_unknown_columns(args, tables.iter().map(|table| table.name.to_string()))?;
        tables
    };
    let bar = progress(tables.len() as u64, "looking at tables");
    for table in tables {
        let shown = table.name.to_string();
        if !args.except.contains(&shown) {
            bar.set_message(printable(&shown, false).into_owned());
            reports.push(judge(conn, table, args, shown)?);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(reports)
}

/// The columns of a table that are to be left out.
fn left(args: &Check, shown: &str) -> Vec<String> {
    let of_it = |left: &String| Some(left.strip_prefix(shown)?.strip_prefix('.')?.to_owned());
    args.leave.iter().filter_map(of_it).collect()
}

/// Refuses a column to leave of a table that is not there. That the column is not there is told where
/// the table is looked at.
fn refuse_unknown_columns(args: &Check, tables: impl Iterator<Item = String>) -> Result<()> {
    let starts: Vec<String> = tables.map(|table| format!("{table}.")).collect();
    let is_known = |left: &&String| starts.iter().any(|start| left.starts_with(start));
    match args.leave.iter().find(|left| !is_known(left)) {
        None => Ok(()),
        Some(left) => Err(Failure::Usage(format!(
            "`--leave {left}`: this begins with the name of no table that is looked at; write \
             `TABLE.COLUMN`, the table as `audit check --all` names it"
        ))),
    }
}

/// Whether a table is looked at of which nobody has spoken. One whose rows may not be read is, so that
/// it is told.
fn is_stamped<C: AuditConnection>(conn: &mut C, table: &Table, leave: &[String]) -> Result<bool> {
    match plan::has_stamps(conn, table, leave) {
        Err(Failure::Audit(error)) if is_of_the_table(&error) => Ok(true),
        answer => answer,
    }
}

/// Of a connection that is lost nothing more can be asked.
fn is_of_the_table(error: &AuditError) -> bool {
    matches!(error, AuditError::Database(failure) if failure.kind != FailureKind::ConnectionLost)
}

/// Judges a table. One whose rows may not be read says so and hides no other.
fn judge<C: AuditConnection>(
    conn: &mut C,
    table: Table,
    args: &Check,
    shown: String,
) -> Result<Report> {
    let (rows, findings, notes) = match plan::plan(conn, table, &wishes(left(args, &shown))) {
        Ok(plan) => {
            let findings = plan.findings.iter().map(Line::from).collect();
            (Some(plan.rows), findings, plan.notes)
        }
        Err(Failure::Audit(error)) if is_of_the_table(&error) => {
            let line = Line {
                code: "unread",
                column: None,
                text: format!("its rows cannot be read: {error}"),
                remedy: "elsewhere",
            };
            (None, vec![line], Vec::new())
        }
        Err(other) => return Err(other),
    };
    Ok(Report {
        table: shown,
        rows,
        findings,
        notes,
    })
}

/// What the library finds of the audit log and the connection.
fn log<C: AuditConnection>(conn: &mut C) -> Result<Report> {
    let findings = match audit_diesel::check(conn) {
        Ok(()) => Vec::new(),
        Err(AuditError::AuditTable { what }) => {
            let mut lines = what.split("\n- ");
            // The first line says that a list follows.
            let first = lines.next().unwrap_or_default();
            let mut all: Vec<&str> = lines.collect();
            if all.is_empty() {
                all.push(first);
            }
            all.into_iter()
                .map(|line| Line {
                    code: "log",
                    column: None,
                    text: for_the_command_line(line),
                    remedy: if line.contains("migrate(&mut conn)") {
                        "init"
                    } else {
                        "elsewhere"
                    },
                })
                .collect()
        }
        Err(other) => return Err(Failure::from(other)),
    };
    Ok(Report {
        table: "audit_log".to_owned(),
        rows: None,
        findings,
        notes: Vec::new(),
    })
}

/// Which commands help: not the same ones for the log and for the application's tables.
fn advice(reports: &[Report]) -> Vec<&'static str> {
    let has = |is_it: fn(&Line) -> bool| {
        let mut lines = reports.iter().flat_map(|report| &report.findings);
        lines.any(is_it)
    };
    let mut advice = Vec::new();
    if has(|line| line.remedy == "init") {
        advice.push("`audit init` makes or mends the audit log");
    }
    if has(|line| line.code != "log") {
        advice.push("`audit columns TABLE` prints what to do");
    }
    advice
}

fn print(common: &Common, reports: &[Report]) -> Result<()> {
    let mut out = output::stdout(common);
    match common.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, reports)?;
            writeln!(out)?;
        }
        Format::Csv => {
            csv_line(&mut out, &["table", "code", "column", "remedy", "text"])?;
            for report in reports {
                for line in &report.findings {
                    let column = line.column.as_deref().unwrap_or("");
                    csv_line(
                        &mut out,
                        &[&report.table, line.code, column, line.remedy, &line.text],
                    )?;
                }
            }
        }
        Format::Table => {
            for report in reports {
                let table = Tone::Strong.paint(&printable(&report.table, false));
                let count = report.findings.len();
                let verdict = match count {
                    0 => Tone::Good.paint("fine"),
                    1 => Tone::Bad.paint("1 finding"),
                    _ => Tone::Bad.paint(&format!("{count} findings")),
                };
                writeln!(out, "{table}: {verdict}")?;
                for line in &report.findings {
                    writeln!(out, "  - {}", printable(&line.text, false))?;
                }
                for note in &report.notes {
                    writeln!(
                        out,
                        "  {}",
                        Tone::Quiet.paint(&format!("note: {}", printable(note, false)))
                    )?;
                }
            }
            let tables = reports
                .iter()
                .filter(|report| !report.findings.is_empty())
                .count();
            if tables > 0 {
                write!(out, "\n{tables} of {} fall short", reports.len())?;
                for advice in advice(reports) {
                    write!(out, "; {advice}")?;
                }
                writeln!(out)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
