// What the database itself makes of a row: defaults, computed columns, triggers. The trail and the
// result hold what is stored, whoever wrote it.

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, parcels};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn parcel(content: &str) -> NewParcel<String> {
    NewParcel {
        content: content.into(),
        spare: None,
    }
}

fn stored(conn: &mut Conn, id: i64) -> Parcel<String> {
    parcels::table
        .find(id)
        .select(Parcel::<String>::as_select())
        .first(conn)
        .unwrap()
}

fn account(conn: &mut Conn, id: i64) -> Account {
    accounts::table
        .find(id)
        .select(Account::as_select())
        .first(conn)
        .unwrap()
}

/// A row trigger on a table of `accounts`' shape, in each database's words.
fn trigger(conn: &mut Conn, name: &str, when: &str, sqlite: &str, postgres: &str, mysql: &str) {
    let sql = match NAME {
        "sqlite" => format!("CREATE TRIGGER {name} {when} FOR EACH ROW {sqlite}"),
        "postgres" => format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN {postgres} END $f$;
             CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()"
        ),
        _ => format!("CREATE TRIGGER {name} {when} FOR EACH ROW {mysql}"),
    };
    look::run(conn, &sql);
}

#[test]
fn defaults_and_computed_columns() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Parcel::audited_insert(conn, &ctx, parcel("ab")).unwrap();
    assert_eq!(
        (made.made.as_str(), made.doubled.as_deref()),
        ("here", Some("abab"))
    );
    let new = look::log(conn).pop().unwrap().after().unwrap();
    assert_eq!(
        (&new["made"], &new["doubled"]),
        (&"here".into(), &"abab".into())
    );
    let seen = look::log_len(conn);
    let form = ParcelChanges {
        content: Some("x".to_owned()),
        spare: Some(Some("y".to_owned())),
    };
    let now = Parcel::audited_update(conn, &ctx, made.id, form).unwrap();
    assert_eq!(now.doubled.as_deref(), Some("xx"));
    assert!(stored(conn, made.id) == now);
    let mut lines = look::lines_after(conn, seen);
    let expected = [
        r#"update content "ab" -> "x""#,
        r#"update spare null -> "y""#,
        r#"update doubled "abab" -> "xx""#,
    ];
    assert_eq!(lines, expected);
    let seen = look::log_len(conn);
    let now =
        Parcel::<String>::audited_edit(conn, &ctx, made.id, |p| p.content = "z".into()).unwrap();
    assert_eq!(now.doubled.as_deref(), Some("zz"));
    lines = look::lines_after(conn, seen);
    assert_eq!(
        lines,
        [
            r#"update content "x" -> "z""#,
            r#"update doubled "xx" -> "zz""#
        ]
    );
    let many: Vec<Parcel<String>> =
        Parcel::audited_insert_many(conn, &ctx, ["p", "q"].map(parcel)).unwrap();
    assert_eq!(many[1].doubled.as_deref(), Some("qq"));
    let many = Parcel::<String>::audited_edit_many(conn, &ctx, [made.id, many[0].id], |p| {
        p.content.push('!')
    });
    let doubled: Vec<_> = many
        .unwrap()
        .into_iter()
        .map(|p| p.doubled.unwrap())
        .collect();
    assert_eq!(doubled, ["z!z!", "p!p!"]);

    // A form by hand that leaves columns out: the database's NULL and default stand.
    let form = Signup {
        name: "Eve",
        password_hash: "h",
        search_text: None,
    };
    let eve = Account::audited_insert(conn, &ctx, form).unwrap();
    assert_eq!(
        (eve.email, eve.search_text, eve.tax_number),
        (None, None, None)
    );
}

