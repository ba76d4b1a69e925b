// Edits: a closure on the locked record.

use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, devices};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

type Touch = (&'static str, fn(&mut Account));

#[test]
fn a_reserved_field_is_refused_by_name() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let rows = look::log_len(conn);
    let touches: [Touch; 9] = [
        ("id", |a| a.id += 1),
        ("company_id", |a| a.company_id.push('2')),
        ("created_at", |a| {
            a.created_at += chrono::TimeDelta::microseconds(1)
        }),
        ("created_by", |a| a.created_by = Actor::system()),
        ("updated_at", |a| {
            a.updated_at += chrono::TimeDelta::microseconds(1)
        }),
        ("updated_by", |a| a.updated_by = Actor::user("1 ")),
        ("is_deleted", |a| a.is_deleted = true),
        ("deleted_at", |a| a.deleted_at = Some(a.created_at)),
        ("deleted_by", |a| a.deleted_by = Some(Actor::anonymous())),
    ];
    for (field, touch) in touches {
        let refused = |error: AuditError| match &error {
            AuditError::Reserved {
                entity: "accounts",
                record,
                field: named,
            } => {
                assert_eq!(
                    (*named, record.as_str()),
                    (field, made.id.to_string().as_str())
                );
            }
            _ => panic!("{field}: {error}"),
        };
        let change = |a: &mut Account| {
            a.name = "changed too".into();
            touch(a);
        };
        refused(Account::audited_edit(conn, &ctx, made.id, change).unwrap_err());
        refused(Account::audited_edit(conn, &ctx, made.id, touch).unwrap_err());
        refused(Account::audited_edit_many(conn, &ctx, [made.id], change).unwrap_err());
        refused(Account::audited_edit_where(conn, &ctx, accounts::id.gt(0), change).unwrap_err());
    }
    // What is put back is not touched.
    Account::audited_edit(conn, &ctx, made.id, |a| {
        a.id += 1;
        a.id -= 1;
    })
    .unwrap();
    let now: Account = accounts::table
        .select(Account::as_select())
        .first(conn)
        .unwrap();
    assert!(now == made);
    assert_eq!(look::log_len(conn), rows);

    let form = NewCountry {
        code: "DE".into(),
        name: "Land".into(),
    };
    Country::audited_insert(conn, &ctx, form).unwrap();
    let error =
        Country::audited_edit(conn, &ctx, "DE".to_owned(), |c| c.code = "AT".into()).unwrap_err();
    assert!(
        matches!(error, AuditError::Reserved { field: "code", .. }),
        "a client's key too: {error}"
    );
    let error =
        Country::audited_edit(conn, &ctx, "DE".to_owned(), |c| c.active = false).unwrap_err();
    assert!(
        matches!(
            error,
            AuditError::Reserved {
                field: "active",
                ..
            }
        ),
        "{error}"
    );
    let form = NewNote {
        title: "n".into(),
        weight: 0.0,
        views: 0,
    };
    let note = Note::audited_insert(conn, &ctx, form).unwrap();
    let error = Note::audited_edit(conn, &ctx, note.key(), |n| n.version += 1).unwrap_err();
    assert!(
        matches!(
            error,
            AuditError::Reserved {
                field: "version",
                ..
            }
        ),
        "{error}"
    );
}

#[derive(Debug)]
enum Mine {
    TooLong(usize),
    Audit(AuditError),
}

impl From<AuditError> for Mine {
    fn from(error: AuditError) -> Self {
        Self::Audit(error)
    }
}

#[test]
fn a_closure_that_refuses_or_panics() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let other = Account::audited_insert(conn, &ctx, new_account("Bob")).unwrap();
    let rows = look::log_len(conn);
    let too_long = |a: &mut Account| {
        a.name = "x".repeat(99);
        Err(Mine::TooLong(a.name.len()))
    };
    let error = Account::audited_try_edit(conn, &ctx, made.id, too_long).unwrap_err();
    assert!(matches!(error, Mine::TooLong(99)));
    let error = Account::audited_try_edit(conn, &ctx, -1, too_long).unwrap_err();
    assert!(matches!(error, Mine::Audit(AuditError::NotFound { .. })));
    let mut count = 0;
    let error = Account::audited_try_edit_many(conn, &ctx, [made.id, other.id], |a| {
        count += 1;
        a.name = format!("changed {count}");
        if count == 2 {
            Err(Mine::TooLong(2))
        } else {
            Ok(())
        }
    });
    assert!(matches!(error, Err(Mine::TooLong(2))));
    let error = Account::audited_try_edit(conn, &ctx, made.id, |_| {
        Err(AuditError::Refused("the app's own words".into()))
    });
    let error = error.unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the app's own words"
    );

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Account::audited_edit(conn, &ctx, made.id, |a| {
            a.name = "half".into();
            std::panic::resume_unwind(Box::new("the closure's own panic"));
        })
    }));
    let panic = panicked.unwrap_err();
    assert_eq!(
        *panic.downcast_ref::<&str>().unwrap(),
        "the closure's own panic"
    );

    let names: Vec<String> = accounts::table
        .order(accounts::id)
        .select(accounts::name)
        .load(conn)
        .unwrap();
    assert_eq!(names, ["Ada", "Bob"]);
    assert_eq!(look::log_len(conn), rows);
    let fine = Account::audited_try_edit(conn, &ctx, made.id, |a| {
        a.name = "Ada L.".into();
        Ok::<_, Mine>(())
    });
    assert_eq!(fine.unwrap().name, "Ada L.", "the connection goes on");
    assert_eq!(look::log_len(conn), rows + 1);
}

