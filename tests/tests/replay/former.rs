// Old rows of an entity that has changed since: renamed table and columns, columns that came and
// went, other types, variants that are gone.

use audit_diesel::prelude::*;
use audit_diesel::{AsOf, AuditLog, ChangeSet, Refill, RevertError, Unknown};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use super::backend::{Conn, Database, TYPES};
use crate::hand::{Hand, at};

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    gadgets (code) {
        code -> Text,
        nickname -> Text,
        size -> Integer,
        shade -> Text,
        extra -> Nullable<Text>,
        badge -> Text,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    devices2 (code) {
        code -> Text,
        label -> Text,
        size -> Text,
        shade -> Text,
        weight -> Nullable<Double>,
        badge -> Text,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}

/// As it was: the table's name is the trail's.
#[derive(Audited, Queryable, Selectable, Identifiable)]
#[diesel(table_name = gadgets, primary_key(code))]
#[audit(new = NewGadget)]
pub struct Gadget {
    #[audit(id = "client")]
    pub code: String,
    pub nickname: String,
    pub size: i32,
    pub shade: String,
    pub extra: Option<String>,
    #[audit(mask = "last4")]
    pub badge: String,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

/// As it is: another table, a column renamed, one of another type, one gone, one new.
#[derive(Audited, Queryable, Selectable, Identifiable)]
#[diesel(table_name = devices2, primary_key(code))]
#[audit(name = "gadgets")]
pub struct Device {
    #[audit(id = "client")]
    pub code: String,
    #[audit(was = "nickname")]
    pub label: String,
    pub size: String,
    pub shade: Shade,
    pub weight: Option<f64>,
    pub badge: String,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum Shade {
    Dark,
    Light,
}

impl<DB: diesel::backend::Backend> ToSql<Text, DB> for Shade
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        match self {
            Self::Dark => "dark".to_sql(out),
            Self::Light => "light".to_sql(out),
        }
    }
}

impl<DB: diesel::backend::Backend> FromSql<Text, DB> for Shade
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        match String::from_sql(bytes)?.as_str() {
            "dark" => Ok(Self::Dark),
            "light" => Ok(Self::Light),
            _ => Err("no such shade".into()),
        }
    }
}

const TABLES: &str = "
    CREATE TABLE gadgets (code {KEYTEXT} NOT NULL PRIMARY KEY, nickname {TEXT} NOT NULL, size integer NOT NULL,
        shade {TEXT} NOT NULL, extra {TEXT}, badge {TEXT} NOT NULL, created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL,
        updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL);
    CREATE TABLE devices2 (code {KEYTEXT} NOT NULL PRIMARY KEY, label {TEXT} NOT NULL, size {TEXT} NOT NULL,
        shade {TEXT} NOT NULL, weight {DOUBLE}, badge {TEXT} NOT NULL, created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL,
        updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL);";

/// A record with two states under its old schema, then moved to the new one and changed once.
fn moved(conn: &mut Conn, hand: &Hand) {
    let types = TYPES.iter();
    let sql = types.fold(TABLES.to_owned(), |sql, (word, kind)| {
        sql.replace(word, kind)
    });
    conn.batch_execute(&sql).unwrap();
    let new = NewGadget {
        code: "g".into(),
        nickname: "Bob".into(),
        size: 5,
        shade: "beige".into(),
        extra: Some("box".into()),
        badge: "DE123456789012".into(),
    };
    Gadget::audited_insert(conn, &hand.ctx(10, 1), new).unwrap();
    Gadget::audited_edit(conn, &hand.ctx(20, 1), "g", |g| {
        g.nickname = "Bobby".into();
        g.shade = "dark".into();
        g.extra = None;
        g.badge = "DE123456780000".into();
    })
    .unwrap();
    conn.batch_execute(
        "INSERT INTO devices2 SELECT code, nickname, '5', shade, NULL, badge, created_at, created_by, \
         updated_at, updated_by FROM gadgets",
    )
    .unwrap();
    Device::audited_edit(conn, &hand.ctx(30, 1), "g", |d| {
        d.label = "Robert".into();
        d.weight = Some(1.5);
    })
    .unwrap();
}

