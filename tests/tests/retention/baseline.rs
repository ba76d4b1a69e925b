use std::ops::ControlFlow;

use audit_diesel::BaselineOptions;
use audit_diesel::prelude::*;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look::{log, log_len, number};
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};

fn of(tenant: &str) -> AuditContext {
    AuditContext::new(Actor::job("migration")).tenant(tenant)
}

/// Accounts as they are before they are audited: written, and their trail not.
fn untracked(conn: &mut Conn, tenant: &str, count: usize) -> Vec<i64> {
    let off = AuditConfig::builder().enabled(false).build();
    let ctx = off.context(Actor::user(1)).tenant(tenant);
    let forms: Vec<_> = (0..count).map(|n| new_account(&n.to_string())).collect();
    let ids = Account::audited_insert_many(conn, &ctx, forms).unwrap();
    ids.iter().map(|account| account.id).collect()
}

fn baselines(conn: &mut Conn) -> Vec<(Option<String>, String)> {
    log(conn)
        .into_iter()
        .filter(|row| row.action == "baseline")
        .map(|row| (row.tenant_id, row.record_id.unwrap()))
        .collect()
}

#[test]
fn what_has_no_trail_gets_a_masked_snapshot() {
    let database = Database::new();
    let mut conn = database.connect();
    let old = untracked(&mut conn, "acme", 3);
    let new = Account::audited_insert(&mut conn, &of("acme"), new_account("new")).unwrap();
    let inserted = log(&mut conn).pop().unwrap();
    let report = Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new()).unwrap();
    assert!(report.finished);
    assert_eq!((report.read, report.written), (4, 3));
    let rows: Vec<_> = log(&mut conn).into_iter().filter(|row| row.action == "baseline").collect();
    let ids: Vec<String> = rows.iter().map(|row| row.record_id.clone().unwrap()).collect();
    assert_eq!(ids, old.iter().map(i64::to_string).collect::<Vec<_>>());
    for row in &rows {
        assert_eq!((&row.field_name, row.before()), (&None, None));
        assert_eq!(row.operation_id, report.operation);
        assert_eq!(row.actor_kind, "job");
        let (baseline, insert) = (row.after().unwrap(), inserted.after().unwrap());
        let columns = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(columns(&baseline), columns(&insert), "as an insert leaves it");
        assert_eq!(baseline["password_hash"], "***");
        assert!(!baseline.to_string().contains("argon2-secret-of-"));
    }
    // Again: nothing to do. A change after it has its own rows only.
    Account::audited_edit(&mut conn, &of("acme"), new.id, |a| a.name.push('!')).unwrap();
    let report = Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new()).unwrap();
    assert_eq!((report.read, report.written), (4, 0));
}

#[test]
fn a_tenant_gets_its_own_and_an_operator_all() {
    let database = Database::new();
    let mut conn = database.connect();
    for tenant in ["a", "A", "b"] {
        untracked(&mut conn, tenant, 2);
    }
    let report = Account::audited_baseline(&mut conn, &of("a"), BaselineOptions::new()).unwrap();
    assert_eq!((report.read, report.written), (2, 2));
    assert!(baselines(&mut conn).iter().all(|(tenant, _)| tenant.as_deref() == Some("a")));
    let all = AuditContext::new(Actor::job("migration")).all_tenants();
    let report = Account::audited_baseline(&mut conn, &all, BaselineOptions::new().batch(1)).unwrap();
    assert_eq!((report.read, report.written), (6, 4));
    let count = |tenant: &str, rows: &[(Option<String>, String)]| rows.iter().filter(|(t, _)| t.as_deref() == Some(tenant)).count();
    let rows = baselines(&mut conn);
    assert_eq!((count("a", &rows), count("A", &rows), count("b", &rows)), (2, 2, 2));
    let none = AuditContext::new(Actor::job("migration"));
    let refused = Account::audited_baseline(&mut conn, &none, BaselineOptions::new());
    assert!(matches!(refused, Err(AuditError::Context { .. })), "{refused:?}");
}

