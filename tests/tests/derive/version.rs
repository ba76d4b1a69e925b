//! `version`: an optimistic lock, and keys that name it.

use audit_diesel::prelude::*;
use audit_diesel::{Entity, IntoKey, Key};

diesel::table! {
    pages (id) {
        id -> BigInt,
        revision -> Integer,
    }
}

#[derive(Audited)]
#[diesel(table_name = pages)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
pub struct Page {
    pub id: i64,
    #[audit(version)]
    pub revision: i32,
}

#[test]
fn keys_name_a_version_or_say_that_they_do_not() {
    let page = Page { id: 7, revision: 3 };
    assert_eq!(page.version(), Some(3));
    let key: Key<Page> = Page::key(7, 3).into_key();
    assert_eq!(format!("{key:?}"), "pages(7@3)");
    assert_eq!(format!("{:?}", Page::key_any_version(7)), "pages(7)");
}
