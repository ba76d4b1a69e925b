//! What is wrong with a query of the log.

use core::fmt;

/// Why a query of the log is refused, before any SQL. Holds no value of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// A limit of nothing, or of too much.
    Limit {
        /// The highest.
        max: u64,
    },
    /// A time range, or a range of days, that ends where it starts or before.
    EmptyRange,
    /// A time that no database can hold.
    Time,
    /// A filter's text holds a NUL character.
    Nul {
        /// The filter's method.
        filter: &'static str,
    },
    /// A filter's text is longer than any that is stored.
    TooLong {
        /// The filter's method.
        filter: &'static str,
        /// The most characters.
        max: usize,
    },
    /// A filter's text is empty.
    Empty {
        /// The filter's method.
        filter: &'static str,
    },
    /// A record without its table.
    RecordWithoutTable,
    /// Filters that no index serves, and nothing that bounds what they read.
    Unbounded {
        /// One of the filters.
        filter: &'static str,
    },
    /// A cursor that this query did not make, or that was altered.
    Cursor,
    /// The configuration's cursor key is too short.
    CursorKey,
    /// There is no cursor key, and the system's random source gives none.
    NoRandom,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit { max } => write!(f, "`limit` takes 1 to {max}; to read more, go on with pages or `stream`"),
            Self::EmptyRange => f.write_str(
                "the time range is empty: it must start before it ends, and the end is not part of it",
            ),
            Self::Time => f.write_str(
                "a time of the range is outside of the years 1000 to 9999; leave that end of the range out",
            ),
            Self::Nul { filter } => write!(
                f,
                "the text of `{filter}` holds a NUL character, which no stored text does"
            ),
            Self::TooLong { filter, max } => write!(
                f,
                "the text of `{filter}` is longer than {max} characters, which no stored text is"
            ),
            Self::Empty { filter } => {
                write!(f, "the text of `{filter}` is empty; leave the filter out to see all")
            }
            Self::RecordWithoutTable => {
                f.write_str("a `record` is known by its table: name it with `table`")
            }
            Self::Unbounded { filter } => write!(
                f,
                "with `{filter}` this query would read the whole log: add a record (`table` and \
                 `record`), an operation, or the start of a time range (`since` or `between`)"
            ),
            Self::Cursor => f.write_str(
                "the cursor is not one of this query: pass it on unchanged, with the same filters, \
                 order and tenant, or start again without one",
            ),
            Self::CursorKey => f.write_str(
                "the cursor key of the configuration is shorter than 16 bytes; make it 32",
            ),
            Self::NoRandom => f.write_str(
                "the system's random source gives no cursor key; set one with \
                 `AuditConfig::builder().cursor_key(..)`",
            ),
        }
    }
}

impl core::error::Error for QueryError {}

impl From<audit_core::config::CursorKeyError> for QueryError {
    fn from(error: audit_core::config::CursorKeyError) -> Self {
        match error {
            audit_core::config::CursorKeyError::Short => Self::CursorKey,
            audit_core::config::CursorKeyError::NoRandom => Self::NoRandom,
        }
    }
}
