// A caller that goes on as if nothing had failed, and commits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_diesel::prelude::*;
use audit_diesel::{Mask, MaskError, MaskOut};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};
use super::oracle::check;

/// What makes the audit table fail, and what it says then.
type Defect = (&'static str, &'static [&'static str]);

const DROPPED: Defect = ("dropped", &["DROP TABLE audit_log"]);

fn defects() -> Vec<Defect> {
    let mut all: Vec<Defect> = match NAME {
        "postgres" => vec![
            (
                "refusing",
                &["CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
                  "CREATE TRIGGER defect BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION defect()"],
            ),
            (
                "swallowing",
                &["CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
                  "CREATE TRIGGER defect BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION defect()"],
            ),
            ("swallowing by a rule", &["CREATE RULE defect AS ON INSERT TO audit_log DO INSTEAD NOTHING"]),
            (
                "refusing once all is in",
                &["CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
                  "CREATE TRIGGER defect AFTER INSERT ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION defect()"],
            ),
        ],
        "mysql" => vec![
            ("refusing", &["CREATE TRIGGER defect BEFORE INSERT ON audit_log FOR EACH ROW SIGNAL SQLSTATE '45000'"]),
            (
                "refusing once the row is in",
                &["CREATE TRIGGER defect AFTER INSERT ON audit_log FOR EACH ROW SIGNAL SQLSTATE '45000'"],
            ),
        ],
        _ => vec![
            ("ABORT", &["CREATE TRIGGER defect BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END"]),
            ("FAIL", &["CREATE TRIGGER defect AFTER INSERT ON audit_log BEGIN SELECT RAISE(FAIL, 'no'); END"]),
            ("ROLLBACK", &["CREATE TRIGGER defect BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ROLLBACK, 'no'); END"]),
            ("IGNORE", &["CREATE TRIGGER defect BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END"]),
            (
                "IGNORE of one row",
                &["CREATE TRIGGER defect BEFORE INSERT ON audit_log WHEN new.field_name = 'email' OR new.field_name IS NULL \
                   BEGIN SELECT RAISE(IGNORE); END"],
            ),
        ],
    };
    all.push(DROPPED);
    all
}

fn rename(name: &str) -> AccountChanges {
    AccountChanges { name: Some(name.into()), email: Some(Some("x@example.com".into())), ..Default::default() }
}

type Helper = fn(&mut Conn, &AuditContext, &[i64; 4]) -> Result<(), AuditError>;

/// Each leaves a row that every defect is about.
const HELPERS: &[(&str, Helper)] = &[
    ("insert", |conn, ctx, _| Account::audited_insert(conn, ctx, new_account("x")).map(drop)),
    ("insert_many", |conn, ctx, _| {
        Account::audited_insert_many(conn, ctx, [new_account("x"), new_account("y")]).map(drop)
    }),
    ("update", |conn, ctx, it| Account::audited_update(conn, ctx, it[0], rename("other")).map(drop)),
    ("update_many", |conn, ctx, it| {
        Account::audited_update_many(conn, ctx, [it[0], it[1]], rename("other")).map(drop)
    }),
    ("edit", |conn, ctx, it| {
        Account::audited_edit(conn, ctx, it[0], |a| a.email = Some("x@example.com".into())).map(drop)
    }),
    ("edit_many", |conn, ctx, it| {
        Account::audited_edit_many(conn, ctx, [it[0], it[1]], |a| a.email = Some(format!("{}@example.com", a.id))).map(drop)
    }),
    ("delete", |conn, ctx, it| Account::audited_delete(conn, ctx, it[0]).map(drop)),
    ("delete_many", |conn, ctx, it| Account::audited_delete_many(conn, ctx, [it[2], it[3]]).map(drop)),
];

const FLIPS: &[(&str, Helper)] = &[
    ("soft_delete", |conn, ctx, it| Account::audited_soft_delete(conn, ctx, it[0]).map(drop)),
    ("soft_delete_many", |conn, ctx, it| Account::audited_soft_delete_many(conn, ctx, [it[0], it[1]]).map(drop)),
    ("restore", |conn, ctx, it| Account::audited_restore(conn, ctx, it[2]).map(drop)),
    ("restore_many", |conn, ctx, it| Account::audited_restore_many(conn, ctx, [it[2], it[3]]).map(drop)),
];

fn four(conn: &mut Conn) -> [i64; 4] {
    let forms: Vec<_> = (0..4).map(|n| new_account(&n.to_string())).collect();
    let ids: Vec<i64> = Account::audited_insert_many(conn, &ctx(), forms).unwrap().iter().map(|a| a.id).collect();
    Account::audited_soft_delete_many(conn, &ctx(), [ids[2], ids[3]]).unwrap();
    ids.try_into().unwrap()
}

fn all(conn: &mut Conn) -> Vec<Account> {
    accounts::table.order(accounts::id).select(Account::as_select()).load(conn).unwrap()
}

#[test]
fn an_audit_table_that_fails_stops_every_write() {
    for (defect, sql) in defects() {
        let database = Database::new();
        let mut other = database.connect();
        let it = four(&mut other);
        for statement in sql {
            other.batch_execute(statement).unwrap();
        }
        let before = all(&mut other);
        for (helper, run) in HELPERS.iter().chain(FLIPS) {
            if defect == "IGNORE of one row" && FLIPS.iter().any(|(name, _)| name == helper) {
                continue; // their row passes it
            }
            for scene in ["alone", "swallowed", "swallowed in an operation"] {
                let at = format!("{NAME}, {defect}, {helper}, {scene}");
                let mut conn = database.connect();
                match scene {
                    "alone" => {
                        let error = run(&mut conn, &ctx(), &it).expect_err(&at);
                        let missing = matches!(error, AuditError::AuditTable { .. });
                        assert!(missing || defect != "dropped" && !defect.starts_with("IGNORE"), "{at}: {error}");
                    }
                    "swallowed" => {
                        let _ = conn.transaction(|conn| {
                            run(conn, &ctx(), &it).expect_err(&at);
                            run(conn, &ctx(), &it).expect_err(&at);
                            Ok::<_, AuditError>(())
                        });
                    }
                    _ => {
                        let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
                            run(conn, ctx, &it).expect_err(&at);
                            run(conn, ctx, &it).expect_err(&at);
                            Ok::<_, AuditError>(())
                        })
                        .expect_err(&at);
                        // On SQLite a missing table is missed sooner, with the lock.
                        let early = matches!(error, AuditError::AuditTable { .. }) && NAME == "sqlite" && defect == "dropped";
                        assert!(matches!(error, AuditError::Poisoned { .. }) || early, "{at}: {error}");
                    }
                }
                drop(conn);
                assert!(all(&mut other) == before, "{at}: the entity was changed");
            }
        }
    }
}

