//! What the derives generate is silent under strict lints, `missing_docs` above all.
#![cfg(feature = "sqlite")]
#![deny(warnings, missing_docs, unused_qualifications, single_use_lifetimes)]
#![deny(clippy::pedantic, clippy::nursery)]

pub mod model {
    //! Public entities of an app that documents everything.

    use audit_diesel::prelude::*;
    use chrono::{DateTime, Utc};
    use diesel::prelude::*;

    pub mod schema {
        #![allow(missing_docs)]
        diesel::table! {
            orders (id) {
                id -> BigInt,
                shop -> Text,
                note -> Nullable<Text>,
                pin -> Text,
                street -> Text,
                version -> Integer,
                created_at -> TimestamptzSqlite,
                created_by -> Text,
                updated_at -> TimestamptzSqlite,
                updated_by -> Text,
                deleted_at -> Nullable<TimestamptzSqlite>,
            }
        }
    }
    use schema::orders;

    /// Where to.
    #[derive(AuditedPart, Queryable, Selectable, Clone, serde::Deserialize)]
    #[diesel(table_name = orders)]
    pub struct Address {
        /// Street and number.
        pub street: String,
    }

    /// An order.
    #[derive(Audited, Queryable, Selectable, Identifiable, Clone)]
    #[diesel(table_name = orders)]
    #[audit(new = NewOrder(derive(Clone)), changes = OrderChanges)]
    #[audit(exempt(deleted_by, deleted_flag))]
    pub struct Order {
        /// The key.
        pub id: i64,
        /// Whose.
        #[audit(tenant)]
        pub shop: String,
        /// A note.
        pub note: Option<String>,
        /// A secret.
        #[audit(mask = "redact")]
        pub pin: String,
        /// Where to.
        #[diesel(embed)]
        pub address: Address,
        /// The lock.
        #[audit(version)]
        pub version: i32,
        /// Stamp.
        pub created_at: DateTime<Utc>,
        /// Stamp.
        pub created_by: Actor,
        /// Stamp.
        pub updated_at: DateTime<Utc>,
        /// Stamp.
        pub updated_by: Actor,
        /// Stamp.
        pub deleted_at: Option<DateTime<Utc>>,
    }

    /// A note for an order.
    #[derive(AuditedForm)]
    #[diesel(table_name = orders)]
    #[audit(entity = Order)]
    pub struct Annotate<'a> {
        /// The note.
        pub note: Option<&'a str>,
    }

    /// What is deprecated may still be audited.
    #[derive(Audited)]
    #[audit(name = "old", crate = audit_diesel, changes = OldChanges)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    pub struct Old {
        /// The key.
        pub id: i64,
        /// A name.
        #[deprecated]
        pub name: String,
    }
}

#[test]
fn it_compiles() {
    use audit_diesel::Audited as _;

    assert_eq!(model::Order::META.fields.len(), 11);
    assert_eq!(model::Old::META.name, "old");
}
