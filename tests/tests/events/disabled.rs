// A trail that is switched off: stamps are left, rows are not, and the log says so.

use audit_diesel::prelude::*;
use audit_diesel::retention::{AuditHold, NewHold};
use audit_diesel::{AuditConfig, BaselineOptions};
use audit_tests::faulty::{Fault, Faulty};
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};

fn off() -> AuditContext {
    let config = AuditConfig::builder()
        .token_key("k1", [7; 32])
        .enabled(false)
        .build();
    config
        .context(Actor::user(7))
        .tenant("acme")
        .reason("load test")
}

fn actions(conn: &mut Conn) -> Vec<String> {
    look::log(conn).into_iter().map(|row| row.action).collect()
}

fn accounts(conn: &mut Conn) -> i64 {
    accounts::table.count().get_result(conn).unwrap()
}

#[test]
fn once_a_database_whatever_is_written() {
    let databases = [Database::new(), Database::new()];
    for database in &databases {
        let (mut conn, mut other) = (database.connect(), database.connect());
        let (conn, other) = (&mut conn, &mut other);
        let ctx = off();
        let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
        assert_eq!(actions(conn), ["audit.disabled"], "{NAME}");
        // Every kind of write, by another connection too, leaves stamps and no rows.
        let name = |name: &str| AccountChanges {
            name: Some(name.into()),
            ..Default::default()
        };
        let changed = Account::audited_update(other, &ctx, made.id, name("Bob")).unwrap();
        assert_eq!(
            (changed.name.as_str(), &changed.updated_by),
            ("Bob", &Actor::user(7))
        );
        Account::audited_edit(conn, &ctx, made.id, |a| a.name = "Eve".into()).unwrap();
        assert!(
            Account::audited_soft_delete(conn, &ctx, made.id)
                .unwrap()
                .is_deleted
        );
        Account::audited_restore(conn, &ctx, made.id).unwrap();
        Account::audited_insert_many(conn, &ctx, [new_account("x"), new_account("y")]).unwrap();
        Account::audited_delete(conn, &ctx, made.id).unwrap();
        assert_eq!(accounts(conn), 2);
        let log = look::log(conn);
        assert_eq!(log.len(), 1, "{NAME}");
        let row = &log[0];
        assert_eq!(
            (row.tenant_id.as_deref(), row.table_name.as_deref()),
            (None, None)
        );
        assert_eq!(
            (row.actor_id.as_deref(), row.reason.as_deref()),
            (Some("7"), Some("load test"))
        );
        // Switched on again, rows are there; an event is written either way.
        AuditLog::event("a.b").write(conn, &ctx).unwrap();
        let on = AuditContext::new(Actor::user(7)).tenant("acme");
        Account::audited_insert(conn, &on, new_account("z")).unwrap();
        assert_eq!(actions(conn), ["audit.disabled", "a.b", "insert"]);
    }
}

#[test]
fn a_rolled_back_first_write_does_not_lose_the_event() {
    let database = Database::new();
    let mut conn = database.connect();
    let conn = &mut conn;
    let ctx = off();
    let ended: Result<(), AuditError> = conn.transaction(|conn| {
        Account::audited_insert(conn, &ctx, new_account("Ada"))?;
        Account::audited_insert(conn, &ctx, new_account("Bob"))?;
        assert_eq!(actions(conn), ["audit.disabled"], "{NAME}: once, inside");
        Err(AuditError::Refused("the app's own".into()))
    });
    assert!(ended.is_err());
    assert_eq!((accounts(conn), actions(conn).len()), (0, 0));
    audit_diesel::transaction(conn, &ctx, |conn, ctx| {
        Account::audited_insert(conn, ctx, new_account("Ada")).map(|_| ())
    })
    .unwrap();
    Account::audited_insert(conn, &ctx, new_account("Bob")).unwrap();
    assert_eq!(
        (accounts(conn), actions(conn)),
        (2, vec!["audit.disabled".into()]),
        "{NAME}"
    );
}

#[test]
fn without_its_event_the_write_is_refused() {
    let database = Database::new();
    let mut conn = database.connect();
    let conn = &mut conn;
    look::run(conn, crate::refuse_inserts(NAME));
    let ctx = off();
    for n in 1..=2 {
        let refused = Account::audited_insert(conn, &ctx, new_account("Ada"));
        assert!(
            matches!(refused, Err(AuditError::Database(_))),
            "{NAME} {n}: {:?}",
            refused.err()
        );
        let many = Account::audited_insert_many(conn, &ctx, [new_account("x"), new_account("y")]);
        assert!(many.is_err());
        assert_eq!(accounts(conn), 0, "{NAME}");
    }
    look::run(conn, crate::allow_inserts(NAME));
    Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    assert_eq!(
        (accounts(conn), actions(conn)),
        (1, vec!["audit.disabled".into()])
    );

    // Nor without its table.
    let bare = Database::bare();
    let mut conn = bare.connect();
    let conn = &mut conn;
    audit_diesel::migrate(conn).unwrap();
    look::run(conn, super::backend::TABLES);
    look::run(conn, "DROP TABLE audit_log");
    let refused = Account::audited_insert(conn, &ctx, new_account("Ada"));
    assert!(
        matches!(refused, Err(AuditError::AuditTable { .. })),
        "{NAME}: {:?}",
        refused.err()
    );
    assert_eq!(accounts(conn), 0);
}

