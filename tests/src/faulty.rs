//! A connection that fails at the statement that a test names.
//!
//! It stands between the adapter and a real connection, so that it counts what the adapter sends,
//! `BEGIN`, `SAVEPOINT`, `COMMIT` and `ROLLBACK` included: those are Diesel's transaction manager's,
//! which sends them through [`SimpleConnection::batch_execute`] like any other text. What it does not
//! count is what a driver adds by itself (preparing a text for the first time).
//!
//! Diesel seals its `Connection` trait behind a feature for third-party backends. Switching that on
//! here would switch it on for the whole workspace, by cargo's unification: the adapter could come to
//! lean on hidden items that a user's build does not have. The seal's other key is the path that
//! `#[derive(MultiConnection)]` uses in every app that derives it; a test may use that one.

use std::panic::resume_unwind;

use diesel::backend::Backend;
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, Instrumentation, LoadConnection,
    SimpleConnection, TransactionManager,
};
use diesel::expression::QueryMetadata;
use diesel::internal::derives::multiconnection::ConnectionSealed;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};

/// What happens at a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server gets nonsense in its place and refuses: a real error of the database, with what
    /// the database does to a transaction then.
    Refused,
    /// Nothing is sent and an error comes back, as from a bind that cannot be serialized: the
    /// database knows of nothing.
    Unsent,
    /// A panic in its place, as from a mask or an instrumentation.
    Panic,
    /// It runs; a panic follows, as from an instrumentation that logs the answer.
    PanicAfter,
    /// The connection is killed in its place.
    Disconnect,
    /// It runs; the connection is killed before the answer is read.
    AnswerLost,
}

impl Fault {
    pub const ALL: [Self; 6] = [
        Self::Refused,
        Self::Unsent,
        Self::Panic,
        Self::PanicAfter,
        Self::Disconnect,
        Self::AnswerLost,
    ];

    /// The connection does not survive it.
    pub fn cuts(self) -> bool {
        matches!(self, Self::Disconnect | Self::AnswerLost)
    }
}

/// What an injected panic throws. It goes round the panic hook: thousands of them are expected.
#[derive(Debug)]
pub struct Injected;

/// When a statement is being told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    /// It ran without an error.
    After,
}

type Watch = Box<dyn FnMut(Moment, &str) + Send>;

/// A real connection whose statements are counted and, where armed, fail.
pub struct Faulty<C> {
    inner: C,
    url: String,
    session: i64,
    /// Another connection, to kill this one from.
    killer: Option<C>,
    cut: bool,
    armed: Vec<(usize, Fault)>,
    sent: Option<Vec<String>>,
    watch: Option<Watch>,
}

impl<C: Killable> Faulty<C> {
    /// Takes over a connection; at `url` another one can be had.
    pub fn new(mut inner: C, url: &str) -> Self {
        let session = inner.session();
        Self {
            inner,
            url: url.to_owned(),
            session,
            killer: None,
            cut: false,
            armed: Vec::new(),
            sent: None,
            watch: None,
        }
    }

    /// Takes a new connection in place of a lost one.
    pub fn reconnect(&mut self, mut inner: C) {
        self.session = inner.session();
        self.inner = inner;
        self.cut = false;
    }

    /// Counts from here on, and fails at the statements named, the first being 1.
    pub fn arm(&mut self, faults: &[(usize, Fault)]) {
        self.armed = faults.to_vec();
        self.sent = Some(Vec::new());
    }

    /// Stops counting; the first words of what was sent since.
    pub fn disarm(&mut self) -> Vec<String> {
        self.armed.clear();
        self.sent.take().unwrap_or_default()
    }

    /// Is told of each statement from here on.
    pub fn watch(&mut self, watch: impl FnMut(Moment, &str) + Send + 'static) {
        self.watch = Some(Box::new(watch));
    }

