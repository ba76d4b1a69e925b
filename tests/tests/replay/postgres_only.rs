//! Kinds that only PostgreSQL has: lists, types of the application's own, JSON that it takes apart.

use audit_diesel::prelude::*;
use audit_diesel::{AsOf, Side};
use audit_tests::postgres::{Conn, Database, NAME, look};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use serde_json::json;
use std::io::Write;
use uuid::Uuid;

use crate::hand::{Hand, at};

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"))]
pub struct MoodType;

#[derive(
    Debug, Clone, Copy, PartialEq, AsExpression, FromSqlRow, serde::Serialize, serde::Deserialize,
)]
#[diesel(sql_type = MoodType)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    Good,
    Bad,
}

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(match self {
            Self::Good => b"good",
            Self::Bad => b"bad",
        })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Pg> for Mood {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        match bytes.as_bytes() {
            b"good" => Ok(Self::Good),
            b"bad" => Ok(Self::Bad),
            _ => Err("no such mood".into()),
        }
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    use super::MoodType;
    lists (id) {
        id -> Uuid,
        texts -> Array<Text>,
        numbers -> Nullable<Array<Nullable<BigInt>>>,
        shorts -> Array<SmallInt>,
        floats -> Array<Double>,
        days -> Array<Date>,
        times -> Array<Timestamptz>,
        blobs -> Array<Binary>,
        flags -> Array<Bool>,
        uuids -> Nullable<Array<Uuid>>,
        mood -> MoodType,
        moods -> Array<MoodType>,
        data -> Jsonb,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}

#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = lists)]
#[audit(new = NewList(derive(Clone)))]
pub struct List {
    #[audit(id = "client")]
    pub id: Uuid,
    pub texts: Vec<String>,
    pub numbers: Option<Vec<Option<i64>>>,
    pub shorts: Vec<i16>,
    pub floats: Vec<f64>,
    pub days: Vec<NaiveDate>,
    pub times: Vec<DateTime<Utc>>,
    pub blobs: Vec<Vec<u8>>,
    pub flags: Vec<bool>,
    pub uuids: Option<Vec<Uuid>>,
    pub mood: Mood,
    pub moods: Vec<Mood>,
    pub data: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

const LISTS: &str = "
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE lists (id uuid PRIMARY KEY, texts text[] NOT NULL, numbers bigint[], shorts smallint[] NOT NULL,
        floats double precision[] NOT NULL, days date[] NOT NULL, times timestamptz[] NOT NULL, blobs bytea[] NOT NULL,
        flags boolean[] NOT NULL, uuids uuid[], mood mood NOT NULL, moods mood[] NOT NULL, data jsonb NOT NULL,
        created_at timestamptz NOT NULL, created_by text NOT NULL, updated_at timestamptz NOT NULL,
        updated_by text NOT NULL)";

#[test]
fn what_was_there_is_there_again() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    look::run(conn, LISTS);
    let few = NewList {
        id: Uuid::from_u128(7),
        texts: vec![],
        numbers: None,
        shorts: vec![],
        floats: vec![],
        days: vec![],
        times: vec![],
        blobs: vec![],
        flags: vec![],
        uuids: None,
        mood: Mood::Good,
        moods: vec![],
        data: json!(null),
    };
    let many = NewList {
        texts: vec![
            "a".into(),
            "{\"b\",NULL}".into(),
            String::new(),
            "NULL".into(),
        ],
        numbers: Some(vec![Some(i64::MIN), None, Some(i64::MAX)]),
        // The bytes of no text, and not taken for one.
        shorts: vec![0, 255, i16::MIN],
        floats: vec![
            0.1,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            5e-324,
            1e17,
        ],
        days: vec![NaiveDate::from_ymd_opt(1, 1, 1).unwrap()],
        times: vec![DateTime::from_timestamp_micros(-1).unwrap(), at(0)],
        blobs: vec![vec![], vec![0, 255], b"text".to_vec()],
        flags: vec![true, false],
        uuids: Some(vec![Uuid::nil(), Uuid::max()]),
        mood: Mood::Bad,
        moods: vec![Mood::Bad, Mood::Good],
        data: json!({"$j": {"b": 1}, "a": [1.5, u64::MAX, null], "": {}}),
        ..few.clone()
    };
    let hollow = NewList {
        numbers: Some(vec![]),
        floats: vec![0.0],
        blobs: vec![vec![]],
        uuids: Some(vec![]),
        data: json!({"$b": "AA=="}),
        ..many.clone()
    };
    round_trip!(
        conn, List, lists, [few, many, hollow],
        id texts numbers shorts floats days times blobs flags uuids mood moods data
    );
}
