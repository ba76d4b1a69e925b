//! `id`: who makes the primary key; what the key is.

use audit_diesel::{Audited, AuditedForm, KeySource};

use crate::support::field;

#[derive(Audited)]
#[audit(name = "by_database", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct ByDatabase {
    id: i64,
}

#[derive(Audited)]
#[audit(name = "by_adapter", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct ByAdapter {
    #[audit(id = "uuid_v7")]
    id: String,
}

#[derive(Audited)]
#[diesel(primary_key(shop, number))]
#[audit(name = "by_client", crate = audit_diesel, new = NewByClient, changes = Changes)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct ByClient {
    number: i64,
    #[audit(id = "client")]
    #[diesel(column_name = shop)]
    store: String,
    id: i64,
}

#[test]
fn the_table_says_who() {
    assert_eq!(ByDatabase::META.key_source, KeySource::Database);
    assert_eq!(ByAdapter::META.key_source, KeySource::UuidV7);
    assert_eq!(ByClient::META.key_source, KeySource::Client);
}

#[test]
fn a_clients_key_is_in_the_new_form_and_is_never_applied() {
    let new = NewByClient {
        number: 1,
        store: "a".into(),
        id: 3,
    };
    let mut entity = ByClient {
        number: 7,
        store: "z".into(),
        id: 9,
    };
    assert_eq!((new.number, new.store.as_str()), (1, "a"));
    new.apply(&mut entity);
    assert_eq!(
        (entity.number, entity.store.as_str(), entity.id),
        (7, "z", 3)
    );
    let Changes { id } = Changes::default();
    assert_eq!(id, None);
}

#[test]
fn a_clients_key_is_not_reserved() {
    let reserved = |name| ByClient::META.is_reserved(field::<ByClient>(name));
    assert!(!reserved("number") && !reserved("store") && !reserved("id"));
    assert!(ByDatabase::META.is_reserved(field::<ByDatabase>("id")));
}
