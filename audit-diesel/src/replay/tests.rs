//! The fold on rows made by hand, without a database.

use audit_core::{Actor, EntityMeta, FieldMeta, Policy, Role};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::state::Standing;
use super::timeline::{Current, Timeline};
use super::value::{Reading, Value};
use crate::error::{RevertError, Unknown};
use crate::trail::AuditEntry;

const META: &EntityMeta = &EntityMeta::new(
    "things",
    "Thing",
    &[
        FieldMeta::new("id").role(Role::Key),
        FieldMeta::new("name").was(&["title"]),
        FieldMeta::new("count"),
        FieldMeta::new("noise").policy(Policy::Ignored),
        FieldMeta::new("created_at").role(Role::CreatedAt),
        FieldMeta::new("updated_at").role(Role::UpdatedAt),
    ],
);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn time(seconds: i64) -> String {
    audit_core::encode::to_json(&at(seconds))
}

fn row(seq: i64, seconds: i64, action: &str, field: Option<&str>) -> AuditEntry {
    let id = Uuid::from_u128(seq as u128);
    AuditEntry {
        seq,
        id,
        change_id: id,
        operation_id: id,
        tenant_id: None,
        table_name: Some("things".into()),
        record_id: Some("1".into()),
        action: action.into(),
        field_name: field.map(str::to_owned),
        old_value: None,
        new_value: None,
        actor: Actor::system(),
        on_behalf_of: None,
        changed_at: at(seconds),
        recorded_at: at(seconds),
        request_id: None,
        reason: None,
        context: None,
    }
}

fn whole(name: &str, count: i64, noise: i64, created: i64, updated: i64) -> String {
    format!(
        r#"{{"id":1,"name":"{name}","count":{count},"noise":{noise},"created_at":{},"updated_at":{}}}"#,
        time(created),
        time(updated)
    )
}

fn insert(seq: i64, seconds: i64, name: &str) -> AuditEntry {
    AuditEntry {
        new_value: Some(whole(name, 0, 0, seconds, seconds)),
        ..row(seq, seconds, "insert", None)
    }
}

fn update(seq: i64, seconds: i64, field: &str, old: &str, new: &str) -> AuditEntry {
    AuditEntry {
        old_value: Some(old.into()),
        new_value: Some(new.into()),
        ..row(seq, seconds, "update", Some(field))
    }
}

fn delete(seq: i64, seconds: i64, old: String) -> AuditEntry {
    AuditEntry {
        old_value: Some(old),
        ..row(seq, seconds, "delete", None)
    }
}

fn now(name: &str, count: i64, noise: i64, created: i64, updated: i64) -> Option<Current> {
    let values = [
        "1".to_owned(),
        format!("\"{name}\""),
        count.to_string(),
        noise.to_string(),
        time(created),
        time(updated),
    ];
    Some(Current {
        values: values.into_iter().map(Some).collect(),
        deleted: false,
    })
}

