use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit_diesel::prelude::*;
use audit_diesel::retention::{AuditHold, Keep, NewHold, Retention};
use chrono::TimeDelta;
use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use serde_json::json;

use super::backend::look::{log, log_len, number, run};
use super::backend::{Conn, Database, NAME};
use super::log::*;

fn purge(conn: &mut Conn, retention: Retention) -> audit_diesel::retention::PurgeReport {
    purger(retention).run(conn, &ctx()).unwrap()
}

/// A slip of the finger in a rule would delete what it was to keep.
#[test]
fn a_rule_for_a_table_that_nobody_knows_deletes_nothing() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "invoices", "1", ago(31)), Draft::new("a", "t", "1", ago(31))]);
    let rules = |table: &str| {
        let (forever, default) = (Keep::FOREVER, Retention::default);
        [default().table(table, forever), default().tenant_table("a", table, forever)]
    };
    for table in ["invoces", "Invoices", "invoices ", "inv'oices", "pg_class", ""] {
        for rules in rules(table) {
            let error = purger(rules).run(&mut conn, &ctx()).unwrap_err();
            assert!(matches!(error, AuditError::Retention { .. }), "{table}: {error}");
            assert!(error.to_string().contains("nothing was deleted"), "{error}");
        }
    }
    assert_eq!(log_len(&mut conn), 2);
    // Known to the log, to the database, or allowed.
    for table in ["invoices", "accounts"] {
        for rules in rules(table) {
            purger(rules).dry_run().run(&mut conn, &ctx()).unwrap();
        }
    }
    // A rule that keeps for less time than the rest, or as long, has nothing to lose.
    for days in [7, 30] {
        let days = Keep::days(days).unwrap();
        purger(Retention::default().table("invoces", days)).dry_run().run(&mut conn, &ctx()).unwrap();
    }
    let [allowed, _] = rules("invoces");
    assert_eq!(purge(&mut conn, allowed.allow_unknown_tables()).deleted(), 2);
}

#[test]
fn a_rule_for_what_has_not_happened_is_in_nobodys_way() {
    let database = Database::new();
    let mut conn = database.connect();
    let rules = Retention::default().table("login", Keep::days(60).unwrap()).table("ping", Keep::days(7).unwrap());
    // An empty log, and one in which nothing is too old.
    assert_eq!(purge(&mut conn, rules.clone()).deleted(), 0);
    write(&mut conn, &[Draft::new("a", "t", "1", ago(29)), Draft::new("a", "ping", "1", ago(8))]);
    assert_eq!(purge(&mut conn, rules.clone().allow_unknown_tables()).deleted(), 1);
    // The last row of a table goes, and the next purge is not hindered by it.
    write(&mut conn, &[Draft::new("a", "login", "1", ago(61)), Draft::new("a", "ping", "1", ago(8))]);
    assert_eq!(purge(&mut conn, rules.clone()).deleted(), 2);
    assert_eq!(purge(&mut conn, rules.clone()).deleted(), 0);
    write(&mut conn, &[Draft::new("a", "t", "2", ago(31))]);
    assert_eq!(purge(&mut conn, rules.clone()).deleted(), 1);
    assert!(rules.unknown_tables(&mut conn).unwrap().is_empty(), "{NAME}: it was known");
    // What none has known is refused still, and a dry run remembers nothing.
    write(&mut conn, &[Draft::new("a", "t", "3", ago(31))]);
    let other = Retention::default().table("logni", Keep::FOREVER);
    for _ in 0..2 {
        assert_eq!(other.unknown_tables(&mut conn).unwrap(), ["logni"]);
        purger(other.clone()).dry_run().run(&mut conn, &ctx()).unwrap_err();
        purger(other.clone()).run(&mut conn, &ctx()).unwrap_err();
    }
}

#[test]
fn a_row_exactly_at_the_limit_stays() {
    let database = Database::new();
    let mut conn = database.connect();
    let micro = TimeDelta::microseconds(1);
    write(
        &mut conn,
        &[
            Draft::new("a", "t", "younger", ago(30) + micro),
            Draft::new("a", "t", "at the limit", ago(30)),
            Draft::new("a", "t", "older", ago(30) - micro),
        ],
    );
    let report = purge(&mut conn, Retention::default());
    assert_eq!(left(&mut conn), ["a/t/younger/29", "a/t/at the limit/30"]);
    assert_eq!(counts(&report), ["a/t 1 0"]);
    assert!(report.finished && !report.dry_run);
    assert_eq!(report.cutoff, Some(ago(30)));
    assert_eq!(report.oldest, Some(ago(30)));
    assert_eq!((report.batches, report.held()), (1, 0));
}

