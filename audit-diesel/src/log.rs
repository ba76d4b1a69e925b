//! Reading the log: [`AuditLog::query`].
//!
//! # What is asked for, and what it costs
//!
//! Each of these has an index that gives both the rows and their order, so that a page of 50 costs
//! the same in a table of a thousand rows and in one of a billion:
//!
//! | the query names | index of `audit_log` | order |
//! |---|---|---|
//! | an operation | `(operation_id, seq)` | `seq` |
//! | a table and a record | `(table_name, record_id, tenant_id, seq)` | `seq` |
//! | an actor, with or without a time range | `(tenant_id, actor_kind, actor_id, changed_at, seq)` | `changed_at`, `seq` |
//! | nothing, or a time range | `(tenant_id, changed_at, seq)` | `changed_at`, `seq` |
//! | nothing, of all tenants | `seq`, the primary key | `seq` |
//!
//! SQLite and MySQL/MariaDB end every index with the primary key, so `seq` is not named in theirs. A
//! page reads the rows that it returns, and one or two more. (Where a record is asked for in all
//! tenants, that is so while its rows are of one tenant; of a record that several have, a page reads
//! all rows.) Beside an operation or a record, any further filter is applied to the rows of those.
//!
//! A filter without an index of its own (`table` or `field` or `action` or `request` alone, any
//! further filter beside an actor, an actor in all tenants) needs a bound to what is read: a record,
//! an operation, or a time range that begins somewhere ([`LogQuery::since`]). Without,
//! [`QueryError::Unbounded`](crate::QueryError::Unbounded) refuses it. It then reads the rows of that range until the page is full. A
//! time range over all tenants has no index of its own: it reads the log in the order of `seq`, so
//! the newest rows are found at once and a range long ago after all that came later; the pages of
//! one listing together read the table once at most.
//!
//! # Whose rows
//!
//! Those of the context's tenant, by its canonical text as `audit_log.tenant_id` holds it; the rows
//! without a tenant (of entities and events that have none) where the context names no tenant; all
//! of them only with `all_tenants()`. Texts are compared byte by byte on every database.
//!
//! # Pages
//!
//! A page goes on where the one before ended: at a place in the order, not at a count of rows. Rows
//! of the log never change, so **every row that was committed before the first page was read comes
//! exactly once**, in either order, whatever is written meanwhile. A row that is committed later
//! comes once if its place is still ahead, and otherwise not at all; never twice. (`seq` and
//! `changed_at` are given out before a transaction commits: a slow transaction's rows appear behind
//! a place that has been passed. So a cursor is for going through a listing, not for waiting for
//! what is new.) What a purge removes meanwhile is not seen any more.

mod change_sets;
mod cursor;
mod days;
mod filters;
mod query;
mod read;
mod select;
mod shape;
mod sole_tenant;
mod stream;

use audit_core::AuditContext;

use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::known_table::is_known_table;

pub use change_sets::ChangePage;
pub use cursor::Cursor;
pub use query::{LogQuery, MAX_LIMIT, PAGE};
pub use read::Page;
pub use stream::LogStream;

/// The log as a whole: reading it ([`AuditLog::query`]), recording events ([`AuditLog::event`]).
///
/// It has no value; the log itself is the table `audit_log`.
#[derive(Debug)]
pub enum AuditLog {}

impl AuditLog {
    /// Asks for rows of the log within the tenant of a context, newest first.
    ///
    /// [`LogQuery`] narrows it down and reads; what its combinations cost, and what its pages
    /// promise, [the module](self) says.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use audit_diesel::prelude::*;
    /// use audit_diesel::AuditLog;
    /// # use diesel::prelude::*;
    /// # let mut conn = SqliteConnection::establish(":memory:")?;
    /// # audit_diesel::migrate(&mut conn)?;
    ///
    /// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
    /// let page = AuditLog::query(&ctx)
    ///     .changed_by(Actor::user("u_42"))
    ///     .limit(50)
    ///     .page(&mut conn)?;
    /// for entry in &page.entries {
    ///     println!("{} {:?}: {:?} -> {:?}", entry.changed_at, entry.field_name, entry.old_value, entry.new_value);
    /// }
    /// if let Some(next) = page.next {
    ///     // Hand `next` to the client, and pass what comes back to `after`.
    ///     let page = AuditLog::query(&ctx).changed_by(Actor::user("u_42")).after(next).page(&mut conn)?;
    /// #   let _ = page;
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "sqlite"))] fn main() {}
    /// ```
    pub fn query(ctx: &AuditContext) -> LogQuery {
        LogQuery::new(ctx)
    }

    /// True where the log has a row about a table or target of this name, of whatever tenant, or the
    /// database has a table or view of it, letter for letter.
    ///
    /// A query for a name that nobody knows finds nothing, and is no error: an event may name what it
    /// likes, and be asked for before it happened. Where a person has typed the name, this tells a
    /// slip of the finger.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use audit_diesel::AuditLog;
    /// # use diesel::{connection::SimpleConnection, prelude::*};
    /// # let mut conn = SqliteConnection::establish(":memory:")?;
    /// # audit_diesel::migrate(&mut conn)?;
    /// conn.batch_execute("CREATE TABLE invoices (id integer PRIMARY KEY)")?;
    /// assert!(AuditLog::knows_table(&mut conn, "invoices")?);
    /// assert!(!AuditLog::knows_table(&mut conn, "invoces")?);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "sqlite"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// What the database refuses.
    pub fn knows_table<C: AuditConnection>(conn: &mut C, name: &str) -> Result<bool, AuditError> {
        is_known_table(conn, name)
    }
}