    /// True once a fault has killed the connection.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// How many transactions and savepoints are open; `None` where the connection is marked as
    /// broken, so that it begins and commits nothing any more.
    pub fn depth(&mut self) -> Option<u32> {
        depth(&mut self.inner)
    }

    /// The fault that follows the statement, where one does.
    fn before(&mut self, text: impl FnOnce() -> String) -> QueryResult<(Option<Fault>, String)> {
        if self.cut && C::STAYS_OPEN {
            return Err(closed("the database was closed"));
        }
        if self.sent.is_none() && self.watch.is_none() {
            return Ok((None, String::new()));
        }
        let text = text();
        if let Some(watch) = &mut self.watch {
            watch(Moment::Before, &text);
        }
        let mut fault = None;
        if let Some(sent) = &mut self.sent {
            sent.push(
                text.split_whitespace()
                    .take(3)
                    .collect::<Vec<_>>()
                    .join(" "),
            );
            fault = self
                .armed
                .iter()
                .find(|(n, _)| *n == sent.len())
                .map(|(_, fault)| *fault);
        }
        match fault {
            Some(Fault::Refused) => {
                self.inner.batch_execute("REFUSE THIS")?;
                unreachable!("no database knows that statement")
            }
            Some(Fault::Unsent) => Err(Error::SerializationError("injected".into())),
            Some(Fault::Panic) => resume_unwind(Box::new(Injected)),
            Some(Fault::Disconnect) => {
                self.kill();
                // Through the dead connection, so that its own error comes back.
                self.inner
                    .batch_execute("SELECT 1")
                    .and(Err(closed("killed")))
            }
            after => Ok((after, text)),
        }
    }

    fn after<R>(
        &mut self,
        fault: Option<Fault>,
        text: &str,
        result: QueryResult<R>,
    ) -> QueryResult<R> {
        if let (Some(watch), Ok(_)) = (&mut self.watch, &result) {
            watch(Moment::After, text);
        }
        match fault {
            Some(Fault::PanicAfter) => resume_unwind(Box::new(Injected)),
            Some(Fault::AnswerLost) => {
                self.kill();
                Err(closed("server closed the connection unexpectedly"))
            }
            _ => result,
        }
    }

    fn kill(&mut self) {
        let killer = match &mut self.killer {
            Some(killer) => killer,
            none => none.insert(C::establish(&self.url).unwrap()),
        };
        self.inner.kill(killer, self.session);
        self.cut = true;
    }
}

fn closed(message: &str) -> Error {
    Error::DatabaseError(
        DatabaseErrorKind::ClosedConnection,
        Box::new(message.to_owned()),
    )
}

fn depth<C: Connection<TransactionManager = AnsiTransactionManager>>(conn: &mut C) -> Option<u32> {
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    status
        .transaction_depth()
        .ok()
        .map(|depth| depth.map_or(0, |depth| depth.get()))
}

fn text_of<DB, T>(source: &T) -> String
where
    DB: Backend<QueryBuilder: Default> + Default,
    T: QueryFragment<DB>,
{
    let mut text = DB::QueryBuilder::default();
    source.to_sql(&mut text, &DB::default()).unwrap();
    text.finish()
}

impl<C> ConnectionSealed for Faulty<C> {}

impl<C: Killable> SimpleConnection for Faulty<C> {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let (fault, text) = self.before(|| query.to_owned())?;
        let result = self.inner.batch_execute(query);
        self.after(fault, &text, result)
    }
}

impl<C: Killable> Connection for Faulty<C> {
    type Backend = C::Backend;
    type TransactionManager = AnsiTransactionManager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        C::establish(url).map(|inner| Self::new(inner, url))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Self::Backend> + QueryId,
    {
        let (fault, text) = self.before(|| text_of::<C::Backend, T>(source))?;
        let result = self.inner.execute_returning_count(source);
        self.after(fault, &text, result)
    }

    /// The real connection's own: it corrects that by what the server says.
    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.inner.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.inner.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.inner.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}

