include!("wares.rs");

use audit_diesel::{AsOf, Presence, Side, Unknown};

use crate::hand::{Hand, at};

fn past(conn: &mut Conn, hand: &Hand, sku: &str, seconds: i64) -> audit_diesel::Past<Ware> {
    let ctx = hand.ctx(1_000_000, 1);
    match Ware::as_of(conn, &ctx, sku, at(seconds)).unwrap() {
        AsOf::Record(past) => past,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_is_what_the_last_change_before_left() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    Ware::audited_edit(conn, &hand.ctx(20, 2), "a", |w| {
        w.title = "Desk lamp".into();
        w.hint = Some("left drawer".into());
    })
    .unwrap();
    Ware::audited_edit(conn, &hand.ctx(30, 3), "a", |w| w.price = None).unwrap();
    Ware::audited_soft_delete(conn, &hand.ctx(40, 4), "a").unwrap();
    let later = hand.ctx(1_000_000, 1);

    assert!(matches!(
        Ware::as_of(conn, &later, "a", at(9)).unwrap(),
        AsOf::NotYet
    ));
    let first = past(conn, &hand, "a", 10);
    assert_eq!(first.get::<String>("title").unwrap(), "Lamp");
    assert_eq!(first.get::<Option<i64>>("price").unwrap(), Some(100));
    assert_eq!(first.get::<f64>("weight").unwrap(), 1.5);
    // There was none, and a mask does not hide that.
    assert_eq!(first.get::<Option<String>>("hint").unwrap(), None);
    assert_eq!(first.get::<i32>("seen"), Err(Unknown::Ignored));
    assert_eq!(first.get::<Option<String>>("cache"), Err(Unknown::Skipped));
    assert_eq!(first.get::<i64>("title"), Err(Unknown::Type));
    assert_eq!(first.get::<i64>("colour"), Err(Unknown::NoField));
    assert_eq!(first.get::<DateTime<Utc>>("created_at").unwrap(), at(10));
    assert_eq!(first.get::<Actor>("created_by").unwrap(), Actor::user(1));
    assert_eq!(first.get::<DateTime<Utc>>("updated_at"), Err(Unknown::Stamp));
    assert_eq!(first.get::<Option<Actor>>("deleted_by").unwrap(), None);
    assert_eq!(first.last_change().unwrap().actor, Actor::user(1));
    assert!(!first.is_deleted());

    let second = past(conn, &hand, "a", 29);
    assert_eq!(second.json("title").unwrap(), "\"Desk lamp\"");
    assert_eq!(second.get::<Option<i64>>("price").unwrap(), Some(100));
    assert_eq!(second.get::<Option<String>>("hint"), Err(Unknown::Masked));
    assert_eq!(second.mask("hint"), Some("\"***\""));
    assert_eq!(second.last_change().unwrap().changed_at, at(20));

    let third = past(conn, &hand, "a", 30);
    assert_eq!(third.json("price").unwrap(), "null");
    let last = past(conn, &hand, "a", 40);
    assert!(last.is_deleted());
    assert_eq!(last.get::<Option<DateTime<Utc>>>("deleted_at").unwrap(), Some(at(40)));
    assert_eq!(last.get::<Actor>("deleted_by").unwrap(), Actor::user(4));
    // Since the last write, everything is as it is now.
    assert_eq!(last.get::<DateTime<Utc>>("updated_at").unwrap(), at(40));
    assert_eq!(last.get::<i32>("seen").unwrap(), 0);
    let text = second.to_string();
    assert!(text.contains("title: \"Desk lamp\""), "{text}");
    assert!(text.contains("cache: <the field is skipped>"), "{text}");

    Ware::audited_delete(conn, &hand.ctx(50, 5), "a").unwrap();
    assert!(past(conn, &hand, "a", 49).is_deleted());
    let gone = Ware::as_of(conn, &later, "a", at(50)).unwrap();
    assert!(matches!(gone, AsOf::Deleted));
    assert!(matches!(
        Ware::as_of(conn, &later, "b", at(50)),
        Err(AuditError::NotFound { .. })
    ));
    let other = hand.ctx(60, 1).tenant("other");
    assert!(matches!(
        Ware::as_of(conn, &other, "a", at(20)),
        Err(AuditError::NotFound { .. })
    ));
}

#[test]
fn a_record_of_which_all_is_recorded_comes_back_whole() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    let new = NewShelf {
        row: 7,
        place: "left".into(),
        label: None,
        height: 2.0,
    };
    let mut stored = vec![Shelf::audited_insert(conn, &hand.ctx(1, 1), new).unwrap()];
    for step in 1..5_i64 {
        let key = stored.last().unwrap().key();
        let ctx = hand.ctx(step * 10, 2);
        stored.push(
            Shelf::audited_edit(conn, &ctx, key, |s| {
                s.height += 0.25;
                s.label = (step % 2 == 0).then(|| format!("step {step}"));
            })
            .unwrap(),
        );
    }
    let key = Shelf::key_any_version((7, "left".into()));
    Shelf::audited_delete(conn, &hand.ctx(99, 1), &key).unwrap();
    for (step, stored) in stored.iter().enumerate() {
        let ctx = hand.ctx(1_000, 1);
        let then = Shelf::as_of(conn, &ctx, &key, at(step as i64 * 10 + 5)).unwrap();
        let past = then.record().unwrap();
        assert_eq!(past.get::<i32>("updated_by").unwrap(), if step == 0 { 1 } else { 2 });
        let whole: Shelf = past.into_entity().unwrap();
        assert!(whole == *stored, "{whole:?} is not {stored:?}");
    }
}

