//! The time that stands for none.

use chrono::{DateTime, Utc};

use crate::backend::Dialect;

/// What stands for "no row is left" in `min(..)`: a null would have no type of its own.
pub(super) fn never(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "'9000-01-01 00:00:00Z'::timestamptz",
        Dialect::Mysql => "CAST('9000-01-01 00:00:00' AS DATETIME(6))",
        Dialect::Sqlite => "221845392000000000",
    }
}

/// 9000-01-01T00:00:00Z.
const NEVER: i64 = 221_845_392_000;

pub(super) fn is_never(time: &DateTime<Utc>) -> bool {
    time.timestamp() >= NEVER
}
