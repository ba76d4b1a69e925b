// Writes inside a transaction of the caller's, composed into one operation, and through a pool.

use audit_diesel::prelude::*;
use audit_diesel::{Outcome, outcome};
use audit_tests::clock::Clock;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, notes};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn name(name: &str) -> AccountChanges {
    AccountChanges {
        name: Some(name.into()),
        ..Default::default()
    }
}

fn names(conn: &mut Conn) -> Vec<String> {
    accounts::table
        .order(accounts::id)
        .select(accounts::name)
        .load(conn)
        .unwrap()
}

fn open_transactions(conn: &mut Conn) -> u32 {
    use diesel::connection::TransactionManager;
    let status = <Conn as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    status
        .transaction_depth()
        .unwrap()
        .map_or(0, std::num::NonZeroU32::get)
}

#[test]
fn inside_the_callers_own() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let ended: Result<(), AuditError> = conn.transaction(|conn| {
        let made = Account::audited_insert(conn, &ctx, new_account("Ada"))?;
        Account::audited_update(conn, &ctx, made.id, name("Bob"))?;
        assert_eq!(look::log_len(conn), 2);
        Err(AuditError::Refused("the app's own".into()))
    });
    assert!(matches!(ended, Err(AuditError::Refused(_))));
    assert_eq!(
        (names(conn).len(), look::log_len(conn)),
        (0, 0),
        "all of it went with the caller's"
    );

    let made = conn.transaction(|conn| {
        let made = Account::audited_insert(conn, &ctx, new_account("Ada"))?;
        // A no-op inside: what was there before it stays.
        Account::audited_update(conn, &ctx, made.id, name("Ada"))?;
        Account::audited_edit(conn, &ctx, made.id, |_| {})?;
        Ok::<_, AuditError>(made)
    });
    let made = made.unwrap();
    assert_eq!((names(conn), look::log_len(conn)), (vec!["Ada".into()], 1));

    // An error that the caller swallows: his other work is kept, ours is not there.
    let ended: Result<(), AuditError> = conn.transaction(|conn| {
        let error = Account::audited_try_edit(conn, &ctx, made.id, |a| {
            a.name = "half".into();
            Err::<(), _>(AuditError::Refused("no".into()))
        });
        assert!(error.is_err());
        let forms = [
            new_account("x"),
            NewAccount {
                name: "y".repeat(70_000),
                ..new_account("y")
            },
        ];
        let _ = Account::audited_insert_many(conn, &ctx, forms);
        let double = NewCountry {
            code: "DE".into(),
            name: "D".into(),
        };
        Country::audited_insert(conn, &ctx, double.clone())?;
        assert!(Country::audited_insert(conn, &ctx, double).is_err());
        Account::audited_update(conn, &ctx, made.id, name("kept"))?;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Account::audited_edit(conn, &ctx, made.id, |_| {
                std::panic::resume_unwind(Box::new(7))
            })
        }));
        assert!(panicked.is_err());
        Ok(())
    });
    ended.unwrap();
    assert_eq!(names(conn)[0], "kept");
    let entities = accounts::table.count().get_result::<i64>(conn).unwrap() + 1;
    let log = look::log(conn);
    let inserts = log.iter().filter(|row| row.action == "insert").count() as i64;
    assert_eq!(
        inserts, entities,
        "each record has its row, and no row is without its record"
    );
    assert_eq!(open_transactions(conn), 0);
}

