//! From a table to its findings and changes.

use audit_diesel::{AuditConnection, Dialect};

use super::count::count;
use super::making::{Making, Verdict};
use super::model::{Change, Held, Hindrance, Plan, Remedy, Wishes};
use super::survey;
use super::text_times::{self, TextTime};
use crate::catalog::Table;
use crate::failure::{Failure, Result};
use crate::kind::{Conversion, Fit, fit, new_kind};
use crate::quote::{self, same_name};
use crate::standard::{Class, Role};

/// Judges a table.
pub(crate) fn plan<C: AuditConnection>(
    conn: &mut C,
    table: Table,
    wishes: &Wishes,
) -> Result<Plan> {
    check_wishes(&table, wishes)?;
    let texts = text_times::judged(conn, &table, &wishes.leave, !wishes.renames)?;
    let (held, notes) = survey::held(&table, &wishes.leave, wishes.renames, &texts);
    let mut making = Making {
        wishes,
        held,
        plan: Plan {
            table,
            rows: 0,
            findings: Vec::new(),
            notes,
            queries: Vec::new(),
            changes: Vec::new(),
        },
        text_time: false,
        verdicts: Vec::new(),
        undecided: texts,
    };
    making.table_itself();
    if !making.plan.table.faults.is_empty() {
        // A view takes no ALTER: nothing else can be said of it.
        return Ok(making.plan);
    }
    making.ask_of_texts();
    making.version();
    making.judge_types(conn)?;
    making.renames();
    making.broken_by_renames(conn)?;
    making.missing();
    making.types();
    making.refused_by_readers(conn)?;
    making.misread(conn)?;
    making.nulls();
    making.null_tested(conn)?;
    making.emptied_by_keys(conn)?;
    making.indexes();
    let rank = |change: &Change| match change {
        Change::Rename { .. } => 0,
        Change::Add { .. } => 1,
        Change::Convert { .. } => 2,
        Change::Fill { .. } => 3,
        Change::NotNull { .. } | Change::Nullable { .. } => 4,
        Change::Index { .. } => 5,
    };
    making.plan.changes.sort_by_key(rank);
    if !making.plan.table.update_triggers.is_empty()
        && making.plan.table.dialect != Dialect::Sqlite
        && making
            .plan
            .changes
            .iter()
            .any(|change| matches!(change, Change::Fill { .. }))
    {
        let names = making.plan.table.update_triggers.join("`, `");
        making.plan.notes.push(format!(
            "the UPDATE that fills columns fires the table's triggers: `{names}`"
        ));
    }
    Ok(making.plan)
}

fn check_wishes(table: &Table, wishes: &Wishes) -> Result<()> {
    let standard = |name: &String| Role::ALL.iter().any(|role| role.name() == name);
    for left in &wishes.leave {
        if table.column(left).is_none() && !standard(left) {
            return Err(Failure::Usage(format!(
                "{}: `{}` has no such column, and the standard has none either",
                wishes.leaving(table, left),
                table.name
            )));
        }
    }
    if let Some(from) = &wishes.time_from {
        let Some(column) = table.column(from) else {
            return Err(Failure::Usage(format!(
                "`--backfill-time {from}`: `{}` has no such column; say `now` or one of its columns",
                table.name
            )));
        };
        let is_time = column.kind.contains("time") || column.kind.contains("date");
        if !is_time && table.dialect != Dialect::Sqlite {
            return Err(Failure::Usage(format!(
                "`--backfill-time {from}`: the column is `{}` and holds no times",
                column.kind
            )));
        }
    }
    Ok(())
}