#[test]
fn what_the_schema_was_can_still_be_read() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    let mut then = |seconds| {
        let ctx = hand.ctx(1_000, 1);
        match Device::as_of(conn, &ctx, "g", at(seconds)).unwrap() {
            AsOf::Record(past) => past,
            other => panic!("{other:?}"),
        }
    };
    let first = then(10);
    assert_eq!(first.get::<String>("label").unwrap(), "Bob");
    // A number then, a text now, and the same since: it reads as what it is now.
    assert_eq!(first.get::<String>("size").unwrap(), "5");
    assert_eq!(first.get::<Shade>("shade"), Err(Unknown::Type));
    assert_eq!(first.json("shade").unwrap(), "\"beige\"");
    assert_eq!(first.get::<Option<f64>>("weight"), Err(Unknown::NotRecorded));
    // Masked then and plain now: a mask is never taken for a value.
    assert_eq!(first.get::<String>("badge"), Err(Unknown::Masked));
    assert_eq!(first.mask("badge"), Some("\"****9012\""));
    let former: Vec<String> = first
        .former_columns()
        .map(|field| format!("{}: {field}", field.column()))
        .collect();
    assert_eq!(former, ["extra: \"box\""]);
    assert!(first.to_string().contains("extra (a former column): \"box\""));
    let second = then(25);
    assert_eq!(second.get::<String>("label").unwrap(), "Bobby");
    assert_eq!(second.get::<Shade>("shade").unwrap(), Shade::Dark);
    assert_eq!(second.get::<String>("badge"), Err(Unknown::Masked));
    let last = then(30);
    assert_eq!(last.get::<f64>("weight").unwrap(), 1.5);
    let now = then(2_000);
    assert_eq!(now.get::<String>("badge").unwrap(), "DE123456780000");
    assert_eq!(now.get::<String>("size").unwrap(), "5");
    let unread = then(10).into_entity().unwrap_err();
    assert!(unread.contains(&("shade", Unknown::Type)), "{unread:?}");
    assert!(unread.contains(&("weight", Unknown::NotRecorded)), "{unread:?}");

    let sets = Device::history(conn, &hand.ctx(0, 1), "g").unwrap();
    let [insert, update, _] = sets.as_slice() else {
        panic!("{sets:?}");
    };
    let (insert, update) = (insert.typed::<Device>(), update.typed::<Device>());
    assert_eq!(insert.new::<i32>("size").unwrap(), 5);
    assert_eq!(insert.new::<String>("size"), Err(Unknown::Type));
    assert_eq!(insert.old::<String>("label"), Err(Unknown::NotPart));
    assert_eq!(insert.new::<f64>("weight"), Err(Unknown::NotRecorded));
    assert_eq!(update.columns(), ["label", "shade", "badge"]);
    assert_eq!(update.old::<String>("badge"), Err(Unknown::Masked));
    assert_eq!(update.old::<String>("label").unwrap(), "Bob");
    assert_eq!(update.new::<String>("nickname").unwrap(), "Bobby");
    assert_eq!(update.new::<Shade>("shade").unwrap(), Shade::Dark);
    assert_eq!(update.new::<String>("size"), Err(Unknown::NotPart));
    assert_eq!(update.new::<String>("colour"), Err(Unknown::NoField));
}

