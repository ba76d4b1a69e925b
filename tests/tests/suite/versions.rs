// The optimistic lock.

use audit_diesel::prelude::*;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{notes, tickets};
use super::backend::{Conn, Database};

fn open() -> (Database, Conn) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn)
}

fn conflict<T>(result: Result<T, AuditError>) {
    match result {
        Err(AuditError::Conflict { .. }) => {}
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a stale key was taken"),
    }
}

#[test]
fn a_stale_key_writes_nothing() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let ctx = ctx();
    let form = NewNote {
        title: "one".into(),
        weight: 1.0,
        views: 0,
    };
    let first = Note::audited_insert(conn, &ctx, form).unwrap();
    assert_eq!(first.version, 1);
    let to = |title: &str| NoteChanges {
        title: Some(title.into()),
        ..Default::default()
    };
    let second = Note::audited_update(conn, &ctx, first.key(), to("two")).unwrap();
    assert_eq!(second.version, 2);
    let third = Note::audited_edit(conn, &ctx, second.key(), |n| n.views = 9).unwrap();
    assert_eq!(third.version, 3, "a write without an audit row counts too");

    let rows = look::log_len(conn);
    conflict(Note::audited_update(conn, &ctx, first.key(), to("stale")));
    conflict(Note::audited_update(conn, &ctx, first.key(), to("two")));
    conflict(Note::audited_update(
        conn,
        &ctx,
        first.key(),
        NoteChanges::default(),
    ));
    conflict(Note::audited_edit(conn, &ctx, second.key(), |_| {
        panic!("not called")
    }));
    conflict(Note::audited_edit(
        conn,
        &ctx,
        Note::key(first.id, 4),
        |_| panic!("not called"),
    ));
    conflict(Note::audited_delete(conn, &ctx, first.key()));
    conflict(Note::audited_update_many(
        conn,
        &ctx,
        [second.key()],
        to("stale"),
    ));
    conflict(Note::audited_delete_many(conn, &ctx, [second.key()]));
    conflict(Note::audited_update(
        conn,
        &ctx,
        Note::key(first.id, i64::MAX),
        to("stale"),
    ));
    let stored: Note = notes::table.select(Note::as_select()).first(conn).unwrap();
    assert!(stored == third);
    assert_eq!(look::log_len(conn), rows);

    let same = Note::audited_update(conn, &ctx, third.key(), to("two")).unwrap();
    assert_eq!(same.version, 3, "a no-op does not count");
    let any = Note::audited_update(conn, &ctx, Note::key_any_version(first.id), to("any")).unwrap();
    assert_eq!(any.version, 4);
    Note::audited_delete(conn, &ctx, any.key()).unwrap();
    match Note::audited_update(conn, &ctx, any.key(), to("gone")) {
        Err(AuditError::NotFound { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_write_counts_and_a_no_op_does_not() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let ctx = ctx().tenant("7");
    let form = NewTicket {
        r#type: "bug".into(),
        priority: None,
        access_token: Default::default(),
    };
    let made = Ticket::audited_insert(conn, &ctx, form).unwrap();
    assert_eq!(made.lock_version, 1);
    let deleted = Ticket::audited_soft_delete(conn, &ctx, made.key()).unwrap();
    assert_eq!(deleted.lock_version, 2);
    conflict(Ticket::audited_soft_delete(conn, &ctx, made.key()));
    conflict(Ticket::audited_restore(conn, &ctx, made.key()));
    assert_eq!(
        Ticket::audited_soft_delete(conn, &ctx, deleted.key())
            .unwrap()
            .lock_version,
        2
    );
    let restored = Ticket::audited_restore(conn, &ctx, deleted.key()).unwrap();
    assert_eq!(restored.lock_version, 3);
    assert_eq!(
        Ticket::audited_restore(conn, &ctx, restored.key())
            .unwrap()
            .lock_version,
        3
    );
    conflict(Ticket::audited_restore(conn, &ctx, deleted.key()));
    let key = Ticket::key_any_version(made.id);
    assert_eq!(
        Ticket::audited_soft_delete(conn, &ctx, &key)
            .unwrap()
            .lock_version,
        4
    );
    assert_eq!(
        Ticket::audited_restore(conn, &ctx, &key)
            .unwrap()
            .lock_version,
        5
    );
    conflict(Ticket::audited_delete(conn, &ctx, restored.key()));
    assert_eq!(
        Ticket::audited_delete(conn, &ctx, &key)
            .unwrap()
            .lock_version,
        5
    );
    assert_eq!(tickets::table.count().get_result::<i64>(conn).unwrap(), 0);
    assert_eq!(
        look::lines_after(conn, 0),
        [
            "insert *",
            "delete is_deleted false -> true",
            "restore is_deleted true -> false",
            "delete is_deleted false -> true",
            "restore is_deleted true -> false",
            "delete *",
        ],
        "the version is no change of its own"
    );
}
