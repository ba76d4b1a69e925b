//! Compares the entities' tables with the trail, by a model that shares no code with the framework:
//! the trail, played from its start, must end in what the tables hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A row of the trail.
#[derive(Debug, Clone)]
pub struct Line {
    pub seq: i64,
    pub table: String,
    pub record: String,
    pub action: String,
    pub field: Option<String>,
    pub old: Value,
    pub new: Value,
    pub changed_at: DateTime<Utc>,
    pub operation: Uuid,
}

/// A row of an entity's table: what its trail should have led to.
#[derive(Debug, Clone)]
pub struct Stored {
    pub table: &'static str,
    pub record: String,
    pub fields: BTreeMap<&'static str, Value>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Default)]
struct Played {
    there: bool,
    fields: BTreeMap<String, Value>,
    changed_at: DateTime<Utc>,
}

/// The state that the trail tells of so far.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    records: BTreeMap<(String, String), Played>,
    /// The operations that left rows, and how many.
    pub operations: BTreeMap<Uuid, usize>,
    pub last_seq: i64,
}

impl Oracle {
    /// Plays further rows, in the order of the log; what contradicts what came before.
    pub fn play(&mut self, lines: impl IntoIterator<Item = Line>) -> Vec<String> {
        let mut faults = Vec::new();
        for line in lines {
            self.last_seq = line.seq;
            *self.operations.entry(line.operation).or_default() += 1;
            let at = format!("{}#{} seq {}", line.table, line.record, line.seq);
            let played = self.records.entry((line.table, line.record)).or_default();
            played.changed_at = line.changed_at;
            let snapshot = |value: &Value| -> BTreeMap<String, Value> {
                let members = value.as_object().into_iter().flatten();
                members
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            };
            match (line.action.as_str(), line.field) {
                ("insert", None) if !played.there => {
                    played.there = true;
                    played.fields = snapshot(&line.new);
                }
                ("delete", None) if played.there => {
                    played.there = false;
                    for (name, last) in snapshot(&line.old) {
                        if !is_stamp(&name) && played.fields.get(&name) != Some(&last) {
                            faults.push(format!("{at}: removed with {name} = {last}, which its trail does not lead to"));
                        }
                    }
                }
                ("update" | "delete" | "restore", Some(field)) if played.there => {
                    let before = played.fields.insert(field.clone(), line.new);
                    if before.as_ref() != Some(&line.old) {
                        faults.push(format!(
                            "{at}: {field} was {before:?}, the row says {}",
                            line.old
                        ));
                    }
                }
                (action, field) => {
                    faults.push(format!(
                        "{at}: {action} of {field:?} while there = {}",
                        played.there
                    ));
                }
            }
        }
        faults
    }

    /// Holds what was played against the tables.
    pub fn compare(&self, stored: &[Stored]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut left: BTreeMap<&(String, String), &Played> = self
            .records
            .iter()
            .filter(|(_, played)| played.there)
            .collect();
        for row in stored {
            let key = (row.table.to_owned(), row.record.clone());
            let at = format!("{}#{}", row.table, row.record);
            let Some(played) = left.remove(&key) else {
                faults.push(format!("{at}: is there, and its trail does not say so"));
                continue;
            };
            for (name, value) in &row.fields {
                let told = played.fields.get(*name);
                if told != Some(value) {
                    faults.push(format!("{at}: {name} is {value}, its trail says {told:?}"));
                }
            }
            if played.changed_at != row.updated_at {
                faults.push(format!(
                    "{at}: stamped {}, its trail ends at {}",
                    row.updated_at, played.changed_at
                ));
            }
        }
        for (table, record) in left.into_keys() {
            faults.push(format!(
                "{table}#{record}: is gone, and its trail does not say so"
            ));
        }
        faults
    }

    /// How many audit rows an operation left.
    pub fn rows_of(&self, operation: Uuid) -> usize {
        self.operations.get(&operation).copied().unwrap_or(0)
    }
}

/// Stamps change without a row of their own.
fn is_stamp(name: &str) -> bool {
    ["created_", "updated_", "deleted_"]
        .iter()
        .any(|start| name.starts_with(start))
        || name == "version"
}

#[cfg(feature = "mysql")]
pub mod mysql {
    use crate::mysql as backend;
    include!("oracle/read.rs");
}
#[cfg(feature = "postgres")]
pub mod postgres {
    use crate::postgres as backend;
    include!("oracle/read.rs");
}
#[cfg(feature = "sqlite")]
pub mod sqlite {
    use crate::sqlite as backend;
    include!("oracle/read.rs");
}
