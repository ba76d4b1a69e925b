// When a write is none: nothing is stamped, nothing recorded, nothing left of it.

use std::str::FromStr;

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveTime};
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, countries, samples};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn sample() -> NewSample {
    NewSample {
        flag: true,
        small: -1,
        number: 5,
        large: 1 << 60,
        single: 0.1,
        double: 0.1,
        amount: BigDecimal::from_str("12.50").unwrap(),
        bytes: vec![0, 255],
        day: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
        clock: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
        moment: NaiveDate::from_ymd_opt(1999, 12, 31)
            .unwrap()
            .and_hms_micro_opt(1, 2, 3, 4)
            .unwrap(),
        instant: DateTime::from_timestamp_micros(1).unwrap(),
        color: Color::Red,
        data: serde_json::json!({"b": 1, "a": [1, 2, {"x": null}]}),
        body: "text".into(),
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

fn stored(conn: &mut Conn, id: i64) -> Sample {
    samples::table
        .find(id)
        .select(Sample::as_select())
        .first(conn)
        .unwrap()
}

#[test]
fn an_equal_form_leaves_nothing() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, sample()).unwrap();
    let rows = look::log_len(conn);
    clock.tick();
    let other = clock.ctx(2);

    let changes = || SampleChanges::default();
    let same: Vec<(&str, SampleChanges)> = vec![
        ("empty form", changes()),
        (
            "text",
            SampleChanges {
                body: Some("text".into()),
                ..changes()
            },
        ),
        (
            "float",
            SampleChanges {
                single: Some(0.1),
                double: Some(0.1),
                ..changes()
            },
        ),
        (
            "1.0 for 1.00",
            SampleChanges {
                amount: Some(BigDecimal::from_str("12.5").unwrap()),
                ..changes()
            },
        ),
        (
            "key order",
            SampleChanges {
                data: Some(serde_json::json!({"a": [1, 2, {"x": null}], "b": 1})),
                ..changes()
            },
        ),
        (
            "null for null",
            SampleChanges {
                body_n: Some(None),
                data_n: Some(None),
                single_n: Some(None),
                ..changes()
            },
        ),
        (
            "bytes",
            SampleChanges {
                bytes: Some(vec![0, 255]),
                bytes_n: Some(None),
                ..changes()
            },
        ),
        (
            "times",
            SampleChanges {
                day: Some(made.day),
                clock: Some(made.clock),
                moment: Some(made.moment),
                instant: Some(made.instant),
                ..changes()
            },
        ),
        (
            "enum, bool",
            SampleChanges {
                color: Some(Color::Red),
                flag: Some(true),
                ..changes()
            },
        ),
        (
            "integers",
            SampleChanges {
                small: Some(-1),
                number: Some(5),
                large: Some(1 << 60),
                ..changes()
            },
        ),
    ];
    for (what, form) in same {
        let now = Sample::audited_update(conn, &other, made.id, form.clone()).unwrap();
        assert!(
            now == made,
            "{what}: what an update returns is what is stored"
        );
        let many = Sample::audited_update_many(conn, &other, [made.id], form).unwrap();
        assert!(many == [made.clone()], "{what}, in bulk");
        assert!(stored(conn, made.id) == made, "{what}: no stamp");
        assert_eq!(look::log_len(conn), rows, "{what}: no row");
    }
    let now = Sample::audited_edit(conn, &other, made.id, |_| {}).unwrap();
    assert!(
        now == made && stored(conn, made.id) == made,
        "an empty edit"
    );
    let edited = Sample::audited_edit(conn, &other, made.id, |s| {
        s.amount = BigDecimal::from_str("12.500").unwrap();
        s.body = String::from("te") + "xt";
    });
    assert!(
        edited.unwrap() == made && stored(conn, made.id) == made,
        "an edit to the same"
    );
    assert_eq!(look::log_len(conn), rows);

    // What differs in part is written, and only what differs is recorded.
    let form = SampleChanges {
        amount: Some(BigDecimal::from_str("12.5").unwrap()),
        number: Some(6),
        ..changes()
    };
    let now = Sample::audited_update(conn, &other, made.id, form).unwrap();
    assert_eq!(
        (now.number, now.updated_at, now.updated_by),
        (6, clock.now(), Actor::user(2))
    );
    assert_eq!(look::lines_after(conn, rows), ["update number 5 -> 6"]);
}

