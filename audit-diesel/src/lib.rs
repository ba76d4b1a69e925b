//! Audited writes for [Diesel](diesel): who changed what, when, from what to what, and for whom.
//!
//! `#[derive(Audited)]` on an entity gives it a typed diff, masks, server-side stamps and forms
//! without reserved fields; the helpers of [`AuditedWrite`] write a change and its audit rows
//! together or not at all, on SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! ```
//! # #[cfg(all(feature = "sqlite", feature = "derive", feature = "serde"))] {
//! use audit_diesel::prelude::*;
//! use diesel::connection::SimpleConnection;
//! use diesel::prelude::*;
//!
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use audit_diesel::sql_types::UtcTime;
//!     notes (id) {
//!         id -> BigInt,
//!         title -> Text,
//!         pin -> Text,
//!         created_at -> UtcTime,
//!         created_by -> Text,
//!         updated_at -> UtcTime,
//!         updated_by -> Text,
//!     }
//! }
//!
//! #[derive(Audited, Queryable, Selectable, Identifiable)]
//! #[diesel(table_name = notes)]
//! #[audit(new = NewNote, changes = NoteChanges)]
//! pub struct Note {
//!     pub id: i64,
//!     pub title: String,
//!     #[audit(mask = "redact")]
//!     pub pin: String,
//!     pub created_at: chrono::DateTime<chrono::Utc>,
//!     pub created_by: Actor,
//!     pub updated_at: chrono::DateTime<chrono::Utc>,
//!     pub updated_by: Actor,
//! }
//! # use audit_diesel::chrono;
//!
//! # fn main() -> Result<(), AuditError> {
//! let mut conn = SqliteConnection::establish(":memory:").unwrap();
//! audit_diesel::migrate(&mut conn)?;
//! # conn.batch_execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pin TEXT NOT NULL,
//! #     created_at INTEGER NOT NULL, created_by TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL)")?;
//! let ctx = AuditContext::new(Actor::user("u_42")).reason("spring cleaning");
//! let new: NewNote = NewNote { title: "Keys".into(), pin: "1234".to_owned().into() };
//! let note = Note::audited_insert(&mut conn, &ctx, new)?;
//! Note::audited_edit(&mut conn, &ctx, note.id, |note| note.title = "Spare keys".into())?;
//!
//! let history = Note::history(&mut conn, &ctx, note.id)?;
//! assert!(history[1].to_string().contains(r#""Keys" -> "Spare keys""#));
//! # Ok(()) }
//! # main().unwrap(); }
//! ```
//!
//! # Where to go on
//!
//! | | |
//! |---|---|
//! | attributes of the derive | [`Audited`](derive@Audited) |
//! | who acts, for whom, why | [`AuditContext`], [`Actor`], [`AuditConfig`] (masks by token need its key) |
//! | writes, one or many or by a filter | [`AuditedWrite`], [`SoftDelete`], [`fn@transaction`] |
//! | a client's JSON | [`Audited::clean_json`], the forms that the derive makes |
//! | reading the trail | [`AuditedRead`], [`AuditLog`], [`LogQuery`], exports by [`LogQuery::export_csv`] |
//! | as it was, and back | [`AuditedReplay`] |
//! | what is no record's change | [`AuditLog::event`], [`BackgroundWriter`] |
//! | how long it is kept | [`retention`] |
//! | the tables, and whether they are fit | [`migrate`], [`fn@check`], [`AuditedCheck`] |
//! | your own tests | [`testing`] |
//!
//! An entity with a `version` is named by key and version in writes: [`Key`].
//!
//! # Transactions
//!
//! Open them by Diesel (`conn.transaction`) or by [`fn@transaction`]. One that is begun, committed or
//! rolled back by SQL text goes round Diesel: a helper after `BEGIN` as text begins and commits
//! what is open, and one after `ROLLBACK` as text is on its own on PostgreSQL; SQLite and MySQL/MariaDB
//! refuse it ([`AuditError::TransactionLost`]).
//!
//! # Features
//!
//! `sqlite`, `postgres`, `mysql`: the databases, none by default; `bundled` compiles SQLite.
//! `derive`, `chrono`, `serde` (all on by default): the macros, the re-export of `chrono`, forms that
//! read JSON. `r2d2`: a check of each pooled connection. `uuid`, `time`, `bigdecimal`: fields of these types.

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
mod field_names;
mod form;
mod history;
mod hot_texts;
mod key;
mod known_table;
pub mod log;
mod migrate;
mod outcome;
mod patience;
mod plain;
#[cfg(feature = "r2d2")]
mod pool;
mod replay;
pub mod retention;
mod scope;
mod sql;
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
#[doc(hidden)]
pub use patience::patiently_where;
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
