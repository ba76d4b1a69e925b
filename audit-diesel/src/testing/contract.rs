//! The contract of an entity: every helper run once, and what they promise compared with what the
//! database then holds.

mod input;
mod outputs;
mod raw;
mod run;
mod secrets;
mod sql;
mod stamps;

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use audit_core::config::AuditConfigBuilder;
use audit_core::{Actor, AuditConfig, AuditedForm};
use diesel::connection::TransactionManager;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use run::Run;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::StoredEntity;
use crate::error::AuditError;
use crate::form::{ChangesForm, NewForm};
use crate::stamper::Operation;
use crate::statement::TakeWriteLock;
use crate::write::AuditedWrite;

/// The contract of the entity of `changes`; see [`Contract`].
///
/// `new` and `changes` make forms that the database takes, with a secret in each field that is
/// masked: [`canary`](super::canary) makes one. Where the client makes the key, each call of `new`
/// makes another.
pub fn contract<'f, E, N, U>(
    new: impl Fn() -> N + 'f,
    changes: impl Fn() -> U + 'f,
) -> Contract<'f, E, N, U>
where
    U: AuditedForm<Entity = E>,
{
    Contract {
        new: Box::new(new),
        changes: Box::new(changes),
        config: AuditConfig::builder(),
        actors: None,
        tenants: None,
        secrets: Vec::new(),
        unplanted: Vec::new(),
        shown: Vec::new(),
        _entity: core::marker::PhantomData,
    }
}

/// What an entity promises, run and checked by [`Contract::run`]:
///
/// - reserved fields in a client's JSON, in any spelling, are removed by `clean_json` and
///   `strip_reserved`, refused by `reject_reserved`, and set by no form that reads them;
/// - stamps, tenant and version are the context's and the clock's, whatever the database does: an
///   insert sets all, an update `updated_*` and the version alone, a soft delete all of its own and
///   a restore clears them;
/// - a deleted record takes no update, another tenant's record takes nothing, a stale version
///   conflicts;
/// - each of these leaves its change set, with the context's actor and time;
/// - no secret is in the audit table, in a `Debug`, in an error with all its sources, in an error of
///   a form that reads JSON, or in a response view, beyond what the mask may show.
///
/// Secrets are the values of the masked and skipped fields as the forms set them, and what
/// [`Contract::secret`] adds. All is done in a transaction or savepoint that is rolled back.
///
/// The forms have to read JSON and have a `Debug`, as the generated ones do.
///
/// ```
/// # #[cfg(all(feature = "sqlite", feature = "derive", feature = "chrono", feature = "serde"))] {
/// # mod app {
/// # use audit_diesel::prelude::*;
/// # use chrono::{DateTime, Utc};
/// # use diesel::{connection::SimpleConnection, prelude::*};
/// # use audit_diesel::chrono;
/// # diesel::table! { users (id) {
/// #     id -> BigInt, login -> Text, pin -> Integer, api_key -> Text,
/// #     created_at -> TimestamptzSqlite, created_by -> BigInt,
/// #     updated_at -> TimestamptzSqlite, updated_by -> BigInt,
/// # } }
/// # #[derive(Audited, Queryable, Selectable, Identifiable)]
/// # #[diesel(table_name = users)]
/// # #[audit(new = NewUser, changes = UserChanges)]
/// # pub struct User {
/// #     pub id: i64, pub login: String,
/// #     #[audit(mask = "redact")] pub pin: i32, #[audit(mask = "token")] pub api_key: String,
/// #     pub created_at: DateTime<Utc>, pub created_by: i64,
/// #     pub updated_at: DateTime<Utc>, pub updated_by: i64,
/// # }
/// # pub fn main() {
/// # let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// # audit_diesel::migrate(&mut conn).unwrap();
/// # conn.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT NOT NULL,
/// #     pin INTEGER NOT NULL, api_key TEXT NOT NULL, created_at TEXT NOT NULL,
/// #     created_by INTEGER NOT NULL, updated_at TEXT NOT NULL, updated_by INTEGER NOT NULL)").unwrap();
/// use audit_diesel::testing::{canary, contract};
///
/// let new = || NewUser { login: "ada".into(), pin: 4711.into(), api_key: canary().into() };
/// let changes = || UserChanges { login: Some("ada.l".into()), ..Default::default() };
/// contract(new, changes)
///     .config(AuditConfig::builder().token_key("2026", [7; 32]))
///     .actors(Actor::user(1), Actor::user(2))     // the columns refer to a table of users
///     .unplanted("pin")                           // four digits are everywhere
///     .run(&mut conn);
///
/// let report = contract(new, changes).report(&mut conn);
/// assert!(report.findings[0].contains("no secret in `pin`"), "{report}");
/// # } }
/// # app::main();
/// # }
/// ```
#[must_use = "call `run`"]
pub struct Contract<'f, E, N, U> {
    new: Box<dyn Fn() -> N + 'f>,
    changes: Box<dyn Fn() -> U + 'f>,
    config: AuditConfigBuilder,
    actors: Option<[Actor; 2]>,
    tenants: Option<[String; 2]>,
    secrets: Vec<String>,
    unplanted: Vec<String>,
    shown: Vec<String>,
    _entity: core::marker::PhantomData<E>,
}

impl<E, N, U> fmt::Debug for Contract<'_, E, N, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract").finish_non_exhaustive()
    }
}

/// What a contract found. Shows no value of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The entity's audit name.
    pub entity: &'static str,
    /// What was broken, a line each.
    pub findings: Vec<String>,
}

impl Report {
    /// Nothing was broken.
    pub fn is_kept(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_kept() {
            return write!(f, "`{}` keeps the audit contract", self.entity);
        }
        write!(f, "`{}` breaks the audit contract:", self.entity)?;
        for finding in &self.findings {
            write!(f, "\n- {finding}")?;
        }
        Ok(())
    }
}

