//! What the tables and the trail have to hold, worked out from the data set's rows.

use audit_diesel::prelude::Actor;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// An entity, column by column.
pub trait Stored {
    fn columns(&self) -> Vec<(&'static str, Value)>;
    fn stamps(&self) -> Stamps;
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stamps {
    pub created: (DateTime<Utc>, Actor),
    pub updated: (DateTime<Utc>, Actor),
    pub deleted: Option<(DateTime<Utc>, Actor)>,
    pub flag: bool,
}

/// What becomes of a column's value on its way into the trail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kept {
    Plain,
    Last4,
    Email,
    Redacted,
    Ignored,
    Skipped,
}

pub struct Table {
    pub name: &'static str,
    pub key: &'static str,
    /// Every column but the stamps, in order.
    pub columns: &'static [(&'static str, Kept)],
    pub records: Vec<Record>,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub key: String,
    pub values: Map<String, Value>,
    pub stamps: Stamps,
}

/// A row of the trail.
#[derive(Debug, PartialEq)]
pub struct Expected {
    pub table: &'static str,
    pub record: String,
    pub action: &'static str,
    pub field: Option<&'static str>,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub at: DateTime<Utc>,
    pub actor: Actor,
}

/// One spelling for what databases and encoders spell differently: decimals by value to two
/// digits, times without an empty fraction.
pub fn plain(column: &str, value: &Value) -> Value {
    match (column, value) {
        ("unit_price" | "total", Value::String(text)) => {
            json!(format!("{:.2}", text.parse::<f64>().unwrap()))
        }
        ("unit_price" | "total", Value::Number(number)) => {
            json!(format!("{:.2}", number.as_f64().unwrap()))
        }
        ("birth_date" | "invoice_date", Value::String(text)) => {
            json!(text.trim_end_matches('Z').trim_end_matches(".000000"))
        }
        _ => value.clone(),
    }
}

fn kept(column: &str, how: Kept, value: &Value) -> Option<Value> {
    let text = value.as_str().unwrap_or_default();
    Some(match how {
        Kept::Skipped => return None,
        Kept::Plain | Kept::Ignored => plain(column, value),
        Kept::Redacted => json!("***"),
        Kept::Last4 if text.chars().count() >= 12 => {
            let last: String = text.chars().skip(text.chars().count() - 4).collect();
            json!(format!("****{last}"))
        }
        Kept::Email
            if text.matches('@').count() == 1
                && text.split('@').next().unwrap().chars().count() >= 3 =>
        {
            let (local, domain) = text.split_once('@').unwrap();
            json!(format!("{}***@{domain}", local.chars().next().unwrap()))
        }
        Kept::Last4 | Kept::Email => json!("***"),
    })
}

fn time(at: DateTime<Utc>) -> Value {
    json!(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

impl Table {
    fn snapshot(&self, record: &Record) -> Value {
        let mut whole = Map::new();
        for (column, how) in self.columns {
            if let Some(value) = kept(column, *how, &record.values[*column]) {
                whole.insert((*column).to_owned(), value);
            }
        }
        let (at, by) = &record.stamps.created;
        for (name, value) in [
            ("created_at", time(*at)),
            ("created_by", json!(by.to_string())),
            ("updated_at", time(*at)),
            ("updated_by", json!(by.to_string())),
            ("is_deleted", json!(false)),
            ("deleted_at", Value::Null),
            ("deleted_by", Value::Null),
        ] {
            whole.insert(name.to_owned(), value);
        }
        Value::Object(whole)
    }

    pub fn insert(
        &mut self,
        key: String,
        values: Map<String, Value>,
        at: DateTime<Utc>,
        actor: &Actor,
    ) -> Expected {
        let stamp = (at, actor.clone());
        let stamps = Stamps {
            created: stamp.clone(),
            updated: stamp,
            deleted: None,
            flag: false,
        };
        let record = Record {
            key: key.clone(),
            values,
            stamps,
        };
        let new = self.snapshot(&record);
        self.records.push(record);
        Expected {
            table: self.name,
            record: key,
            action: "insert",
            field: None,
            old: None,
            new: Some(new),
            at,
            actor: actor.clone(),
        }
    }

    /// Rows come in the order of the columns; an ignored column alone makes none.
    pub fn change(
        &mut self,
        n: usize,
        patch: &[(&'static str, Value)],
        at: DateTime<Utc>,
        actor: &Actor,
    ) -> Vec<Expected> {
        let record = &mut self.records[n];
        let mut rows = Vec::new();
        let mut changed = false;
        for (column, how) in self.columns {
            let Some((_, new)) = patch.iter().find(|(name, _)| name == column) else {
                continue;
            };
            let old = record
                .values
                .insert((*column).to_owned(), new.clone())
                .unwrap();
            if plain(column, &old) == plain(column, new) {
                continue;
            }
            changed = true;
            if *how != Kept::Skipped {
                rows.push((
                    *how,
                    Expected {
                        table: self.name,
                        record: record.key.clone(),
                        action: "update",
                        field: Some(column),
                        old: kept(column, *how, &old),
                        new: kept(column, *how, new),
                        at,
                        actor: actor.clone(),
                    },
                ));
            }
        }
        if changed {
            record.stamps.updated = (at, actor.clone());
        }
        if rows.iter().all(|(how, _)| *how == Kept::Ignored) {
            return Vec::new();
        }
        rows.into_iter().map(|(_, row)| row).collect()
    }

    pub fn soft_delete(&mut self, n: usize, at: DateTime<Utc>, actor: &Actor) -> Expected {
        let record = &mut self.records[n];
        record.stamps.updated = (at, actor.clone());
        record.stamps.deleted = Some((at, actor.clone()));
        record.stamps.flag = true;
        Expected {
            table: self.name,
            record: record.key.clone(),
            action: "delete",
            field: Some("is_deleted"),
            old: Some(json!(false)),
            new: Some(json!(true)),
            at,
            actor: actor.clone(),
        }
    }
}