#[test]
fn one_operation() {
    let (database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let mut operation = None;
    let at = clock.now();
    let made = audit_diesel::transaction(conn, &ctx, |tx, ctx| {
        operation = ctx.operation_ref();
        let made = Account::audited_insert(tx, ctx, new_account("Ada"))?;
        clock.tick();
        let note = Note::audited_insert(
            tx,
            ctx,
            NewNote {
                title: "n".into(),
                weight: 0.0,
                views: 0,
            },
        )?;
        audit_diesel::transaction(tx, ctx, |tx, ctx| {
            clock.tick();
            Note::audited_edit(tx, ctx, note.key(), |n| n.title = "m".into())
        })?;
        Account::audited_update_where(tx, ctx, accounts::name.eq("Ada"), name("Bob"))?;
        let made = Account::audited_soft_delete(tx, ctx, made.id)?;
        Ok::<_, AuditError>(made)
    });
    let made = made.unwrap();
    assert_eq!(
        (made.created_at, made.updated_at),
        (at, at),
        "one reading of the clock"
    );
    let rows = look::log(conn);
    assert_eq!(rows.len(), 5);
    assert!(
        rows.iter()
            .all(|row| Some(row.operation_id) == operation && row.changed_at == at)
    );
    let changes: std::collections::HashSet<_> = rows.iter().map(|row| row.change_id).collect();
    assert_eq!(changes.len(), 5);
    let other = &mut database.connect();
    assert_eq!(
        outcome(other, operation.unwrap()).unwrap(),
        Outcome::Committed
    );

    // The next one is another operation, unless the app names it.
    Account::audited_restore(conn, &ctx, made.id).unwrap();
    let row = look::log(conn).pop().unwrap();
    assert_ne!(Some(row.operation_id), operation);
    assert_eq!(
        row.changed_at,
        clock.now(),
        "the caller's context reads the clock anew"
    );
    let named = uuid::Uuid::now_v7();
    audit_diesel::transaction(conn, &ctx.clone().operation(named), |tx, ctx| {
        Account::audited_soft_delete(tx, ctx, made.id)
    })
    .unwrap();
    assert_eq!(look::log(conn).pop().unwrap().operation_id, named);
}

#[test]
fn an_operation_that_fails() {
    let (database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let rows = look::log_len(conn);
    let mut operation = None;
    let ended = audit_diesel::transaction(conn, &ctx, |tx, ctx| {
        operation = ctx.operation_ref();
        Account::audited_update(tx, ctx, made.id, name("half"))?;
        Account::audited_update(tx, ctx, -1, name("missing"))
    });
    assert!(matches!(ended, Err(AuditError::NotFound { .. })));
    let other = &mut database.connect();
    assert_eq!(
        outcome(other, operation.unwrap()).unwrap(),
        Outcome::NotCommitted
    );

    // An inner failure that the body swallows.
    let ended = audit_diesel::transaction(conn, &ctx, |tx, ctx| {
        Account::audited_update(tx, ctx, made.id, name("half"))?;
        assert!(Account::audited_update(tx, ctx, -1, name("missing")).is_err());
        let error = Account::audited_update(tx, ctx, made.id, name("on and on")).unwrap_err();
        assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
        Ok::<_, AuditError>(())
    });
    assert!(matches!(ended, Err(AuditError::Poisoned { .. })));
    // A refusal before any SQL counts as one too.
    let refusals: [fn(&mut Conn, &AuditContext) -> bool; 4] = [
        |tx, ctx| {
            Account::audited_insert(tx, &ctx.clone().all_tenants(), new_account("x")).is_err()
        },
        |tx, ctx| {
            let unset = NewAccount {
                password_hash: Default::default(),
                ..new_account("x")
            };
            Account::audited_insert_many(tx, ctx, [unset]).is_err()
        },
        |tx, ctx| Country::audited_delete(tx, ctx, "x".repeat(256)).is_err(),
        |tx, ctx| Country::audited_delete_many(tx, ctx, ["x".repeat(256)]).is_err(),
    ];
    for refusal in refusals {
        let ended = audit_diesel::transaction(conn, &ctx, |tx, ctx| {
            assert!(refusal(tx, ctx));
            Account::audited_update(tx, ctx, made.id, name("half"))
        });
        assert!(
            matches!(ended, Err(AuditError::Poisoned { .. })),
            "poisoned by any inner failure"
        );
    }

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        audit_diesel::transaction(conn, &ctx, |tx, ctx| {
            Account::audited_update(tx, ctx, made.id, name("half"))?;
            std::panic::resume_unwind(Box::new("stop"));
            #[allow(unreachable_code)]
            Ok::<_, AuditError>(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(names(conn), ["Ada"]);
    assert_eq!(look::log_len(conn), rows);
    assert_eq!(open_transactions(conn), 0);
    Account::audited_update(conn, &ctx, made.id, name("fine")).unwrap();
}

#[test]
fn pooled_connections() {
    let (database, mut conn, clock) = open();
    let manager = ConnectionManager::<Conn>::new(database.url());
    let pool = Pool::builder()
        .max_size(3)
        .connection_customizer(Box::new(audit_diesel::CheckOnConnect::new()))
        .build(manager);
    let pool = match pool {
        Ok(pool) => pool,
        Err(error) => panic!("{error}"),
    };
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(&mut pool.get().unwrap(), &ctx, new_account("0")).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                for _ in 0..10 {
                    let mut conn = pool.get().unwrap();
                    if NAME == "sqlite" {
                        diesel::connection::SimpleConnection::batch_execute(
                            &mut *conn,
                            "PRAGMA busy_timeout = 20000",
                        )
                        .unwrap();
                    }
                    Account::audited_edit(&mut conn, &ctx, made.id, |a| {
                        a.name = (a.name.parse::<u32>().unwrap() + 1).to_string();
                    })
                    .unwrap();
                }
            });
        }
    });
    let conn = &mut conn;
    assert_eq!(names(conn), ["30"]);
    let chain: Vec<_> = look::log(conn)
        .iter()
        .skip(1)
        .map(look::Row::line)
        .collect();
    let expected: Vec<_> = (0..30)
        .map(|n| format!(r#"update name "{n}" -> "{}""#, n + 1))
        .collect();
    assert_eq!(
        chain, expected,
        "each old value is the one that was replaced"
    );
    let pooled = &mut pool.get().unwrap();
    let live: Vec<Account> = Account::live(&ctx).unwrap().load(pooled).unwrap();
    assert_eq!(live.len(), 1);
    assert_eq!(Account::history(pooled, &ctx, made.id).unwrap().len(), 31);
    audit_diesel::transaction(pooled, &ctx, |tx, ctx| {
        Account::audited_delete(tx, ctx, made.id)
    })
    .unwrap();
    assert_eq!(notes::table.count().get_result::<i64>(conn).unwrap(), 0);
}

/// A ROLLBACK or COMMIT that goes round Diesel ends what a helper believes to be in: it writes nothing.
#[test]
fn one_that_was_ended_by_hand_takes_no_more_writes() {
    for end in ["ROLLBACK", "COMMIT"] {
        let (_database, mut conn, clock) = open();
        let ctx = clock.ctx(1);
        let ended: Result<(), AuditError> = conn.transaction(|conn| {
            conn.batch_execute(end)?;
            match Account::audited_insert(conn, &ctx, new_account("late")) {
                Err(AuditError::TransactionLost) if NAME != "postgres" => {}
                // Diesel itself has noticed: what comes now is a transaction of its own.
                Ok(_) if NAME == "postgres" => {}
                other => panic!("{NAME}, {end}: {other:?}"),
            }
            Ok::<_, AuditError>(())
        });
        assert!(ended.is_err() || NAME != "postgres", "{end}");
        let mut other = _database.connect();
        let written = usize::from(NAME == "postgres");
        assert_eq!(names(&mut other).len(), written, "{NAME}, {end}");
        assert_eq!(look::log_len(&mut other), written as i64, "{NAME}, {end}");
    }
}
