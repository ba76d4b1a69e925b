//! For the tests of an app: a contract that an entity keeps, assertions on a trail, clocks, and a
//! search for secrets. Nothing here is for production code: it panics to report.
//!
//! The contract of an entity is one line. It runs every helper inside a transaction that it rolls
//! back, also inside Diesel's `test_transaction`, and fails with all that it found:
//!
//! ```
//! # #[cfg(all(feature = "sqlite", feature = "derive", feature = "chrono", feature = "serde"))] {
//! # mod app {
//! use audit_diesel::prelude::*;
//! use audit_diesel::testing;
//! # use chrono::{DateTime, Utc};
//! # use diesel::prelude::*;
//! # use audit_diesel::chrono;
//! # diesel::table! { accounts (id) {
//! #     id -> BigInt, name -> Text, tax_number -> Nullable<Text>,
//! #     created_at -> TimestamptzSqlite, created_by -> Text,
//! #     updated_at -> TimestamptzSqlite, updated_by -> Text,
//! # } }
//! # #[derive(Audited, Queryable, Selectable, Identifiable)]
//! # #[diesel(table_name = accounts)]
//! # #[audit(new = NewAccount, changes = AccountChanges)]
//! # pub struct Account {
//! #     pub id: i64, pub name: String, #[audit(mask = "last4")] pub tax_number: Option<String>,
//! #     pub created_at: DateTime<Utc>, pub created_by: Actor,
//! #     pub updated_at: DateTime<Utc>, pub updated_by: Actor,
//! # }
//! # pub fn main() {
//! # let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
//! # audit_diesel::migrate(&mut conn).unwrap();
//! # use diesel::connection::SimpleConnection;
//! # conn.batch_execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
//! #     tax_number TEXT, created_at TEXT NOT NULL, created_by TEXT NOT NULL,
//! #     updated_at TEXT NOT NULL, updated_by TEXT NOT NULL)").unwrap();
//! let new = || NewAccount { name: "Ada".into(), tax_number: Some(testing::canary()) };
//! let changes = || AccountChanges { tax_number: Some(Some(testing::canary())), ..Default::default() };
//! testing::contract(new, changes).run(&mut conn);
//!
//! let ctx = AuditContext::new(Actor::user("u_42"));
//! let account = Account::audited_insert(&mut conn, &ctx, new()).unwrap();
//! Account::audited_edit(&mut conn, &ctx, account.id, |a| a.name = "Ada L.".into()).unwrap();
//! let changes = Account::history(&mut conn, &ctx, account.id).unwrap();
//! testing::assert_trail(&changes, &["insert *", r#"update name "Ada" -> "Ada L.""#]);
//! # } }
//! # app::main();
//! # }
//! ```

mod clock;
mod contract;
mod scan;
mod trail;

pub use clock::{fixed_clock, stepping_clock};
pub use contract::{Contract, Report, contract};
pub use scan::{Leak, Secrets, canary};
pub use trail::{TrailAssert, assert_trail, trail_lines};
