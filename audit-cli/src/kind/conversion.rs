//! What a type may be made, and by which value.

use audit_diesel::Dialect;

use crate::standard::Class;

/// What to do about a column's type.
#[derive(Debug, Clone)]
pub(crate) enum Fit {
    Fine,
    /// Only its values tell (SQLite, where a type binds nobody): the conversion that it takes if
    /// a row answers to the first condition.
    Perhaps(String, Conversion),
    Convert(Conversion),
    /// Nothing to convert it by.
    Unfit,
}

/// A way from one type to another.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    /// The type that it ends as.
    pub(crate) to: String,
    /// The converted value.
    pub(crate) value: String,
    /// True of a row that cannot be converted; `None` where every row can.
    pub(crate) fails: Option<String>,
    /// The values are written otherwise afterwards: what reads or writes the old ones is wrong then.
    pub(crate) recodes: bool,
    /// MySQL/MariaDB: the values are first made what the new type reads.
    pub(crate) staged: bool,
}

pub(super) const MYSQL_ACTOR: &str = "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
pub(super) const MYSQL_TENANT: &str = "varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

/// The type of a new column. On SQLite, which has none for times, `text_time` says how the table's
/// other times are kept.
pub(crate) fn new_kind(
    dialect: Dialect,
    class: Class,
    strict: bool,
    text_time: bool,
) -> &'static str {
    match (dialect, class) {
        (Dialect::Sqlite, Class::Time) if text_time => "TEXT",
        (Dialect::Sqlite, Class::Time | Class::Version) => "INTEGER",
        (Dialect::Sqlite, Class::Actor | Class::Tenant) => "TEXT",
        (Dialect::Sqlite, Class::Flag) if strict => "INTEGER",
        (Dialect::Sqlite, Class::Flag) => "BOOLEAN",
        (Dialect::Postgres, Class::Time) => "timestamptz",
        (Dialect::Postgres, Class::Actor | Class::Tenant) => "text",
        (Dialect::Postgres, Class::Flag) => "boolean",
        (_, Class::Time) => "datetime(6)",
        (_, Class::Actor) => MYSQL_ACTOR,
        (_, Class::Flag) => "tinyint(1)",
        (_, Class::Tenant) => MYSQL_TENANT,
        (_, Class::Version) => "integer",
    }
}

/// The ranges in which a number is taken for a time since 1970: 1973 to 5138, in seconds, milli-
/// and microseconds. They do not overlap, so that the unit needs no guess.
pub(crate) const UNITS: [(&str, &str, i64); 3] = [
    ("100000000", "100000000000", 1_000_000),
    ("100000000000", "100000000000000", 1_000),
    ("100000000000000", "100000000000000000", 1),
];

/// Texts that mean yes and no in a flag.
pub(crate) const YES: &str = "('1', 't', 'true', 'y', 'yes')";
pub(crate) const NO: &str = "('0', 'f', 'false', 'n', 'no', '')";

/// The length of a type that is written `word(n)`.
pub(crate) fn length(kind: &str) -> Option<u32> {
    let (_, rest) = kind.split_once('(')?;
    rest.split(')').next()?.parse().ok()
}
