//! `#[derive(AuditedForm)]`: forms that the app writes itself.

use audit_diesel::prelude::*;
use audit_diesel::{ChangesForm, NewForm};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

diesel::table! {
    books (id) {
        id -> BigInt,
        title -> Text,
        note -> Nullable<Text>,
        pages -> Integer,
    }
}

diesel::table! {
    currencies (code) {
        code -> Text,
        title -> Text,
    }
}

#[derive(Audited, Clone)]
#[diesel(table_name = books)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Book {
    id: i64,
    #[diesel(column_name = title)]
    name: String,
    note: Option<String>,
    pages: i32,
}

/// The table is guessed as Diesel does it: `Book` lives in `books`.
#[derive(AuditedForm)]
#[audit(entity = Book)]
struct Edit<'a> {
    #[diesel(column_name = title)]
    name: Option<&'a str>,
    #[audit(null)]
    note: Option<&'a str>,
    pages: i32,
}

#[derive(AuditedForm, Default)]
#[audit(entity = self::Book)]
#[diesel(table_name = self::books)]
struct Annotate {
    note: Option<Option<String>>,
}

#[derive(Audited)]
#[diesel(table_name = currencies, primary_key(code))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct Currency {
    #[audit(id = "client")]
    code: String,
    title: String,
}

/// A key that the client makes is part of a form for inserts, and of none for updates.
#[derive(AuditedForm)]
#[audit(entity = Currency)]
#[diesel(table_name = currencies, primary_key(code))]
struct Issue<'a> {
    code: &'a str,
    title: &'a str,
}

fn book() -> Book {
    Book {
        id: 1,
        name: "A".into(),
        note: Some("n".into()),
        pages: 10,
    }
}

#[test]
fn none_stays_unless_it_is_null() {
    let mut edited = book();
    Edit {
        name: None,
        note: None,
        pages: 12,
    }
    .apply(&mut edited);
    assert_eq!(
        (edited.name.as_str(), edited.note.clone(), edited.pages),
        ("A", None, 12)
    );
    Edit {
        name: Some("B"),
        note: Some("m"),
        pages: 12,
    }
    .apply(&mut edited);
    assert_eq!(
        (edited.name.as_str(), edited.note.as_deref()),
        ("B", Some("m"))
    );

    let mut annotated = book();
    Annotate::default().apply(&mut annotated);
    assert_eq!(annotated.note.as_deref(), Some("n"));
    Annotate { note: Some(None) }.apply(&mut annotated);
    assert_eq!((annotated.note, annotated.id), (None, 1));
}

#[test]
fn forms_go_where_forms_go() {
    fn inserts<E: audit_diesel::Entity, F: NewForm<E, Sqlite>>(form: &F) -> Option<E::Id> {
        form.client_id()
    }
    fn updates<E: audit_diesel::Entity, F: ChangesForm<E, Sqlite>>(_: &F) {}
    let edit = Edit {
        name: None,
        note: None,
        pages: 1,
    };
    assert_eq!(inserts::<Book, _>(&edit), None);
    updates::<Book, _>(&edit);
    updates::<Book, _>(&Annotate::default());
    let issue = Issue {
        code: "EUR",
        title: "Euro",
    };
    assert_eq!(inserts::<Currency, _>(&issue).as_deref(), Some("EUR"));
    let mut currency = Currency {
        code: "XXX".into(),
        title: String::new(),
    };
    issue.apply(&mut currency);
    assert_eq!(
        (currency.code.as_str(), currency.title.as_str()),
        ("XXX", "Euro")
    );
}

#[test]
fn an_update_takes_it() {
    fn compiles(conn: &mut SqliteConnection, ctx: &AuditContext) -> Result<Book, AuditError> {
        Book::audited_update(
            conn,
            ctx,
            1,
            Edit {
                name: Some("B"),
                note: None,
                pages: 1,
            },
        )
    }
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let ctx = AuditContext::new(Actor::user("u"));
    assert!(compiles(&mut conn, &ctx).is_err(), "there is no table");
}
