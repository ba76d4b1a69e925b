//! Events: what happened without a change of an entity, or beside one.

mod batch;
mod name;
mod writer;

use core::fmt;
use std::borrow::Cow;

use audit_core::encode::{ValueRef, to_json, truncate};
use audit_core::mask::apply_at_json;
use audit_core::{AuditConfig, AuditContext, Audited, MaskFailure, MaskRef, record_id, snapshot};
use serde::Serialize;
use uuid::Uuid;

use crate::audit_rows::{AuditRow, OperationRow};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::entity::Entity;
use crate::error::{AuditError, EventError};
use crate::key::IntoKey;
use crate::log::AuditLog;
use crate::sql_types::JsonText;
use crate::transaction::{End, atomic_event};
use crate::write::{check_tenant_width, write_rows};

use name::{check_name, check_target, shown};
pub use writer::{
    BackgroundWriter, BackgroundWriterBuilder, LossCause, LostEvent, Overflow, ShutdownReport,
    WriterCounters,
};

impl AuditLog {
    /// An event to record: a login, an export, an adjustment, whatever is not the change of an
    /// entity (that is recorded by the helpers of [`crate::AuditedWrite`]).
    ///
    /// A name is two or more words joined by dots, each of `a-z`, `0-9` and `_` and starting with a
    /// letter, at most 255 characters in all: `inventory.stock.adjust`. Names that begin with
    /// `audit.` are the framework's own. The name is not checked here but when the event is
    /// written.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use audit_diesel::prelude::*;
    /// # use diesel::prelude::*;
    /// use serde_json::json;
    /// # let mut conn = SqliteConnection::establish(":memory:").unwrap();
    /// # audit_diesel::migrate(&mut conn).unwrap();
    ///
    /// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme").request_id("req-7");
    /// let event = AuditLog::event("inventory.stock.adjust")
    ///     .target("inventory.unit", "abc")
    ///     .before(json!({ "quantity": 5 }))
    ///     .after(json!({ "quantity": 4 }))
    ///     .reason("order committed");
    /// let id = event.id(); // known before the write
    /// assert_eq!(event.write(&mut conn, &ctx)?, id);
    /// # }
    /// # Ok::<(), audit_diesel::AuditError>(())
    /// ```
    pub fn event<'a>(name: impl Into<Cow<'static, str>>) -> EventBuilder<'a> {
        EventBuilder::new(name.into(), false)
    }

    /// An event of the framework's own, whose name begins with `audit.`: for its crates.
    #[doc(hidden)]
    pub fn framework_event<'a>(name: &'static str) -> EventBuilder<'a> {
        EventBuilder::new(Cow::Borrowed(name), true)
    }
}

/// An event that is not recorded yet; [`AuditLog::event`] starts one.
///
/// # What is stored
/// Actor, tenant, request id, operation, time, reason and extra data are the context's. A context
/// for all tenants, or without one, leaves an event that belongs to no tenant. Outside of an
/// operation the event is one of its own, whose id is the event's.
///
/// Values are stored as they are given, in the encoding of [`audit_core::encode`]: **nothing in
/// them is masked** unless it is an entity ([`Self::before_entity`]) or named
/// ([`Self::mask_at`]). A value of more bytes than
/// [`AuditConfig::max_value_bytes`](audit_core::AuditConfig::max_value_bytes) is stored as its
/// length and SHA-256.
///
/// Events are written whether [`AuditConfig::is_enabled`](audit_core::AuditConfig::is_enabled) says
/// so or not: that is about the rows of entity writes.
#[must_use = "an event is not recorded until it is written"]
pub struct EventBuilder<'a> {
    id: Uuid,
    name: Cow<'static, str>,
    /// It is the framework's own, and may begin with `audit.`.
    framework: bool,
    target_kind: Option<String>,
    target_id: Option<String>,
    before: Option<Given<'a>>,
    after: Option<Given<'a>>,
    masks: Vec<(&'static str, MaskRef)>,
    reason: Option<String>,
}

enum Given<'a> {
    Json(String),
    /// Makes the masked snapshot of an entity, once the context's keys are known.
    Entity(Box<Snapshot<'a>>),
}

type Snapshot<'a> = dyn Fn(&AuditConfig) -> Result<String, MaskFailure> + Send + 'a;

/// Shows no value.
impl fmt::Debug for EventBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBuilder")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("target_kind", &self.target_kind)
            .field("target_id", &self.target_id)
            .finish_non_exhaustive()
    }
}

