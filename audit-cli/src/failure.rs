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
    if !database_messages {
        // Diesel tells no refused right from other refusals, and it is the likeliest of them.
        let hint = match failure.kind {
            FailureKind::Other => "; a right may be missing",
            _ => "",
        };
        let text = format!("{text}{hint}; `--database-messages` shows the database's words");
        return (text, code);
    }
    match error.into_diesel_unmasked() {
        Ok(raw) => (format!("the database refused: {raw}"), code),
        Err(_) => (text, code),
    }
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
    text.replace("`audit_diesel::migrate(&mut conn)`", "`audit init`")
        .replace(
            "`audit_diesel::migrate_by_month(&mut conn)`",
            "`audit init --by-month`",
        )
        .replace(
            "ask `audit_diesel::outcome` on another connection whether it was committed",
            "`audit log --all-tenants --operation` with that id shows whether it was committed",
        )
}