/// BEFORE triggers change the row on its way in (SQLite has none that can).
#[test]
fn a_trigger_that_rewrites_before() {
    if NAME == "sqlite" {
        return;
    }
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let postgres = "NEW.name := upper(NEW.name); NEW.search_text := 'found'; RETURN NEW;";
    let mysql = "SET NEW.name = upper(NEW.name), NEW.search_text = 'found'";
    trigger(
        conn,
        "up_i",
        "BEFORE INSERT ON accounts",
        "",
        postgres,
        mysql,
    );
    trigger(
        conn,
        "up_u",
        "BEFORE UPDATE ON accounts",
        "",
        postgres,
        mysql,
    );
    let made = Account::audited_insert(conn, &ctx, new_account("ada")).unwrap();
    assert_eq!(
        (made.name.as_str(), made.search_text.as_deref()),
        ("ADA", Some("found"))
    );
    assert_eq!(
        look::log(conn).pop().unwrap().after().unwrap()["name"],
        "ADA"
    );
    let seen = look::log_len(conn);
    let name = |name: &str| AccountChanges {
        name: Some(name.into()),
        ..Default::default()
    };
    let now = Account::audited_update(conn, &ctx, made.id, name("bob")).unwrap();
    assert_eq!(now.name, "BOB");
    assert!(account(conn, made.id) == now);
    let at = clock.tick();
    let same = Account::audited_update(conn, &ctx, made.id, name("Bob")).unwrap();
    assert!(
        same == now && same.updated_at < at,
        "written, and made the same again: nothing is left"
    );
    assert!(account(conn, made.id) == now);
    let many = Account::audited_update_many(conn, &ctx, [made.id], name("bOb")).unwrap();
    assert!(
        many == [now.clone()] && account(conn, made.id) == now,
        "in bulk"
    );
    assert_eq!(
        look::lines_after(conn, seen),
        [r#"update name "ADA" -> "BOB""#]
    );
}

/// AFTER triggers change the row once more, when RETURNING has already seen it.
#[test]
fn a_trigger_that_rewrites_after() {
    if NAME == "mysql" {
        return; // It lets no trigger write to its own table.
    }
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let sqlite = "BEGIN UPDATE parcels SET made = 'by ' || NEW.content WHERE id = NEW.id; END";
    let postgres = "UPDATE parcels SET made = 'by ' || NEW.content WHERE id = NEW.id; RETURN NULL;";
    trigger(
        conn,
        "again_i",
        "AFTER INSERT ON parcels",
        sqlite,
        postgres,
        "",
    );
    trigger(
        conn,
        "again_u",
        "AFTER UPDATE OF content ON parcels",
        sqlite,
        postgres,
        "",
    );
    let made = Parcel::audited_insert(conn, &ctx, parcel("ab")).unwrap();
    assert_eq!(made.made, "by ab");
    let many: Vec<Parcel<String>> =
        Parcel::audited_insert_many(conn, &ctx, ["p", "q"].map(parcel)).unwrap();
    assert_eq!(many[0].made, "by p");
    assert_eq!(look::log(conn)[0].after().unwrap()["made"], "by ab");
    assert_eq!(look::log(conn)[2].after().unwrap()["made"], "by q");
    let seen = look::log_len(conn);
    let form = |content: &str| ParcelChanges {
        content: Some(content.to_owned()),
        spare: None,
    };
    let now = Parcel::audited_update(conn, &ctx, made.id, form("x")).unwrap();
    assert_eq!(now.made, "by x");
    assert!(stored(conn, made.id) == now);
    let now =
        Parcel::<String>::audited_edit(conn, &ctx, made.id, |p| p.content = "y".into()).unwrap();
    assert_eq!(now.made, "by y");
    let now = Parcel::audited_update_many(conn, &ctx, [made.id], form("z")).unwrap();
    assert_eq!(now[0].made, "by z");
    let now = Parcel::<String>::audited_edit_many(conn, &ctx, [made.id], |p| p.content.push('!'))
        .unwrap();
    assert_eq!(now[0].made, "by z!");
    let made: Vec<_> = look::lines_after(conn, seen)
        .into_iter()
        .filter(|line| line.starts_with("update made"))
        .collect();
    assert_eq!(
        made,
        [
            r#"update made "by ab" -> "by x""#,
            r#"update made "by x" -> "by y""#,
            r#"update made "by y" -> "by z""#,
            r#"update made "by z" -> "by z!""#,
        ]
    );
}

/// Triggers that fill other tables, whose keys the database makes too: neither `LAST_INSERT_ID()`
/// nor `lastval()` may lead to another record.
#[test]
fn a_trigger_that_fills_another_table() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    look::run(
        conn,
        match NAME {
            "sqlite" => {
                "CREATE TABLE side (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT); INSERT INTO side (id) VALUES (4711)"
            }
            "postgres" => {
                "CREATE TABLE side (id bigint GENERATED BY DEFAULT AS IDENTITY (START 4712) PRIMARY KEY, x text)"
            }
            _ => {
                "CREATE TABLE side (id bigint AUTO_INCREMENT PRIMARY KEY, x text) AUTO_INCREMENT = 4712"
            }
        },
    );
    for (name, when) in [("side_b", "BEFORE"), ("side_a", "AFTER")] {
        let when = format!("{when} INSERT ON parcels");
        let insert = "INSERT INTO side (x) VALUES (NEW.content)";
        trigger(
            conn,
            name,
            &when,
            &format!("BEGIN {insert}; END"),
            &format!("{insert}; RETURN NEW;"),
            insert,
        );
    }
    for content in ["a", "b", "c"] {
        let made = Parcel::audited_insert(conn, &ctx, parcel(content)).unwrap();
        assert_eq!(made.content, content);
        assert!(stored(conn, made.id) == made);
    }
    let many: Vec<Parcel<String>> =
        Parcel::audited_insert_many(conn, &ctx, ["p", "q", "r"].map(parcel)).unwrap();
    let contents: Vec<&str> = many.iter().map(|p| p.content.as_str()).collect();
    assert_eq!(contents, ["p", "q", "r"]);
    assert_eq!(
        look::number(conn, "SELECT count(*) AS n FROM side WHERE id > 4711"),
        12
    );
    let names: Vec<String> = look::log(conn)
        .into_iter()
        .map(|row| row.record_id.unwrap())
        .collect();
    let ids: Vec<i64> = parcels::table
        .order(parcels::id)
        .select(parcels::id)
        .load(conn)
        .unwrap();
    assert_eq!(names, ids.iter().map(i64::to_string).collect::<Vec<_>>());
}

