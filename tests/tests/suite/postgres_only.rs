//! What only PostgreSQL has: schemas, native types, statement triggers, triggers that skip a row.

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use audit_tests::postgres::{Conn, Database, entities::*, look};
use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use std::io::Write;

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood", schema = "shop"))]
pub struct MoodType;

#[derive(
    Debug, Clone, Copy, PartialEq, AsExpression, FromSqlRow, serde::Serialize, serde::Deserialize,
)]
#[diesel(sql_type = MoodType)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    Good,
    Bad,
}

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(match self {
            Self::Good => b"good",
            Self::Bad => b"bad",
        })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Pg> for Mood {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        match bytes.as_bytes() {
            b"good" => Ok(Self::Good),
            b"bad" => Ok(Self::Bad),
            _ => Err("no such mood".into()),
        }
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    use super::MoodType;
    shop.orders (id) {
        id -> Uuid,
        lines -> Array<Text>,
        sparse -> Nullable<Array<Nullable<Integer>>>,
        mood -> MoodType,
        past -> Array<MoodType>,
        data -> Jsonb,
        note -> Nullable<Text>,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> Timestamptz,
        updated_by -> Uuid,
    }
}

#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
#[audit(new = NewOrder(derive(Clone)), changes = OrderChanges(derive(Clone)))]
pub struct Order {
    pub id: uuid::Uuid,
    pub lines: Vec<String>,
    pub sparse: Option<Vec<Option<i32>>>,
    pub mood: Mood,
    pub past: Vec<Mood>,
    #[audit(mask_at("/card/number" = "pan", "/people/*/name" = "redact"))]
    pub data: serde_json::Value,
    pub note: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: uuid::Uuid,
}

const SHOP: &str = "
    CREATE SCHEMA shop;
    CREATE TYPE shop.mood AS ENUM ('good', 'bad');
    CREATE TABLE shop.orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), lines text[] NOT NULL, sparse integer[],
        mood shop.mood NOT NULL, past shop.mood[] NOT NULL, data jsonb NOT NULL, note varchar(5),
        created_at timestamptz NOT NULL, created_by text NOT NULL, updated_at timestamptz NOT NULL, updated_by uuid NOT NULL);
    CREATE TABLE public.orders (id uuid PRIMARY KEY)";

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn order() -> NewOrder {
    NewOrder {
        lines: vec!["a".into(), "{\"b\",NULL}".into()],
        sparse: Some(vec![Some(1), None]),
        mood: Mood::Good,
        past: vec![],
        data: serde_json::json!({"card": {"number": "4111 1111 1111 1111"}, "n": 1}),
        note: None,
    }
}

