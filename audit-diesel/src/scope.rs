//! Typed queries that see one tenant's live, deleted or all records.

use audit_core::AuditContext;
use diesel::dsl::{AsSelect, Filter, Select};
use diesel::expression::{
    AppearsOnTable, Expression, Selectable, SelectableExpression, SelectableHelper, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::methods::{FilterDsl, SelectDsl};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

use crate::backend::AuditBackend;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::statement::{Visible, push_deleted, push_tenant_condition};
use crate::write::{SoftDelete, tenant_of};

/// The condition that [`AuditedScope`] puts on a query: this tenant's records, live or deleted.
pub struct Scope<E: Entity> {
    table: E::Table,
    tenant: Option<E::Tenant>,
    visible: Visible,
}

/// What [`AuditedScope::live`] and its kin return: a query to filter, order and load.
pub type Scoped<E, DB> = Select<Filter<<E as Entity>::Table, Scope<E>>, AsSelect<E, DB>>;

/// Reading an entity's records within the tenant of a context.
///
/// The queries are Diesel's own: filter them further, order, limit and load them. The backend is
/// inferred from the connection that loads them.
pub trait AuditedScope: Entity {
    /// The tenant's records that are not soft-deleted.
    ///
    /// # Errors
    /// [`AuditError::Context`] without a tenant where the entity has one.
    fn live<DB: AuditBackend>(ctx: &AuditContext) -> Result<Scoped<Self, DB>, AuditError>
    where
        Self: Selectable<DB, SelectExpression: QueryId>,
        Self::Table: FilterDsl<Scope<Self>>,
        Filter<Self::Table, Scope<Self>>: SelectDsl<AsSelect<Self, DB>>,
    {
        scoped::<Self, DB>(ctx, Visible::Live)
    }

    /// The tenant's records, soft-deleted or not.
    ///
    /// # Errors
    /// As [`AuditedScope::live`].
    fn with_deleted<DB: AuditBackend>(ctx: &AuditContext) -> Result<Scoped<Self, DB>, AuditError>
    where
        Self: SoftDelete + Selectable<DB, SelectExpression: QueryId>,
        Self::Table: FilterDsl<Scope<Self>>,
        Filter<Self::Table, Scope<Self>>: SelectDsl<AsSelect<Self, DB>>,
    {
        scoped::<Self, DB>(ctx, Visible::All)
    }

    /// The tenant's soft-deleted records.
    ///
    /// # Errors
    /// As [`AuditedScope::live`].
    fn only_deleted<DB: AuditBackend>(ctx: &AuditContext) -> Result<Scoped<Self, DB>, AuditError>
    where
        Self: SoftDelete + Selectable<DB, SelectExpression: QueryId>,
        Self::Table: FilterDsl<Scope<Self>>,
        Filter<Self::Table, Scope<Self>>: SelectDsl<AsSelect<Self, DB>>,
    {
        scoped::<Self, DB>(ctx, Visible::Deleted)
    }
}

impl<E: Entity> AuditedScope for E {}

fn scoped<E, DB>(ctx: &AuditContext, visible: Visible) -> Result<Scoped<E, DB>, AuditError>
where
    DB: AuditBackend,
    E: Entity + Selectable<DB, SelectExpression: QueryId>,
    E::Table: FilterDsl<Scope<E>>,
    Filter<E::Table, Scope<E>>: SelectDsl<AsSelect<E, DB>>,
{
    let tenant = tenant_of::<E>(ctx)?;
    let scope = Scope {
        table: E::table(),
        tenant,
        visible,
    };
    Ok(SelectDsl::select(
        FilterDsl::filter(E::table(), scope),
        E::as_select(),
    ))
}

impl<E: Entity> Expression for Scope<E> {
    type SqlType = Bool;
}

impl<E: Entity, Q> AppearsOnTable<Q> for Scope<E> where
    Q: diesel::query_source::AppearsInFromClause<E::Table, Count = diesel::query_source::Once>
{
}

impl<E: Entity> SelectableExpression<E::Table> for Scope<E> where Self: AppearsOnTable<E::Table> {}

impl<E: Entity, G> ValidGrouping<G> for Scope<E> {
    type IsAggregate = is_aggregate::No;
}

impl<E: Entity> QueryId for Scope<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for Scope<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        let qualify = |out: &mut AstPass<'_, 'b, DB>| {
            self.table.walk_ast(out.reborrow())?;
            out.push_sql(".");
            Ok(())
        };
        if self.visible == Visible::All || !E::META.has_soft_delete() {
            out.push_sql("1 = 1");
        } else {
            qualify(&mut out)?;
            push_deleted::<E, DB>(&mut out, "", self.visible == Visible::Deleted)?;
        }
        push_tenant_condition::<E, DB>(&mut out, &qualify, self.tenant.as_ref(), None)?;
        out.push_sql(")");
        Ok(())
    }
}