/// A key that neither the column nor the adapter makes, on a connection that made others before:
/// the insert must not be taken for another record's.
#[test]
fn a_key_that_a_trigger_makes() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    for content in ["1", "2", "3"] {
        Parcel::audited_insert(conn, &ctx, parcel(content)).unwrap();
    }
    match NAME {
        "mysql" => {
            look::run(conn, "ALTER TABLE parcels MODIFY id bigint NOT NULL");
            trigger(
                conn,
                "own",
                "BEFORE INSERT ON parcels",
                "",
                "",
                "SET NEW.id = 1000 + (SELECT count(*) FROM audit_log)",
            );
        }
        "postgres" => trigger(
            conn,
            "own",
            "BEFORE INSERT ON parcels",
            "",
            "NEW.id := 1000; RETURN NEW;",
            "",
        ),
        // SQLite has no trigger that could, but one that leaves the row out without an error.
        _ => look::run(
            conn,
            "CREATE TRIGGER own BEFORE INSERT ON parcels BEGIN SELECT RAISE(IGNORE); END",
        ),
    }
    let rows = look::log_len(conn);
    match Parcel::audited_insert(conn, &ctx, parcel("4")) {
        Ok(made) => {
            assert_eq!(
                made.content, "4",
                "another record was taken for the new one"
            );
            assert_eq!(
                look::log(conn).pop().unwrap().after().unwrap()["content"],
                "4"
            );
        }
        Err(error) => {
            assert!(matches!(error, AuditError::AuditTable { .. }), "{error}");
            assert_eq!(look::log_len(conn), rows);
            assert_eq!(parcels::table.count().get_result::<i64>(conn).unwrap(), 3);
        }
    }
}

/// A trigger that refuses: the error is the database's, nothing is left.
#[test]
fn a_trigger_that_refuses() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let rows = look::log_len(conn);
    for (name, event) in [("no_u", "UPDATE"), ("no_d", "DELETE")] {
        trigger(
            conn,
            name,
            &format!("BEFORE {event} ON accounts"),
            "BEGIN SELECT RAISE(ABORT, 'not Ada''s secret'); END",
            "RAISE EXCEPTION 'not Ada''s secret';",
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not Ada''s secret'",
        );
    }
    let refused = |error: AuditError| {
        assert!(matches!(error, AuditError::Database(_)), "{error}");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let shown = format!("{error} {error:?} {source:?}");
        assert!(!shown.contains("secret"), "{shown}");
        let raw = error.into_diesel_unmasked().unwrap().to_string();
        assert!(raw.contains("not Ada's secret"), "{raw}");
    };
    let form = AccountChanges {
        name: Some("x".into()),
        ..Default::default()
    };
    refused(Account::audited_update(conn, &ctx, made.id, form).unwrap_err());
    refused(Account::audited_soft_delete(conn, &ctx, made.id).unwrap_err());
    refused(Account::audited_delete(conn, &ctx, made.id).unwrap_err());
    assert!(account(conn, made.id) == made);
    assert_eq!(look::log_len(conn), rows);
}