/// Every rule against every row: the database decides as `Retention::keep` does.
#[test]
fn overrides_by_tenant_table_and_both() {
    let database = Database::new();
    let mut conn = database.connect();
    let retention = Retention::new(days(30))
        .tenant("long", days(90))
        .tenant("short", days(10))
        .tenant("for ever", Keep::FOREVER)
        .tenant("it's", days(60))
        .table("long", days(80))
        .table("short", days(5))
        .table("for ever", Keep::FOREVER)
        .tenant_table("for ever", "for ever", days(1))
        .tenant_table("short", "long", days(3))
        .tenant_table("long", "short", Keep::FOREVER);
    let names = ["", "other", "long", "short", "for ever", "it's", "LONG", "löng", "long "];
    let mut rows = Vec::new();
    for tenant in names {
        for table in names {
            for age in [1, 3, 5, 10, 30, 60, 80, 90, 400] {
                rows.push(Draft::new(tenant, table, "1", ago(age)));
                rows.push(Draft::new(tenant, table, "1", ago(age) - TimeDelta::microseconds(1)));
            }
        }
    }
    write(&mut conn, &rows);
    let stays = |row: &&Draft| {
        let keep = retention.keep(row.tenant.as_deref(), row.table.as_deref());
        keep.as_days().is_none_or(|days| row.changed_at >= ago(days))
    };
    let expected: Vec<String> = {
        let other = Database::new();
        let mut conn = other.connect();
        let rows: Vec<Draft> = rows.iter().filter(stays).cloned().collect();
        write(&mut conn, &rows);
        left(&mut conn)
    };
    let report = purge(&mut conn, retention.clone());
    assert_eq!(left(&mut conn), expected);
    assert_eq!(report.deleted() as usize, rows.len() - expected.len());
    // Each rule alone too: the condition is another one then.
    for retention in [
        Retention::new(Keep::FOREVER).tenant("other", days(30)),
        Retention::new(Keep::FOREVER).table("other", days(30)),
        Retention::new(Keep::FOREVER).tenant_table("other", "other", days(30)),
        Retention::new(Keep::FOREVER),
    ] {
        let database = Database::new();
        let mut conn = database.connect();
        write(&mut conn, &rows);
        purge(&mut conn, retention.clone());
        let gone = rows.iter().filter(|row| {
            let keep = retention.keep(row.tenant.as_deref(), row.table.as_deref());
            keep.as_days().is_some_and(|days| row.changed_at < ago(days))
        });
        assert_eq!(left(&mut conn).len(), rows.len() - gone.count(), "{retention:?}");
    }
}

/// A dump that was loaded, a sequence that was set: numbers may jump, and a purge does not walk there.
#[test]
fn a_wide_gap_between_numbers_is_stepped_over() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(400)), Draft::new("a", "t", "2", ago(1))]);
    run(&mut conn, match NAME {
        "postgres" => "ALTER TABLE audit_log ALTER COLUMN seq RESTART WITH 4000000000000000000",
        "mysql" => "ALTER TABLE audit_log AUTO_INCREMENT = 4000000000000000000",
        _ => "UPDATE sqlite_sequence SET seq = 4000000000000000000 WHERE name = 'audit_log'",
    });
    write(&mut conn, &[Draft::new("a", "t", "3", ago(400)), Draft::new("a", "t", "4", ago(1))]);
    let begun = Instant::now();
    let dry = purger(Retention::default()).dry_run().run(&mut conn, &ctx()).unwrap();
    assert_eq!(purge(&mut conn, Retention::default()).deleted(), 2);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(dry.deleted(), 2);
    assert_eq!(left(&mut conn), ["a/t/2/1", "a/t/4/1"]);
}

