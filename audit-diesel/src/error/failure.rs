//! What the database refuses, told by kind and name, never by its message.

use core::fmt;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the database, without its message.
///
/// `Display`, `Debug` and `source()` keep Diesel's message back: it may quote a value of the
/// record. [`AuditError::into_diesel_unmasked`](super::AuditError::into_diesel_unmasked) hands it out.
#[non_exhaustive]
pub struct DatabaseFailure {
    /// What kind of error Diesel took it for.
    pub kind: FailureKind,
    /// The table, where the database names one.
    pub table: Option<String>,
    /// The column, where the database names one.
    pub column: Option<String>,
    /// The constraint, where the database names one.
    pub constraint: Option<String>,
    raw: DieselError,
}

/// The kinds of database errors that a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// A unique constraint.
    UniqueViolation,
    /// A foreign key.
    ForeignKeyViolation,
    /// A NOT NULL column.
    NotNullViolation,
    /// A CHECK constraint.
    CheckViolation,
    /// A serialization failure (SQLSTATE 40001).
    Serialization,
    /// A deadlock.
    Deadlock,
    /// A lock that was not to be had in time, or a database that is busy.
    Busy,
    /// A transaction that has read an older state than it wants to write to (SQLite's
    /// `SQLITE_BUSY_SNAPSHOT`, MariaDB's error 1020). Run it again from its start; on SQLite,
    /// open it with `immediate_transaction` where the audited write is not its first statement.
    StaleSnapshot,
    /// A read-only transaction.
    ReadOnly,
    /// The connection is gone.
    ConnectionLost,
    /// A transaction was ended before its time, and Diesel takes no more on its connection: after a
    /// lost connection, a COMMIT or ROLLBACK sent as SQL, or on SQLite an `ON CONFLICT ROLLBACK`, a
    /// trigger's `RAISE(ROLLBACK)` or an error such as a full disk. The error before this one tells.
    TransactionEnded,
    /// A value that its column does not take: too long, out of range, not of its type (SQLSTATE
    /// class 22). What a user sent is at fault, so that a web application answers 422.
    ///
    /// SQLite limits a value only where the table is STRICT, or the column an INTEGER PRIMARY KEY.
    DataDoesNotFit,
    /// Diesel could not read or build something: a schema that is not the table's.
    Mapping,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// The SQLSTATE (ISO/IEC 9075-2) of the kind, where it has one. Diesel does not say which
    /// code the database sent.
    pub fn sqlstate(self) -> Option<&'static str> {
        Some(match self {
            Self::UniqueViolation => "23505",
            Self::ForeignKeyViolation => "23503",
            Self::NotNullViolation => "23502",
            Self::CheckViolation => "23514",
            Self::Serialization => "40001",
            Self::Deadlock => "40P01",
            Self::ReadOnly => "25006",
            Self::ConnectionLost => "08006",
            Self::DataDoesNotFit => "22000",
            _ => return None,
        })
    }

    fn of(error: &DieselError) -> Self {
        let DieselError::DatabaseError(kind, info) = error else {
            return match error {
                DieselError::DeserializationError(_)
                | DieselError::SerializationError(_)
                | DieselError::QueryBuilderError(_) => Self::Mapping,
                DieselError::BrokenTransactionManager | DieselError::NotInTransaction => {
                    Self::TransactionEnded
                }
                DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
                _ => Self::Other,
            };
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::UniqueViolation,
            DatabaseErrorKind::ForeignKeyViolation => Self::ForeignKeyViolation,
            DatabaseErrorKind::NotNullViolation => Self::NotNullViolation,
            DatabaseErrorKind::CheckViolation => Self::CheckViolation,
            DatabaseErrorKind::SerializationFailure => {
                // MySQL's 1213 and PostgreSQL's 40001 share a kind in Diesel.
                if mentions(info.message(), &["deadlock"]) {
                    Self::Deadlock
                } else {
                    Self::Serialization
                }
            }
            DatabaseErrorKind::ReadOnlyTransaction => Self::ReadOnly,
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                Self::ConnectionLost
            }
            // Diesel shows no SQLSTATE and no errno; the words are all there is. They are the
            // untranslated ones of the servers: elsewhere the kind stays `Other`.
            _ => {
                let message = info.message();
                // First, since these may quote a value, which may hold any of the words below.
                if does_not_fit(message) {
                    Self::DataDoesNotFit
                } else if message.starts_with("CONSTRAINT `") && message.contains("` failed for `")
                {
                    // MariaDB, of which Diesel knows this one as anything else.
                    Self::CheckViolation
                } else if mentions(message, &["deadlock"]) {
                    Self::Deadlock
                } else if mentions(message, &["no transaction is active", "no such savepoint"]) {
                    Self::TransactionEnded
                } else if mentions(message, &["has changed since last read"]) {
                    Self::StaleSnapshot
                } else if mentions(
                    message,
                    &[
                        "database is locked",
                        "database table is locked",
                        "lock wait timeout",
                        "lock timeout",
                        "could not obtain lock",
                    ],
                ) {
                    Self::Busy
                } else if mentions(
                    message,
                    &[
                        "server closed the connection",
                        "server has gone away",
                        "lost connection",
                        "connection not open",
                        "terminating connection",
                        "connection to server",
                        "connection was killed",
                        "no connection to the server",
                        "ssl connection has been closed",
                        "could not receive data from server",
                        "could not send data to server",
                    ],
                ) {
                    Self::ConnectionLost
                } else {
                    Self::Other
                }
            }
        }
    }
}

