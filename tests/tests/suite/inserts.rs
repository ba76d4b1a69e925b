// Inserts of many, and forms by hand.

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, countries, notes};
use super::backend::{Conn, Database};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn note(n: usize) -> NewNote {
    NewNote {
        title: format!("note {n}"),
        weight: n as f64,
        views: 0,
    }
}

#[test]
fn any_number_in_the_order_of_the_forms() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let none: [NewNote; 0] = [];
    let sent = look::watch(conn);
    assert_eq!(
        Note::audited_insert_many(conn, &ctx, none).unwrap().len(),
        0
    );
    assert_eq!(sent.take(), [""; 0]);
    for count in [1, 15, 16, 17, 63, 64, 65, 200, 201, 1000] {
        let seen = look::log_len(conn);
        let at = clock.tick();
        let made = Note::audited_insert_many(conn, &ctx, (0..count).map(note)).unwrap();
        assert_eq!(made.len(), count);
        let rows = look::log(conn).split_off(seen as usize);
        assert_eq!(rows.len(), count, "a row for each");
        for (n, (note, row)) in made.iter().zip(&rows).enumerate() {
            assert_eq!(note.title, format!("note {n}"));
            assert_eq!(
                (note.version, note.created_at, note.updated_at),
                (1, at, at)
            );
            assert_eq!(
                row.record_id,
                Some(note.id.to_string()),
                "in the order of the forms"
            );
            assert_eq!(row.after().unwrap()["title"], note.title.as_str());
            assert_eq!(
                (row.operation_id, row.change_id),
                (rows[0].operation_id, row.id)
            );
        }
    }
    let stored: i64 = notes::table.count().get_result(conn).unwrap();
    assert_eq!(stored, 1 + 15 + 16 + 17 + 63 + 64 + 65 + 200 + 201 + 1000);

    for count in [1, 2, 17, 201] {
        let seen = look::log_len(conn);
        let forms = (0..count).map(|n| new_account(&format!("a{n}")));
        let made = Account::audited_insert_many(conn, &ctx, forms).unwrap();
        let names: Vec<String> = made.iter().map(|a| a.name.clone()).collect();
        assert_eq!(
            names,
            (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>()
        );
        let rows = look::log(conn).split_off(seen as usize);
        let ids: Vec<_> = rows
            .iter()
            .map(|row| row.record_id.clone().unwrap())
            .collect();
        assert_eq!(
            ids,
            made.iter().map(|a| a.id.to_string()).collect::<Vec<_>>()
        );
        assert!(
            made.windows(2).all(|two| two[0].id < two[1].id),
            "keys of the database's making"
        );
    }
}

#[test]
fn all_or_nothing() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let country = |code: &str| NewCountry {
        code: code.into(),
        name: "Land".into(),
    };
    Country::audited_insert(conn, &ctx, country("c150")).unwrap();
    let rows = look::log_len(conn);
    // In the first piece, across two pieces, and against a stored one.
    let numbered = |n: usize| format!("n{n:03}");
    let twice: Vec<Vec<String>> = vec![
        vec!["x".into(), "y".into(), "x".into()],
        (0..250).map(numbered).chain(["n001".into()]).collect(),
        (0..250).map(|n| format!("c{n:03}")).collect(),
    ];
    for codes in twice {
        let error =
            Country::audited_insert_many(conn, &ctx, codes.iter().map(|c| country(c))).unwrap_err();
        let AuditError::Database(failure) = &error else {
            panic!("{error}")
        };
        assert_eq!(failure.kind, audit_diesel::FailureKind::UniqueViolation);
        assert_eq!(countries::table.count().get_result::<i64>(conn).unwrap(), 1);
        assert_eq!(look::log_len(conn), rows);
    }
    let unset = NewAccount {
        password_hash: Default::default(),
        ..new_account("x")
    };
    let sent = look::watch(conn);
    let incomplete = |error: AuditError| {
        let named = matches!(
            error,
            AuditError::Incomplete {
                entity: "accounts",
                field: "password_hash"
            }
        );
        assert!(named, "{error}");
    };
    incomplete(Account::audited_insert(conn, &ctx, unset.clone()).unwrap_err());
    incomplete(Account::audited_insert_many(conn, &ctx, [new_account("a"), unset]).unwrap_err());
    assert_eq!(sent.take(), [""; 0], "before any SQL");
    // What a client sends never sets it.
    let form: NewAccount = serde_json::from_str(
        r#"{"name":"Eve","password_hash":"mine","taxNumber":"x","email":null}"#,
    )
    .unwrap();
    incomplete(Account::audited_insert(conn, &ctx, form).unwrap_err());
}

