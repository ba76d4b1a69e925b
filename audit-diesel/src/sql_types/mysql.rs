//! MySQL and MariaDB: BINARY(16), longtext, DATETIME(6).

use std::io::Write;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::mysql::{Mysql, MysqlValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Datetime, Text};
use uuid::Uuid;

use super::{AuditJson, AuditUuid, JsonText, UtcTime};

impl ToSql<AuditUuid, Mysql> for Uuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        out.write_all(self.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<AuditUuid, Mysql> for Uuid {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_slice(value.as_bytes())?)
    }
}

impl ToSql<AuditJson, Mysql> for JsonText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<AuditJson, Mysql> for JsonText {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Mysql>>::from_sql(value).map(Self)
    }
}

impl ToSql<UtcTime, Mysql> for DateTime<Utc> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        <NaiveDateTime as ToSql<Datetime, Mysql>>::to_sql(&self.naive_utc(), &mut out.reborrow())
    }
}

impl FromSql<UtcTime, Mysql> for DateTime<Utc> {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Datetime, Mysql>>::from_sql(value).map(|t| t.and_utc())
    }
}