#[test]
fn broken_off_it_is_run_again() {
    let database = Database::new();
    let mut conn = database.connect();
    untracked(&mut conn, "acme", 25);
    let mut written = 0;
    for round in 1..=3 {
        let mut batches = 0;
        let options = BaselineOptions::new().batch(4).progress(|_| {
            batches += 1;
            if batches == round { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let report = Account::audited_baseline(&mut conn, &of("acme"), options).unwrap();
        assert!(!report.finished);
        written += report.written;
    }
    let report = Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new().batch(4)).unwrap();
    assert!(report.finished);
    assert_eq!(written + report.written, 25);
    let mut rows = baselines(&mut conn);
    rows.sort();
    rows.dedup();
    assert_eq!(rows.len(), 25, "each once");
}

/// Keys of every kind, in batches of every size.
#[test]
fn composite_text_and_uuid_keys_are_gone_through_whole() {
    let database = Database::new();
    let mut conn = database.connect();
    let off = AuditConfig::builder().enabled(false).build();
    let ctx = off.context(Actor::user(7));
    for team in 0..3 {
        for person in ["a", "b", "ö", "c d"] {
            let form = NewMember { team, person: person.into(), role: "x".into() };
            Member::audited_insert(&mut conn, &ctx, form).unwrap();
        }
    }
    for code in ["de", "fr", "DE ", "ö", "z"] {
        let form = NewCountry { code: format!("{code}1"), name: "x".into() };
        Country::audited_insert(&mut conn, &ctx, form).unwrap();
    }
    for _ in 0..7 {
        let form = NewNote { title: "x".into(), weight: 1.0, views: 0 };
        Note::audited_insert(&mut conn, &ctx, form).unwrap();
    }
    let ctx = AuditContext::new(Actor::user(8));
    let before = log_len(&mut conn);
    for batch in [1, 2, 5] {
        let options = || BaselineOptions::new().batch(batch);
        let members = Member::audited_baseline(&mut conn, &ctx, options()).unwrap();
        let countries = Country::audited_baseline(&mut conn, &ctx, options()).unwrap();
        let notes = Note::audited_baseline(&mut conn, &ctx, options()).unwrap();
        assert_eq!((members.read, countries.read, notes.read), (12, 5, 7), "{batch}");
        let written = members.written + countries.written + notes.written;
        assert_eq!(written, if batch == 1 { 24 } else { 0 });
    }
    assert_eq!(log_len(&mut conn), before + 24);
}

/// An event about a record is no trail of it, and neither is what came before its deletion.
#[test]
fn events_and_earlier_lives_are_no_trail() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = untracked(&mut conn, "acme", 1);
    AuditLog::event("account.mail.sent").target_of::<Account>(ids[0]).write(&mut conn, &of("acme")).unwrap();
    let form = |name: &str| NewCountry { code: "de".into(), name: name.into() };
    let ctx = AuditContext::new(Actor::user(1));
    Country::audited_insert(&mut conn, &ctx, form("once")).unwrap();
    Country::audited_delete(&mut conn, &ctx, "de".to_owned()).unwrap();
    let off = AuditConfig::builder().enabled(false).build();
    Country::audited_insert(&mut conn, &off.context(Actor::user(1)), form("again")).unwrap();
    let accounts = Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new()).unwrap();
    assert_eq!(accounts.written, 1);
    for written in [1, 0] {
        let countries = Country::audited_baseline(&mut conn, &ctx, BaselineOptions::new()).unwrap();
        assert_eq!(countries.written, written);
    }
}

/// Beside writers: whoever comes first, each record's trail begins with exactly one whole snapshot
/// or with the change that came before it, and a baseline shows what was there.
#[test]
fn beside_writers_no_snapshot_is_late_or_twice() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = untracked(&mut conn, "acme", 300);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut conn = database.connect();
            for id in ids.iter().rev() {
                loop {
                    match Account::audited_edit(&mut conn, &of("acme"), *id, |a| a.name.push('!')) {
                        Ok(_) => break,
                        Err(error) if error.is_retryable() => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
        let other = scope.spawn(|| {
            let mut conn = database.connect();
            Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new().batch(7)).unwrap()
        });
        Account::audited_baseline(&mut conn, &of("acme"), BaselineOptions::new().batch(5)).unwrap();
        other.join().unwrap();
        writer.join().unwrap();
    });
    let mut baselines = 0;
    for id in &ids {
        let trail: Vec<_> = log(&mut conn)
            .into_iter()
            .filter(|row| row.record_id.as_deref() == Some(&id.to_string()))
            .collect();
        let first = &trail[0];
        if first.action == "baseline" {
            baselines += 1;
            let name = first.after().unwrap()["name"].as_str().unwrap().to_owned();
            assert!(!name.ends_with('!'), "{NAME}: it shows a later state");
            assert_eq!(trail.len(), 2);
        } else {
            assert_eq!(trail.len(), 1, "{NAME}: {:?}", trail.iter().map(|r| r.line()).collect::<Vec<_>>());
        }
        assert_eq!(trail.iter().filter(|row| row.action == "update").count(), 1);
    }
    eprintln!("{NAME}: {baselines} of 300 snapshots came first");
    let changed = accounts::table.filter(accounts::name.like("%!")).count();
    assert_eq!(changed.get_result::<i64>(&mut conn).unwrap(), 300);
}

#[test]
fn inside_a_transaction_it_is_refused() {
    let database = Database::new();
    let mut conn = database.connect();
    untracked(&mut conn, "acme", 1);
    let before = number(&mut conn, "SELECT count(*) AS n FROM audit_log");
    let refused = conn.transaction(|conn| {
        let refused = Account::audited_baseline(conn, &of("acme"), BaselineOptions::new());
        Ok::<_, diesel::result::Error>(refused.unwrap_err())
    });
    assert!(matches!(refused.unwrap(), AuditError::InTransaction { .. }));
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM audit_log"), before);
}