impl<E, N, U> Contract<'_, E, N, U> {
    /// Sets keys and limits; the clock is the contract's own. Without it, there is a token key that
    /// is made up.
    pub fn config(mut self, config: AuditConfigBuilder) -> Self {
        self.config = config;
        self
    }

    /// Sets two actors, where the made-up ones (`user:4711`, a UUID, other kinds) do not fit the
    /// columns or their foreign keys.
    pub fn actors(mut self, first: Actor, second: Actor) -> Self {
        self.actors = Some([first, second]);
        self
    }

    /// Sets two tenants, where the made-up ones do not fit the column or its foreign key.
    pub fn tenants(mut self, own: impl Into<String>, other: impl Into<String>) -> Self {
        self.tenants = Some([own.into(), other.into()]);
        self
    }

    /// Adds a text that must show nowhere, wherever the forms have it.
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets.push(text.into());
        self
    }

    /// Lets the forms leave a masked field without a secret that can be looked for.
    pub fn unplanted(mut self, field: impl Into<String>) -> Self {
        self.unplanted.push(field.into());
        self
    }

    /// Lets a mask of the app's own show five and more characters of a field in a row. The masks
    /// that the framework has may show what they show.
    pub fn may_show(mut self, field: impl Into<String>) -> Self {
        self.shown.push(field.into());
        self
    }

    /// Runs the contract.
    ///
    /// # Panics
    /// Where it is broken, with all that was found.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion of a test")]
    pub fn run<C>(&self, conn: &mut C)
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend> + fmt::Debug,
        N: NewForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
        U: ChangesForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
    {
        let report = self.report(conn);
        assert!(report.is_kept(), "{report}");
    }

    /// Runs the contract and returns what it found.
    pub fn report<C>(&self, conn: &mut C) -> Report
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend> + fmt::Debug,
        N: NewForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
        U: ChangesForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
    {
        let mut run = Run::<E>::new(self.config.clone());
        let done = undone(conn, |conn| self.all(conn, &mut run));
        if let Err(error) = done {
            run.found(format!("it could not be run to its end: {error}"));
        }
        Report {
            entity: E::META.name,
            findings: run.findings,
        }
    }

    fn all<C>(&self, conn: &mut C, run: &mut Run<E>) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend> + fmt::Debug,
        N: NewForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
        U: ChangesForm<E, C::Backend> + fmt::Debug + DeserializeOwned,
    {
        run.choose::<C::Backend>(self.actors.clone(), self.tenants.clone());
        let (new, changes) = ((self.new)(), (self.changes)());
        run.outputs.debug("the `new` form", &new);
        run.outputs.debug("the `changes` form", &changes);

        let ctx = run.ctx(0);
        let inserted = match E::audited_insert(conn, &ctx, new) {
            Ok(record) => record,
            Err(error) => {
                run.outputs.error("the insert", &error);
                run.found(format!(
                    "the insert failed ({error}): `new` has to make forms that the database takes"
                ));
                return Ok(());
            }
        };
        run.stamped(conn, &ctx, Operation::Insert, &inserted, None)?;
        run.values(conn, &inserted)?;
        let copy = run.read(conn, &inserted)?;
        input::check::<E, N, U, C>(run, &inserted, copy)?;
        run.refused(conn, &inserted, &self.changes)?;

        let ctx = run.ctx(1);
        let updated = E::audited_update(conn, &ctx, run.key(&inserted), changes)?;
        if audit_core::Audited::diff(&inserted, &updated).is_empty() {
            run.found(
                "`changes` changes nothing that is recorded: it has to set a field to a value that \
                 `new` does not"
                    .to_owned(),
            );
        }
        run.stamped(conn, &ctx, Operation::Update, &updated, Some(&inserted))?;
        run.values(conn, &updated)?;

        let last = if E::META.has_soft_delete() {
            run.soft_delete(conn, updated, &self.changes)?
        } else {
            updated
        };
        // A second insert: it may clash with the first, and then says so without a value.
        let again = (self.new)();
        let ctx = run.ctx(6);
        if let Err(error) = E::audited_insert(conn, &ctx.operation(Uuid::now_v7()), again) {
            run.outputs.error("a second insert", &error);
        }
        let ctx = run.ctx(7);
        let removed = E::audited_delete(conn, &ctx, run.key(&last))?;
        run.outputs.record(&removed);
        if let Err(error) = E::audited_delete(conn, &ctx, run.key(&last)) {
            run.outputs
                .error("the delete of a record that is gone", &error);
        }
        let rows = sql::operation_rows(conn, run.operation)?;
        run.trail(&rows);
        run.search(&rows, &self.secrets, &self.unplanted, &self.shown);
        Ok(())
    }
}

/// Runs `body` in a transaction or savepoint, and takes back what it did.
fn undone<C, T>(
    conn: &mut C,
    body: impl FnOnce(&mut C) -> Result<T, AuditError>,
) -> Result<T, AuditError>
where
    C: AuditConnection,
{
    C::TransactionManager::begin_transaction(conn)?;
    let done = catch_unwind(AssertUnwindSafe(|| {
        if C::Backend::DIALECT == Dialect::Sqlite {
            driver::execute(conn, &TakeWriteLock).map_err(AuditError::of_audit_table)?;
        }
        body(conn)
    }));
    let rolled_back = C::TransactionManager::rollback_transaction(conn);
    match done {
        Ok(done) => done.and_then(|value| rolled_back.map(|()| value).map_err(AuditError::from)),
        Err(panic) => resume_unwind(panic),
    }
}
