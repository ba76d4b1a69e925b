//! `kinds`: the actor kinds that a stamp column takes which holds only an id.

use audit_diesel::Audited;
use audit_diesel::prelude::*;
use diesel::prelude::*;

diesel::table! {
    posts (id) {
        id -> BigInt,
        created_by -> BigInt,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = posts)]
#[audit(exempt(created_at, updated_at), new = NewPost)]
#[allow(dead_code)]
struct Post {
    id: i64,
    #[audit(kinds("user"))]
    created_by: i64,
    #[audit(kinds("user", "job"))]
    updated_by: String,
}

#[test]
fn another_kind_does_not_fit() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let ctx = AuditContext::new(Actor::service("7"));
    let error = Post::audited_insert(&mut conn, &ctx, NewPost {}).unwrap_err();
    assert!(error.to_string().contains("created_by"), "{error}");
}