/// True where the message is one of a value that does not fit.
fn does_not_fit(message: &str) -> bool {
    let message = message.to_lowercase();
    let begins = [
        // PostgreSQL.
        "value too long for type",
        "invalid input syntax for",
        "invalid input value for enum",
        "invalid byte sequence for encoding",
        "unsupported unicode escape sequence",
        "numeric field overflow",
        "bit string length",
        "index row size",
        "index row requires",
        // MySQL/MariaDB.
        "data too long for column",
        "data truncated for column",
        "out of range value for column",
        "invalid json text",
        "row size too large",
        // SQLite.
        "datatype mismatch",
        "string or blob too big",
        "integer overflow",
        "malformed json",
    ];
    begins.iter().any(|words| message.starts_with(words))
        // PostgreSQL: `bigint out of range`, `value ".." is out of range for type integer`.
        || message.contains("out of range")
        // MySQL/MariaDB: `Incorrect date value: '..'`, `Truncated incorrect DOUBLE value: '..'`.
        || (message.starts_with("incorrect ") || message.starts_with("truncated incorrect "))
            && message.contains(" value: ")
        // SQLite: `cannot store TEXT value in INTEGER column accounts.id`.
        || message.starts_with("cannot store ") && message.contains(" value in ")
}

/// The column that a message names before any value: of the others, no part is safe to show.
fn column_in(message: &str) -> Option<&str> {
    for begin in [
        "Data too long for column '",
        "Data truncated for column '",
        "Out of range value for column '",
    ] {
        if let Some(rest) = message.strip_prefix(begin) {
            return rest.split_once("' at row ").map(|(column, _)| column);
        }
    }
    let (_, column) = message
        .strip_prefix("cannot store ")?
        .split_once(" column ")?;
    column.split_once('.').map(|(_, column)| column)
}

pub(super) fn mentions(message: &str, words: &[&str]) -> bool {
    let message = message.to_lowercase();
    words.iter().any(|word| message.contains(word))
}

impl DatabaseFailure {
    pub(super) fn new(raw: DieselError) -> Self {
        let kind = FailureKind::of(&raw);
        let (mut table, mut column, mut constraint) = (None, None, None);
        if let DieselError::DatabaseError(_, info) = &raw {
            table = info.table_name().map(str::to_owned);
            let named = info.column_name().or_else(|| column_in(info.message()));
            column = named.map(str::to_owned);
            constraint = info.constraint_name().map(str::to_owned);
        }
        Self {
            kind,
            table,
            column,
            constraint,
            raw,
        }
    }

    pub(super) fn into_raw(self) -> DieselError {
        self.raw
    }
}

