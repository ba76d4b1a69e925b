use std::ops::ControlFlow;
use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::retention::{AuditHold, NewHold, Retention};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use super::backend::look::log_len;
use super::backend::{Conn, Database};
use super::log::*;

fn purge(conn: &mut Conn) -> audit_diesel::retention::PurgeReport {
    purger(Retention::default()).run(conn, &ctx()).unwrap()
}

/// Every kind of hold, against tenants, tables and records that differ by little.
#[test]
fn a_hold_covers_what_it_names_and_all_of_what_it_does_not() {
    let (tenants, tables, records) = (["a", "A", "a ", ""], ["t", "u", ""], ["1", "1 ", "2", ""]);
    let mut rows = Vec::new();
    for tenant in tenants {
        for table in tables {
            for record in records {
                rows.push(Draft::new(tenant, table, record, ago(31)));
            }
        }
    }
    let new = || NewHold::new("case 17");
    let holds = [
        new(),
        new().tenant("a"),
        new().table("t"),
        new().tenant("a").table("t"),
        new().table("t").record("1"),
        new().tenant("a").table("t").record("1"),
    ];
    type Covers = fn(&Draft) -> bool;
    let covers: [Covers; 6] = [
        |_| true,
        |row| row.tenant.as_deref() == Some("a"),
        |row| row.table.as_deref() == Some("t"),
        |row| row.tenant.as_deref() == Some("a") && row.table.as_deref() == Some("t"),
        |row| row.table.as_deref() == Some("t") && row.record.as_deref() == Some("1"),
        |row| {
            row.tenant.as_deref() == Some("a")
                && row.table.as_deref() == Some("t")
                && row.record.as_deref() == Some("1")
        },
    ];
    for (hold, covers) in holds.into_iter().zip(covers) {
        let database = Database::new();
        let mut conn = database.connect();
        write(&mut conn, &rows);
        let text = format!("{hold:?}");
        let placed = AuditHold::add(&mut conn, &ctx(), hold).unwrap();
        let held = rows.iter().filter(|row| covers(row)).count();
        let report = purge(&mut conn);
        assert_eq!(report.held() as usize, held, "{text}");
        assert_eq!(left(&mut conn).len(), held, "{text}");
        let mut expected: Vec<String> = rows
            .iter()
            .filter(|row| covers(row))
            .map(|row| {
                let part = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{}/{}/{}/31", part(&row.tenant), part(&row.table), part(&row.record))
            })
            .collect();
        let mut is = left(&mut conn);
        expected.sort();
        is.sort();
        assert_eq!(is, expected, "{text}");
        // Released, the rest goes.
        AuditHold::release(&mut conn, &ctx(), placed.id).unwrap();
        assert_eq!(purge(&mut conn).deleted() as usize, held, "{text}");
        assert!(left(&mut conn).is_empty(), "{text}");
    }
}

#[test]
fn several_holds_add_up() {
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = (0..10).map(|n| Draft::new("a", "t", &n.to_string(), ago(31))).collect();
    write(&mut conn, &rows);
    write(&mut conn, &[Draft::new("b", "u", "1", ago(31)), Draft::new("c", "u", "1", ago(31))]);
    let holds: Vec<AuditHold> = [
        NewHold::new("x").table("t").record("3"),
        NewHold::new("x").table("t").record("3"),
        NewHold::new("x").tenant("a").table("t").record("5"),
        NewHold::new("x").tenant("b"),
    ]
    .into_iter()
    .map(|hold| AuditHold::add(&mut conn, &ctx(), hold).unwrap())
    .collect();
    purge(&mut conn);
    assert_eq!(left(&mut conn), ["a/t/3/31", "a/t/5/31", "b/u/1/31"]);
    // One of two that cover the same row is released.
    AuditHold::release(&mut conn, &ctx(), holds[0].id).unwrap();
    purge(&mut conn);
    assert_eq!(left(&mut conn), ["a/t/3/31", "a/t/5/31", "b/u/1/31"]);
    AuditHold::release(&mut conn, &ctx(), holds[1].id).unwrap();
    purge(&mut conn);
    assert_eq!(left(&mut conn), ["a/t/5/31", "b/u/1/31"]);
}