impl Making<'_> {
    fn table_itself(&mut self) {
        for fault in self.plan.table.faults.clone() {
            self.find("table", "", fault, Remedy::Elsewhere);
        }
        if self.plan.table.faults.is_empty() && self.plan.table.columns.iter().all(|c| c.key == 0) {
            self.find(
                "key",
                "",
                "it has no primary key, by which the trail names its records".to_owned(),
                Remedy::Elsewhere,
            );
        }
    }

    /// Once the plan had added a column of such a role, the old one could no longer take its name. Where
    /// no name is to be had, there is nothing to decide.
    fn ask_of_texts(&mut self) {
        let held: Vec<Role> = self.held.iter().map(|held| held.role).collect();
        let mut undecided = std::mem::take(&mut self.undecided);
        undecided.retain(|text| {
            !text.is_time && !held.contains(&text.role) && !self.is_left(text.role.name())
        });
        if !self.wishes.renames {
            self.plan.notes.extend(undecided.iter().map(TextTime::note));
            return;
        }
        for text in &undecided {
            let leaving = self.wishes.leaving(&self.plan.table, &text.column.name);
            let question = text.question(&self.plan.table, &leaving, |role| held.contains(&role));
            let name = text.column.name.clone();
            self.find("type", &name, question, Remedy::Blocked(Hindrance::Else));
        }
        self.undecided = undecided;
    }

    /// A version is not told by its name unless it was asked for.
    fn version(&mut self) {
        let name = Role::Version.name();
        if self.wishes.version
            && !self.is_left(name)
            && let Some(column) = self.plan.table.column(name)
        {
            self.held.push(Held {
                role: Role::Version,
                column: column.clone(),
                name: column.name.clone(),
            });
        }
    }

    /// Looks at the rows, once: how many have no value, how many cannot be converted.
    fn judge_types<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let table = &self.plan.table;
        let mut conditions = Vec::new();
        let mut fits = Vec::new();
        for held in &self.held {
            let name = quote::name(table.dialect, &held.column.name);
            let fit = fit(table, &held.column, held.role.class(), &name);
            let (odd, fails) = match &fit {
                Fit::Perhaps(odd, conversion) => (odd.as_str(), conversion.fails.as_deref()),
                Fit::Convert(conversion) => ("1 = 0", conversion.fails.as_deref()),
                _ => ("1 = 0", None),
            };
            conditions.push(format!("{name} IS NULL"));
            conditions.push(format!("{name} IS NOT NULL AND ({odd})"));
            conditions.push(format!(
                "{name} IS NOT NULL AND ({})",
                fails.unwrap_or("1 = 0")
            ));
            fits.push(fit);
        }
        let (rows, counts) = count(conn, table, &conditions)?;
        self.plan.rows = rows;
        for ((held, fit), counts) in self.held.iter().zip(fits).zip(counts.chunks(3)) {
            let [nulls, odd, failing] = *counts else {
                continue;
            };
            let unfit = matches!(fit, Fit::Unfit);
            let conversion = match fit {
                Fit::Perhaps(_, conversion) => Some(conversion).filter(|_| odd > 0),
                Fit::Convert(conversion) => Some(conversion),
                Fit::Fine | Fit::Unfit => None,
            };
            self.verdicts.push(Verdict {
                role: held.role,
                conversion,
                unfit,
                failing,
                nulls,
            });
        }
        self.text_time = self.held.iter().any(|held| {
            held.role.class() == Class::Time && !crate::kind::sqlite::is_integer(&held.column.kind)
        });
        Ok(())
    }

    fn renames(&mut self) {
        for held in self.held.clone() {
            let (from, to) = (&held.column.name, &held.name);
            if held.is_renamed() {
                self.find(
                    "rename",
                    from,
                    format!("`{from}` is `{to}` in the standard: rename it"),
                    Remedy::Planned,
                );
                self.plan.changes.push(Change::Rename {
                    from: from.clone(),
                    to: to.clone(),
                });
            }
        }
    }

    fn types(&mut self) {
        for held in self.held.clone() {
            let Some(verdict) = self.verdict(held.role) else {
                continue;
            };
            let (failing, rows) = (verdict.failing, self.plan.rows);
            let (name, kind) = (&held.column.name, &held.column.kind);
            let shown = if kind.is_empty() {
                "without a type"
            } else {
                kind
            };
            if verdict.unfit {
                let fitting = new_kind(self.plan.table.dialect, held.role.class(), false, false);
                let leaving = self.wishes.leaving(&self.plan.table, name);
                self.find(
                    "type",
                    name,
                    format!(
                        "`{name}` is `{shown}`, which cannot be converted: make it `{fitting}` and run \
                         `audit columns` again; or {leaving}"
                    ),
                    Remedy::Blocked(Hindrance::Else),
                );
            } else if let Some(conversion) = verdict.conversion.clone() {
                let mut text = if conversion.to.eq_ignore_ascii_case(kind) {
                    format!(
                        "some values of `{name}` are not kept as a `{}` keeps them",
                        held.role.name()
                    )
                } else {
                    format!("`{name}` is `{shown}`: make it `{}`", conversion.to)
                };
                let remedy = if failing > 0 {
                    text.push_str(&format!("; {failing} of {rows} rows cannot be converted"));
                    self.plan
                        .queries
                        .extend(self.failing_rows(&held, &conversion));
                    Remedy::Blocked(Hindrance::Rows)
                } else {
                    Remedy::Planned
                };
                self.find("type", name, text, remedy);
                self.plan.changes.push(Change::Convert {
                    column: held.name.clone(),
                    conversion: renamed(&self.plan.table, &held, conversion),
                    is_flag: held.role.class() == Class::Flag,
                });
            }
        }
    }

    /// The SELECT that shows the rows that cannot be converted.
    fn failing_rows(&self, held: &Held, conversion: &Conversion) -> Option<String> {
        let table = &self.plan.table;
        let name = quote::name(table.dialect, &held.column.name);
        let fails = conversion.fails.as_deref()?;
        let select = format!(
            "SELECT * FROM {} WHERE {name} IS NOT NULL AND ({fails})",
            table.quoted()
        );
        Some(if fails.contains("pg_temp.") {
            format!("{};\n{select}", crate::kind::postgres::IS_TIME)
        } else {
            select
        })
    }

    fn nulls(&mut self) {
        for held in self.held.clone() {
            let Some(verdict) = self.verdict(held.role) else {
                continue;
            };
            let nulls = verdict.nulls;
            let kind = match &verdict.conversion {
                Some(conversion) => conversion.to.to_lowercase(),
                None => held.column.kind.clone(),
            };
            let (name, column) = (held.column.name.clone(), held.name.clone());
            if held.role.is_nullable() {
                if held.column.not_null {
                    self.find(
                        "null",
                        &name,
                        format!("`{name}` is NOT NULL, and a record that is not deleted has none: drop the NOT NULL"),
                        Remedy::Planned,
                    );
                    self.plan.changes.push(Change::Nullable { column });
                }
                continue;
            }
            if held.column.not_null {
                continue;
            }
            let mut text = format!("`{name}` may be null: make it NOT NULL");
            let mut remedy = Remedy::Planned;
            if nulls > 0 {
                text.push_str(&format!(" ({nulls} of {} rows are)", self.plan.rows));
                match self.value(held.role, &kind) {
                    Ok(value) => self.plan.changes.push(Change::Fill {
                        column: column.clone(),
                        value,
                    }),
                    Err(why) => {
                        text.push_str(&format!("; {why}"));
                        remedy = Remedy::Blocked(Hindrance::Rows);
                    }
                }
            }
            self.find("null", &name, text, remedy);
            self.plan.changes.push(Change::NotNull { column });
        }
    }

    /// The tenant first, then the deleted flag: what every query of an entity filters by.
    fn indexes(&mut self) {
        let dialect = self.plan.table.dialect;
        let added = |role: Role| {
            self.plan.changes.iter().find_map(|change| match change {
                Change::Add { column, .. } if column == role.name() => Some(column.clone()),
                _ => None,
            })
        };
        let name_of = |role| {
            self.holder(role)
                .map(|held| held.name.clone())
                .or_else(|| added(role))
        };
        let (tenant, flag) = (name_of(Role::Tenant), name_of(Role::IsDeleted));
        let now_named = |name: &String| {
            let held = self.held.iter().find(|held| &held.name == name);
            held.map_or_else(|| name.clone(), |held| held.column.name.clone())
        };
        let leads = |wanted: &[&String]| {
            self.plan.table.indexes.iter().any(|index| {
                wanted.iter().enumerate().all(|(place, column)| {
                    let now = now_named(column);
                    index
                        .columns
                        .get(place)
                        .is_some_and(|c| same_name(dialect, c, &now))
                })
            })
        };
        let (missing, columns) = match (&tenant, &flag) {
            (Some(tenant), Some(flag)) if !leads(&[tenant, flag]) => (
                format!("no index begins with `{tenant}` and `{flag}`"),
                vec![tenant.clone(), flag.clone()],
            ),
            (Some(tenant), None) if !leads(&[tenant]) => (
                format!("no index begins with `{tenant}`"),
                vec![tenant.clone()],
            ),
            (None, Some(flag)) if !leads(&[flag]) => {
                (format!("no index begins with `{flag}`"), vec![flag.clone()])
            }
            _ => return,
        };
        let name = index_name(&self.plan.table, &columns);
        self.find(
            "index",
            "",
            format!("{missing}, by which every query filters"),
            Remedy::Planned,
        );
        self.plan.changes.push(Change::Index { name, columns });
    }
}

/// The conversion as it reads once the column has its new name.
fn renamed(table: &Table, held: &Held, conversion: Conversion) -> Conversion {
    if !held.is_renamed() {
        return conversion;
    }
    let old = quote::name(table.dialect, &held.column.name);
    let new = quote::name(table.dialect, &held.name);
    Conversion {
        value: conversion.value.replace(&old, &new),
        ..conversion
    }
}

/// A name of at most 60 bytes, which all databases take; what is cut off a long one is told apart
/// by a number made of it.
fn index_name(table: &Table, columns: &[String]) -> String {
    let whole = format!("{}_{}_idx", table.name.name, columns.join("_"));
    if whole.len() <= 60 && !table.indexes.iter().any(|index| index.name == whole) {
        return whole;
    }
    // FNV-1a, 32 bits.
    let hash = whole.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let mut start = whole;
    while start.len() > 48 {
        start.pop();
    }
    format!("{start}_{hash:08x}")
}
