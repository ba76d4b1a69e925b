// Values of every kind of column, there and back: what a replay reads or writes is what was stored,
// to the bit.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use audit_diesel::{AsOf, Side};
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use uuid::Uuid;

use super::backend::entities::{Color, NewSample, Sample};
use super::backend::schema::samples;
use super::backend::{Conn, Database, NAME, TYPES, look};
use crate::hand::{Hand, at};

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::{AuditUuid, UtcTime};
    oddities (code) {
        code -> Text,
        guid -> AuditUuid,
        guid_n -> Nullable<AuditUuid>,
        number_n -> Nullable<Integer>,
        large_n -> Nullable<BigInt>,
        double_n -> Nullable<Double>,
        clock_n -> Nullable<Time>,
        moment_n -> Nullable<Timestamp>,
        count -> Text,
        count_n -> Nullable<Text>,
        shown -> Text,
        shown_n -> Nullable<Text>,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}

/// What [`Sample`] lacks: unique ids, integers that no column of all three holds, a type that the
/// trail keeps as its text, and more that may be null.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = oddities, primary_key(code))]
#[audit(new = NewOddity(derive(Clone)))]
pub struct Oddity {
    #[audit(id = "client")]
    pub code: String,
    pub guid: Id,
    pub guid_n: Option<Id>,
    pub number_n: Option<i32>,
    pub large_n: Option<i64>,
    pub double_n: Option<f64>,
    pub clock_n: Option<NaiveTime>,
    pub moment_n: Option<NaiveDateTime>,
    pub count: Count,
    pub count_n: Option<Count>,
    #[audit(via = "display")]
    pub shown: Shown,
    #[audit(via = "display")]
    pub shown_n: Option<Shown>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

const ODDITIES: &str = "
    CREATE TABLE oddities (code {KEYTEXT} NOT NULL PRIMARY KEY, guid {UUID} NOT NULL, guid_n {UUID}, number_n integer,
        large_n bigint, double_n {DOUBLE}, clock_n {TIME}, moment_n {NAIVE}, count {TEXT} NOT NULL, count_n {TEXT},
        shown {TEXT} NOT NULL, shown_n {TEXT}, created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL,
        updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL);";

/// An integer of up to 128 bits, in a text column; a number to serde.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Count(String);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<u128>() {
            Ok(number) => serializer.serialize_u128(number),
            Err(_) => serializer.serialize_i128(self.0.parse().expect("a number")),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i128::deserialize(deserializer).map(|number| Self(number.to_string()))
    }
}

/// The trail has its text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Shown(String);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Shown {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

macro_rules! a_text {
    ($name:ident) => {
        impl<DB: diesel::backend::Backend> ToSql<Text, DB> for $name
        where
            String: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: diesel::backend::Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                String::from_sql(bytes).map(Self)
            }
        }
    };
}
a_text!(Count);
a_text!(Shown);

/// A tag's look, the marks of a database's own escapes, an unassigned character, a noncharacter,
/// both kinds of composing, marks of direction and the last character that there is.
const ODD: &str = "{\"$s\":\"\\\\0\"} \\ ' \" ` %_ $1 ?1 :a \r\n\t\u{1}\u{7f}\u{85}\u{a0}\u{ad} é e\u{301} \
    \u{200b}\u{200d}\u{202e}\u{2028}\u{378}\u{feff}\u{fffe}\u{fffd}\u{e000}\u{1f469}\u{200d}\u{1f4bb}\u{10ffff} ";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn samples() -> Vec<NewSample> {
    let amount = |text: &str| BigDecimal::from_str(text).unwrap();
    let micros = |n| DateTime::from_timestamp_micros(n).unwrap();
    let low = NewSample {
        flag: false,
        small: i16::MIN,
        number: i32::MIN,
        large: i64::MIN,
        single: 0.1,
        double: 0.1,
        amount: amount("-0.5"),
        bytes: Vec::new(),
        day: day(1582, 10, 15),
        clock: NaiveTime::MIN,
        moment: day(1970, 1, 1).and_hms_opt(0, 0, 1).unwrap(),
        instant: micros(-1),
        color: Color::Red,
        data: json!(null),
        body: String::new(),
        flag_n: None,
        small_n: None,
        single_n: None,
        amount_n: None,
        bytes_n: None,
        day_n: None,
        instant_n: None,
        color_n: None,
        data_n: None,
        body_n: None,
    };
    let high = NewSample {
        flag: true,
        small: i16::MAX,
        number: i32::MAX,
        large: i64::MAX,
        single: f32::MAX,
        double: f64::MAX,
        amount: amount("123456.7500"),
        bytes: (0..=255).collect(),
        day: day(9999, 12, 31),
        clock: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
        // Diesel's `Timestamp` is MySQL's, which ends in January 2038.
        moment: day(2037, 12, 31).and_hms_micro_opt(23, 59, 59, 1).unwrap(),
        instant: micros(4_102_444_799_999_999),
        color: Color::Green,
        data: json!({"$b": "x", "deep": [[[1.5, i64::MAX, u64::MAX, -0.25]], 1.0], ODD: ODD, "null": null}),
        body: ODD.into(),
        flag_n: Some(true),
        small_n: Some(-1),
        single_n: Some(f32::MIN_POSITIVE),
        amount_n: Some(amount("7.25")),
        bytes_n: Some(ODD.as_bytes().to_vec()),
        day_n: Some(day(2024, 2, 29)),
        instant_n: Some(micros(1)),
        color_n: Some(Color::Red),
        data_n: Some(json!([])),
        body_n: Some("null".into()),
    };
    let zero = NewSample {
        small: 0,
        number: 0,
        large: 0,
        single: 0.0,
        double: 0.0,
        amount: amount("0"),
        bytes: vec![0],
        data: json!([0, 0.0, -1, "0", false, {}]),
        body: "0".into(),
        flag_n: Some(false),
        small_n: Some(0),
        single_n: Some(0.0),
        amount_n: Some(amount("0.00")),
        bytes_n: Some(Vec::new()),
        data_n: Some(json!("null")),
        body_n: Some(String::new()),
        ..high.clone()
    };
    // More digits than a double has, and doubles whose shortest text is no integer's.
    let fine = NewSample {
        large: 9_007_199_254_740_993,
        single: 16_777_216.0,
        double: 1e17,
        amount: amount("123456789012345678901234567890.1234"),
        data: json!({"a": 1e17, "b": 1.2345678901234567e18, "c": -1e19, "d": 1e300, "e": 5e-324, "f": 1e16}),
        single_n: Some(1e17),
        data_n: Some(json!(1e17)),
        ..high.clone()
    };
    let infinite = NewSample {
        single: f32::INFINITY,
        double: f64::NEG_INFINITY,
        single_n: Some(f32::NEG_INFINITY),
        ..low.clone()
    };
    let none = NewSample {
        single: f32::NAN,
        double: f64::NAN,
        single_n: Some(f32::NAN),
        ..low.clone()
    };
    let mut all = vec![low, high, zero, fine];
    // What a database cannot store, it refuses.
    match NAME {
        "postgres" => all.extend([infinite, none]),
        "sqlite" => all.push(infinite),
        _ => {}
    }
    all
}