#[test]
fn a_hold_ends_by_itself_at_its_time() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(40))]);
    let until = now() + TimeDelta::days(1);
    let hold = AuditHold::add(&mut conn, &ctx(), NewHold::new("x").until(until)).unwrap();
    assert_eq!(hold.until, Some(until));
    let at = |time| at(time).all_tenants();
    let before = until - TimeDelta::microseconds(1);
    purger(Retention::default()).run(&mut conn, &at(before)).unwrap();
    assert_eq!(left(&mut conn).len(), 1);
    assert_eq!(AuditHold::list(&mut conn, &at(before)).unwrap(), std::slice::from_ref(&hold));
    assert_eq!(AuditHold::list(&mut conn, &at(until)).unwrap(), []);
    assert_eq!(AuditHold::list_all(&mut conn, &at(until)).unwrap(), [hold]);
    purger(Retention::default()).run(&mut conn, &at(until)).unwrap();
    assert!(left(&mut conn).is_empty());
}

#[test]
fn each_change_is_an_event_in_the_same_transaction() {
    let database = Database::new();
    let mut conn = database.connect();
    let by = at(now()).all_tenants().reason("court order").request_id("req-9");
    let wanted = NewHold::new("case 17").tenant("a").table("accounts").record("1").until(now() + TimeDelta::days(2));
    let hold = AuditHold::add(&mut conn, &by, wanted).unwrap();
    assert_eq!(hold.placed_by, Actor::job("purge"));
    assert_eq!(hold.placed_at, now());
    let value = json!({
        "tenant": "a", "table": "accounts", "record": "1", "reason": "case 17",
        "until": "2024-03-02T23:59:59.000001Z",
    });
    let row = &events(&mut conn, "audit.hold.add")[0];
    assert_eq!((row.before(), row.after()), (None, Some(value.clone())));
    assert_eq!(row.tenant_id.as_deref(), Some("a"));
    assert_eq!(row.table_name.as_deref(), Some("audit_hold"));
    assert_eq!(row.record_id.as_deref(), Some(hold.id.to_string().as_str()));
    assert_eq!(row.reason.as_deref(), Some("court order"));
    let released = AuditHold::release(&mut conn, &ctx(), hold.id).unwrap();
    assert_eq!(released.released_by, Some(Actor::job("purge")));
    assert_eq!(released.released_at, Some(now()));
    let row = &events(&mut conn, "audit.hold.release")[0];
    assert_eq!((row.before(), row.after()), (Some(value), None));
    // The first one stays, and a second release is no event.
    let again = AuditHold::release(&mut conn, &at(now() + TimeDelta::days(1)).all_tenants(), hold.id).unwrap();
    assert_eq!(again, released);
    assert_eq!(log_len(&mut conn), 2);

    // Taken back with the caller's transaction, both of it.
    let taken_back = conn.transaction(|conn| {
        AuditHold::add(conn, &ctx(), NewHold::new("x"))?;
        Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
    });
    assert!(taken_back.is_err());
    assert_eq!(log_len(&mut conn), 2);
    assert_eq!(AuditHold::list_all(&mut conn, &ctx()).unwrap(), [released]);
}

#[test]
fn a_tenant_sees_and_changes_its_own_holds_alone() {
    let database = Database::new();
    let mut conn = database.connect();
    let (a, b, none) = (at(now()).tenant("a"), at(now()).tenant("b"), at(now()));
    let hold = AuditHold::add(&mut conn, &a, NewHold::new("x").table("accounts")).unwrap();
    assert_eq!(hold.tenant_id.as_deref(), Some("a"), "the context's");
    let wide = AuditHold::add(&mut conn, &none, NewHold::new("x").table("u").allow_unknown_table()).unwrap();
    for other in [&b, &none] {
        assert!(!AuditHold::list(&mut conn, other).unwrap().contains(&hold));
        let refused = AuditHold::release(&mut conn, other, hold.id);
        assert!(matches!(refused, Err(AuditError::NotFound { .. })), "{refused:?}");
    }
    assert_eq!(AuditHold::list(&mut conn, &a).unwrap(), std::slice::from_ref(&hold));
    assert_eq!(AuditHold::list(&mut conn, &ctx()).unwrap(), [hold, wide]);
    let refused = AuditHold::add(&mut conn, &a, NewHold::new("x").tenant("b"));
    assert!(matches!(refused, Err(AuditError::Retention { .. })), "{refused:?}");
}