impl<'a> EventBuilder<'a> {
    fn new(name: Cow<'static, str>, framework: bool) -> Self {
        Self {
            id: Uuid::now_v7(),
            name,
            framework,
            target_kind: None,
            target_id: None,
            before: None,
            after: None,
            masks: Vec::new(),
            reason: None,
        }
    }

    /// The id under which the event will be stored: a version 7 UUID (RFC 9562).
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Sets what the event is about: a kind of at most 100 characters (stored as `table_name`) and
    /// an id of at most 255 (stored as `record_id`).
    pub fn target(mut self, kind: impl Into<String>, id: impl fmt::Display) -> Self {
        let id = id.to_string();
        self.target_kind = Some(kind.into());
        self.target_id = Some(record_id(&[ValueRef::Value(&id)]));
        self
    }

    /// Sets what the event is about where that is no single thing: the export of a table, say.
    pub fn target_kind(mut self, kind: impl Into<String>) -> Self {
        self.target_kind = Some(kind.into());
        self.target_id = None;
        self
    }

    /// Sets a record of an entity as what the event is about: the event is then part of the
    /// record's history.
    ///
    /// ```no_run
    /// # use audit_diesel::prelude::*;
    /// # use audit_diesel::{Entity, IntoKey};
    /// # fn demo<Account: Entity>(account: &Account) {
    /// AuditLog::event("account.statement.sent").target_of::<Account>(account.key());
    /// # }
    /// ```
    pub fn target_of<E: Entity>(mut self, key: impl IntoKey<E>) -> Self {
        self.target_kind = Some(E::META.name.to_owned());
        self.target_id = Some(E::record_id(&key.into_key().id));
        self
    }

    /// Sets the state before: anything that serde can write. It is stored as it is given.
    pub fn before(mut self, value: impl Serialize) -> Self {
        self.before = Some(Given::Json(to_json(&value)));
        self
    }

    /// Sets the state after: anything that serde can write. It is stored as it is given.
    pub fn after(mut self, value: impl Serialize) -> Self {
        self.after = Some(Given::Json(to_json(&value)));
        self
    }

    /// Sets an entity as the state before: what its insert would record, masked and without its
    /// skipped fields.
    pub fn before_entity<E: Audited + Sync>(mut self, entity: &'a E) -> Self {
        self.before = Some(Given::of(entity));
        self
    }

    /// Sets an entity as the state after; see [`Self::before_entity`].
    pub fn after_entity<E: Audited + Sync>(mut self, entity: &'a E) -> Self {
        self.after = Some(Given::of(entity));
        self
    }

    /// Masks what a JSON pointer (RFC 6901, `*` for any element) leads to in the values of
    /// [`Self::before`] and [`Self::after`], with a mask of the framework's or the app's. See
    /// [`audit_core::mask::apply_at`]; a pointer that leads nowhere does nothing, but a value that
    /// is nothing but a text is hidden as a whole: no pointer leads into a text.
    ///
    /// ```
    /// use audit_diesel::prelude::*;
    /// use audit_diesel::{MaskRef, mask};
    ///
    /// let event = AuditLog::event("shop.payment.refused")
    ///     .after(serde_json::json!({ "card": { "number": "4111 1111 1111 1111" } }))
    ///     .mask_at("/card/number", MaskRef::of::<mask::Pan>("pan"));
    /// # let _ = event;
    /// ```
    pub fn mask_at(mut self, pointer: &'static str, mask: MaskRef) -> Self {
        self.masks.push((pointer, mask));
        self
    }

    /// Sets why, in place of the context's reason. See [`AuditContext::reason`].
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Writes the event, in a transaction of its own or as part of the caller's: then it is there
    /// if that one commits, as an entity's audit rows are. Inside [`crate::transaction`] an event
    /// that could not be written ends the operation.
    ///
    /// An event that has to outlive a rollback (a login that is refused, say) is written on another
    /// connection, or after the transaction.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use audit_diesel::prelude::*;
    /// # use diesel::prelude::*;
    /// # let mut conn = SqliteConnection::establish(":memory:").unwrap();
    /// # audit_diesel::migrate(&mut conn).unwrap();
    /// # let ctx = AuditContext::new(Actor::anonymous());
    /// # fn check_password() -> Result<(), AuditError> {
    /// #     Err(AuditError::Refused("wrong password".into()))
    /// # }
    /// let login = conn.transaction(|_conn| check_password());
    /// if login.is_err() {
    ///     // Not inside: it would have gone with the rollback.
    ///     AuditLog::event("auth.login.refused").target("user", "ada").write(&mut conn, &ctx)?;
    /// }
    /// # }
    /// # Ok::<(), audit_diesel::AuditError>(())
    /// ```
    ///
    /// # Errors
    /// Before any SQL: [`AuditError::Event`] for the name, the target or a mask that failed,
    /// [`AuditError::Context`] for the context. Then what the database refuses; on
    /// [`AuditError::CommitUnknown`], [`crate::outcome`] tells.
    pub fn write<C: AuditConnection>(
        self,
        conn: &mut C,
        ctx: &AuditContext,
    ) -> Result<Uuid, AuditError> {
        let event = self
            .prepare(ctx, C::Backend::DIALECT)
            .inspect_err(|_| ctx.poison())?;
        atomic_event(conn, ctx, event.operation.operation_id, |conn| {
            write_rows(conn, &event.operation, core::slice::from_ref(&event.row))?;
            Ok(End::Commit(event.row.id))
        })
    }