#[test]
fn a_dry_run_counts_what_the_real_run_deletes_and_leaves_no_trace() {
    let database = Database::new();
    let mut conn = database.connect();
    let mut rows = Vec::new();
    for n in 0..1000 {
        let (tenant, table) = (["", "a", "b"][n % 3], ["", "t", "u", "v"][n % 4]);
        rows.push(Draft::new(tenant, table, &n.to_string(), ago(n as i64 % 60)));
    }
    write(&mut conn, &rows);
    AuditHold::add(&mut conn, &at(now()).all_tenants(), NewHold::new("case").tenant("a").table("u")).unwrap();
    let before = log_len(&mut conn);
    let retention = || Retention::default().table("v", days(50));
    let dry = purger(retention()).dry_run().run(&mut conn, &ctx()).unwrap();
    assert_eq!(log_len(&mut conn), before);
    assert!(dry.dry_run && dry.finished && dry.deleted() > 100 && dry.held() > 10);
    let real = purge(&mut conn, retention());
    assert_eq!(dry.counts, real.counts);
    assert_eq!(dry.oldest, real.oldest);
    let oldest = log(&mut conn).iter().map(|row| row.changed_at).min();
    assert_eq!(real.oldest, oldest);
    // Once more there is nothing to delete, and the held rows are still told.
    let again = purge(&mut conn, retention());
    assert_eq!((again.deleted(), again.batches), (0, 0));
    assert_eq!(again.held(), real.held());
}

#[test]
fn a_purge_tells_of_itself_to_each_tenant_alone() {
    let database = Database::new();
    let mut conn = database.connect();
    write(
        &mut conn,
        &[
            Draft::new("a", "t", "1", ago(31)),
            Draft::new("a", "u", "1", ago(31)),
            Draft::new("b", "t", "1", ago(31)),
            Draft::new("", "t", "1", ago(31)),
            Draft::new("c", "t", "1", ago(1)),
        ],
    );
    let report = purge(&mut conn, Retention::default());
    let told: Vec<_> = events(&mut conn, "audit.purge")
        .iter()
        .map(|row| {
            assert_eq!(row.operation_id, report.operation);
            assert_eq!((row.actor_kind.as_str(), row.actor_id.as_deref()), ("job", Some("purge")));
            assert_eq!((&row.table_name, &row.record_id), (&None, &None));
            let mut after = row.after().unwrap();
            // Of a log by month.
            after.as_object_mut().unwrap().remove("partitions");
            (row.tenant_id.clone(), after)
        })
        .collect();
    let cutoff = "2024-01-30T23:59:59.000001Z";
    let event = |tables| json!({"cutoff": cutoff, "finished": true, "tables": tables});
    let table = |name: &str| json!({"table": name, "deleted": 1, "held": 0});
    assert_eq!(
        told,
        [
            (None, event(json!([table("t")]))),
            (Some("a".into()), event(json!([table("t"), table("u")]))),
            (Some("b".into()), event(json!([table("t")]))),
        ]
    );
    let started = events(&mut conn, "audit.purge.start");
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].after().unwrap(), json!({"cutoff": cutoff}));
    // A run that finds nothing says so too, and deletes nothing.
    purge(&mut conn, Retention::default());
    assert_eq!(events(&mut conn, "audit.purge").len(), 4);
    assert_eq!(events(&mut conn, "audit.purge.start").len(), 1);
}

#[test]
fn the_tenant_of_the_context_decides_whose_rows() {
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = ["a", "A", "a ", "b", ""].iter().map(|t| Draft::new(t, "t", "1", ago(31))).collect();
    write(&mut conn, &rows);
    let of = |ctx: &AuditContext, conn: &mut Conn| {
        counts(&purger(Retention::default()).run(conn, ctx).unwrap())
    };
    assert_eq!(of(&at(now()).tenant("a"), &mut conn), ["a/t 1 0"]);
    assert_eq!(left(&mut conn), ["A/t/1/31", "a /t/1/31", "b/t/1/31", "/t/1/31"]);
    let told = events(&mut conn, "audit.purge");
    assert_eq!(told[0].tenant_id.as_deref(), Some("a"));
    assert_eq!(of(&at(now()), &mut conn), ["/t 1 0"]);
    assert_eq!(left(&mut conn), ["A/t/1/31", "a /t/1/31", "b/t/1/31"]);
    of(&ctx(), &mut conn);
    assert!(left(&mut conn).is_empty());
}

#[test]
fn inside_a_transaction_it_is_refused() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(31))]);
    let refused = conn.transaction(|conn| {
        let refused = purger(Retention::default()).run(conn, &ctx());
        Ok::<_, diesel::result::Error>(refused.unwrap_err())
    });
    assert!(matches!(refused.unwrap(), AuditError::InTransaction { .. }));
    assert_eq!(left(&mut conn).len(), 1);
}