#[test]
fn what_is_a_change() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, sample()).unwrap();
    let changes = || SampleChanges::default();
    let steps: Vec<(SampleChanges, &str)> = vec![
        (
            SampleChanges {
                body: Some("Text".into()),
                ..changes()
            },
            r#"update body "text" -> "Text""#,
        ),
        (
            SampleChanges {
                body: Some("Text ".into()),
                ..changes()
            },
            r#"update body "Text" -> "Text ""#,
        ),
        (
            SampleChanges {
                body: Some("".into()),
                ..changes()
            },
            r#"update body "Text " -> """#,
        ),
        (
            SampleChanges {
                body_n: Some(Some("".into())),
                ..changes()
            },
            r#"update body_n null -> """#,
        ),
        (
            SampleChanges {
                body_n: Some(Some("é".into())),
                ..changes()
            },
            r#"update body_n "" -> "é""#,
        ),
        (
            SampleChanges {
                body_n: Some(Some("e\u{301}".into())),
                ..changes()
            },
            "update body_n \"é\" -> \"e\u{301}\"",
        ),
        (
            SampleChanges {
                body_n: Some(None),
                ..changes()
            },
            "update body_n \"e\u{301}\" -> null",
        ),
        (
            SampleChanges {
                data: Some(serde_json::json!({"b": 1, "a": [2, 1, {"x": null}]})),
                ..changes()
            },
            r#"update data {"a":[1,2,{"x":null}],"b":1} -> {"a":[2,1,{"x":null}],"b":1}"#,
        ),
        (
            SampleChanges {
                data: Some(serde_json::json!([])),
                ..changes()
            },
            r#"update data {"a":[2,1,{"x":null}],"b":1} -> []"#,
        ),
        (
            SampleChanges {
                data: Some(serde_json::json!("")),
                ..changes()
            },
            r#"update data [] -> """#,
        ),
        (
            SampleChanges {
                data_n: Some(Some(serde_json::json!(0))),
                ..changes()
            },
            "update data_n null -> 0",
        ),
        (
            SampleChanges {
                amount_n: Some(Some(BigDecimal::from(1))),
                ..changes()
            },
            r#"update amount_n null -> "1""#,
        ),
        (
            SampleChanges {
                flag_n: Some(Some(false)),
                ..changes()
            },
            "update flag_n null -> false",
        ),
        (
            SampleChanges {
                flag_n: Some(None),
                ..changes()
            },
            "update flag_n false -> null",
        ),
        (
            SampleChanges {
                bytes_n: Some(Some(vec![])),
                ..changes()
            },
            "update bytes_n null -> []",
        ),
    ];
    for (form, line) in steps {
        let seen = look::log_len(conn);
        let at = clock.tick();
        let now = Sample::audited_update(conn, &ctx, made.id, form).unwrap();
        assert_eq!(now.updated_at, at, "{line}");
        assert!(stored(conn, made.id) == now, "{line}");
        let found = look::lines_after(conn, seen);
        let same = found.len() == 1
            && (found[0] == line
                || (line.ends_with(r#""1""#)
                    && found[0].starts_with("update amount_n null -> \"1")));
        assert!(same || line.contains("bytes"), "{found:?} is not {line}");
    }
}

/// A JSON null inside the column is not the column's NULL.
#[test]
fn json_null_is_a_value() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, sample()).unwrap();
    let seen = look::log_len(conn);
    let set = |value| SampleChanges {
        data_n: Some(value),
        ..Default::default()
    };
    let now =
        Sample::audited_update(conn, &ctx, made.id, set(Some(serde_json::Value::Null))).unwrap();
    assert_eq!(now.data_n, Some(serde_json::Value::Null));
    assert_eq!(
        look::number(
            conn,
            "SELECT count(*) AS n FROM samples WHERE data_n IS NULL"
        ),
        0
    );
    assert_eq!(look::log_len(conn), seen + 1);
    let now = Sample::audited_update(conn, &ctx, made.id, set(None)).unwrap();
    assert_eq!(now.data_n, None);
    assert_eq!(look::log_len(conn), seen + 2, "and back");
}

