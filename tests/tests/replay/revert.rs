include!("wares.rs");

use audit_diesel::{Refill, RevertError, Unknown};

use crate::hand::{Hand, at};

/// The ids of a record's change sets, oldest first.
fn changes(conn: &mut Conn, hand: &Hand, sku: &str) -> Vec<uuid::Uuid> {
    let sets = Ware::history(conn, &hand.ctx(0, 1), sku).unwrap();
    sets.iter().map(|set| set.first().unwrap().change_id).collect()
}

fn why(result: Result<impl Sized, AuditError>) -> RevertError {
    match result {
        Err(AuditError::Revert { source, .. }) => source,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

/// `a` with three edits: title and price, hint, title.
fn edited(conn: &mut Conn, hand: &Hand) -> Vec<uuid::Uuid> {
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    let mut edit = |seconds, change: fn(&mut Ware)| {
        Ware::audited_edit(conn, &hand.ctx(seconds, 1), "a", change).unwrap();
    };
    edit(20, |w| {
        w.title = "Desk lamp".into();
        w.price = Some(7);
        w.seen = 3;
    });
    edit(30, |w| w.hint = Some("left".into()));
    edit(40, |w| w.title = "Floor lamp".into());
    changes(conn, hand, "a")
}

#[test]
fn a_change_set_is_taken_back_as_a_change_of_its_own() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    let sets = edited(conn, &hand);
    let revert = |conn: &mut Conn, seconds, id| {
        Ware::audited_revert(conn, &hand.ctx(seconds, 9), "a", Revert::ChangeSet(id))
    };
    // What came after it would go, too.
    let error = revert(conn, 50, sets[1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "record `a` of `wares` stays as it is: changed again since: `title`; revert the later \
         change sets first, or write the values with `audited_edit`"
    );
    assert_eq!(why(Err::<(), _>(error)), RevertError::ChangedSince(vec!["title"]));
    let ware = revert(conn, 60, sets[3]).unwrap();
    assert_eq!(ware.title, "Desk lamp");
    assert_eq!((ware.updated_at, ware.updated_by), (at(60), Actor::user(9)));
    let ware = revert(conn, 70, sets[1]).unwrap();
    assert_eq!((ware.title.as_str(), ware.price), ("Lamp", Some(100)));
    // Ignored: not its business.
    assert_eq!(ware.seen, 3);
    // There was no hint, and that is no secret.
    let ware = revert(conn, 80, sets[2]).unwrap();
    assert_eq!(ware.hint, None);
    let last = Ware::history(conn, &hand.ctx(0, 1), "a").unwrap();
    assert_eq!(last.len(), 7);
    assert_eq!(last[5].first().unwrap().action, "update");
    assert_eq!(last[5].field("price").unwrap().new_value.as_deref(), Some("100"));
    // Done already: nothing to write.
    let again = revert(conn, 90, sets[1]).unwrap();
    assert_eq!(again.updated_at, at(80));
    // And the way there again is a change set like any other.
    let redo = changes(conn, &hand, "a")[5];
    assert_eq!(revert(conn, 100, redo).unwrap().title, "Desk lamp");
}

#[test]
fn what_is_not_known_is_not_written() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    edited(conn, &hand);
    Ware::audited_edit(conn, &hand.ctx(50, 1), "a", |w| w.hint = Some("right".into())).unwrap();
    let sets = changes(conn, &hand, "a");
    let revert = |conn: &mut Conn, revert| {
        Ware::audited_revert(conn, &hand.ctx(60, 9), "a", revert)
    };
    let masked = RevertError::Unknown(vec![("hint", Unknown::Masked)]);
    assert_eq!(why(revert(conn, Revert::ChangeSet(sets[4]))), masked);
    assert_eq!(why(revert(conn, Revert::To(at(45)))), masked);
    assert_eq!(why(revert(conn, Revert::ChangeSet(sets[0]))), RevertError::Insert);
    let nobodys = uuid::Uuid::from_u128(7);
    assert_eq!(
        why(revert(conn, Revert::ChangeSet(nobodys))),
        RevertError::NoChange(nobodys)
    );
    assert_eq!(why(revert(conn, Revert::To(at(9)))), RevertError::NotYet);
    assert_eq!(Ware::history(conn, &hand.ctx(0, 1), "a").unwrap().len(), 5);
    // Before the first hint there was none: that can be written. Since the last, nothing differs.
    let ware = revert(conn, Revert::To(at(25))).unwrap();
    assert_eq!((ware.title.as_str(), ware.hint), ("Desk lamp", None));
    let same = revert(conn, Revert::To(at(60))).unwrap();
    assert_eq!(same.updated_at, at(60));
}

#[test]
fn a_soft_delete_and_its_restore_take_each_other_back() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    Ware::audited_insert(conn, &hand.ctx(10, 1), new_ware("a")).unwrap();
    Ware::audited_soft_delete(conn, &hand.ctx(20, 1), "a").unwrap();
    let deleted = changes(conn, &hand, "a")[1];
    let revert = |conn: &mut Conn, seconds, revert| {
        Ware::audited_revert(conn, &hand.ctx(seconds, 9), "a", revert)
    };
    assert!(matches!(
        revert(conn, 25, Revert::To(at(15))),
        Err(AuditError::Deleted { .. })
    ));
    let live = revert(conn, 30, Revert::ChangeSet(deleted)).unwrap();
    assert!(!live.is_deleted && live.deleted_at.is_none() && live.deleted_by.is_none());
    let since = RevertError::ChangedSince(vec!["is_deleted"]);
    assert_eq!(why(revert(conn, 35, Revert::ChangeSet(deleted))), since);
    assert_eq!(why(revert(conn, 35, Revert::To(at(25)))), RevertError::SoftDeleted);
    let restored = changes(conn, &hand, "a")[2];
    let gone = revert(conn, 40, Revert::ChangeSet(restored)).unwrap();
    assert_eq!((gone.deleted_at, gone.deleted_by), (Some(at(40)), Some(Actor::user(9))));
    let actions: Vec<String> = Ware::history(conn, &hand.ctx(0, 1), "a")
        .unwrap()
        .iter()
        .map(|set| set.first().unwrap().action.clone())
        .collect();
    assert_eq!(actions, ["insert", "delete", "restore", "delete"]);
}