#[test]
fn forms_by_hand() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let hash = "a hash".to_owned();
    let signup = |name: &'static str, text: Option<&str>| Signup {
        name,
        password_hash: &hash,
        search_text: text.map(Into::into),
    };
    let ada = Account::audited_insert(conn, &ctx, signup("Ada", Some("ada"))).unwrap();
    assert_eq!(
        (ada.name.as_str(), ada.password_hash.as_str()),
        ("Ada", "a hash")
    );
    assert_eq!((ada.search_text.as_deref(), ada.email), (Some("ada"), None));
    assert_eq!(ada.company_id, "acme");
    // Forms that set different columns still come out in their order.
    let forms = [
        signup("a", None),
        signup("b", Some("x")),
        signup("c", None),
        signup("d", None),
    ];
    let made = Account::audited_insert_many(conn, &ctx, forms).unwrap();
    let found: Vec<_> = made
        .iter()
        .map(|a| (a.name.as_str(), a.search_text.as_deref()))
        .collect();
    assert_eq!(
        found,
        [("a", None), ("b", Some("x")), ("c", None), ("d", None)]
    );

    let seen = look::log_len(conn);
    let name = String::from("Ada L.");
    let form = Contact {
        name: &name,
        email: Some("ada@b.c"),
        tax_number: Some("DE123456789012"),
    };
    let now = Account::audited_update(conn, &ctx, ada.id, form).unwrap();
    assert_eq!(
        (now.name.as_str(), now.email.as_deref()),
        ("Ada L.", Some("ada@b.c"))
    );
    // `None` writes NULL where the form says so, and leaves the column alone elsewhere.
    let form = Contact {
        name: &name,
        email: None,
        tax_number: None,
    };
    let now = Account::audited_update(conn, &ctx, ada.id, form).unwrap();
    assert_eq!(
        (now.email, now.tax_number.as_deref()),
        (None, Some("DE123456789012"))
    );
    let form = Contact {
        name: &name,
        email: None,
        tax_number: None,
    };
    let same = Account::audited_update(conn, &ctx, ada.id, form).unwrap();
    assert_eq!(same.updated_at, now.updated_at);
    assert_eq!(
        look::lines_after(conn, seen),
        [
            r#"update name "Ada" -> "Ada L.""#,
            r#"update email null -> "ada@b.c""#,
            r#"update tax_number null -> "****9012""#,
            r#"update email "ada@b.c" -> null"#,
        ]
    );
    let form = Contact {
        name: "All",
        email: None,
        tax_number: None,
    };
    let many =
        Account::audited_update_where(conn, &ctx, accounts::name.eq_any(["a", "b"]), form).unwrap();
    assert_eq!(many.len(), 2);
}

/// A secret stays one: in both rows of a change, in the whole record, and when two look alike.
#[test]
fn masked_values() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1).tenant("7");
    let ticket = |token: Option<&str>| NewTicket {
        r#type: "bug".into(),
        priority: Some(3),
        access_token: token.map(str::to_owned).into(),
    };
    let made = Ticket::audited_insert(conn, &ctx, ticket(Some("planted-secret"))).unwrap();
    assert_eq!(made.access_token.as_deref(), Some("planted-secret"));
    let form = |token: Option<&str>| TicketChanges {
        access_token: Some(token.map(str::to_owned)),
        ..Default::default()
    };
    let now = Ticket::audited_update(conn, &ctx, made.key(), form(Some("planted-other"))).unwrap();
    let now = Ticket::audited_update(conn, &ctx, now.key(), form(None)).unwrap();
    Ticket::audited_delete(conn, &ctx, now.key()).unwrap();
    let log = look::log(conn);
    assert_eq!(log[0].after().unwrap()["access_token"], "***");
    assert_eq!(
        log[0].after().unwrap()["type"],
        "bug",
        "by the column's name in SQL"
    );
    assert_eq!(log[1].line(), r#"update access_token "***" -> "***""#);
    assert_eq!(
        log[2].line(),
        r#"update access_token "***" -> "***""#,
        "`hide_null`"
    );
    assert_eq!(log[3].before().unwrap()["access_token"], "***");
    let text = if super::backend::NAME == "mysql" {
        "char"
    } else {
        "text"
    };
    let sql = format!(
        "SELECT count(*) AS n FROM audit_log WHERE cast(old_value AS {text}) LIKE '%planted%' \
         OR cast(new_value AS {text}) LIKE '%planted%'"
    );
    assert_eq!(look::number(conn, &sql), 0);
    assert!(!format!("{made:?}{:?}", ticket(Some("planted"))).contains("planted"));
}