#[test]
fn a_missing_audit_table_is_said_to_be_missing() {
    let database = Database::new();
    let mut conn = database.connect();
    conn.batch_execute(DROPPED.1[0]).unwrap();
    let error = Account::audited_insert(&mut conn, &ctx(), new_account("x")).err().unwrap();
    assert!(error.to_string().contains("audit_diesel::migrate"), "{error}");
}

#[test]
fn what_failed_inside_an_operation_takes_the_rest_with_it() {
    let database = Database::new();
    let mut conn = database.connect();
    let it = four(&mut conn);
    let before = all(&mut conn);
    let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        Account::audited_edit(conn, ctx, it[1], |a| a.name.push('!'))?;
        let missing = Account::audited_delete(conn, ctx, -1).err().unwrap();
        assert!(matches!(missing, AuditError::NotFound { .. }));
        Ok::<_, AuditError>(())
    })
    .unwrap_err();
    assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
    assert!(all(&mut conn) == before);
    // A savepoint of the caller's, rolled back, does not heal it either.
    let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        let _ = conn.transaction(|conn| Account::audited_delete(conn, ctx, -1));
        Ok::<_, AuditError>(())
    })
    .unwrap_err();
    assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
    assert_eq!(check(&mut conn).1, [""; 0]);
}

/// Panics at one value, as a mask of the app's may.
struct Touchy;

impl Mask for Touchy {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        assert_ne!(value, "panic");
        out.push_str("***");
        Ok(())
    }
}

/// The same table, another look at it.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = accounts)]
#[audit(new = NewTouched, changes = TouchedChanges)]
struct Touched {
    id: i64,
    #[audit(tenant)]
    company_id: String,
    #[audit(mask = Touchy)]
    name: String,
    email: Option<String>,
    #[audit(mask = "last4")]
    tax_number: Option<String>,
    #[audit(mask = "redact", input)]
    password_hash: String,
    #[audit(skip, no_form)]
    search_text: Option<String>,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
    is_deleted: bool,
    deleted_at: Option<DateTime<Utc>>,
    deleted_by: Option<Actor>,
}

fn touched(name: &str) -> NewTouched {
    NewTouched { name: name.into(), email: None, tax_number: None, password_hash: "x".into() }
}