#[test]
fn a_revert_is_a_write_like_any_other() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    let new = NewShelf {
        row: 1,
        place: "a".into(),
        label: None,
        height: 1.0,
    };
    let first = Shelf::audited_insert(conn, &hand.ctx(10, 1), new).unwrap();
    let second = Shelf::audited_edit(conn, &hand.ctx(20, 1), first.key(), |s| s.height = 2.0);
    let second = second.unwrap();
    let to_first = Revert::To(at(10));
    assert!(matches!(
        Shelf::audited_revert(conn, &hand.ctx(30, 1), first.key(), to_first),
        Err(AuditError::Conflict { .. })
    ));
    let third = Shelf::audited_revert(conn, &hand.ctx(30, 1), second.key(), to_first).unwrap();
    assert_eq!((third.height, third.version), (1.0, 3));

    // Another tenant's record is none.
    let sets = edited(conn, &hand);
    let other = hand.ctx(50, 1).tenant("other");
    let theirs = Ware::audited_revert(conn, &other, "a", Revert::ChangeSet(sets[3]));
    assert!(matches!(theirs, Err(AuditError::NotFound { .. })));
    assert!(matches!(
        Ware::audited_revert(conn, &other, "a", Revert::To(at(20))),
        Err(AuditError::NotFound { .. })
    ));
    // A refused revert spoils the operation that it is part of.
    let spoilt = audit_diesel::transaction(conn, &hand.ctx(60, 1), |tx, ctx| {
        Ware::audited_edit(tx, ctx, "a", |w| w.price = None)?;
        let _ = Ware::audited_revert(tx, ctx, "a", Revert::ChangeSet(sets[1]));
        Ok::<_, AuditError>(())
    });
    assert!(matches!(spoilt, Err(AuditError::Poisoned { .. })));
    assert_eq!(changes(conn, &hand, "a").len(), 4);
}