impl fmt::Display for DatabaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::UniqueViolation => "a unique constraint was violated",
            FailureKind::ForeignKeyViolation => "a foreign key was violated",
            FailureKind::NotNullViolation => "a column that is not null was left without a value",
            FailureKind::CheckViolation => "a check constraint was violated",
            FailureKind::Serialization => "the transaction could not be serialized: run it again",
            FailureKind::Deadlock => "the transaction was ended by a deadlock: run it again",
            FailureKind::Busy => "a lock was not to be had in time: run it again",
            FailureKind::StaleSnapshot => {
                "the transaction reads an older state than it wants to write to: run it again from \
                 its start"
            }
            FailureKind::ReadOnly => "the transaction is read-only",
            FailureKind::ConnectionLost => "the connection is lost",
            FailureKind::TransactionEnded => {
                "a transaction on this connection was ended before its time (on SQLite by an `ON CONFLICT \
                 ROLLBACK`, a trigger's `RAISE(ROLLBACK)` or an error such as a full disk; elsewhere by \
                 a lost connection; by a COMMIT or ROLLBACK sent as SQL) and nothing that it had not committed was kept: start again, on \
                 another connection where this one takes no more"
            }
            FailureKind::Mapping => {
                "a value could not be read or bound: does `table!` fit the table?"
            }
            FailureKind::DataDoesNotFit => {
                "a value is too long, out of range or not of its column's type"
            }
            FailureKind::Other => {
                "the database refused: `check` and `audited_check` tell whether it is fit"
            }
        })?;
        for (what, name) in [
            ("table", &self.table),
            ("column", &self.column),
            ("constraint", &self.constraint),
        ] {
            if let Some(name) = name {
                write!(f, ", {what} `{name}`")?;
            }
        }
        f.write_str(" (the database's own message is kept back, since it may quote values)")
    }
}

impl fmt::Debug for DatabaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseFailure")
            .field("kind", &self.kind)
            .field("table", &self.table)
            .field("column", &self.column)
            .field("constraint", &self.constraint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(message: &str) -> DatabaseFailure {
        let info = Box::new(message.to_owned());
        DatabaseFailure::new(DieselError::DatabaseError(DatabaseErrorKind::Unknown, info))
    }

    /// Of servers that the tests of the workspace may not have at hand.
    #[test]
    fn messages_of_all_servers_have_their_kind() {
        for (message, kind) in [
            ("smallint out of range", FailureKind::DataDoesNotFit),
            (
                "index row size 2720 exceeds btree version 4 maximum 2704",
                FailureKind::DataDoesNotFit,
            ),
            (
                "Invalid JSON text: \"Missing a comma\" at position 3 in value for column 't.d'.",
                FailureKind::DataDoesNotFit,
            ),
            (
                "CONSTRAINT `t.d` failed for `a`.`t`",
                FailureKind::CheckViolation,
            ),
            ("deadlock detected", FailureKind::Deadlock),
            (
                "cannot commit - no transaction is active",
                FailureKind::TransactionEnded,
            ),
            (
                "no such savepoint: diesel_savepoint_1",
                FailureKind::TransactionEnded,
            ),
            ("permission denied for table accounts", FailureKind::Other),
        ] {
            assert_eq!(failure(message).kind, kind, "{message}");
        }
    }

    #[test]
    fn a_quoted_value_decides_nothing() {
        let quoted = failure("invalid input value for enum mood: \"deadlock detected\"");
        assert_eq!(quoted.kind, FailureKind::DataDoesNotFit);
    }

    #[test]
    fn a_column_is_named_where_no_value_comes_before_it() {
        for (message, column) in [
            ("Data too long for column 'name' at row 1", Some("name")),
            (
                "cannot store TEXT value in INTEGER column accounts.age",
                Some("age"),
            ),
            (
                "Incorrect date value: 'x' for column `d`.`t`.`day` at row 1",
                None,
            ),
            (
                "invalid input syntax for type uuid: \"for column 'x' at row 1\"",
                None,
            ),
        ] {
            assert_eq!(failure(message).column.as_deref(), column, "{message}");
        }
    }
}
