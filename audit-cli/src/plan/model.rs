//! What a plan is made of.

use audit_diesel::{Actor, Dialect};
use chrono::{DateTime, Utc};

use crate::catalog::{Column, Table};
use crate::kind::Conversion;
use crate::standard::Role;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub(crate) struct Wishes {
    pub(crate) soft_delete: bool,
    pub(crate) tenant: bool,
    pub(crate) version: bool,
    pub(crate) renames: bool,
    /// What names a column that is renamed or converted means something else.
    pub(crate) readers_are_safe: bool,
    /// Columns to be left as they are, or not to be added.
    pub(crate) leave: Vec<String>,
    /// `audit check` asks, of many tables, and changes none.
    pub(crate) is_check: bool,
    pub(crate) actor: Actor,
    /// The column that older rows take their times from.
    pub(crate) time_from: Option<String>,
    pub(crate) tenant_id: Option<String>,
    /// The one reading of the clock.
    pub(crate) now: DateTime<Utc>,
}

impl Wishes {
    /// The option that leaves a column out.
    pub(super) fn leaving(&self, table: &Table, column: &str) -> String {
        if self.is_check {
            format!("`--leave {}.{column}`", table.name)
        } else {
            format!("`--leave {column}`")
        }
    }
}

/// What is in the way of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hindrance {
    /// Rows, or what they are to get: the changes are the ones that are wanted.
    Rows,
    /// Something to be decided, or to be done to the database: the changes may be others then.
    Else,
}

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The plan mends it.
    Planned,
    /// It can be mended once what is in the way is gone; until then nothing is applied.
    Blocked(Hindrance),
    /// Not by changing columns.
    Elsewhere,
}

/// Something that falls short of the standard.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// A word for programs: `missing`, `rename`, `type`, `null`, `index`, `key`,
    /// `used`, `table`.
    pub(crate) code: &'static str,
    pub(crate) column: Option<String>,
    pub(crate) text: String,
    pub(crate) remedy: Remedy,
}

/// The value that rows without one get.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// SQL of a constant.
    Constant(String),
    /// Another column's time, else the constant.
    TimeOf(String, String),
    /// Whether another column has a value.
    IsSet(String),
    /// The constant, where the flag of that name says deleted.
    WhenDeleted(String, String),
}

/// One change of a column. Names are those after all renames.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Rename {
        from: String,
        to: String,
    },
    Add {
        column: String,
        kind: String,
        default: Option<&'static str>,
        not_null: bool,
    },
    Convert {
        column: String,
        conversion: Conversion,
        is_flag: bool,
    },
    Fill {
        column: String,
        value: Value,
    },
    NotNull {
        column: String,
    },
    Nullable {
        column: String,
    },
    Index {
        name: String,
        columns: Vec<String>,
    },
}

/// A table, what it lacks, and what to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) table: Table,
    pub(crate) rows: u64,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<String>,
    /// What shows the rows that are in the way.
    pub(crate) queries: Vec<String>,
    pub(crate) changes: Vec<Change>,
}

impl Plan {
    pub(crate) fn is_blocked(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| matches!(finding.remedy, Remedy::Blocked(_)))
    }

    /// True where the changes would be others once nothing is in the way, or break something now.
    pub(crate) fn is_open(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.remedy == Remedy::Blocked(Hindrance::Else))
    }
}

/// A column in a role, under the name that it will have.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) role: Role,
    pub(super) column: Column,
    /// Its name once renamed.
    pub(super) name: String,
}

impl Held {
    pub(super) fn is_renamed(&self) -> bool {
        self.column.name != self.name
    }
}

/// The moment as SQL of a time column of a type.
pub(super) fn moment(dialect: Dialect, kind: &str, now: DateTime<Utc>) -> String {
    let text = now.format("%Y-%m-%d %H:%M:%S%.6f");
    match dialect {
        Dialect::Postgres => format!("timestamptz '{text}+00'"),
        Dialect::Sqlite if crate::kind::sqlite::is_integer(&kind.to_lowercase()) => {
            now.timestamp_micros().to_string()
        }
        Dialect::Sqlite => format!("'{text}+00:00'"),
        _ => format!("timestamp'{text}'"),
    }
}
