//! The parts of the audit framework that need no database.
//!
//! An entity that derives [`Audited`] gets a typed diff of two of its states, masks for its
//! secrets, stamps for who wrote it when, and a net against clients that send reserved fields.
//! What is stored of it is made here; who stores it, and with which guarantees, is an adapter's
//! matter (`audit-diesel`).
//!
//! - [`Audited`], [`AuditedForm`], [`AuditedPart`]: what the derives implement;
//!   [`meta`] is the table of fields that they emit.
//! - [`diff`]: two states of an entity compared, raw; [`record`]: a whole entity, masked.
//! - [`encode`]: the JSON in which values are stored, and its way back.
//! - [`mask`]: what may be stored of a secret.
//! - [`Actor`], [`AuditContext`], [`AuditConfig`]: who acts, for whom, and with which keys.
//! - [`stamp`]: the types that stamp columns may have. [`record_id`](mod@record_id): keys as text.
//! - [`clean`]: reserved fields out of a client's JSON; [`form_input`]: what forms need.
//! - [`view`]: what of an entity an API may show.
//!
//! ```
//! use audit_core::{Actor, AuditConfig, AuditContext};
//! use audit_core::encode::{ValueRef, to_json};
//! use audit_core::mask::{self, Last4};
//! use audit_core::meta::MaskRef;
//!
//! let config = AuditConfig::builder().token_key("2026", [7; 32]).build();
//! let ctx = config.context(Actor::user("u_42")).tenant("acme").reason("address change");
//! ctx.validate()?;
//!
//! let mut stored = String::new();
//! let last4 = MaskRef::of::<Last4>("last4");
//! let value = ValueRef::Value(&"DE123456789012");
//! mask::apply("tax_number", &last4, value, false, ctx.config_ref(), &mut stored)?;
//! assert_eq!(stored, r#""****9012""#);
//! assert_eq!(to_json(&Some(1.5_f32)), "1.5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod actor;
mod changes;
pub mod clean;
pub mod config;
pub mod context;
mod context_error;
pub mod diff;
pub mod encode;
pub mod entity;
pub mod form_input;
#[doc(hidden)]
pub mod invisible;
pub mod mask;
mod mask_error;
pub mod meta;
pub mod record;
pub mod record_id;
mod show;
pub mod stamp;
mod token_key;
pub mod view;
mod walk;

pub use actor::{Actor, KnownActor};
pub use clean::{CleanError, ReservedInput, Stripped};
pub use config::{AuditConfig, AuditConfigBuilder, EnvError, TokenKey};
pub use context::{AuditContext, ContextError, ContextPart};
pub use diff::{Changes, Diff, FieldChange, FieldSet};
pub use encode::ValueRef;
pub use entity::{Audited, AuditedForm, AuditedPart};
pub use form_input::Server;
pub use mask::{Email, Last4, Mask, MaskError, MaskFailure, MaskOut, MaskText, Pan, Redact, Token};
pub use meta::{EntityMeta, FieldMeta, FormUse, KeySource, MaskRef, Policy, Role};
pub use record::snapshot;
pub use record_id::{MAX_RECORD_ID, record_id};
pub use stamp::{
    ActorStamp, Cleared, FlagStamp, StampMisfit, TenantStamp, TimeStamp, VersionStamp,
};
pub use view::{DetailView, ListView};

#[cfg(feature = "derive")]
pub use audit_derive::{Audited, AuditedForm, AuditedPart};
