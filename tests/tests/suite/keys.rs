// Primary keys: who makes them, how the trail names them.

use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, countries, devices, members, notes, tickets};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn)
}

fn country(code: &str) -> NewCountry {
    NewCountry {
        code: code.into(),
        name: "Somewhere".into(),
    }
}

fn member(team: i32, person: &str) -> NewMember {
    NewMember {
        team,
        person: person.into(),
        role: "guest".into(),
    }
}

fn device(id: Id) -> NewDevice {
    let place = Place {
        street: "Kai 1".into(),
        city: None,
    };
    NewDevice {
        id,
        label: "Pump".into(),
        place,
    }
}

fn records(conn: &mut Conn) -> Vec<String> {
    look::log(conn)
        .into_iter()
        .map(|row| row.record_id.unwrap())
        .collect()
}

#[test]
fn made_by_the_database() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let ctx = ctx().tenant("7");
    let ticket = || NewTicket {
        r#type: "bug".into(),
        priority: None,
        access_token: Default::default(),
    };
    let first = Ticket::audited_insert(conn, &ctx, ticket()).unwrap();
    let second = Ticket::audited_insert(conn, &ctx, ticket()).unwrap();
    assert!(second.id > first.id && first.id > 0);
    let found: Vec<i32> = tickets::table
        .select(tickets::id)
        .order(tickets::id)
        .load(conn)
        .unwrap();
    assert_eq!(found, [first.id, second.id]);

    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let ids: Vec<i64> = accounts::table.select(accounts::id).load(conn).unwrap();
    assert_eq!(ids, [account.id]);
    let names = [
        first.id.to_string(),
        second.id.to_string(),
        account.id.to_string(),
    ];
    assert_eq!(records(conn), names);
}

#[test]
fn made_by_the_adapter_and_by_the_client() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let ctx = ctx();
    let note = |title: &str| NewNote {
        title: title.into(),
        weight: 1.0,
        views: 0,
    };
    let one = Note::audited_insert(conn, &ctx, note("one")).unwrap();
    let two = Note::audited_insert(conn, &ctx, note("two")).unwrap();
    assert_eq!(one.id.0.get_version_num(), 7);
    assert!(two.id.0 > one.id.0, "version 7 keys ascend");
    let stored: Id = notes::table
        .select(notes::id)
        .filter(notes::title.eq("two"))
        .first(conn)
        .unwrap();
    assert_eq!(stored, two.id);

    let owner = uuid::Uuid::from_u128(0xabc);
    let id = Id(uuid::Uuid::from_u128(
        0xffff_0000_1111_2222_3333_4444_5555_6666,
    ));
    let ctx = ctx.tenant(owner.to_string());
    let made = Device::audited_insert(conn, &ctx, device(id)).unwrap();
    assert_eq!((made.id, made.owner), (id, Id(owner)));
    assert_eq!(
        devices::table.select(devices::id).load::<Id>(conn).unwrap(),
        [id]
    );
    let error = Device::audited_insert(conn, &ctx, device(id)).unwrap_err();
    let AuditError::Database(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(failure.kind, audit_diesel::FailureKind::UniqueViolation);

    assert_eq!(
        records(conn),
        [
            one.id.to_string(),
            two.id.to_string(),
            "ffff0000-1111-2222-3333-444455556666".into()
        ]
    );
}

/// Texts that one could take for each other in a log.
const LOOKALIKES: [&str; 12] = [
    "a", "A", "a ", " a", "\"a\"", "[\"a\"]", "null", "7", "007", "ä", "a\u{308}", "\\0",
];