    /// Hands the event to a background writer, which writes it soon, on a connection of its own:
    /// the request does not wait for the database. The event is no part of a transaction of the
    /// caller's, and stays where that one is rolled back. Its time is that of this call.
    ///
    /// # Errors
    /// [`AuditError::Event`] and [`AuditError::Context`] as [`Self::write`];
    /// [`AuditError::NotQueued`] where the writer does not take it, which its
    /// [`Overflow`] decides. None of them ends an operation of [`crate::transaction`].
    pub fn queue(self, writer: &BackgroundWriter, ctx: &AuditContext) -> Result<Uuid, AuditError> {
        let event = self.prepare(ctx, writer.dialect())?;
        writer.take(event)
    }

    /// Checks everything and makes the row.
    pub(crate) fn prepare(self, ctx: &AuditContext, dialect: Dialect) -> Result<Event, AuditError> {
        let refuse = |source| AuditError::Event {
            event: shown(&self.name),
            source,
        };
        check_name(&self.name, self.framework).map_err(refuse)?;
        check_target(self.target_kind.as_deref(), self.target_id.as_deref()).map_err(refuse)?;
        ctx.validate()
            .and_then(|()| check_tenant_width(dialect, ctx.tenant_ref()))
            .map_err(|source| AuditError::Context {
                entity: "audit_log",
                source,
            })?;
        let config = ctx.config_ref();
        let store = |value: Option<Given<'_>>, side| {
            value
                .map(|value| value.stored(side, &self.masks, config).map(JsonText))
                .transpose()
                .map_err(|failure| refuse(EventError::Mask(failure)))
        };
        let old_value = store(self.before, "before")?;
        let new_value = store(self.after, "after")?;
        let reasoned = self.reason.map(|reason| ctx.clone().reason(reason));
        let operation = OperationRow::new(
            reasoned.as_ref().unwrap_or(ctx),
            ctx.operation_ref().unwrap_or(self.id),
            self.name.clone(),
            self.target_kind,
            ctx.now(),
        );
        let row = AuditRow {
            id: self.id,
            change_id: self.id,
            tenant_id: ctx.tenant_ref().map(str::to_owned),
            record_id: self.target_id,
            field_name: None,
            old_value,
            new_value,
        };
        Ok(Event { operation, row })
    }
}

impl<'a> Given<'a> {
    fn of<E: Audited + Sync>(entity: &'a E) -> Self {
        Self::Entity(Box::new(move |config| snapshot(entity, config)))
    }

    fn stored(
        self,
        side: &'static str,
        masks: &[(&'static str, MaskRef)],
        config: &AuditConfig,
    ) -> Result<String, MaskFailure> {
        match self {
            Self::Entity(snapshot) => snapshot(config),
            Self::Json(json) if masks.is_empty() => Ok(truncate(json, config.max_value_bytes())),
            Self::Json(json) => {
                let mut masked = String::new();
                apply_at_json(side, masks, &json, config, &mut masked)?;
                Ok(truncate(masked, config.max_value_bytes()))
            }
        }
    }
}

/// An event that is checked, encoded and masked: what is written of it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) operation: OperationRow,
    pub(crate) row: AuditRow,
}

impl Event {
    /// About what it takes in memory and on the wire.
    pub(crate) fn bytes(&self) -> usize {
        let op = &self.operation;
        let texts = [
            &op.table_name,
            &op.actor_id,
            &op.on_behalf_of,
            &op.request_id,
            &op.reason,
            &self.row.tenant_id,
            &self.row.record_id,
        ];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let context = op.context.as_ref().map_or(0, |json| json.0.len());
        self.row.bytes() + texts + context + op.action.len() + op.actor_kind.len()
    }
}