#[test]
fn what_retention_removed_is_not_made_up() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    for step in 2..6 {
        let ctx = hand.ctx(step * 10, 1);
        Ware::audited_edit(conn, &ctx, "a", |w| w.title = format!("step {step}")).unwrap();
    }
    purge(conn, "a", at(30));
    let later = hand.ctx(1_000, 1);
    let mut then = |seconds| Ware::as_of(conn, &later, "a", at(seconds)).unwrap();
    // The record's own stamp still tells when it came.
    assert!(matches!(then(9), AsOf::NotYet));
    assert!(matches!(then(10), AsOf::BeyondRetention));
    assert!(matches!(then(29), AsOf::BeyondRetention));
    let past = then(30).record().unwrap();
    assert_eq!(past.get::<String>("title").unwrap(), "step 3");
    // Never touched since: what it is now, it was then.
    assert_eq!(past.get::<i64>("price").unwrap(), 100);
    purge(conn, "a", at(1_000));
    let mut then = |seconds| Ware::as_of(conn, &later, "a", at(seconds)).unwrap();
    assert!(matches!(then(49), AsOf::BeyondRetention));
    let past = then(50).record().unwrap();
    assert_eq!(past.get::<String>("title").unwrap(), "step 5");
    assert_eq!(past.get::<i32>("seen").unwrap(), 0);
}

#[test]
fn a_change_that_left_no_row_is_seen() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    Ware::audited_edit(conn, &hand.ctx(20, 1), "a", |w| w.price = Some(5)).unwrap();
    conn.batch_execute("UPDATE wares SET title = 'by hand'").unwrap();
    Ware::audited_edit(conn, &hand.ctx(30, 1), "a", |w| w.price = Some(6)).unwrap();
    let then = past(conn, &hand, "a", 20);
    assert_eq!(then.get::<String>("title"), Err(Unknown::Unrecorded));
    assert_eq!(then.get::<i64>("price").unwrap(), 5);
    let now = past(conn, &hand, "a", 2_000_000);
    assert_eq!(now.get::<String>("title").unwrap(), "by hand");
    // Gone without a row: since its last change at the earliest.
    conn.batch_execute("DELETE FROM wares").unwrap();
    assert_eq!(past(conn, &hand, "a", 30).get::<i64>("price").unwrap(), 6);
    let later = hand.ctx(1_000_000, 1);
    let gone = Ware::as_of(conn, &later, "a", at(31)).unwrap();
    assert!(matches!(gone, AsOf::Deleted));
}

#[test]
fn a_difference_is_what_is_left_in_the_end() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    let mut edit = |seconds, change: fn(&mut Ware)| {
        Ware::audited_edit(conn, &hand.ctx(seconds, 1), "a", change).unwrap();
    };
    edit(20, |w| {
        w.title = "Desk lamp".into();
        w.hint = Some("left".into());
    });
    edit(30, |w| {
        w.price = Some(7);
        w.hint = Some("right".into());
    });
    edit(40, |w| w.title = "Lamp".into());
    let later = hand.ctx(1_000, 1);
    let mut between = |from, to| Ware::diff_between(conn, &later, "a", at(from), at(to)).unwrap();
    let all = between(10, 40);
    let columns = |d: &audit_diesel::Difference| -> Vec<&str> {
        d.changed().iter().map(|f| f.column).collect()
    };
    assert_eq!(columns(&all), ["price", "hint"]);
    let price = all.field("price").unwrap();
    assert_eq!(price.old, Side::Value("100".into()));
    assert_eq!(price.new, Side::Value("7".into()));
    let hint = all.field("hint").unwrap();
    assert_eq!(hint.old, Side::Value("null".into()));
    assert_eq!(hint.new, Side::Hidden(Unknown::Masked));
    assert_eq!(
        all.unknown(),
        [("seen", Unknown::Ignored), ("cache", Unknown::Skipped)]
    );
    // Both masks look the same, and it changed.
    let hint = between(20, 30).field("hint").unwrap().clone();
    assert_eq!((hint.old, hint.new), (Side::Hidden(Unknown::Masked), Side::Hidden(Unknown::Masked)));
    assert!(between(30, 39).is_empty());
    let born = between(5, 10);
    assert_eq!((born.from(), born.to()), (Presence::NotYet, Presence::There));
    assert_eq!(born.field("title").unwrap().old, Side::NoRecord);
    assert!(born.to_string().contains("title: - -> \"Lamp\""));
    assert!(matches!(
        Ware::diff_between(conn, &later, "a", at(2), at(1)),
        Err(AuditError::Instants { .. })
    ));
}

/// A reader beside a writer: what it sees is one state of the record or another, never a mixture.
#[test]
fn a_reader_sees_no_half_of_a_write() {
    let (database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(0, 1), new_ware("a")).unwrap();
    let writing = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut conn = database.connect();
            for n in 1..=60_i64 {
                let edit = |w: &mut Ware| {
                    w.title = n.to_string();
                    w.price = Some(n);
                };
                Ware::audited_edit(&mut conn, &Hand::new().ctx(n, 1), "a", edit).unwrap();
            }
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let ctx = hand.ctx(1_000, 1);
            let past = Ware::as_of(conn, &ctx, "a", at(500)).unwrap().record().unwrap();
            let title = past.get::<String>("title").unwrap();
            let price = past.get::<i64>("price").unwrap();
            assert!(title == price.to_string() || title == "Lamp", "{title}, {price}");
            seen += 1;
        }
        writer.join().unwrap();
        seen
    });
    assert!(writing > 0);
    let last = past(conn, &hand, "a", 60);
    assert_eq!(last.get::<i64>("price").unwrap(), 60);
}