impl<C: Killable> LoadConnection for Faulty<C> {
    type Cursor<'conn, 'query>
        = C::Cursor<'conn, 'query>
    where
        Self: 'conn;
    type Row<'conn, 'query>
        = C::Row<'conn, 'query>
    where
        Self: 'conn;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Self::Backend> + QueryId + 'query,
        Self::Backend: QueryMetadata<T::SqlType>,
    {
        let (fault, text) = self.before(|| text_of::<C::Backend, T>(&source))?;
        if fault.is_some() {
            // Read to its end: SQLite runs a query no further than it is read.
            let read = self.inner.load(source).map(Iterator::count);
            self.after(fault, &text, read)?;
            unreachable!("a fault that follows a statement is an error or a panic")
        }
        if let Some(watch) = &mut self.watch {
            watch(Moment::After, &text);
        }
        self.inner.load(source)
    }
}

/// A real connection that can be killed from outside.
pub trait Killable:
    LoadConnection<Backend: Backend<QueryBuilder: Default> + Default>
    + Connection<TransactionManager = AnsiTransactionManager>
{
    /// Nothing stands behind the connection that could end it: its closing is played.
    const STAYS_OPEN: bool = false;

    /// What the server calls it.
    fn session(&mut self) -> i64;

    /// Ends it, and returns when its transaction is rolled back.
    fn kill(&mut self, killer: &mut Self, session: i64);
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// Asks until the server has forgotten the session.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn wait_until_gone(mut count: impl FnMut() -> i64) {
    for _ in 0..2_000 {
        if count() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("the killed session is still there");
}

#[cfg(feature = "postgres")]
impl Killable for PgConnection {
    fn session(&mut self) -> i64 {
        let query = diesel::sql_query("SELECT pg_backend_pid()::bigint AS number");
        query.get_result::<Number>(self).unwrap().number
    }

    fn kill(&mut self, killer: &mut Self, session: i64) {
        killer
            .batch_execute(&format!("SELECT pg_terminate_backend({session})"))
            .unwrap();
        let query =
            format!("SELECT count(*) AS number FROM pg_stat_activity WHERE pid = {session}");
        wait_until_gone(|| {
            diesel::sql_query(&query)
                .get_result::<Number>(killer)
                .unwrap()
                .number
        });
    }
}

/// Where sessions are listed. MySQL's `information_schema` fails on a statement with bytes in it that
/// are no text; MariaDB has no such list in its `performance_schema`. Each reads its own comment only.
pub const MYSQL_SESSIONS: &str =
    "/*!80022 performance_schema *//*M! information_schema */.processlist";

#[cfg(feature = "mysql")]
impl Killable for MysqlConnection {
    fn session(&mut self) -> i64 {
        let query = diesel::sql_query("SELECT CAST(connection_id() AS SIGNED) AS number");
        query.get_result::<Number>(self).unwrap().number
    }

    fn kill(&mut self, killer: &mut Self, session: i64) {
        killer
            .batch_execute(&format!("KILL CONNECTION {session}"))
            .unwrap();
        let query = format!("SELECT count(*) AS number FROM {MYSQL_SESSIONS} WHERE id = {session}");
        wait_until_gone(|| {
            diesel::sql_query(&query)
                .get_result::<Number>(killer)
                .unwrap()
                .number
        });
    }
}

/// SQLite has no connection to lose but its file handle: that is really closed, which rolls back,
/// and what stays in its place only answers errors.
#[cfg(feature = "sqlite")]
impl Killable for SqliteConnection {
    const STAYS_OPEN: bool = true;

    fn session(&mut self) -> i64 {
        0
    }

    fn kill(&mut self, _: &mut Self, _: i64) {
        let depth = depth(self).unwrap_or(0);
        let mut husk = Self::establish(":memory:").unwrap();
        for _ in 0..depth {
            AnsiTransactionManager::begin_transaction(&mut husk).unwrap();
        }
        *self = husk;
    }
}
