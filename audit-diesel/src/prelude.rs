//! Everything that an app's module with entities and audited writes needs.
//!
//! ```
//! use audit_diesel::prelude::*;
//! let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
//! assert_eq!(ctx.actor_ref().to_string(), "user:u_42");
//! ```

pub use crate::{
    Actor, AuditConfig, AuditContext, AuditError, AuditLog, Audited, AuditedBaseline, AuditedCheck,
    AuditedForm, AuditedKey, AuditedPart, AuditedRead, AuditedReplay, AuditedScope, AuditedWrite,
    Revert, Server,
};