/// The database tells which columns an UPDATE names: PostgreSQL and SQLite by a trigger on them,
/// all three by the statement itself.
#[test]
fn only_changed_columns_are_written() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let owner = uuid::Uuid::from_u128(7);
    let dev = clock.ctx(1).tenant(owner.to_string()).reason("test");
    let device = Device::audited_insert(
        conn,
        &dev,
        NewDevice {
            id: Id(uuid::Uuid::from_u128(1)),
            label: "Pump".into(),
            place: Place {
                street: "Kai 1".into(),
                city: Some("Ulm".into()),
            },
        },
    );
    let device = device.unwrap();
    match NAME {
        "postgres" => look::run(
            conn,
            "CREATE TABLE named (col text);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO named VALUES (TG_ARGV[0]); RETURN NEW; END';
             CREATE TRIGGER a BEFORE UPDATE OF name ON accounts FOR EACH ROW EXECUTE FUNCTION note('name');
             CREATE TRIGGER b BEFORE UPDATE OF email ON accounts FOR EACH ROW EXECUTE FUNCTION note('email');
             CREATE TRIGGER c BEFORE UPDATE OF tax_number ON accounts FOR EACH ROW EXECUTE FUNCTION note('tax_number');
             CREATE TRIGGER d BEFORE UPDATE OF company_id, created_at ON accounts FOR EACH ROW EXECUTE FUNCTION note('fixed');
             CREATE TRIGGER e BEFORE UPDATE OF town ON devices FOR EACH ROW EXECUTE FUNCTION note('town');
             CREATE TRIGGER f BEFORE UPDATE OF street ON devices FOR EACH ROW EXECUTE FUNCTION note('street')",
        ),
        "sqlite" => {
            look::run(conn, "CREATE TABLE named (col TEXT)");
            for (table, column) in [
                ("accounts", "name"),
                ("accounts", "email"),
                ("accounts", "tax_number"),
                ("accounts", "company_id"),
                ("devices", "town"),
                ("devices", "street"),
            ] {
                look::run(
                    conn,
                    &format!(
                        "CREATE TRIGGER t_{column} BEFORE UPDATE OF {column} ON {table} BEGIN \
                         INSERT INTO named VALUES ('{column}'); END"
                    ),
                );
            }
        }
        _ => look::run(conn, "CREATE TABLE named (col varchar(64))"),
    }
    let sent = look::watch(conn);
    Account::audited_edit(conn, &ctx, made.id, |a| a.email = Some("a@b.c".into())).unwrap();
    let statements = sent.take();
    let update = statements
        .iter()
        .find(|s| s.contains("UPDATE") && s.contains(" SET "))
        .unwrap();
    let (_, set) = update.split_once(" SET ").unwrap();
    let (set, _) = set.split_once(" WHERE ").unwrap();
    let names: Vec<&str> = set
        .split(", ")
        .map(|part| part.split('=').next().unwrap().trim())
        .collect();
    let bare: Vec<String> = names.iter().map(|n| n.replace(['`', '"'], "")).collect();
    assert_eq!(bare, ["email", "updated_at", "updated_by"], "{update}");
    Account::audited_update(
        conn,
        &ctx,
        made.id,
        AccountChanges {
            name: Some("Ada L.".into()),
            ..Default::default()
        },
    )
    .unwrap();
    Account::audited_edit_many(conn, &ctx, [made.id], |a| a.email = None).unwrap();
    Account::audited_soft_delete(conn, &ctx, made.id).unwrap();
    let now = Device::audited_edit(conn, &dev, device.id, |d| {
        d.place.city = Some("Bonn".into())
    })
    .unwrap();
    assert_eq!(
        (now.place.street.as_str(), now.place.city.as_deref()),
        ("Kai 1", Some("Bonn"))
    );
    if NAME != "mysql" {
        let named: Vec<_> = look::texts(conn, "SELECT col AS line FROM named")
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(named, ["email", "name", "email", "town"]);
    }
    let towns: Vec<Option<String>> = devices::table.select(devices::town).load(conn).unwrap();
    assert_eq!(towns, [Some("Bonn".to_owned())]);
    assert_eq!(
        look::log(conn).pop().unwrap().line(),
        r#"update town "***" -> "***""#,
        "by its column, masked"
    );
}
