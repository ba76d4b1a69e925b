//! `UPDATE`: alone, with both images in one statement (PostgreSQL), and of many records.

use audit_core::Role;
use audit_core::diff::FieldSet;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::insert::push_after_trigger;
use super::select::push_key_list;
use super::sinks::{
    Assignments, Differs, Only, Values, prefixed, push_columns, push_deleted, push_key_condition,
    push_table, push_tenant_condition,
};
use super::statement;
use super::values::PutValues;
use crate::backend::{AuditBackend, Dialect};
use crate::entity::{Entity, StoredEntity};
use crate::stamper::Operation;
use crate::stamps::Stamps;

/// `"version" = t."version" + 1`, where the entity has one.
fn push_version_step<E: Entity, DB: AuditBackend>(
    assignments: &mut Assignments<'_, '_, '_, DB>,
    prefix: &str,
) -> QueryResult<()> {
    let Some(version) = E::META.with_role(Role::Version) else {
        return Ok(());
    };
    if !core::mem::take(&mut assignments.first) {
        assignments.out.push_sql(", ");
    }
    assignments.out.push_identifier(version.column)?;
    assignments.out.push_sql(" = ");
    assignments.out.push_sql(prefix);
    assignments.out.push_identifier(version.column)?;
    assignments.out.push_sql(" + 1");
    Ok(())
}

/// `UPDATE t SET .. WHERE key IN (..) AND tenant [RETURNING trigger?, ..]`: the rows are held
/// locked, and what stood there is known.
pub(crate) struct Update<'a, E: Entity, V> {
    pub(crate) table: E::Table,
    pub(crate) values: &'a V,
    pub(crate) stamps: &'a Stamps,
    pub(crate) ids: Vec<&'a E::Id>,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) hot: bool,
}

statement!(Update<'a, E, V> where E: Entity);

impl<DB, E, V> QueryFragment<DB> for Update<'_, E, V>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
    V: PutValues<E, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.hot {
            out.unsafe_to_cache_prepared();
        }
        let postgres = DB::DIALECT == Dialect::Postgres;
        let prefix = if postgres { "t." } else { "" };
        out.push_sql("UPDATE ");
        push_table::<E, DB>(&self.table, &mut out)?;
        if postgres {
            out.push_sql(" AS t");
        }
        out.push_sql(" SET ");
        let mut assignments = Assignments {
            out: &mut out,
            first: true,
            binds: 0,
        };
        self.values.put_values(&mut assignments)?;
        self.stamps.put::<E, DB, _>(&mut assignments)?;
        push_version_step::<E, DB>(&mut assignments, prefix)?;
        let binds = assignments.binds;
        out.push_sql(" WHERE ");
        let binds = binds + push_key_list::<E, DB>(&mut out, prefix, &self.ids)?;
        push_tenant_condition::<E, DB>(&mut out, &prefixed(prefix), self.tenant, Some(binds))?;
        if postgres {
            out.push_sql(" RETURNING ");
            push_after_trigger(&mut out);
            out.push_sql(", ");
            push_columns::<E, DB>(&mut out, "t.")?;
        }
        Ok(())
    }
}

/// PostgreSQL: the locked read and the UPDATE that it feeds, in one statement that gives both
/// images. One row comes back where the UPDATE was left out.
///
/// The UPDATE must read `old`: beside one that does not, `FOR UPDATE` may run second and then
/// skips every row that the statement itself has just changed.
pub(crate) struct UpdateBoth<'a, E: Entity, V> {
    pub(crate) table: E::Table,
    pub(crate) operation: Operation,
    pub(crate) values: &'a V,
    pub(crate) stamps: &'a Stamps,
    pub(crate) id: &'a E::Id,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) version: Option<i64>,
    pub(crate) hot: bool,
}