#[test]
fn text_keys_keep_their_records_apart() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    if NAME == "mysql" {
        // Its default collations take some of them for the same key.
        look::run(
            conn,
            "ALTER TABLE countries MODIFY code varbinary(64) NOT NULL",
        );
        look::run(
            conn,
            "ALTER TABLE members MODIFY person varbinary(64) NOT NULL",
        );
    }
    let ctx = ctx();
    let mut keys = LOOKALIKES.map(str::to_owned).to_vec();
    if NAME != "postgres" {
        keys.push("\0".into());
        keys.push("a\0".into());
    }
    for key in &keys {
        let made = Country::audited_insert(conn, &ctx, country(key)).unwrap();
        assert_eq!(made.code, *key);
    }
    let mut ids = records(conn);
    assert_eq!(
        ids[..LOOKALIKES.len()][..11],
        LOOKALIKES[..11],
        "a text is its own record id"
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), keys.len(), "no two keys have one record id");
    for key in &keys {
        let changes = CountryChanges {
            name: Some(format!("Land {key:?}")),
        };
        let now = Country::audited_update(conn, &ctx, key, changes).unwrap();
        assert_eq!(now.code, *key);
        let history = Country::history(conn, &ctx, key).unwrap();
        assert_eq!(history.len(), 2, "{key:?}");
    }

    for (team, person) in [
        (1, "1"),
        (1, "1,1"),
        (11, "1"),
        (1, "\"]"),
        (-1, "a\\"),
        (1, "ä"),
    ] {
        let made = Member::audited_insert(conn, &ctx, member(team, person)).unwrap();
        let key = (team, person.to_owned());
        let text = look::log(conn).pop().unwrap().record_id.unwrap();
        let parts: (i32, String) = serde_json::from_str(&text).unwrap();
        assert_eq!(parts, key, "a record id reads back as its key");
        let changes = MemberChanges {
            role: Some("host".into()),
        };
        let now = Member::audited_update(conn, &ctx, &key, changes).unwrap();
        assert_eq!(
            (now.team, &now.person, now.role.as_str()),
            (team, &made.person, "host")
        );
        assert_eq!(Member::history(conn, &ctx, key).unwrap().len(), 2);
    }
    assert_eq!(members::table.count().get_result::<i64>(conn).unwrap(), 6);
    assert_eq!(
        records(conn)
            .iter()
            .filter(|id| *id == r#"[1,"1,1"]"#)
            .count(),
        2
    );
}

#[test]
fn too_long_for_the_trail() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    if NAME == "mysql" {
        look::run(
            conn,
            "ALTER TABLE countries MODIFY code varchar(300) NOT NULL",
        );
        look::run(
            conn,
            "ALTER TABLE members MODIFY person varchar(300) NOT NULL",
        );
    }
    let ctx = ctx();
    let fits = "ä".repeat(255);
    Country::audited_insert(conn, &ctx, country(&fits)).unwrap();
    assert_eq!(Country::history(conn, &ctx, fits.clone()).unwrap().len(), 1);

    let long = "x".repeat(256);
    let key = (1, "y".repeat(250));
    let sent = look::watch(conn);
    let refused =
        |error: AuditError| assert!(matches!(error, AuditError::RecordId { .. }), "{error}");
    refused(Country::audited_insert(conn, &ctx, country(&long)).unwrap_err());
    refused(Country::audited_insert_many(conn, &ctx, [country("ok"), country(&long)]).unwrap_err());
    refused(Country::audited_update(conn, &ctx, &long, CountryChanges::default()).unwrap_err());
    refused(Country::audited_edit(conn, &ctx, &long, |_| {}).unwrap_err());
    refused(Country::audited_soft_delete(conn, &ctx, &long).unwrap_err());
    refused(Country::audited_restore(conn, &ctx, &long).unwrap_err());
    refused(Country::audited_delete(conn, &ctx, &long).unwrap_err());
    refused(Country::audited_delete_many(conn, &ctx, [&long]).unwrap_err());
    refused(Member::audited_insert(conn, &ctx, member(1, &key.1)).unwrap_err());
    refused(Member::audited_update(conn, &ctx, &key, MemberChanges::default()).unwrap_err());
    assert_eq!(sent.take(), [""; 0], "refused before any SQL");
    assert_eq!(countries::table.count().get_result::<i64>(conn).unwrap(), 1);
}

/// Where the database finds a record under another spelling of its key, the trail holds the key
/// that is stored, so that all changes of a record have one name.
#[test]
fn the_stored_spelling_names_the_record() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let spelling = match NAME {
        "sqlite" => {
            look::run(
                conn,
                "DROP TABLE countries; CREATE TABLE countries (code TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, title TEXT NOT NULL,
                    active BOOLEAN NOT NULL, created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT NOT NULL,
                    updated_by TEXT NOT NULL)",
            );
            "DE"
        }
        "postgres" => {
            look::run(
                conn,
                "CREATE EXTENSION citext; ALTER TABLE countries ALTER code TYPE citext",
            );
            // A text parameter makes the comparison one of texts: the spelling must be right.
            "de"
        }
        _ => "DE",
    };
    let ctx = ctx();
    Country::audited_insert(conn, &ctx, country("de")).unwrap();
    let changes = CountryChanges {
        name: Some("Germany".into()),
    };
    let now = Country::audited_update(conn, &ctx, spelling.to_owned(), changes).unwrap();
    assert_eq!(now.code, "de");
    Country::audited_edit(conn, &ctx, spelling.to_owned(), |c| {
        c.name = "Deutschland".into()
    })
    .unwrap();
    Country::audited_soft_delete(conn, &ctx, spelling.to_owned()).unwrap();
    Country::audited_restore(conn, &ctx, spelling.to_owned()).unwrap();
    Country::audited_delete(conn, &ctx, spelling.to_owned()).unwrap();
    assert_eq!(records(conn), ["de"; 6]);
}