#[test]
fn a_hold_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let database = Database::new();
    let mut conn = database.connect();
    let long = "x".repeat(256);
    for (hold, why) in [
        (NewHold::new(" "), "needs a reason"),
        (NewHold::new("x").record("1"), "needs its table"),
        (NewHold::new("x").tenant(""), "empty tenant"),
        (NewHold::new("x").tenant("t".repeat(256)), "no row has"),
        (NewHold::new("x").tenant("a\u{1b}b"), "no row has"),
        (NewHold::new("x").table("a\0b"), "NUL"),
        (NewHold::new("x").table("t").record(long), "longer than"),
        (NewHold::new("x").until(now()), "ended already"),
        (NewHold::new("x").table("acounts"), "a hold is for the table `acounts`"),
        (NewHold::new("x").table("Accounts"), "a hold is for the table `Accounts`"),
    ] {
        let error = AuditHold::add(&mut conn, &ctx(), hold).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
    assert_eq!(log_len(&mut conn), 0);
    assert_eq!(AuditHold::list_all(&mut conn, &ctx()).unwrap(), []);
    // One that the database has, and one that is to come.
    AuditHold::add(&mut conn, &ctx(), NewHold::new("x").table("accounts")).unwrap();
    let to_come = NewHold::new("x").table("acounts").allow_unknown_table();
    AuditHold::add(&mut conn, &ctx(), to_come).unwrap();
}

/// Placed between two batches: the next ones heed it.
#[test]
fn a_hold_placed_while_a_purge_runs_takes_effect() {
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = (0..3_000).map(|n| Draft::new("a", "t", &n.to_string(), ago(31))).collect();
    write(&mut conn, &rows);
    let mut other = database.connect();
    let mut left_then = None;
    let report = purger(Retention::default())
        .batch_time(Duration::from_micros(1))
        .progress(|p| {
            if p.deleted > 0 && left_then.is_none() {
                AuditHold::add(&mut other, &ctx(), NewHold::new("x").tenant("a")).unwrap();
                left_then = Some(left(&mut other).len());
            }
            ControlFlow::Continue(())
        })
        .run(&mut conn, &ctx())
        .unwrap();
    let left_then = left_then.unwrap();
    assert!(left_then > 0 && left_then < 3_000);
    assert_eq!(left(&mut conn).len(), left_then);
    assert_eq!(report.held() as usize, left_then);
}

/// Placed while a batch is at work, by writers that hammer: once `add` has returned, no row that it
/// covers is deleted any more.
#[test]
fn once_a_hold_is_placed_nothing_of_it_goes() {
    let database = Database::new();
    let mut conn = database.connect();
    let mut rows = Vec::new();
    for n in 0..20_000 {
        rows.push(Draft::new("a", "t", &(n % 40).to_string(), ago(31)));
    }
    write(&mut conn, &rows);
    std::thread::scope(|scope| {
        let placer = scope.spawn(|| {
            let mut conn = database.connect();
            let mut seen = Vec::new();
            for record in 0..40 {
                let record = record.to_string();
                // They may all be gone by then.
                let hold = NewHold::new("x").table("t").record(&record).allow_unknown_table();
                AuditHold::add(&mut conn, &ctx(), hold).unwrap();
                let rows = super::backend::look::number(
                    &mut conn,
                    &format!("SELECT count(*) AS n FROM audit_log WHERE table_name = 't' AND record_id = '{record}'"),
                );
                seen.push((record, rows));
            }
            seen
        });
        purger(Retention::default()).batch_time(Duration::from_millis(5)).run(&mut conn, &ctx()).unwrap();
        for (record, seen) in placer.join().unwrap() {
            let now = super::backend::look::number(
                &mut conn,
                &format!("SELECT count(*) AS n FROM audit_log WHERE table_name = 't' AND record_id = '{record}'"),
            );
            assert_eq!(now, seen, "record {record}");
        }
    });
}
