//! Reads what a replay needs: a record's rows, and the record itself.

use audit_core::__private::visible_values;
use audit_core::AuditContext;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::timeline::{Current, Timeline};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::exact;
use crate::statement::SelectByKey;
use crate::trail::{AuditEntry, COLUMNS, read_entry};
use crate::write::tenant_of;

/// How often a record that is written again and again is read before the reader gives up.
const ROUNDS: usize = 20;

/// The timeline of a record, and whether it is there now.
///
/// The record and its rows are two statements, which a write may come between: then both are read
/// again, so that the record is never older or newer than the last of its rows.
pub(super) fn timeline<C, E>(
    conn: &mut C,
    ctx: &AuditContext,
    id: &E::Id,
) -> Result<Timeline, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let tenant = tenant_of::<E>(ctx)?;
    let mut rows = entries::<C, E>(conn, tenant.as_ref(), id, 0, false)?;
    for _ in 0..ROUNDS {
        let query = SelectByKey::<E> {
            table: E::table(),
            id,
            tenant: tenant.as_ref(),
            lock: false,
        };
        let record: Option<E> = driver::entities(conn, &query, 0)?.into_iter().next();
        let last = rows.last().map_or(0, |row| row.seq);
        let later = entries::<C, E>(conn, tenant.as_ref(), id, last, false)?;
        if later.is_empty() {
            let current = record.map(|record| current(&record, ctx));
            if current.is_none() && rows.is_empty() {
                return Err(AuditError::not_found::<E>(id));
            }
            return Ok(Timeline::new(E::META, &rows, current, ctx.now()));
        }
        rows.extend(later);
    }
    Err(AuditError::conflict::<E>(id))
}

/// The record as a replay may see it.
pub(super) fn current<E: Entity>(record: &E, ctx: &AuditContext) -> Current {
    Current {
        values: visible_values(record, ctx.config_ref()),
        deleted: record.is_deleted(),
    }
}

/// The rows of a record behind a place in the log. `latest` reads what is committed now, also inside
/// a transaction that sees an older state: for who holds the record locked.
pub(super) fn entries<C, E>(
    conn: &mut C,
    tenant: Option<&E::Tenant>,
    id: &E::Id,
    after: i64,
    latest: bool,
) -> Result<Vec<AuditEntry>, AuditError>
where
    C: AuditConnection,
    E: Entity,
{
    let query = RecordRows {
        tenant: match tenant {
            Some(tenant) => Some(Some(tenant.text())),
            None if E::Tenant::PRESENT => None,
            None => Some(None),
        },
        table: E::META.name,
        record: E::record_id(id),
        after,
        latest,
    };
    driver::load(conn, &query, |row| read_entry::<C::Backend, _>(row))
        .map_err(AuditError::of_audit_table)
}

struct RecordRows {
    /// `None`: any; `Some(None)`: rows without a tenant.
    tenant: Option<Option<String>>,
    table: &'static str,
    record: String,
    after: i64,
    latest: bool,
}

impl diesel::query_builder::QueryId for RecordRows {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::query_builder::Query for RecordRows {
    type SqlType = diesel::sql_types::Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for RecordRows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let equals = |out: &mut AstPass<'_, 'b, DB>, column: &'static str, text: &'b str| {
            out.push_sql(column);
            exact::is(out, DB::DIALECT, column, text)
        };
        out.push_sql("SELECT ");
        out.push_sql(COLUMNS);
        out.push_sql(" FROM audit_log WHERE ");
        match &self.tenant {
            None => {}
            Some(None) => out.push_sql("tenant_id IS NULL AND "),
            Some(Some(tenant)) => {
                equals(&mut out, "tenant_id", tenant)?;
                out.push_sql(" AND ");
            }
        }
        out.push_sql("table_name = ");
        DB::bind_text(&mut out, self.table)?;
        out.push_sql(" AND ");
        equals(&mut out, "record_id", &self.record)?;
        out.push_sql(" AND seq > ");
        DB::bind_i64(&mut out, &self.after)?;
        out.push_sql(" ORDER BY seq");
        if self.latest && DB::DIALECT == Dialect::Mysql {
            out.push_sql(" LOCK IN SHARE MODE");
        }
        Ok(())
    }
}
