//! The SQL of a plan, as it is printed and as it is run: there is one text for both.

mod mysql;
mod parts;
mod postgres;
mod sqlite;

use audit_diesel::{AuditConnection, Dialect};

use crate::failure::Result;
use crate::plan::Plan;

pub(crate) use parts::Script;

/// The script of a plan.
pub(crate) fn of<C: AuditConnection>(conn: &mut C, plan: &Plan) -> Result<Script> {
    if plan.changes.is_empty() {
        return Ok(Script::default());
    }
    match plan.table.dialect {
        Dialect::Sqlite => sqlite::script(conn, plan),
        Dialect::Postgres => Ok(postgres::script(plan)),
        _ => Ok(mysql::script(plan)),
    }
}
