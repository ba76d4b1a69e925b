//! SQL types that mean the same on every backend, so that one `audit_log` and one entity source
//! serve SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! [`UtcTime`] is also for your own `table!`: MySQL has no type that Diesel reads as
//! `DateTime<Utc>`, so name this one there and keep the entity as it is.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::query_builder::QueryId;
use diesel::sql_types::SqlType;

/// A UUID: `uuid` on PostgreSQL, `BINARY(16)` on MySQL/MariaDB, `BLOB` on SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(mysql_type(name = "Blob"))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct AuditUuid;

/// JSON as text: `jsonb` on PostgreSQL, `longtext` on MySQL/MariaDB (whose JSON type refuses deep
/// nesting), `TEXT` on SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(mysql_type(name = "String"))]
#[diesel(sqlite_type(name = "Text"))]
pub struct AuditJson;

/// An instant in UTC with microseconds: `timestamptz` on PostgreSQL, `DATETIME(6)` on
/// MySQL/MariaDB, an `INTEGER` of microseconds since 1970 on SQLite.
///
/// ```
/// diesel::table! {
///     use diesel::sql_types::*;
///     use audit_diesel::sql_types::UtcTime;
///
///     notes (id) {
///         id -> BigInt,
///         created_at -> UtcTime,
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(mysql_type(name = "DateTime"))]
#[diesel(sqlite_type(name = "Long"))]
pub struct UtcTime;

/// Binds an instant to a [`UtcTime`] column in a Diesel query of yours.
///
/// Diesel gives no way to use `DateTime<Utc>` itself in `.eq(..)` against a foreign SQL type.
///
/// ```
/// # diesel::table! { use diesel::sql_types::*; use audit_diesel::sql_types::UtcTime;
/// #   notes (id) { id -> BigInt, created_at -> UtcTime, } }
/// use audit_diesel::sql_types::At;
/// use diesel::prelude::*;
/// let since = chrono::Utc::now();
/// let recent = notes::table.filter(notes::created_at.ge(At(since)));
/// # let _ = recent;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTime)]
pub struct At(pub DateTime<Utc>);

/// A UUID key or column outside PostgreSQL: `BLOB` on SQLite, `BINARY(16)` on MySQL/MariaDB (and
/// `uuid` on PostgreSQL, so that one entity source serves all three).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    serde::Serialize,
    serde::Deserialize,
)]
#[diesel(sql_type = AuditUuid)]
#[serde(transparent)]
pub struct Id(pub uuid::Uuid);

/// As a `Uuid` does: Diesel reads that one on PostgreSQL alone.
#[cfg(feature = "uuid")]
impl audit_core::TenantStamp for Id {
    const TEXT: bool = false;

    fn from_tenant(tenant: &str) -> Result<Self, audit_core::StampMisfit> {
        uuid::Uuid::from_tenant(tenant).map(Self)
    }

    fn canonical(&self) -> String {
        self.0.canonical()
    }
}

/// As a `Uuid` does.
#[cfg(feature = "uuid")]
impl audit_core::ActorStamp for Id {
    fn from_actor(
        actor: &audit_core::Actor,
        kinds: &[&str],
    ) -> Result<Self, audit_core::StampMisfit> {
        uuid::Uuid::from_actor(actor, kinds).map(Self)
    }

    fn to_actor(&self, kinds: &[&str]) -> Option<audit_core::Actor> {
        self.0.to_actor(kinds)
    }
}

impl From<uuid::Uuid> for Id {
    fn from(value: uuid::Uuid) -> Self {
        Self(value)
    }
}

impl From<Id> for uuid::Uuid {
    fn from(value: Id) -> Self {
        value.0
    }
}

impl core::fmt::Display for Id {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::str::FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// JSON text as the trail stores it: kept as text, so that no number loses a digit on the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = AuditJson)]
pub struct JsonText(pub String);

mod impls {
    use diesel::backend::Backend;
    use diesel::deserialize::{self, FromSql};
    use diesel::serialize::{self, Output, ToSql};

    use super::*;

    impl<DB: Backend> ToSql<UtcTime, DB> for At
    where
        DateTime<Utc>: ToSql<UtcTime, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            self.0.to_sql(out)
        }
    }

    impl<DB: Backend> FromSql<UtcTime, DB> for At
    where
        DateTime<Utc>: FromSql<UtcTime, DB>,
    {
        fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
            DateTime::from_sql(bytes).map(Self)
        }
    }

    impl<DB: Backend> ToSql<AuditUuid, DB> for Id
    where
        uuid::Uuid: ToSql<AuditUuid, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            self.0.to_sql(out)
        }
    }

    impl<DB: Backend> FromSql<AuditUuid, DB> for Id
    where
        uuid::Uuid: FromSql<AuditUuid, DB>,
    {
        fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
            uuid::Uuid::from_sql(bytes).map(Self)
        }
    }
}
