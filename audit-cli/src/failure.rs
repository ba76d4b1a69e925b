//! How a command ends: exit codes, and errors in words.

use std::io;
use std::process::ExitCode;

use audit_diesel::{AuditError, FailureKind, QueryError};

use crate::text::printable;

/// What a command has to say by its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done, or nothing to complain of: exit code 0.
    Fine,
    /// Something falls short: exit code 1.
    Findings,
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked makes no sense: exit code 2.
    Usage(String),
    /// The database could not be reached, or refused: exit code 3.
    Database(String),
    /// An error of the framework's, told apart when it is shown.
    Audit(Box<AuditError>),
    /// The output could not be written: exit code 4.
    Output(io::Error),
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Export(error) => Self::Output(error),
            error => Self::Audit(Box::new(error)),
        }
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        AuditError::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

impl Failure {
    /// True where the same transaction may succeed when it is run again.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Audit(error) if error.is_retryable())
    }

    /// Says the error on stderr, unless nobody is there to read on: `audit log | head` closes the
    /// pipe and means no harm.
    pub(crate) fn report(self, database_messages: bool) -> ExitCode {
        let (text, code) = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Output(error) => (format!("the output cannot be written: {error}"), 4),
            // Names in it are whoever's who called: none of them makes a line of its own.
            Self::Usage(text) => (printable(&text, false).into_owned(), 2),
            Self::Database(text) => (printable(&text, false).into_owned(), 3),
            Self::Audit(error) => describe(*error, database_messages),
        };
        // Nothing is left to do if stderr is closed too.
        let _ = say(&format!("error: {text}"));
        ExitCode::from(code)
    }
}

/// Writes a line to stderr, where progress and errors go.
pub(crate) fn say(text: &str) -> io::Result<()> {
    use io::Write;
    writeln!(io::stderr().lock(), "{}", printable(text, true))
}

fn describe(error: AuditError, database_messages: bool) -> (String, u8) {
    let code = match &error {
        AuditError::Database(_)
        | AuditError::AuditTable { .. }
        | AuditError::CommitUnknown { .. }
        | AuditError::PurgeRunning
        | AuditError::TransactionLost => 3,
        _ => 2,
    };
    let text = match &error {
        AuditError::Query(problem) => by_flags(problem),
        error => for_the_command_line(&error.to_string()),
    };
    let AuditError::Database(failure) = &error else {
        return (text, code);
    };
    let kind = failure.kind;
    let raw = match error.into_diesel_unmasked() {
        Ok(raw) => raw,
        Err(_) => return (text, code),
    };
    if database_messages {
        return (format!("the database refused: {raw}"), code);
    }
    let text = match (kind, refusal(&raw)) {
        (FailureKind::Other, Some(why)) => format!(
            "the database refused: {why} (its own message is kept back, since it may quote values)"
        ),
        (FailureKind::Other, None) => format!("{text}; a right may be missing"),
        _ => text,
    };
    let text = format!("{text}; `--database-messages` shows the database's words");
    (text, code)
}

/// What a refusal is about that Diesel has no kind for, by the untranslated words of the databases.
fn refusal(raw: &diesel::result::Error) -> Option<&'static str> {
    let diesel::result::Error::DatabaseError(_, info) = raw else {
        return None;
    };
    let message = info.message();
    let begins = |words: &[&str]| words.iter().any(|word| message.starts_with(word));
    if begins(&["permission denied", "must be owner of", "Access denied"])
        // MySQL and MariaDB: `SELECT command denied to user 'x'@'y' for table 'z'`.
        || message.split_once(" command denied to user ").is_some_and(|(what, _)| !what.contains('\''))
    {
        return Some("permission denied, a right of this user of the database is missing");
    }
    let is_read_only = begins(&[
        "attempt to write a readonly database",
        // MySQL and MariaDB: a standby.
        "The MariaDB server is running with the --read-only option",
        "The MySQL server is running with the --read-only option",
        "The MySQL server is running with the --super-read-only option",
    ]);
    is_read_only.then_some("it is read-only")
}

/// What is wrong with a query of the log, by the options where the library names its methods.
fn by_flags(problem: &QueryError) -> String {
    match problem {
        QueryError::Limit { max } => format!(
            "`--limit` takes 1 to {max}; to read more, go on with `--cursor`, or take `audit export`"
        ),
        QueryError::EmptyRange => {
            "the time range is empty: `--from` must be before the end that `--to` says".to_owned()
        }
        QueryError::Unbounded { filter } => format!(
            "with `{}` this query would read the whole log: add a record (`--table` and `--record`), \
             an `--operation`, or the start of a time range (`--from` or `--day`)",
            flag(filter)
        ),
        QueryError::Nul { filter }
        | QueryError::TooLong { filter, .. }
        | QueryError::Empty { filter } => problem
            .to_string()
            .replace(&format!("`{filter}`"), &format!("`{}`", flag(filter))),
        problem => problem.to_string(),
    }
}

/// The option of a filter's method.
fn flag(filter: &str) -> String {
    match filter {
        "changed_by" => "--by".to_owned(),
        filter => format!("--{filter}"),
    }
}

/// Findings of the library say which function to call; here that is a command.
pub(crate) fn for_the_command_line(text: &str) -> String {
    text.replace(
        "`check` and `audited_check` tell whether it is fit",
        "`audit check` tells whether it is fit",
    )
    .replace("`audit_diesel::migrate(&mut conn)`", "`audit init`")
    .replace(
        "`audit_diesel::migrate_by_month(&mut conn)`",
        "`audit init --by-month`",
    )
    .replace(
        "ask `audit_diesel::outcome` on another connection whether it was committed",
        "`audit log --all-tenants --operation` with that id shows whether it was committed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::result::{DatabaseErrorKind, Error};

    #[test]
    fn a_refusal_is_told_by_its_words() {
        for (message, said) in [
            ("permission denied for table t", "permission denied"),
            ("must be owner of table t", "permission denied"),
            (
                "ALTER command denied to user 'x'@'y' for table `d`.`t`",
                "permission denied",
            ),
            (
                "Access denied for user 'x'@'%' to database 'd'",
                "permission denied",
            ),
            ("attempt to write a readonly database", "read-only"),
            (
                "The MariaDB server is running with the --read-only option so it",
                "read-only",
            ),
            ("Duplicate entry 'a command denied to user b' for key", ""),
            ("syntax error at or near \"permission denied\"", ""),
        ] {
            let info = Box::new(message.to_owned());
            let raw = Error::DatabaseError(DatabaseErrorKind::Unknown, info);
            let why = refusal(&raw).unwrap_or_default();
            assert!(
                why.contains(said) && why.is_empty() == said.is_empty(),
                "{message}: {why}"
            );
        }
    }
}