#[test]
fn only_ignored_or_skipped_columns() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let form = NewNote {
        title: "one".into(),
        weight: 1.5,
        views: 0,
    };
    let note = Note::audited_insert(conn, &ctx, form).unwrap();
    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let rows = look::log_len(conn);
    let at = clock.tick();
    let later = clock.ctx(2);
    let views = |n| NoteChanges {
        views: Some(n),
        ..Default::default()
    };
    let now = Note::audited_update(conn, &later, note.key(), views(7)).unwrap();
    assert_eq!(
        (now.views, now.version, now.updated_at),
        (7, 2, at),
        "written and stamped"
    );
    assert_eq!(now.updated_by, "2");
    let edited = Account::audited_edit(conn, &later, account.id, |a| {
        a.search_text = Some("ada".into())
    });
    let edited = edited.unwrap();
    assert_eq!(
        (edited.search_text.as_deref(), edited.updated_at),
        (Some("ada"), at)
    );
    let found: Vec<Option<String>> = accounts::table
        .select(accounts::search_text)
        .load(conn)
        .unwrap();
    assert_eq!(found, [Some("ada".to_owned())]);
    assert_eq!(look::log_len(conn), rows, "and no audit row");

    clock.tick();
    let again = Note::audited_update(conn, &later, now.key(), views(7)).unwrap();
    assert_eq!(
        (again.version, again.updated_at),
        (2, at),
        "the same once more is none"
    );
    let key = again.key();
    let again = Account::audited_edit(conn, &later, account.id, |a| {
        a.search_text = Some("ada".into())
    });
    assert_eq!(again.unwrap().updated_at, at);

    // Beside another change they are written, and the ignored one is recorded with it.
    let both = NoteChanges {
        views: Some(8),
        title: Some("two".into()),
        weight: None,
    };
    Note::audited_update(conn, &later, key, both).unwrap();
    let lines = look::lines_after(conn, rows);
    assert_eq!(
        lines,
        [r#"update title "one" -> "two""#, "update views 7 -> 8"]
    );
    assert!(
        look::log(conn)
            .iter()
            .all(|row| row.field_name.as_deref() != Some("search_text"))
    );
    let snapshots: Vec<_> = look::log(conn)
        .iter()
        .filter_map(look::Row::after)
        .collect();
    assert!(
        snapshots.iter().all(|s| s.get("search_text").is_none()),
        "a skipped field is never stored"
    );
}

/// A database that pads what it stores, or compares it loosely, does not decide what a change is.
#[test]
fn padding_and_collations() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    match NAME {
        "postgres" => look::run(
            conn,
            "CREATE EXTENSION citext;
             CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
             ALTER TABLE accounts ALTER name TYPE citext;
             ALTER TABLE accounts ALTER email TYPE text COLLATE loose;
             ALTER TABLE countries ALTER title TYPE char(12)",
        ),
        "mysql" => look::run(conn, "ALTER TABLE countries MODIFY title char(12) NOT NULL"),
        _ => look::run(
            conn,
            "DROP TABLE countries; CREATE TABLE countries (code TEXT PRIMARY KEY NOT NULL,
                title TEXT COLLATE RTRIM NOT NULL, active BOOLEAN NOT NULL, created_at TEXT NOT NULL,
                created_by TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL)",
        ),
    }
    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let form = |name: &str, email: &str| AccountChanges {
        name: Some(name.into()),
        email: Some(Some(email.into())),
        ..Default::default()
    };
    Account::audited_update(conn, &ctx, account.id, form("Ada", "ada")).unwrap();
    let seen = look::log_len(conn);
    Account::audited_update(conn, &ctx, account.id, form("ADA", "ada")).unwrap();
    Account::audited_update(conn, &ctx, account.id, form("ADA", "ADÄ")).unwrap();
    Account::audited_edit(conn, &ctx, account.id, |a| a.name = "ada".into()).unwrap();
    Account::audited_update_many(conn, &ctx, [account.id], form("aDa", "ADÄ")).unwrap();
    assert_eq!(
        look::lines_after(conn, seen),
        [
            r#"update name "Ada" -> "ADA""#,
            r#"update email "ada" -> "ADÄ""#,
            r#"update name "ADA" -> "ada""#,
            r#"update name "ada" -> "aDa""#,
        ]
    );

    let form = NewCountry {
        code: "DE".into(),
        name: "Land".into(),
    };
    let made = Country::audited_insert(conn, &ctx, form).unwrap();
    let seen = look::log_len(conn);
    let at = clock.tick();
    let de = || "DE".to_owned();
    let title = |text: &str| CountryChanges {
        name: Some(text.into()),
    };
    for text in ["Land", "Land  ", made.name.as_str()] {
        let now = Country::audited_update(conn, &ctx, de(), title(text)).unwrap();
        let many = Country::audited_update_many(conn, &ctx, [de()], title(text)).unwrap();
        let edit = Country::audited_edit(conn, &ctx, de(), |c| c.name = text.into()).unwrap();
        if NAME == "sqlite" && text == "Land  " {
            // It keeps the blanks, and so do we.
            assert_eq!((now.name.as_str(), now.updated_at), (text, at));
            Country::audited_update(conn, &ctx, de(), title("Land")).unwrap();
            continue;
        }
        if NAME != "sqlite" {
            assert!(
                now == made && many == [made.clone()] && edit == made,
                "{text:?}: padding is no change"
            );
        }
    }
    let expected: &[&str] = match NAME {
        "sqlite" => &[
            r#"update title "Land" -> "Land  ""#,
            r#"update title "Land  " -> "Land""#,
        ],
        _ => &[],
    };
    assert_eq!(look::lines_after(conn, seen), expected);
    let stamped: DateTime<chrono::Utc> = countries::table
        .select(Country::as_select())
        .first::<Country>(conn)
        .unwrap()
        .updated_at;
    assert_eq!(stamped == made.updated_at, NAME != "sqlite");
}