#[test]
fn many_first_writes_at_once() {
    let database = Database::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let database = &database;
            scope.spawn(move || {
                let mut conn = database.connect();
                for _ in 0..5 {
                    Account::audited_insert(&mut conn, &off(), new_account(&n.to_string()))
                        .unwrap();
                }
            });
        }
    });
    let conn = &mut database.connect();
    assert_eq!(accounts(conn), 40);
    let events = actions(conn);
    // Those that began before the first had committed may say it again; nobody after.
    assert!((1..=8).contains(&events.len()), "{NAME}: {}", events.len());
    assert!(events.iter().all(|action| action == "audit.disabled"));
}

#[test]
#[ignore = "the test below runs it, as a process of its own"]
fn child() {
    let url = std::env::var(format!("AUDIT_TEST_CHILD_{NAME}")).unwrap();
    let mut conn = Conn::establish(&url).unwrap();
    let ctx = match AuditConfig::from_env() {
        Ok(config) => config.context(Actor::job("child")).tenant("acme"),
        Err(error) => {
            assert!(error.to_string().contains("AUDIT_ENABLED"));
            std::process::exit(3);
        }
    };
    for name in ["a", "b"] {
        Account::audited_insert(&mut conn, &ctx, new_account(name)).unwrap();
    }
}

fn process(database: &Database, enabled: Option<&str>) -> Option<i32> {
    let this = module_path!().split_once("::").unwrap().1;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["--ignored", "--exact", &format!("{this}::child")])
        .env_remove("AUDIT_ENABLED")
        .env(format!("AUDIT_TEST_CHILD_{NAME}"), database.url())
        .stdout(std::process::Stdio::null());
    if let Some(enabled) = enabled {
        child.env("AUDIT_ENABLED", enabled);
    }
    child.status().unwrap().code()
}

#[test]
fn each_process_says_so_and_the_environment_decides() {
    let database = Database::new();
    let mut conn = database.connect();
    let conn = &mut conn;
    assert_eq!(process(&database, Some("off")), Some(0));
    assert_eq!(process(&database, Some(" FALSE ")), Some(0));
    assert_eq!(
        actions(conn),
        ["audit.disabled"; 2],
        "{NAME}: once a process"
    );
    assert_eq!(process(&database, Some("nonsense")), Some(3));
    assert_eq!(process(&database, Some("")), Some(3));
    assert_eq!(
        (accounts(conn), actions(conn).len()),
        (4, 2),
        "refused before any write"
    );
    assert_eq!(process(&database, Some("1")), Some(0));
    assert_eq!(process(&database, None), Some(0));
    assert_eq!(actions(conn)[2..], ["insert"; 4], "{NAME}");
}

#[test]
fn a_baseline_is_refused_and_writes_nothing() {
    let database = Database::new();
    let conn = &mut database.connect();
    Account::audited_insert(conn, &off(), new_account("Ada")).unwrap();
    let error = Account::audited_baseline(conn, &off(), BaselineOptions::new()).unwrap_err();
    assert!(matches!(error, AuditError::SwitchedOff { .. }), "{NAME}");
    assert!(error.to_string().contains("switched off"), "{error}");
    assert_eq!(actions(conn), ["audit.disabled"], "{NAME}");
}

#[test]
fn a_commit_that_was_not_answered_is_told_by_no_row() {
    let database = Database::new();
    let ctx = off();
    let mut link = Faulty::new(database.connect(), &database.url());
    let insert = |link: &mut Faulty<Conn>| Account::audited_insert(link, &ctx, new_account("Ada"));
    // The first one also notes that the trail is off.
    insert(&mut link).unwrap();
    link.arm(&[]);
    insert(&mut link).unwrap();
    let sent = link.disarm();
    let commit = sent.iter().position(|text| text == "COMMIT").unwrap() + 1;
    link.arm(&[(commit, Fault::AnswerLost)]);
    let error = insert(&mut link).unwrap_err();
    let AuditError::CommitUnknown {
        operation,
        recorded: false,
    } = error
    else {
        panic!("{NAME}: {error:?}");
    };
    assert!(error.to_string().contains("only the records"), "{error}");
    let conn = &mut database.connect();
    assert_eq!(accounts(conn), 3, "{NAME}: it was committed");
    let said = audit_diesel::outcome(conn, operation).unwrap();
    assert_eq!(said, audit_diesel::Outcome::NotCommitted, "{NAME}");
}

#[test]
fn the_commit_of_what_is_rows_itself_is_told_by_them() {
    let database = Database::new();
    let ctx = off();
    type Write = fn(&mut Faulty<Conn>, &AuditContext) -> Result<(), AuditError>;
    let event: Write = |link, ctx| AuditLog::event("a.done").write(link, ctx).map(drop);
    let hold: Write = |link, ctx| AuditHold::add(link, ctx, NewHold::new("a lawsuit")).map(drop);
    for write in [event, hold] {
        let mut link = Faulty::new(database.connect(), &database.url());
        link.arm(&[]);
        write(&mut link, &ctx).unwrap();
        let sent = link.disarm();
        let commit = sent.iter().position(|text| text == "COMMIT").unwrap() + 1;
        link.arm(&[(commit, Fault::AnswerLost)]);
        let error = write(&mut link, &ctx).unwrap_err();
        let AuditError::CommitUnknown { operation, recorded: true } = error else {
            panic!("{NAME}: {error:?}");
        };
        let conn = &mut database.connect();
        let said = audit_diesel::outcome(conn, operation).unwrap();
        assert_eq!(said, audit_diesel::Outcome::Committed, "{NAME}");
    }
}