statement!(UpdateBoth<'a, E, V> where E: Entity);

impl<DB, E, V> QueryFragment<DB> for UpdateBoth<'_, E, V>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
    V: PutValues<E, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.hot {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("WITH old AS MATERIALIZED (SELECT ");
        push_columns::<E, DB>(&mut out, "t.")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" AS t WHERE ");
        let binds = push_key_condition::<E, DB>(&mut out, "t.", self.id, self.tenant)?;
        out.push_sql(" FOR UPDATE), new AS (UPDATE ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" AS t SET ");
        let mut assignments = Assignments {
            out: &mut out,
            first: true,
            binds,
        };
        self.values.put_values(&mut assignments)?;
        let values = assignments.binds - binds;
        self.stamps.put::<E, DB, _>(&mut assignments)?;
        push_version_step::<E, DB>(&mut assignments, "t.")?;
        out.push_sql(" FROM old WHERE ");
        for (index, key) in E::META.key_fields().enumerate() {
            out.push_sql(if index == 0 { "t." } else { " AND t." });
            out.push_identifier(key.column)?;
            out.push_sql(" = old.");
            out.push_identifier(key.column)?;
        }
        if E::META.has_soft_delete() {
            out.push_sql(" AND ");
            push_deleted::<E, DB>(&mut out, "old.", self.operation == Operation::Restore)?;
        }
        if let (Some(version), Some(field)) = (&self.version, E::META.with_role(Role::Version)) {
            out.push_sql(" AND old.");
            out.push_identifier(field.column)?;
            out.push_sql(" = ");
            DB::bind_i64(&mut out, version)?;
        }
        if values > 0 {
            out.push_sql(" AND (");
            self.values.put_values(&mut Differs {
                out: &mut out,
                bind: binds,
                first: true,
            })?;
            out.push_sql(")");
        }
        out.push_sql(" RETURNING ");
        push_after_trigger(&mut out);
        out.push_sql(" AS audit_again, ");
        push_columns::<E, DB>(&mut out, "t.")?;
        out.push_sql(") SELECT FALSE, FALSE, ");
        push_columns::<E, DB>(&mut out, "old.")?;
        out.push_sql(" FROM old UNION ALL SELECT TRUE, new.audit_again, ");
        push_columns::<E, DB>(&mut out, "new.")?;
        out.push_sql(" FROM new");
        Ok(())
    }
}

/// PostgreSQL: one UPDATE of rows that set the same columns to values of their own.
pub(crate) struct UpdateEach<'a, E: Entity> {
    pub(crate) table: E::Table,
    pub(crate) fields: FieldSet,
    pub(crate) rows: &'a [(E::Id, &'a E)],
    pub(crate) stamps: &'a Stamps,
    pub(crate) tenant: Option<&'a E::Tenant>,
}

statement!(UpdateEach<'a, E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for UpdateEach<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("UPDATE ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" AS t SET ");
        let columns = || {
            self.fields
                .iter()
                .filter_map(|index| E::META.fields.get(index))
        };
        for (index, field) in columns().enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            out.push_identifier(field.column)?;
            out.push_sql(&format!(" = v.c{index}"));
        }
        let mut assignments = Assignments {
            out: &mut out,
            first: false,
            binds: 0,
        };
        self.stamps.put::<E, DB, _>(&mut assignments)?;
        push_version_step::<E, DB>(&mut assignments, "t.")?;
        let mut binds = assignments.binds;
        out.push_sql(" FROM (VALUES ");
        for (index, (id, record)) in self.rows.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            let mut values = Values {
                out: &mut out,
                count: 0,
            };
            E::put_key(id, &mut values)?;
            record.put_fields(&mut Only {
                sink: &mut values,
                fields: self.fields,
                index: 0,
            })?;
            binds += values.count;
            out.push_sql(")");
        }
        out.push_sql(") AS v (");
        let keys = E::META.key_fields().count();
        let names = (0..keys).map(|k| format!("k{k}"));
        let names: Vec<String> = names
            .chain((0..columns().count()).map(|c| format!("c{c}")))
            .collect();
        out.push_sql(&names.join(", "));
        out.push_sql(") WHERE ");
        for (index, key) in E::META.key_fields().enumerate() {
            out.push_sql(if index == 0 { "t." } else { " AND t." });
            out.push_identifier(key.column)?;
            out.push_sql(&format!(" = v.k{index}"));
        }
        push_tenant_condition::<E, DB>(&mut out, &prefixed("t."), self.tenant, Some(binds))?;
        out.push_sql(" RETURNING ");
        push_after_trigger(&mut out);
        out.push_sql(", ");
        push_columns::<E, DB>(&mut out, "t.")
    }
}
