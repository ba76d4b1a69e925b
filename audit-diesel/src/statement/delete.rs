//! `DELETE` of records whose before-image is held locked.

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::select::push_key_list;
use super::sinks::{prefixed, push_table, push_tenant_condition};
use super::statement;
use crate::backend::AuditBackend;
use crate::entity::{Entity, StoredEntity};

/// `DELETE FROM t WHERE key IN (..) AND tenant`
pub(crate) struct Delete<'a, E: Entity> {
    pub(crate) table: E::Table,
    pub(crate) ids: Vec<&'a E::Id>,
    pub(crate) tenant: Option<&'a E::Tenant>,
}

statement!(Delete<'a, E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for Delete<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("DELETE FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE ");
        let binds = push_key_list::<E, DB>(&mut out, "", &self.ids)?;
        push_tenant_condition::<E, DB>(&mut out, &prefixed(""), self.tenant, Some(binds))?;
        Ok(())
    }
}
