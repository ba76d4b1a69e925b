// Values of every shared type: into the entity, into the trail, and back.

use std::str::FromStr;

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use diesel::prelude::*;
use serde_json::json;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::samples;
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn low() -> NewSample {
    NewSample {
        flag: false,
        small: i16::MIN,
        number: i32::MIN,
        large: i64::MIN,
        single: 0.1,
        double: 1e-300,
        amount: BigDecimal::from_str("-0.5").unwrap(),
        bytes: Vec::new(),
        day: NaiveDate::from_ymd_opt(1582, 10, 15).unwrap(),
        clock: NaiveTime::MIN,
        moment: NaiveDate::from_ymd_opt(1970, 1, 1)
            .unwrap()
            .and_hms_opt(0, 0, 1)
            .unwrap(),
        instant: DateTime::from_timestamp_micros(-1).unwrap(),
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
    }
}

fn high() -> SampleChanges {
    SampleChanges {
        flag: Some(true),
        small: Some(i16::MAX),
        number: Some(i32::MAX),
        large: Some(i64::MAX),
        single: Some(-3.5e20),
        double: Some(1.797_693_134_862_315_7e308),
        amount: Some(BigDecimal::from_str("123456.75").unwrap()),
        bytes: Some((0..=255).collect()),
        day: NaiveDate::from_ymd_opt(9999, 12, 31),
        clock: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999),
        // Diesel's `Timestamp` is MySQL's, which ends in January 2038.
        moment: NaiveDate::from_ymd_opt(2037, 12, 31)
            .and_then(|d| d.and_hms_micro_opt(23, 59, 59, 1)),
        instant: Some(DateTime::from_timestamp_micros(4_102_444_799_999_999).unwrap()),
        color: Some(Color::Green),
        data: Some(json!({"$b": "x", "deep": [[[[1.5, i64::MAX, -0.25]]]], "ключ": "\u{1f980}"})),
        body: Some("\u{1f469}\u{200d}\u{1f4bb} '\"\\ \u{feff}\n\t{}$1?%_ \u{202e}".into()),
        flag_n: Some(Some(false)),
        small_n: Some(Some(0)),
        single_n: Some(Some(1.5)),
        amount_n: Some(Some(BigDecimal::from_str("7.25").unwrap())),
        bytes_n: Some(Some(vec![1, 2])),
        day_n: Some(NaiveDate::from_ymd_opt(2024, 2, 29)),
        instant_n: Some(DateTime::from_timestamp_micros(1)),
        color_n: Some(Some(Color::Red)),
        data_n: Some(Some(json!([]))),
        body_n: Some(Some("null".into())),
    }
}

#[test]
fn there_and_back() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, low()).unwrap();
    let stored: Sample = samples::table
        .select(Sample::as_select())
        .first(conn)
        .unwrap();
    assert!(stored == made);
    let mut wanted = made.clone();
    AuditedForm::apply(&low(), &mut wanted);
    assert!(wanted == made, "what was given is what is stored");
    let new = look::log(conn).pop().unwrap().after().unwrap();
    assert_eq!(
        (&new["small"], &new["large"]),
        (&json!(i16::MIN), &json!(i64::MIN))
    );
    assert_eq!(
        (&new["double"], &new["color"]),
        (&json!(1e-300), &json!("Red"))
    );
    assert_eq!(
        (&new["day"], &new["clock"]),
        (&json!("1582-10-15"), &json!("00:00:00"))
    );
    assert_eq!(new["instant"], json!("1969-12-31T23:59:59.999999Z"));
    assert_eq!(
        (&new["body"], &new["body_n"], &new["data"]),
        (&json!(""), &json!(null), &json!(null))
    );

    let seen = look::log_len(conn);
    let now = Sample::audited_update(conn, &ctx, made.id, high()).unwrap();
    let mut wanted = made.clone();
    AuditedForm::apply(&high(), &mut wanted);
    wanted.updated_at = now.updated_at;
    assert!(wanted == now);
    let stored: Sample = samples::table
        .select(Sample::as_select())
        .first(conn)
        .unwrap();
    assert!(stored == now);
    let rows = look::log(conn).split_off(seen as usize);
    let fields: Vec<&str> = rows
        .iter()
        .map(|row| row.field_name.as_deref().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "flag",
            "small",
            "number",
            "large",
            "single",
            "double",
            "amount",
            "bytes",
            "day",
            "clock",
            "moment",
            "instant",
            "color",
            "data",
            "body",
            "flag_n",
            "small_n",
            "single_n",
            "amount_n",
            "bytes_n",
            "day_n",
            "instant_n",
            "color_n",
            "data_n",
            "body_n",
        ],
        "each changed column once, in the order of the struct"
    );
    let value = |field: &str| {
        let row = rows
            .iter()
            .find(|row| row.field_name.as_deref() == Some(field))
            .unwrap();
        row.after().unwrap()
    };
    assert_eq!(value("large"), json!(i64::MAX));
    assert_eq!(value("double"), json!(1.797_693_134_862_315_7e308));
    assert_eq!(value("single"), json!(-3.5e20));
    assert_eq!(
        BigDecimal::from_str(value("amount").as_str().unwrap()).unwrap(),
        now.amount
    );
    assert_eq!(value("instant"), json!("2099-12-31T23:59:59.999999Z"));
    assert_eq!(value("body"), json!(now.body));
    assert_eq!(
        value("body_n"),
        json!("null"),
        "the text is not the JSON null"
    );
    assert_eq!(
        value("data"),
        json!({"$j": now.data}),
        "data that looks like an encoding is wrapped"
    );

    // And back, by an edit; then the trail of a hard delete.
    let seen = look::log_len(conn);
    Sample::audited_edit(conn, &ctx, made.id, |s| {
        *s = Sample {
            updated_at: s.updated_at,
            ..made.clone()
        };
    })
    .unwrap();
    assert_eq!(look::lines_after(conn, seen).len(), 25);
    let stored: Sample = samples::table
        .select(Sample::as_select())
        .first(conn)
        .unwrap();
    assert!(
        Sample {
            updated_at: made.updated_at,
            ..stored
        } == made
    );
    Sample::audited_delete(conn, &ctx, made.id).unwrap();
    let old = look::log(conn).pop().unwrap().before().unwrap();
    assert_eq!(old.as_object().unwrap().len(), 30);
}

