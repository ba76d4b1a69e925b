//! Audited writes for [Diesel](diesel): who changed what, when, from what to what, and for whom.
//!
//! `#[derive(Audited)]` on an entity gives it a typed diff, masks, server-side stamps and forms
//! without reserved fields; the helpers of [`AuditedWrite`] write a change and its audit rows
//! together or not at all, on SQLite, PostgreSQL and MySQL/MariaDB. What happens beside the records is
//! an event ([`AuditLog::event`]), written as a row is or queued to a [`BackgroundWriter`].

// The longest tuple of columns is made by a macro that shortens it one by one.
#![recursion_limit = "256"]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod audit_rows;
mod backend;
mod baseline;
#[cfg(feature = "postgres")]
mod by_month;
mod check;
mod column;
mod columns;
mod columns_read;
mod columns_walk;
mod driver;
mod entity;
mod error;
mod event;
mod exact;
mod export;
mod form;
mod history;
mod hot_texts;
mod key;
pub mod log;
mod migrate;
mod outcome;
#[cfg(feature = "r2d2")]
mod pool;
mod replay;
pub mod retention;
mod scope;
pub mod sql_types;
mod stamper;
mod stamps;
mod statement;
pub mod testing;
mod trail;
mod transaction;
mod write;

pub mod prelude;

pub use audit_core::form_input;
pub use audit_core::meta::{FormUse, KeySource, MaskRef, Policy, Role};
#[doc(inline)]
pub use audit_core::{
    Actor, ActorStamp, AuditConfig, AuditContext, Audited, AuditedForm, AuditedPart, CleanError,
    Cleared, ContextError, DetailView, EntityMeta, EnvError, FieldMeta, FlagStamp, ListView, Mask,
    MaskError, MaskFailure, MaskOut, ReservedInput, Server, StampMisfit, Stripped, TenantStamp,
    TimeStamp, ValueRef, VersionStamp, mask, snapshot,
};
#[cfg(feature = "chrono")]
pub use chrono;

pub use backend::{AuditBackend, AuditConnection, Dialect};
pub use baseline::{AuditedBaseline, BaselineOptions, BaselineProgress, BaselineReport};
#[cfg(feature = "postgres")]
pub use by_month::{MIGRATION_BY_MONTH, migrate_by_month};
pub use check::{AuditedCheck, check};
pub use columns_walk::StoredPart;
pub use entity::{Entity, NoTenant, StoredEntity, TenantOf};
pub use error::{
    AuditError, DatabaseFailure, EventError, FailureKind, MAX_EVENT_NAME, MAX_TARGET_KIND,
    QueryError, QueueError, RevertError, Unknown,
};
pub use event::{
    BackgroundWriter, BackgroundWriterBuilder, EventBuilder, LossCause, LostEvent, Overflow,
    ShutdownReport, WriterCounters,
};
pub use form::{ChangesForm, NewForm};
pub use history::AuditedRead;
pub use key::{AuditedKey, IntoKey, Key};
pub use log::{AuditLog, ChangePage, Cursor, LogQuery, LogStream, Page};
pub use migrate::{migrate, migrations};
pub use outcome::{Outcome, outcome};
#[cfg(feature = "r2d2")]
pub use pool::CheckOnConnect;
pub use replay::{
    AsOf, AuditedReplay, Difference, FieldDifference, LastChange, Past, PastField, Presence,
    Refill, Revert, Side, TypedChange,
};
pub use scope::{AuditedScope, Scope, Scoped};
pub use trail::{AuditEntry, ChangeSet};
pub use transaction::transaction;
pub use write::{AuditedWrite, Predicate, SoftDelete};

#[cfg(all(doctest, feature = "sqlite", feature = "derive", feature = "serde"))]
#[doc = include_str!("../../README.md")]
struct ReadmeDoctests;