#[test]
fn a_schema_and_native_types() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    look::run(conn, SHOP);
    let user = uuid::Uuid::from_u128(0x1234);
    let ctx = clock.config().context(Actor::user(user));
    let made = Order::audited_insert(conn, &ctx, order()).unwrap();
    assert_eq!(made.updated_by, user);
    let row = look::log(conn).pop().unwrap();
    assert_eq!(
        row.record_id,
        Some(made.id.to_string()),
        "a key of any kind by the database"
    );
    let new = row.after().unwrap();
    assert_eq!(new["lines"], serde_json::json!(["a", "{\"b\",NULL}"]));
    assert_eq!(new["sparse"], serde_json::json!([1, null]));
    assert_eq!(new["data"]["card"]["number"], "411111******1111");

    let seen = look::log_len(conn);
    let form = OrderChanges {
        lines: Some(made.lines.clone()),
        sparse: Some(Some(vec![Some(1), None])),
        mood: Some(Mood::Good),
        past: Some(vec![]),
        data: Some(serde_json::json!({"n": 1, "card": {"number": "4111 1111 1111 1111"}})),
        note: Some(None),
    };
    clock.tick();
    let same = Order::audited_update(conn, &ctx, made.id, form).unwrap();
    assert!(same == made, "nothing differs");
    assert_eq!(look::log_len(conn), seen);

    let now = Order::audited_edit(conn, &ctx, made.id, |o| {
        o.lines.swap(0, 1);
        o.sparse = None;
        o.past.push(Mood::Bad);
        o.mood = Mood::Bad;
        o.data["card"]["number"] = "5500 0000 0000 0004".into();
        o.note = Some("ok".into());
    });
    let now = now.unwrap();
    let lines = look::lines_after(conn, seen);
    assert_eq!(
        lines,
        [
            r#"update lines ["a","{\"b\",NULL}"] -> ["{\"b\",NULL}","a"]"#,
            "update sparse [1,null] -> null",
            r#"update mood "good" -> "bad""#,
            r#"update past [] -> ["bad"]"#,
            r#"update data {"card":{"number":"411111******1111"},"n":1} -> {"card":{"number":"550000******0004"},"n":1}"#,
            r#"update note null -> "ok""#,
        ]
    );
    let stored: Order = orders::table
        .select(Order::as_select())
        .first(conn)
        .unwrap();
    assert!(stored == now);

    // Several records, each with values of its own, in one UPDATE from a list of values.
    let other = Order::audited_insert(conn, &ctx, order()).unwrap();
    let mut moods = [Mood::Bad, Mood::Good].into_iter();
    let many = Order::audited_edit_many(conn, &ctx, [other.id, made.id], |o| {
        o.past.push(moods.next().unwrap());
        o.note = o.note.is_none().then(|| "new".into());
        o.sparse = Some(vec![None]);
    });
    let many = many.unwrap();
    let mut notes: Vec<_> = many
        .iter()
        .map(|o| (o.id == other.id, o.note.clone()))
        .collect();
    assert_eq!(notes.remove(0), (true, Some("new".into())));
    assert_eq!(notes.remove(0), (false, None));
    assert!(many.iter().all(|o| o.sparse == Some(vec![None])));

    let error = Order::audited_update(
        conn,
        &ctx,
        made.id,
        OrderChanges {
            note: Some(Some("too long".into())),
            ..Default::default()
        },
    );
    assert!(matches!(error, Err(AuditError::Database(_))));
    assert_eq!(
        look::number(conn, "SELECT count(*) AS n FROM public.orders"),
        0
    );
}

/// A statement trigger with a transition table changes the rows once more, as a row trigger can.
#[test]
fn a_statement_trigger_that_rewrites_after() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    look::run(
        conn,
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
            UPDATE parcels p SET made = 'by ' || n.content FROM fresh n WHERE p.id = n.id AND p.made <> 'by ' || n.content;
            RETURN NULL; END $f$;
         CREATE TRIGGER i AFTER INSERT ON parcels REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION again();
         CREATE TRIGGER u AFTER UPDATE ON parcels REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION again()",
    );
    let form = NewParcel {
        content: "ab".to_owned(),
        spare: None,
    };
    let made = Parcel::audited_insert(conn, &ctx, form).unwrap();
    let stored = look::texts(conn, "SELECT made AS line FROM parcels");
    assert_eq!(stored, [Some("by ab".to_owned())]);
    assert_eq!(made.made, "by ab");
    let form = ParcelChanges {
        content: Some("x".to_owned()),
        spare: None,
    };
    let now = Parcel::audited_update(conn, &ctx, made.id, form).unwrap();
    assert_eq!(now.made, "by x");
    let now =
        Parcel::<String>::audited_edit(conn, &ctx, made.id, |p| p.content = "y".into()).unwrap();
    assert_eq!(now.made, "by y");
    let lines = look::lines_after(conn, 0);
    assert!(
        lines.contains(&r#"update made "by x" -> "by y""#.to_owned()),
        "{lines:?}"
    );
}

/// A trigger that skips the row: nothing was written, so nothing is recorded.
#[test]
fn a_trigger_that_skips_the_row() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    look::run(
        conn,
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER s BEFORE INSERT OR UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION skip()",
    );
    let rows = look::log_len(conn);
    let form = AccountChanges {
        name: Some("x".into()),
        ..Default::default()
    };
    let results = [
        Account::audited_insert(conn, &ctx, new_account("Eve")),
        Account::audited_update(conn, &ctx, made.id, form),
        Account::audited_edit(conn, &ctx, made.id, |a| a.name = "x".into()),
        Account::audited_delete(conn, &ctx, made.id),
        Account::audited_soft_delete(conn, &ctx, made.id),
    ];
    assert!(
        !results.iter().flatten().any(|a| *a != made),
        "none claims a change"
    );
    assert!(results[0].is_err() && results[3].is_err());
    assert_eq!(look::log_len(conn), rows);
}