#[test]
fn a_query_by_field_finds_the_rows_of_its_former_names() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    // The same letters in another case are another column's, also where a collation thinks otherwise.
    conn.batch_execute(
        "INSERT INTO audit_log (id, change_id, operation_id, table_name, record_id, action, field_name, actor_kind, \
         changed_at) SELECT operation_id, id, operation_id, table_name, record_id, action, 'Nickname', actor_kind, \
         changed_at FROM audit_log WHERE action = 'insert'",
    )
    .unwrap();
    let ctx = hand.ctx(1_000, 1);
    let whole = || AuditLog::query(&ctx).table_of::<Device>().since(at(0)).oldest_first();
    let record = || AuditLog::query(&ctx).record_of::<Device>("g").oldest_first();
    let both = ["nickname \"Bobby\"", "label \"Robert\""];
    for (query, found) in [
        (record().field("label"), &both[..]),
        (record().field("nickname"), &both[..]),
        (AuditLog::query(&ctx).field("label").record_of::<Device>("g").oldest_first(), &both[..]),
        (whole().field("label"), &both[..]),
        (whole().field("shade").field("label"), &both[..]),
        // As it is stored: of no entity, of another name for the table, of no field.
        (whole().table("gadgets").field("label"), &both[1..]),
        (AuditLog::query(&ctx.clone().all_tenants()).field("nickname").since(at(0)), &both[..1]),
        (whole().field("extra"), &["extra null"][..]),
        (whole().field("Nickname"), &["Nickname -"][..]),
        (whole().field("never"), &[][..]),
    ] {
        let told = |rows: &[audit_diesel::AuditEntry]| -> Vec<String> {
            rows.iter()
                .map(|e| format!("{} {}", e.field_name.as_deref().unwrap(), e.new_value.as_deref().unwrap_or("-")))
                .collect()
        };
        assert_eq!(told(&query.load(conn).unwrap()), found, "{query:?}");
        assert_eq!(query.count(conn).unwrap(), found.len() as u64);
        let streamed: Result<Vec<_>, _> = query.stream(conn).unwrap().collect();
        assert_eq!(told(&streamed.unwrap()), found);
        let (mut csv, mut lines) = (Vec::new(), Vec::new());
        assert_eq!(query.export_csv(conn, &mut csv).unwrap(), found.len() as u64);
        assert_eq!(query.export_jsonl(conn, &mut lines).unwrap(), found.len() as u64);
        let sets = query.change_sets(conn).unwrap().change_sets;
        assert_eq!(told(&sets.iter().flat_map(ChangeSet::entries).cloned().collect::<Vec<_>>()), found);
        let mut paged = Vec::new();
        let mut page = query.clone().limit(1).page(conn).unwrap();
        loop {
            paged.extend(told(&page.entries));
            let Some(next) = page.next else { break };
            page = query.clone().limit(1).after(next).page(conn).unwrap();
        }
        assert_eq!(paged, found);
    }
    // A cursor of one name is none of several.
    let cursor = record().limit(1).field("label").page(conn).unwrap().next.unwrap();
    let bare = AuditLog::query(&ctx).table("gadgets").record("g").oldest_first();
    assert!(bare.limit(1).field("label").after(cursor).page(conn).is_err());
}

#[test]
fn change_sets_know_a_field_by_each_of_its_names() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    let ctx = hand.ctx(1_000, 1);
    let of_record = AuditLog::query(&ctx).record_of::<Device>("g");
    let of_table = AuditLog::query(&ctx).table_of::<Device>().since(at(0));
    let mut newest = of_record.clone().change_sets(conn).unwrap().change_sets;
    newest.reverse();
    for sets in [
        Device::history(conn, &ctx, "g").unwrap(),
        of_record.oldest_first().change_sets(conn).unwrap().change_sets,
        of_table.oldest_first().change_sets(conn).unwrap().change_sets,
        newest,
    ] {
        let [insert, update, last] = sets.as_slice() else {
            panic!("{sets:?}");
        };
        let values = |set: &ChangeSet, name: &str| {
            let row = set.field(name)?;
            Some((row.old_value.clone()?, row.new_value.clone()?))
        };
        let told = |old: &str, new: &str| Some((format!("\"{old}\""), format!("\"{new}\"")));
        for name in ["label", "nickname"] {
            assert_eq!(values(update, name), told("Bob", "Bobby"), "{name}");
            assert_eq!(values(last, name), told("Bobby", "Robert"), "{name}");
        }
        // What is stored stays as it is, and other names mean nothing else.
        assert_eq!(update.field("label").unwrap().field_name.as_deref(), Some("nickname"));
        assert_eq!(update.field("extra").unwrap().old_value.as_deref(), Some("\"box\""));
        assert!(update.field("Nickname").is_none() && update.field("name").is_none());
        assert!(update.field("weight").is_none() && insert.field("label").is_none());
        let shown = update.to_string();
        assert!(shown.contains("\n  label (was nickname): \"Bob\" -> \"Bobby\"\n"), "{shown}");
        assert!(shown.contains("\n  shade: \"beige\" -> \"dark\""), "{shown}");
        assert!(last.to_string().contains("\n  label: \"Bobby\" -> \"Robert\""), "{last}");
        let stored = insert.to_string().replace("\": ", "\":");
        assert!(stored.contains("\"nickname\":\"Bob\""), "{insert}");
        assert!(insert.to_string().ends_with("} (nickname is label now)"), "{insert}");
    }
    // Rows alone do not tell whose they are.
    let rows = AuditLog::query(&ctx).record_of::<Device>("g").oldest_first().load(conn).unwrap();
    let bare = ChangeSet::group(rows);
    assert!(bare[1].field("label").is_none() && bare[1].field("nickname").is_some());
    assert!(bare[1].to_string().contains("\n  nickname: \"Bob\""));
    assert_eq!(bare, Device::history(conn, &ctx, "g").unwrap());

    let AsOf::Record(past) = Device::as_of(conn, &ctx, "g", at(10)).unwrap() else {
        panic!("it was there");
    };
    let difference = Device::diff_between(conn, &ctx, "g", at(10), at(25)).unwrap();
    for name in ["label", "nickname"] {
        assert_eq!(past.get::<String>(name).unwrap(), "Bob");
        assert_eq!(past.json(name).unwrap(), "\"Bob\"");
        assert_eq!(past.field(name).unwrap().column(), "label");
        assert_eq!(difference.field(name).unwrap().column, "label", "{difference}");
    }
    assert_eq!(past.get::<String>("Nickname"), Err(Unknown::NoField));
    assert!(difference.field("Nickname").is_none());
}

