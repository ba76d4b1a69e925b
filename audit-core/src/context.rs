//! On whose behalf, for which tenant, under which request a write happens.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::actor::Actor;
use crate::config::AuditConfig;
use crate::context_error::validate_text;
use crate::encode::{push_sha256_hex, text, to_json};

pub use crate::context_error::{ContextError, ContextPart, MAX_TEXT_BYTES};

/// Most characters of a request id.
pub const MAX_REQUEST_ID: usize = 100;

/// What every write takes: who acts, for which tenant, under which request, and why.
///
/// There is no default context, and nothing is read from globals or thread locals: a context that
/// is not passed on is a compile error, not a wrong name in the trail.
///
/// ```
/// use audit_core::{Actor, AuditContext};
///
/// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme").request_id("req-7").reason("typo");
/// assert_eq!(ctx.tenant_ref(), Some("acme"));
/// ctx.validate()?;
/// # Ok::<(), audit_core::ContextError>(())
/// ```
#[derive(Clone)]
pub struct AuditContext {
    actor: Actor,
    on_behalf_of: Option<Actor>,
    tenant: Tenant,
    request_id: Option<String>,
    reason: Option<String>,
    extra: Option<String>,
    operation: Option<Uuid>,
    /// Set by a write that failed inside an operation of several, and shared by all its contexts.
    poisoned: Option<Arc<AtomicBool>>,
    /// The one clock reading of an operation of several writes.
    now: Option<DateTime<Utc>>,
    config: AuditConfig,
}

#[derive(Clone)]
enum Tenant {
    None,
    One(String),
    All,
}