#[test]
fn a_removed_record_comes_back() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    let new = NewShelf {
        row: 1,
        place: "a".into(),
        label: Some("tools".into()),
        height: 1.0,
    };
    let first = Shelf::audited_insert(conn, &hand.ctx(10, 1), new).unwrap();
    let key = Shelf::key_any_version((1, "a".into()));
    let undelete = |conn: &mut Conn, seconds| {
        Shelf::audited_undelete(conn, &hand.ctx(seconds, 9), (1, "a".to_owned()))
    };
    assert_eq!(why(undelete(conn, 15)), RevertError::Exists);
    Shelf::audited_delete(conn, &hand.ctx(20, 1), &key).unwrap();
    let back = undelete(conn, 30).unwrap();
    let expected = Shelf {
        version: 2,
        updated_at: at(30),
        updated_by: Some(9),
        ..first.clone()
    };
    assert!(back == expected, "{back:?}");
    // Who has read it before it was removed reads it again.
    assert!(matches!(
        Shelf::audited_edit(conn, &hand.ctx(40, 1), first.key(), |s| s.height = 0.0),
        Err(AuditError::Conflict { .. })
    ));
    let history = Shelf::history(conn, &hand.ctx(0, 1), &key).unwrap();
    let last = history.last().unwrap().first().unwrap();
    assert_eq!((last.action.as_str(), &last.field_name), ("undelete", &None));
    assert!(last.new_value.as_deref().unwrap().contains("tools"));
    let removal = history[1].first().unwrap().change_id;
    assert_eq!(
        why(Shelf::audited_revert(conn, &hand.ctx(50, 1), &key, Revert::ChangeSet(removal))),
        RevertError::Removal
    );
    conn.batch_execute("DELETE FROM shelves").unwrap();
    assert_eq!(why(undelete(conn, 60)), RevertError::NoRemoval);
    assert!(matches!(
        Shelf::audited_undelete(conn, &hand.ctx(60, 1), (2, "a".to_owned())),
        Err(AuditError::NotFound { .. })
    ));
}

#[test]
fn what_the_trail_does_not_hold_is_given_or_it_stays_removed() {
    let (_database, mut conn) = database();
    let conn = &mut conn;
    let hand = Hand::new();
    edited(conn, &hand);
    Ware::audited_edit(conn, &hand.ctx(50, 1), "a", |w| w.cache = Some("hot".into())).unwrap();
    Ware::audited_soft_delete(conn, &hand.ctx(60, 4), "a").unwrap();
    let last = Ware::audited_delete(conn, &hand.ctx(70, 1), "a").unwrap();
    let undelete = |conn: &mut Conn, refill| {
        Ware::audited_undelete_with(conn, &hand.ctx(80, 9), "a", refill)
    };
    assert_eq!(
        why(Ware::audited_undelete(conn, &hand.ctx(80, 9), "a")),
        RevertError::Unknown(vec![("hint", Unknown::Masked), ("cache", Unknown::Skipped)])
    );
    let half = Refill::new().null("cache");
    assert_eq!(
        why(undelete(conn, half.clone())),
        RevertError::Unknown(vec![("hint", Unknown::Masked)])
    );
    let all = half.set("hint", "given anew");
    assert_eq!(
        why(undelete(conn, all.clone().set("title", "Mine"))),
        RevertError::Known(vec!["title"])
    );
    assert_eq!(
        why(undelete(conn, all.clone().set("shop", "other"))),
        RevertError::Known(vec!["shop"])
    );
    assert_eq!(
        why(undelete(conn, all.clone().null("colour"))),
        RevertError::NoField("colour".into())
    );
    assert_eq!(
        why(undelete(conn, Refill::new().null("cache").set("hint", &5))),
        RevertError::Misfit(vec!["hint"])
    );
    let other = hand.ctx(80, 9).tenant("other");
    assert!(matches!(
        Ware::audited_undelete_with(conn, &other, "a", all.clone()),
        Err(AuditError::NotFound { .. })
    ));
    assert_eq!(format!("{all:?}"), r#"["cache", "hint"]"#);
    let back = undelete(conn, all).unwrap();
    let expected = Ware {
        hint: Some("given anew".into()),
        cache: None,
        updated_at: at(80),
        updated_by: Actor::user(9),
        ..last
    };
    assert!(back == expected, "{back:?}");
    assert_eq!((back.deleted_at, back.seen), (Some(at(60)), 3));
}