#[test]
fn a_removed_record_is_shown_with_the_names_of_today() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    Gadget::audited_delete(conn, &hand.ctx(40, 1), "g").unwrap();
    let ctx = hand.ctx(1_000, 1);
    // An event of the record has words of its own.
    AuditLog::event("gadgets.seen")
        .target("gadgets", "g")
        .after(serde_json::json!({"nickname": "Bob"}))
        .write(conn, &AuditContext::new(Actor::user(1)))
        .unwrap();
    let sets = Device::history(conn, &ctx, "g").unwrap();
    let [_, _, _, delete, event] = sets.as_slice() else {
        panic!("{sets:?}");
    };
    let shown = delete.to_string();
    assert!(shown.contains("\n  was {") && shown.ends_with("} (nickname is label now)"), "{shown}");
    assert!(event.to_string().ends_with("\"Bob\"}"), "{event}");
}

#[test]
fn what_does_not_fit_any_more_is_not_written() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    let sets = Device::history(conn, &hand.ctx(0, 1), "g").unwrap();
    let id = |n: usize| Revert::ChangeSet(sets[n].first().unwrap().change_id);
    let mut revert = |what| Device::audited_revert(conn, &hand.ctx(40, 1), "g", what);
    // The name comes back under its new column.
    assert_eq!(revert(id(2)).unwrap().label, "Bobby");
    let refused = match revert(id(1)) {
        Err(AuditError::Revert { source, .. }) => source,
        other => panic!("{:?}", other.map(|_| ())),
    };
    assert_eq!(refused, RevertError::Unknown(vec![("badge", Unknown::Masked)]));
    let refused = match revert(Revert::To(at(10))) {
        Err(AuditError::Revert { source, .. }) => source,
        other => panic!("{:?}", other.map(|_| ())),
    };
    assert_eq!(
        refused,
        RevertError::Unknown(vec![
            ("weight", Unknown::NotRecorded),
            ("badge", Unknown::Masked)
        ])
    );
}

#[test]
fn a_removed_record_whose_variant_is_gone_comes_back_with_another() {
    let database = Database::bare();
    let conn = &mut database.connect();
    audit_diesel::migrate(conn).unwrap();
    let hand = Hand::new();
    moved(conn, &hand);
    let new = NewGadget {
        code: "h".into(),
        nickname: "Eve".into(),
        size: 5,
        shade: "beige".into(),
        extra: None,
        badge: "DE123456789012".into(),
    };
    Gadget::audited_insert(conn, &hand.ctx(35, 1), new).unwrap();
    Gadget::audited_delete(conn, &hand.ctx(36, 1), "h").unwrap();
    let mut undelete = |refill| {
        let undeleted = Device::audited_undelete_with(conn, &hand.ctx(50, 2), "h", refill);
        undeleted.map_err(|error| match error {
            AuditError::Revert { source, .. } => source,
            other => panic!("{other:?}"),
        })
    };
    // All that is missing is told at once.
    assert_eq!(
        undelete(Refill::new()).map(|_| ()).unwrap_err(),
        RevertError::Unknown(vec![
            ("size", Unknown::Type),
            ("shade", Unknown::Type),
            ("weight", Unknown::NotRecorded),
            ("badge", Unknown::Masked)
        ])
    );
    let given = Refill::new().set("size", "5").null("weight").set("badge", "DE1");
    assert_eq!(
        undelete(given.clone().set("shade", "beige")).map(|_| ()).unwrap_err(),
        RevertError::Misfit(vec!["shade"])
    );
    let back = undelete(given.set("shade", &Shade::Light)).unwrap();
    assert_eq!((back.label.as_str(), back.shade), ("Eve", Shade::Light));
}