/// Shows neither the reason nor the extra data: both are free text about people.
impl fmt::Debug for AuditContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditContext")
            .field("actor", &self.actor)
            .field("on_behalf_of", &self.on_behalf_of)
            .field("tenant", &self.tenant_ref())
            .field("all_tenants", &self.is_all_tenants())
            .field("request_id", &self.request_id)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl AuditContext {
    /// A context on the default configuration; [`AuditConfig::context`] is the one with keys.
    pub fn new(actor: Actor) -> Self {
        Self {
            actor,
            on_behalf_of: None,
            tenant: Tenant::None,
            request_id: None,
            reason: None,
            extra: None,
            operation: None,
            poisoned: None,
            now: None,
            config: AuditConfig::default(),
        }
    }

    /// Sets whose data is read and written. The last of this and [`Self::all_tenants`] holds.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Tenant::One(tenant.into());
        self
    }

    /// Lifts the limit to one tenant: for operators and jobs. It cannot insert.
    #[must_use]
    pub fn all_tenants(mut self) -> Self {
        self.tenant = Tenant::All;
        self
    }

    /// Sets the id of the request, for correlation with other logs.
    ///
    /// An id of more than 100 characters or with control characters is replaced by `h:` and the
    /// hex SHA-256 of its bytes: it comes from outside, and must not break or forge anything.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        let fits = id.chars().nth(MAX_REQUEST_ID).is_none() && !id.chars().any(char::is_control);
        self.request_id = Some(if fits {
            id
        } else {
            let mut hash = String::from("h:");
            push_sha256_hex(&mut hash, id.as_bytes());
            hash
        });
        self
    }

    /// Sets why the change is made.
    ///
    /// PostgreSQL stores no NUL, so a NUL becomes `\0`, and in a text with a NUL, `\\` or `\0` in
    /// it every `\` becomes `\\`. [`unescape_reason`] takes that back; other text is as it was.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        self.reason = Some(match text::escape_untagged(&reason) {
            Cow::Owned(escaped) => escaped,
            Cow::Borrowed(_) => reason,
        });
        self
    }

    /// Sets for whom the actor acts: the customer that a support agent helps, say.
    #[must_use]
    pub fn on_behalf_of(mut self, actor: Actor) -> Self {
        self.on_behalf_of = Some(actor);
        self
    }

    /// Sets what else the app stores with each row (column `context`): address, user agent.
    /// It is not masked.
    #[must_use]
    pub fn extra(mut self, extra: serde_json::Value) -> Self {
        self.extra = Some(to_json(&extra));
        self
    }

    /// Sets the business action that the writes with this context, and with its clones, are a part
    /// of: they share its id in the trail, over any number of helpers, entities and transactions,
    /// and are read back together by it. A context without one is a new action at each write, or,
    /// inside a transaction of the adapter's, at each transaction.
    ///
    /// The id is the app's, to hand on to another process or to a job of the same action;
    /// [`Self::new_operation`] makes one.
    #[must_use]
    pub fn operation(mut self, id: Uuid) -> Self {
        self.operation = Some(id);
        self
    }

    /// Begins a business action: [`Self::operation`] with an id of its own, a version 7 UUID
    /// (RFC 9562).
    ///
    /// ```
    /// use audit_core::{Actor, AuditContext};
    ///
    /// fn ship(ctx: &AuditContext) { /* transactions of its own, with `ctx` */ }
    /// fn bill(ctx: &AuditContext) { /* and some more */ }
    ///
    /// let request = AuditContext::new(Actor::user("u_42")).request_id("req-7");
    /// let checkout = request.clone().new_operation();
    /// ship(&checkout);
    /// bill(&checkout);
    /// let id = checkout.operation_ref().expect("it has one now");
    /// assert_eq!(id.get_version_num(), 7);
    /// assert_ne!(request.new_operation().operation_ref(), Some(id), "another action");
    /// ```
    #[must_use]
    pub fn new_operation(self) -> Self {
        self.operation(Uuid::now_v7())
    }

    /// Sets keys, clock and limits.
    #[must_use]
    pub fn config(mut self, config: AuditConfig) -> Self {
        self.config = config;
        self
    }

    /// Who acts.
    pub fn actor_ref(&self) -> &Actor {
        &self.actor
    }

    /// For whom.
    pub fn on_behalf_of_ref(&self) -> Option<&Actor> {
        self.on_behalf_of.as_ref()
    }

    /// The tenant; `None` also for all tenants.
    pub fn tenant_ref(&self) -> Option<&str> {
        match &self.tenant {
            Tenant::One(tenant) => Some(tenant),
            Tenant::None | Tenant::All => None,
        }
    }

    /// True after [`Self::all_tenants`].
    pub fn is_all_tenants(&self) -> bool {
        matches!(self.tenant, Tenant::All)
    }

    /// The request id, as it is stored.
    pub fn request_id_ref(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The reason, as it is stored (see [`Self::reason`]).
    pub fn reason_ref(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The extra data as JSON text, in the encoding of [`crate::encode`].
    pub fn extra_json(&self) -> Option<&str> {
        self.extra.as_deref()
    }

    /// The business action.
    pub fn operation_ref(&self) -> Option<Uuid> {
        self.operation
    }

    /// Keys, clock and limits.
    pub fn config_ref(&self) -> &AuditConfig {
        &self.config
    }

    /// The same context inside one operation of several writes: for adapters. A context that is
    /// in one already stays in it.
    #[doc(hidden)]
    #[must_use]
    pub fn in_operation(&self, operation: Uuid) -> Self {
        let mut inner = self.clone();
        inner.operation.get_or_insert(operation);
        inner.poisoned.get_or_insert_default();
        inner.now = Some(self.now());
        inner
    }

    /// The operation's one reading of the configured clock, to the microsecond: for adapters.
    #[doc(hidden)]
    pub fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(|| self.config.now())
    }

    /// Notes that a write inside the operation has failed: for adapters.
    #[doc(hidden)]
    pub fn poison(&self) {
        if let Some(poisoned) = &self.poisoned {
            poisoned.store(true, Ordering::Relaxed);
        }
    }

    /// True where a write inside the operation has failed: for adapters.
    #[doc(hidden)]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
            .as_ref()
            .is_some_and(|poisoned| poisoned.load(Ordering::Relaxed))
    }

    /// Checks what would break or falsify a row; adapters call it before any SQL.
    ///
    /// # Errors
    /// An actor (also the one acted for) or a tenant that is empty, longer than 255 bytes or has
    /// control characters; an [`Actor::Unknown`] whose text reads as a known actor.
    pub fn validate(&self) -> Result<(), ContextError> {
        self.actor.validate(ContextPart::Actor)?;
        if let Some(actor) = &self.on_behalf_of {
            actor.validate(ContextPart::OnBehalfOf)?;
        }
        match &self.tenant {
            Tenant::One(tenant) => validate_text(tenant, ContextPart::Tenant),
            Tenant::None | Tenant::All => Ok(()),
        }
    }
}

impl AuditConfig {
    /// A context for one request or job, on this configuration.
    pub fn context(&self, actor: Actor) -> AuditContext {
        AuditContext::new(actor).config(self.clone())
    }
}

/// The reason as it was given, from the stored one; see [`AuditContext::reason`].
///
/// ```
/// use audit_core::{Actor, AuditContext, context::unescape_reason};
///
/// let ctx = AuditContext::new(Actor::system()).reason("a\0b");
/// assert_eq!(ctx.reason_ref(), Some(r"a\0b"));
/// assert_eq!(unescape_reason(r"a\0b"), "a\0b");
/// ```
pub fn unescape_reason(stored: &str) -> Cow<'_, str> {
    text::unescape_untagged(stored)
}

#[cfg(test)]
mod tests;