#[test]
fn large_values_are_cut_in_the_trail_alone() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, low()).unwrap();
    let seen = look::log_len(conn);
    let body = |c: char, n: usize| c.to_string().repeat(n);
    // With its quotes a text of 65,534 bytes is one of 65,536 in JSON.
    let fits = body('x', 65_534);
    let form = |text: String| SampleChanges {
        body: Some(text),
        ..Default::default()
    };
    Sample::audited_update(conn, &ctx, made.id, form(fits.clone())).unwrap();
    let over = body('x', 65_535);
    let now = Sample::audited_update(conn, &ctx, made.id, form(over.clone())).unwrap();
    assert_eq!(now.body.len(), 65_535, "the entity keeps it whole");
    // Two large values that begin alike still are two.
    let other = body('x', 65_534) + "y";
    Sample::audited_update(conn, &ctx, made.id, form(other)).unwrap();
    let big = body('é', 500_000);
    let now = Sample::audited_update(conn, &ctx, made.id, form(big.clone())).unwrap();
    assert!(now.body == big);
    let rows = look::log(conn).split_off(seen as usize);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0].after().unwrap(), json!(fits));
    let cut = rows[1].after().unwrap();
    assert_eq!(cut["$truncated"]["bytes"], 65_537);
    assert_eq!(cut["$truncated"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(rows[2].before().unwrap(), cut);
    assert_ne!(rows[2].after().unwrap(), cut);
    assert_eq!(rows[3].after().unwrap()["$truncated"]["bytes"], 1_000_002);
    let deleted = Sample::audited_delete(conn, &ctx, made.id).unwrap();
    assert!(deleted.body == big);
    let old = look::log(conn).pop().unwrap().before().unwrap();
    assert_eq!(
        old["body"]["$truncated"]["bytes"], 1_000_002,
        "in a snapshot too"
    );
}

/// A text with NUL: SQLite and MySQL store it, and so does the trail; PostgreSQL refuses it, and
/// nothing is left.
#[test]
fn nul_in_a_text() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let seen = look::log_len(conn);
    let form = AccountChanges {
        name: Some("a\0b\\0\u{1}".into()),
        ..Default::default()
    };
    let result = Account::audited_update(conn, &ctx, made.id, form);
    if NAME == "postgres" {
        assert!(result.is_err());
        assert_eq!(look::log_len(conn), seen);
        return;
    }
    assert_eq!(result.unwrap().name, "a\0b\\0\u{1}");
    let line = look::lines_after(conn, seen).remove(0);
    assert!(line.starts_with(r#"update name "Ada" -> {"$s":"#), "{line}");
    let now = Account::audited_edit(conn, &ctx, made.id, |a| a.name.push('\0')).unwrap();
    assert_eq!(now.name, "a\0b\\0\u{1}\0");
    assert_eq!(look::log_len(conn), seen + 2);
}

/// Nesting that a database's own JSON type would refuse in the trail.
#[test]
fn deep_json() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    if NAME == "mysql" {
        look::run(conn, "ALTER TABLE samples MODIFY data longtext NOT NULL");
    }
    let depth = 100;
    let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let deep: serde_json::Value = serde_json::from_str(&text).unwrap();
    let made = Sample::audited_insert(
        conn,
        &ctx,
        NewSample {
            data: deep.clone(),
            ..low()
        },
    )
    .unwrap();
    assert!(made.data == deep);
    let new = look::log(conn).pop().unwrap().after().unwrap();
    assert_eq!(new["data"], deep);
}

/// What a column does not keep is no change: a clock's nanoseconds, a decimal's further digits.
#[test]
fn precision_is_the_columns() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    if NAME != "sqlite" {
        let word = if NAME == "mysql" {
            "MODIFY amount decimal(10,2) NOT NULL"
        } else {
            "ALTER amount TYPE numeric(10,2)"
        };
        look::run(conn, &format!("ALTER TABLE samples {word}"));
    }
    let form = NewSample {
        instant: clock.now(),
        ..low()
    };
    let made = Sample::audited_insert(conn, &ctx, form).unwrap();
    let rows = look::log_len(conn);
    clock.tick();
    let finer = SampleChanges {
        instant: Some(made.instant + TimeDelta::nanoseconds(999)),
        ..Default::default()
    };
    let now = Sample::audited_update(conn, &ctx, made.id, finer).unwrap();
    assert!(now == made, "nanoseconds");
    if NAME != "sqlite" {
        let finer = || SampleChanges {
            amount: Some(BigDecimal::from_str("-0.5000001").unwrap()),
            ..Default::default()
        };
        let now = Sample::audited_update(conn, &ctx, made.id, finer()).unwrap();
        let many = Sample::audited_update_many(conn, &ctx, [made.id], finer()).unwrap();
        assert!(now == made && many == [made.clone()], "digits");
    }
    let stored: Sample = samples::table
        .select(Sample::as_select())
        .first(conn)
        .unwrap();
    assert!(stored == made, "no stamp");
    assert_eq!(look::log_len(conn), rows);
}