#[test]
fn what_was_there_is_there_again() {
    let database = Database::new();
    round_trip!(
        &mut database.connect(), Sample, samples, samples(),
        flag small number large single double amount bytes day clock moment instant color data body
        flag_n small_n single_n amount_n bytes_n day_n instant_n color_n data_n body_n
    );
}

/// The two zeros of a float are one value: none is changed into the other, and PostgreSQL, which
/// alone of the three stores the sign, loses it in the trail's `jsonb`.
#[test]
fn a_zero_comes_back_as_a_zero() {
    let database = Database::new();
    let conn = &mut database.connect();
    let hand = Hand::new();
    let form = NewSample {
        double: -0.0,
        data: json!([-0.0]),
        ..samples().remove(0)
    };
    let made = Sample::audited_insert(conn, &hand.ctx(10, 1), form).unwrap();
    assert_eq!(made.double.is_sign_negative(), NAME == "postgres");
    let same = Sample::audited_edit(conn, &hand.ctx(20, 1), made.id, |s| s.double = 0.0).unwrap();
    assert_eq!((same.double.to_bits(), same.updated_at), (made.double.to_bits(), at(10)));
    Sample::audited_delete(conn, &hand.ctx(30, 1), made.id).unwrap();
    let AsOf::Record(past) = Sample::as_of(conn, &hand.ctx(40, 1), made.id, at(10)).unwrap() else {
        panic!("it was there");
    };
    let back = Sample::audited_undelete(conn, &hand.ctx(50, 1), made.id).unwrap();
    for then in [past.into_entity().unwrap(), back] {
        assert!(then.data == made.data && then.double == made.double);
        assert!(then.double.is_sign_positive());
    }
}

#[test]
fn so_it_is_with_odd_kinds() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let sql = TYPES.iter().fold(ODDITIES.to_owned(), |sql, (word, kind)| sql.replace(word, kind));
    conn.batch_execute(&sql).unwrap();
    let few = NewOddity {
        code: ODD.trim().into(),
        guid: Id(Uuid::nil()),
        guid_n: None,
        number_n: None,
        large_n: None,
        double_n: None,
        clock_n: None,
        moment_n: None,
        count: Count("0".into()),
        count_n: None,
        shown: Shown(String::new()),
        shown_n: None,
    };
    let many = NewOddity {
        guid: Id(Uuid::max()),
        guid_n: Some(Id(Uuid::from_u128(1))),
        number_n: Some(i32::MIN),
        large_n: Some(i64::MIN),
        double_n: Some(f64::MIN_POSITIVE),
        clock_n: NaiveTime::from_hms_micro_opt(0, 0, 0, 1),
        moment_n: day(2024, 2, 29).and_hms_micro_opt(12, 0, 0, 100_000),
        count: Count(u64::MAX.to_string()),
        count_n: Some(Count(i128::MIN.to_string())),
        // A time only by its look.
        shown: Shown("2024-02-29T12:00:00+01:00".into()),
        shown_n: Some(Shown(ODD.into())),
        ..few.clone()
    };
    let other = NewOddity {
        number_n: Some(0),
        large_n: Some(i64::MAX),
        count: Count((u128::from(u64::MAX) + 1).to_string()),
        count_n: Some(Count((i128::from(i64::MAX) + 1).to_string())),
        shown: Shown("null".into()),
        shown_n: Some(Shown(String::new())),
        ..many.clone()
    };
    round_trip!(
        conn, Oddity, oddities, [few, many, other],
        code guid guid_n number_n large_n double_n clock_n moment_n count count_n shown shown_n
    );
}