#[test]
fn a_mask_that_panics_leaves_nothing_and_a_clean_connection() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let id = Touched::audited_insert(&mut conn, &ctx(), touched("calm")).unwrap().id;
    let before = all(&mut other);
    type Masked = fn(&mut Conn, &AuditContext, i64) -> Result<(), AuditError>;
    let helpers: [(&str, Masked); 4] = [
        ("insert", |conn, ctx, _| Touched::audited_insert(conn, ctx, touched("panic")).map(drop)),
        ("update", |conn, ctx, id| {
            let changes = TouchedChanges { name: Some("panic".into()), ..Default::default() };
            Touched::audited_update(conn, ctx, id, changes).map(drop)
        }),
        ("edit", |conn, ctx, id| Touched::audited_edit(conn, ctx, id, |t| t.name = "panic".into()).map(drop)),
        ("edit_many", |conn, ctx, id| {
            Touched::audited_edit_many(conn, ctx, [id], |t| t.name = "panic".into()).map(drop)
        }),
    ];
    for (at, helper) in helpers {
        let error = helper(&mut conn, &ctx(), id).expect_err(at);
        assert!(matches!(error, AuditError::Mask { .. }), "{at}: {error}");
        assert!(!format!("{error} {error:?}").contains("panic\""), "{at}: {error}");
        conn.transaction(|conn| {
            helper(conn, &ctx(), id).expect_err(at);
            Ok::<_, AuditError>(())
        })
        .expect(at);
        assert!(all(&mut other) == before, "{at}");
        let next = Touched::audited_insert(&mut conn, &ctx(), touched("next")).expect(at).id;
        assert!(all(&mut other).iter().any(|a| a.id == next), "{at}: the next write was lost");
        Touched::audited_delete(&mut conn, &ctx(), next).expect(at);
    }
}

/// A panic of the app's own, which goes round the hook so that no test prints it.
fn panic() {
    std::panic::resume_unwind(Box::new("the app's"));
}

#[test]
fn a_closure_that_panics_leaves_nothing_and_a_clean_connection() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let it = four(&mut conn);
    let before = all(&mut other);
    type Call = fn(&mut Conn, &AuditContext, &[i64; 4]);
    let calls: [(&str, Call); 6] = [
        ("edit", |conn, ctx, it| drop(Account::audited_edit(conn, ctx, it[0], |_| panic()))),
        ("try_edit", |conn, ctx, it| {
            drop(Account::audited_try_edit(conn, ctx, it[0], |_| {
                panic();
                Ok::<_, AuditError>(())
            }));
        }),
        ("edit_many", |conn, ctx, it| {
            drop(Account::audited_edit_many(conn, ctx, [it[0], it[1]], |a| {
                if a.name == "1" {
                    panic();
                }
                a.name.push('!');
            }));
        }),
        ("an operation", |conn, ctx, it| {
            let _ = audit_diesel::transaction(conn, ctx, |conn, ctx| {
                Account::audited_delete(conn, ctx, it[0])?;
                panic();
                Ok::<_, AuditError>(())
            });
        }),
        ("an operation in an operation", |conn, ctx, it| {
            let _ = audit_diesel::transaction(conn, ctx, |conn, ctx| {
                Account::audited_delete(conn, ctx, it[0])?;
                audit_diesel::transaction(conn, ctx, |conn, ctx| {
                    Account::audited_delete(conn, ctx, it[1])?;
                    panic();
                    Ok::<_, AuditError>(())
                })
            });
        }),
        ("an operation whose panic is caught inside", |conn, ctx, it| {
            let error = audit_diesel::transaction(conn, ctx, |conn, ctx| {
                Account::audited_delete(conn, ctx, it[0])?;
                let inner = catch_unwind(AssertUnwindSafe(|| Account::audited_edit(conn, ctx, it[1], |_| panic())));
                assert!(inner.is_err());
                Ok::<_, AuditError>(())
            })
            .unwrap_err();
            assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
            panic();
        }),
    ];
    for (at, call) in calls {
        let panic = catch_unwind(AssertUnwindSafe(|| call(&mut conn, &ctx(), &it))).expect_err(at);
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the app's"), "{at}: another panic");
        assert!(all(&mut other) == before, "{at}");
        let next = Account::audited_insert(&mut conn, &ctx(), new_account("next")).expect(at).id;
        assert!(all(&mut other).iter().any(|a| a.id == next), "{at}: the next write was lost");
        Account::audited_delete(&mut conn, &ctx(), next).expect(at);
    }
    assert_eq!(check(&mut other).1, [""; 0]);
}