/// A clock that runs ahead would take what should stay. On SQLite the two are one clock.
#[test]
fn a_clock_that_is_ahead_of_the_databases_deletes_nothing() {
    let database = Database::new();
    let mut conn = database.connect();
    let now = chrono::Utc::now();
    write(&mut conn, &[Draft::new("a", "t", "1", now - TimeDelta::days(20))]);
    for ahead in [TimeDelta::days(11), TimeDelta::days(365 * 200)] {
        let error = purger(Retention::default()).run(&mut conn, &at(now + ahead).all_tenants()).unwrap_err();
        assert!(matches!(error, AuditError::Retention { .. }), "{error}");
        assert!(error.to_string().contains("ahead of the database's"), "{error}");
    }
    assert_eq!(log_len(&mut conn), 1);
    // A clock that went back, or a little ahead, is no danger.
    for time in [now + TimeDelta::hours(12), now - TimeDelta::days(20_000)] {
        let report = purger(Retention::default()).run(&mut conn, &at(time).all_tenants()).unwrap();
        assert_eq!(report.deleted(), 0);
    }
}

#[test]
fn an_empty_log_is_purged_to_no_effect() {
    let database = Database::new();
    let mut conn = database.connect();
    let report = purge(&mut conn, Retention::default());
    assert!(report.finished);
    assert_eq!((report.deleted(), report.oldest), (0, None));
    assert_eq!(log_len(&mut conn), 1, "the event");
}

#[test]
fn a_missing_table_is_told() {
    let database = Database::bare();
    let mut conn = database.connect();
    let error = purger(Retention::default()).run(&mut conn, &ctx()).unwrap_err();
    assert!(matches!(error, AuditError::AuditTable { .. }), "{error}");
    assert!(error.to_string().contains("migrate"), "{error}");
}

#[test]
fn the_guards_stand_after_a_purge() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(31)), Draft::new("a", "t", "1", ago(1))]);
    purge(&mut conn, Retention::default());
    audit_diesel::check(&mut conn).unwrap();
    let refused = diesel::sql_query("DELETE FROM audit_log").execute(&mut conn);
    assert!(refused.unwrap_err().to_string().contains("append-only"));
}

/// Batches end between change sets, not within one: also where the rows are written one by one and
/// other writers' rows lie between them.
#[test]
fn no_batch_cuts_a_change_set() {
    let database = Database::new();
    let mut conn = database.connect();
    let mut rows = Vec::new();
    for set in 0..400 {
        let one = Draft::new("a", "t", &set.to_string(), ago(31));
        let two = Draft::new("b", "t", &set.to_string(), ago(31));
        for _ in 0..=set % 20 {
            rows.extend([one.clone(), two.clone()]);
        }
    }
    write(&mut conn, &rows);
    let mut cuts = 0;
    let mut other = database.connect();
    let report = purger(Retention::default())
        .batch_time(Duration::from_micros(1))
        .progress(|_| {
            let mut sets: std::collections::BTreeMap<_, usize> = std::collections::BTreeMap::new();
            for row in log(&mut other).iter().filter(|row| row.action == "update") {
                *sets.entry((row.tenant_id.clone(), row.record_id.clone())).or_default() += 1;
            }
            // The last set of a batch is whole; its neighbour, which is written in between, may be cut.
            cuts += sets
                .iter()
                .filter(|((_, record), count)| {
                    **count != record.as_ref().unwrap().parse::<usize>().unwrap() % 20 + 1
                })
                .count()
                .saturating_sub(1);
            ControlFlow::Continue(())
        })
        .run(&mut conn, &ctx())
        .unwrap();
    assert!(report.batches > 10, "{NAME}: {} batches", report.batches);
    assert_eq!(report.deleted() as usize, rows.len());
    assert_eq!(cuts, 0);
}

#[test]
fn it_is_not_fooled_by_numbers_out_of_the_order_of_time() {
    let database = Database::new();
    let mut conn = database.connect();
    let mut rows: Vec<Draft> = (0..5_000).map(|n| Draft::new("a", "t", &n.to_string(), ago(1))).collect();
    for n in [0, 2_500, 4_999] {
        rows[n].changed_at = ago(31);
    }
    write(&mut conn, &rows);
    assert_eq!(purge(&mut conn, Retention::default()).deleted(), 3);
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM audit_log WHERE action = 'update'"), 4_997);
}