/// What is said of an instant: the values of `name`, `count` and `noise`, or why not.
fn said(rows: &[AuditEntry], current: Option<Current>, seconds: i64) -> String {
    let timeline = Timeline::new(META, rows, current, at(1_000));
    match timeline.at(at(seconds)) {
        Standing::NotYet => "not yet".into(),
        Standing::Deleted => "deleted".into(),
        Standing::BeyondRetention => "beyond".into(),
        Standing::There(state) => {
            let fields = state.fields.iter().skip(1).take(3);
            let said = fields.map(|field| match &field.value {
                Ok(value) => value.json.clone(),
                Err(reason) => format!("{reason:?}"),
            });
            said.collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn a_history_is_told_forward_and_backward() {
    let rows = [
        insert(1, 10, "a"),
        update(2, 20, "name", "\"a\"", "\"b\""),
        update(3, 30, "count", "0", "5"),
    ];
    let current = || now("b", 5, 0, 10, 30);
    for (seconds, expected) in [
        (9, "not yet"),
        (10, "\"a\" 0 Ignored"),
        (19, "\"a\" 0 Ignored"),
        (20, "\"b\" 0 Ignored"),
        (30, "\"b\" 5 0"),
    ] {
        assert_eq!(said(&rows, current(), seconds), expected, "at {seconds}");
        // The row of the insert is not needed from the first change on.
        if seconds >= 20 {
            assert_eq!(
                said(&rows[1..], current(), seconds),
                expected,
                "at {seconds}"
            );
        }
    }
    assert_eq!(said(&rows[1..], current(), 19), "beyond");
    assert_eq!(said(&rows[1..], current(), 9), "not yet");
    assert_eq!(said(&rows[2..], current(), 29), "beyond");
}

#[test]
fn the_records_own_stamps_tell_where_rows_do_not() {
    let current = || now("a", 1, 2, 10, 30);
    assert_eq!(said(&[], current(), 9), "not yet");
    assert_eq!(said(&[], current(), 10), "beyond");
    assert_eq!(said(&[], current(), 30), "\"a\" 1 2");
    // So do those of the last snapshot.
    let gone = [delete(1, 50, whole("a", 1, 2, 10, 30))];
    assert_eq!(said(&gone, None, 29), "beyond");
    assert_eq!(said(&gone, None, 30), "\"a\" 1 2");
    assert_eq!(said(&gone, None, 50), "deleted");
}

#[test]
fn of_equal_and_backward_stamps_the_order_of_the_log_decides() {
    let rows = [
        insert(1, 10, "a"),
        update(2, 50, "name", "\"a\"", "\"b\""),
        update(3, 20, "name", "\"b\"", "\"c\""),
        update(4, 20, "count", "0", "1"),
    ];
    let current = || now("c", 1, 0, 10, 20);
    assert_eq!(said(&rows, current(), 19), "\"a\" 0 Ignored");
    assert_eq!(said(&rows, current(), 20), "\"c\" 1 0");
    assert_eq!(said(&rows, current(), 60), "\"c\" 1 0");
}

#[test]
fn a_key_that_is_used_again_is_another_record() {
    let rows = [
        insert(1, 10, "a"),
        delete(2, 20, whole("a", 0, 0, 10, 10)),
        insert(3, 30, "b"),
    ];
    let current = || now("b", 0, 0, 30, 30);
    assert_eq!(said(&rows, current(), 19), "\"a\" 0 0");
    assert_eq!(said(&rows, current(), 25), "deleted");
    assert_eq!(said(&rows, current(), 30), "\"b\" 0 0");
    // Its removal and its coming back left no row: the other time of creation tells.
    let rows = [insert(1, 10, "a")];
    assert_eq!(said(&rows, current(), 10), "\"a\" 0 Ignored");
    assert_eq!(said(&rows, current(), 29), "deleted");
    assert_eq!(said(&rows, current(), 30), "\"b\" 0 0");
    let timeline = Timeline::new(META, &rows, current(), at(1_000));
    assert_eq!(
        timeline.back_to(at(10)).unwrap_err(),
        RevertError::AnotherRecord
    );
}

#[test]
fn neighbours_that_do_not_fit_tell_of_a_change_without_a_row() {
    let rows = [insert(1, 10, "a"), update(2, 30, "name", "\"x\"", "\"c\"")];
    let current = || now("c", 0, 0, 10, 30);
    assert_eq!(said(&rows, current(), 10), "Unrecorded 0 Ignored");
    assert_eq!(said(&rows, current(), 30), "\"c\" 0 0");
    let garbled = AuditEntry {
        new_value: Some("{".into()),
        ..row(1, 10, "insert", None)
    };
    assert_eq!(
        said(&[garbled], current(), 29),
        "Unreadable Unreadable Ignored"
    );
}

#[test]
fn former_names_are_read_and_a_name_of_now_comes_first() {
    let old = r#"{"id":1,"title":"a","count":0,"gone":true}"#;
    let rows = [
        AuditEntry {
            new_value: Some(old.into()),
            ..row(1, 10, "insert", None)
        },
        update(2, 20, "title", "\"a\"", "\"b\""),
    ];
    assert_eq!(said(&rows, now("b", 0, 0, 10, 20), 15), "\"a\" 0 Ignored");
    let timeline = Timeline::new(META, &rows, now("b", 0, 0, 10, 20), at(1_000));
    let Standing::There(state) = timeline.at(at(15)) else {
        panic!("it was there");
    };
    let former: Vec<&str> = state.former.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(former, ["gone"]);
}

#[test]
fn values_are_the_same_however_a_database_spells_them() {
    let value = |json: &str| match Reading::of_json(Some(json)) {
        Reading::Value(value) => value,
        other => panic!("{other:?}"),
    };
    let same = |one: &str, two: &str| value(one).same(&value(two));
    assert!(same("1e16", "10000000000000000"));
    assert!(same(r#"{"a":1,"b":2.0}"#, r#"{"b":2, "a":1}"#));
    assert!(same(r#"{"$f":"NaN"}"#, r#"{"$f":"NaN"}"#));
    assert!(same("5", "\"5\"") && same("true", "1"));
    assert!(same(
        "\"2024-01-01T00:00:00.000000Z\"",
        "\"2024-01-01T00:00:00.000000\""
    ));
    assert!(!same("\"1.0\"", "\"1.00\"") && !same("5", "\"a\"") && !same("null", "\"\""));
    let long = format!("\"{}\"", "x".repeat(100));
    let cut = audit_core::encode::truncate(long.clone(), 10);
    assert!(same(&long, &cut) && same(&cut, &long) && !same(&cut, "\"x\""));
    assert_eq!(value(&cut).stored().unwrap_err(), Unknown::Truncated);
    assert_eq!(
        value(r#"{"$error":"not serializable"}"#)
            .stored()
            .unwrap_err(),
        Unknown::Unreadable
    );
    assert_eq!(value("\"***\"").stored().unwrap_err(), Unknown::Masked);
    let kinds = Value::of_actor(&Actor::user(7), &["user"]);
    assert_eq!((kinds.json.as_str(), kinds.others.len()), ("\"7\"", 2));
}

#[test]
fn a_soft_delete_without_its_row_is_not_denied() {
    const META: &EntityMeta = &EntityMeta::new(
        "things",
        "Thing",
        &[
            FieldMeta::new("id").role(Role::Key),
            FieldMeta::new("is_deleted").role(Role::DeletedFlag),
            FieldMeta::new("deleted_at").role(Role::DeletedAt),
        ],
    );
    let insert = AuditEntry {
        new_value: Some(r#"{"id":1,"is_deleted":false,"deleted_at":null}"#.into()),
        ..row(1, 10, "insert", None)
    };
    let restore = AuditEntry {
        old_value: Some("true".into()),
        new_value: Some("false".into()),
        ..row(3, 30, "restore", Some("is_deleted"))
    };
    let timeline = Timeline::new(META, &[insert, restore], None, at(1_000));
    let state = |seconds| match timeline.at(at(seconds)) {
        Standing::There(state) => state,
        other => panic!("{other:?}"),
    };
    let then = state(15);
    assert_eq!(then.deleted, None);
    let reasons: Vec<_> = then
        .fields
        .iter()
        .skip(1)
        .map(|f| f.value.clone().err())
        .collect();
    assert_eq!(reasons, [Some(Unknown::Unrecorded); 2]);
    let then = state(30);
    assert_eq!(then.deleted, Some(false));
    assert!(then.fields.iter().all(|field| field.value.is_ok()));
}

#[test]
fn a_column_that_came_later_is_left_alone_where_nobody_changed_it() {
    let snapshot = format!(
        r#"{{"id":1,"name":"a","noise":0,"created_at":{},"updated_at":{}}}"#,
        time(10),
        time(10)
    );
    let first = AuditEntry {
        new_value: Some(snapshot),
        ..row(1, 10, "insert", None)
    };
    let mut rows = vec![first, update(2, 20, "name", "\"a\"", "\"b\"")];
    let back = |rows: &[AuditEntry]| {
        let timeline = Timeline::new(META, rows, now("b", 7, 0, 10, 20), at(1_000));
        timeline.back_to(at(10))
    };
    let values = back(&rows).unwrap();
    assert_eq!(values[1].as_ref().unwrap().json, "\"a\"");
    assert!(values[2].is_none());
    rows.push(update(3, 20, "count", "0", "7"));
    assert_eq!(
        back(&rows).unwrap_err(),
        RevertError::Unknown(vec![("count", Unknown::NotRecorded)])
    );
}

#[test]
fn a_mask_that_the_next_row_contradicts_is_no_value_to_differ_from() {
    // The row that took the value away had an earlier time than the insert, and was purged for it.
    let mut rows = vec![
        insert(1, 10, "***"),
        update(3, 20, "name", "null", "\"***\""),
    ];
    let between = |rows: &[AuditEntry]| {
        let timeline = Timeline::new(META, rows, None, at(1_000));
        timeline.between(at(10), at(20))
    };
    let said = between(&rows);
    assert!(said.changed().is_empty(), "{said}");
    assert!(
        said.unknown().contains(&("name", Unknown::Masked)),
        "{said}"
    );
    rows.insert(1, update(2, 15, "name", "\"***\"", "null"));
    let said = between(&rows);
    let name = said.field("name").unwrap();
    assert_eq!(name.old, super::between::Side::Hidden(Unknown::Masked));
}
