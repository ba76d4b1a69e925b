//! Whether something is in the log already.

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use uuid::Uuid;

use super::statement;
use crate::backend::AuditBackend;

/// A row where the operation has left any in the log; no row is locked.
pub(crate) struct OperationPresent<'a> {
    pub(crate) operation: &'a Uuid,
}

statement!(OperationPresent<'a>);

impl<DB: AuditBackend> QueryFragment<DB> for OperationPresent<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT seq FROM audit_log WHERE operation_id = ");
        DB::bind_uuid(&mut out, self.operation)?;
        out.push_sql(" LIMIT 1");
        Ok(())
    }
}

/// Those of some ids that are in the log; no row is locked.
pub(crate) struct IdsPresent<'a> {
    pub(crate) ids: &'a [Uuid],
}

statement!(IdsPresent<'a>);

impl<DB: AuditBackend> QueryFragment<DB> for IdsPresent<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // A text per number of ids, and asked after a failure only.
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT id FROM audit_log WHERE id IN (");
        for (index, id) in self.ids.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            DB::bind_uuid(&mut out, id)?;
        }
        out.push_sql(")");
        Ok(())
    }
}