#[test]
fn two_at_once_do_not_disturb_each_other() {
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = (0..3_000).map(|n| Draft::new("a", "t", &n.to_string(), ago(31))).collect();
    write(&mut conn, &rows);
    let (one, two) = std::thread::scope(|scope| {
        let (told, waits) = std::sync::mpsc::channel();
        let (answered, goes_on) = std::sync::mpsc::channel::<()>();
        let one = scope.spawn(|| {
            let told = told;
            let goes_on = goes_on;
            let mut conn = database.connect();
            purger(Retention::default())
                .batch_time(Duration::from_micros(1))
                .pause(Duration::from_millis(30))
                .progress(|_| {
                    let _ = told.send(());
                    // Goes on, so that its lease is seen to live, until the other has its answer.
                    ControlFlow::Continue(())
                })
                .run(&mut conn, &ctx())
                .inspect(|_| drop(goes_on))
        });
        waits.recv().unwrap();
        let two = purger(Retention::default()).run(&mut database.connect(), &ctx());
        drop(answered);
        (one.join().unwrap(), two)
    });
    assert!(matches!(two, Err(AuditError::PurgeRunning)), "{two:?}");
    let report = one.unwrap();
    assert!(report.finished);
    assert_eq!(report.deleted(), 3_000);
    assert_eq!(events(&mut conn, "audit.purge").len(), 2, "one for the tenant, one for the operator");
    // The turn is free again.
    purge(&mut conn, Retention::default());
}

/// Rows that change while a purge is at work are not touched by it, and nobody who writes them waits for
/// it: between its DELETE and its COMMIT, or between its batches where there is one writer at a time.
#[test]
fn writers_go_on_beside_it() {
    use super::backend::entities::*;
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = (0..4_000).map(|n| Draft::new("acme", "accounts", &n.to_string(), ago(31))).collect();
    write(&mut conn, &rows);
    let (stop, written) = (AtomicBool::new(false), Arc::new(AtomicI64::new(0)));
    let waited = Arc::new(Mutex::new(Vec::new()));
    let wait = {
        let (written, waited) = (written.clone(), waited.clone());
        move || {
            let (seen, begun) = (written.load(Ordering::SeqCst), Instant::now());
            while written.load(Ordering::SeqCst) == seen && begun.elapsed() < Duration::from_secs(8) {
                std::thread::sleep(Duration::from_millis(1));
            }
            waited.lock().unwrap().push(written.load(Ordering::SeqCst) > seen);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut conn = database.connect();
            while !stop.load(Ordering::SeqCst) {
                let ctx = AuditContext::new(Actor::user(1)).tenant("acme");
                Account::audited_insert(&mut conn, &ctx, new_account("Ada")).unwrap();
                written.fetch_add(1, Ordering::SeqCst);
            }
        });
        wait();
        let mut purge = purger(Retention::default()).batch_time(Duration::from_millis(2));
        if NAME == "sqlite" {
            purge = purge.progress(|_| {
                wait();
                ControlFlow::Continue(())
            });
        } else {
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::FinishQuery { query, .. } = event
                    && query.to_string().starts_with("DELETE FROM audit_log WHERE")
                {
                    wait();
                }
            });
        }
        let report = purge.run(&mut conn, &ctx());
        stop.store(true, Ordering::SeqCst);
        assert_eq!(report.unwrap().deleted(), 4_000);
    });
    let waited = waited.lock().unwrap();
    assert!(waited.len() > 1 && waited.iter().all(|came| *came), "{NAME}: {waited:?}");
    let written = written.load(Ordering::SeqCst);
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM audit_log WHERE action = 'insert'"), written);
}

#[test]
fn a_gate_left_open_is_told() {
    if NAME == "postgres" {
        return; // PostgreSQL's gate is bound to the transaction: none can be left.
    }
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(31))]);
    let gate = if NAME == "sqlite" {
        "INSERT INTO audit_log_gate VALUES (1, 0)"
    } else {
        "INSERT INTO audit_log_gate VALUES (connection_id(), '1970-01-02')"
    };
    run(&mut conn, gate);
    let error = purger(Retention::default()).run(&mut conn, &ctx()).unwrap_err();
    assert!(error.to_string().contains("left open by hand"), "{error}");
    assert_eq!(left(&mut conn).len(), 1);
}