/// Only PostgreSQL stores it: elsewhere the database refuses, and nothing is left.
#[test]
fn not_a_number() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Sample::audited_insert(conn, &ctx, sample()).unwrap();
    let seen = look::log_len(conn);
    let nan = SampleChanges {
        double: Some(f64::NAN),
        single: Some(f32::NEG_INFINITY),
        ..Default::default()
    };
    let result = Sample::audited_update(conn, &ctx, made.id, nan.clone());
    if NAME != "postgres" {
        assert!(matches!(result, Err(AuditError::Database(_))));
        assert!(stored(conn, made.id) == made);
        assert_eq!(look::log_len(conn), seen);
        return;
    }
    let first = result.unwrap();
    assert!(first.double.is_nan());
    assert_eq!(
        look::lines_after(conn, seen),
        [
            r#"update single 0.1 -> {"$f":"-inf"}"#,
            r#"update double 0.1 -> {"$f":"NaN"}"#
        ]
    );
    let seen = look::log_len(conn);
    clock.tick();
    let again = Sample::audited_update(conn, &ctx, made.id, nan).unwrap();
    assert_eq!(again.updated_at, first.updated_at, "NaN is NaN");
    let edited = Sample::audited_edit(conn, &ctx, made.id, |_| {}).unwrap();
    assert_eq!(edited.updated_at, first.updated_at);
    assert_eq!(look::log_len(conn), seen);
    let edited = Sample::audited_edit(conn, &ctx, made.id, |s| s.number = 9).unwrap();
    assert_eq!(edited.updated_at, clock.now());
    assert_eq!(look::lines_after(conn, seen), ["update number 5 -> 9"]);
    let zero = SampleChanges {
        double: Some(0.0),
        ..Default::default()
    };
    Sample::audited_update(conn, &ctx, made.id, zero).unwrap();
    let seen = look::log_len(conn);
    let minus = SampleChanges {
        double: Some(-0.0),
        ..Default::default()
    };
    Sample::audited_update(conn, &ctx, made.id, minus).unwrap();
    assert_eq!(look::log_len(conn), seen, "0 == -0");
}

/// Absent, null and a value are three things, from the client's JSON to the column.
#[test]
fn absent_null_and_a_value() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let seen = look::log_len(conn);
    let mut update = |json: &str| {
        let form: AccountChanges = serde_json::from_str(json).unwrap();
        Account::audited_update(conn, &ctx, account.id, form)
            .unwrap()
            .email
    };
    assert_eq!(update(r#"{"email":"a@b.c"}"#).as_deref(), Some("a@b.c"));
    assert_eq!(update("{}").as_deref(), Some("a@b.c"));
    assert_eq!(update(r#"{"email":null}"#), None);
    assert_eq!(update(r#"{"name":"Ada"}"#), None);
    assert_eq!(
        look::lines_after(conn, seen),
        [
            r#"update email null -> "a@b.c""#,
            r#"update email "a@b.c" -> null"#
        ]
    );
}
