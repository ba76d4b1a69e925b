//! Reading entities by key, by a list of keys, or by a filter of the app, locked or not.

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::sinks::{
    prefixed, push_columns, push_deleted, push_key_condition, push_key_order, push_row_lock,
    push_table, push_tenant_condition,
};
use super::statement;
use crate::backend::{AuditBackend, Dialect};
use crate::entity::{Entity, StoredEntity};

/// `SELECT .. WHERE key AND tenant [FOR UPDATE]`
pub(crate) struct SelectByKey<'a, E: Entity> {
    pub(crate) table: E::Table,
    pub(crate) id: &'a E::Id,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) lock: bool,
}

statement!(SelectByKey<'a, E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for SelectByKey<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        push_columns::<E, DB>(&mut out, "")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE ");
        push_key_condition::<E, DB>(&mut out, "", self.id, self.tenant)?;
        if self.lock {
            push_row_lock(&mut out);
        }
        Ok(())
    }
}

/// The row that this connection inserted last, by the key that the database made. SQLite and
/// MySQL/MariaDB; PostgreSQL returns it.
pub(crate) struct SelectInserted<E: Entity> {
    pub(crate) table: E::Table,
}

statement!(SelectInserted<E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for SelectInserted<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        push_columns::<E, DB>(&mut out, "")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE ");
        match (DB::DIALECT, E::META.key_fields().next()) {
            (Dialect::Mysql, Some(key)) => {
                out.push_identifier(key.column)?;
                out.push_sql(" = NULLIF(LAST_INSERT_ID(), 0) FOR UPDATE");
            }
            _ => out.push_sql("rowid = last_insert_rowid()"),
        }
        Ok(())
    }
}

/// `SELECT .. WHERE key IN (..) AND tenant ORDER BY key [FOR UPDATE]`
pub(crate) struct SelectMany<'a, E: Entity> {
    pub(crate) table: E::Table,
    /// Padded with repetitions to one of a few lengths, so that there are few texts.
    pub(crate) ids: Vec<&'a E::Id>,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) lock: bool,
}

statement!(SelectMany<'a, E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for SelectMany<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        push_columns::<E, DB>(&mut out, "")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE ");
        let binds = push_key_list::<E, DB>(&mut out, "", &self.ids)?;
        push_tenant_condition::<E, DB>(&mut out, &prefixed(""), self.tenant, Some(binds))?;
        push_key_order::<E, DB>(&mut out)?;
        if self.lock {
            // The MariaDB client waits for ever where a prepared text is run again after an answer
            // that broke off at its rows, as a lock timeout or a deadlock breaks this one off. (A
            // read by the whole key fails before its answer begins.)
            if DB::DIALECT == Dialect::Mysql {
                out.unsafe_to_cache_prepared();
            }
            push_row_lock(&mut out);
        }
        Ok(())
    }
}

/// `SELECT .. WHERE key > last AND tenant ORDER BY key LIMIT n FOR UPDATE`: a table, piece by piece.
pub(crate) struct SelectAfter<'a, E: Entity> {
    pub(crate) table: E::Table,
    pub(crate) after: Option<&'a E::Id>,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) limit: i64,
}

statement!(SelectAfter<'a, E> where E: Entity);

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for SelectAfter<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // See `SelectMany`.
        if DB::DIALECT == Dialect::Mysql {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("SELECT ");
        push_columns::<E, DB>(&mut out, "")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE 1 = 1");
        let mut binds = 0;
        if let Some(after) = self.after {
            out.push_sql(" AND (");
            for (index, key) in E::META.key_fields().enumerate() {
                if index > 0 {
                    out.push_sql(", ");
                }
                out.push_identifier(key.column)?;
            }
            out.push_sql(") > (");
            let mut list = super::sinks::Values {
                out: &mut out,
                count: 0,
            };
            E::put_key(after, &mut list)?;
            binds = list.count;
            out.push_sql(")");
        }
        push_tenant_condition::<E, DB>(&mut out, &prefixed(""), self.tenant, Some(binds))?;
        push_key_order::<E, DB>(&mut out)?;
        out.push_sql(" LIMIT ");
        DB::bind_i64(&mut out, &self.limit)?;
        push_row_lock(&mut out);
        Ok(())
    }
}

/// `key IN ($1, $2 ..)`, any number of key columns; returns the number of binds.
pub(super) fn push_key_list<'b, E: StoredEntity<DB>, DB: AuditBackend>(
    out: &mut AstPass<'_, 'b, DB>,
    prefix: &'static str,
    ids: &'b [&'b E::Id],
) -> QueryResult<usize> {
    let mut keys = E::META.key_fields();
    let mut binds = 0;
    if let (Some(key), None) = (keys.next(), keys.next()) {
        out.push_sql(prefix);
        out.push_identifier(key.column)?;
        out.push_sql(" IN (");
        for id in ids {
            let mut list = super::sinks::Values {
                out: &mut *out,
                count: binds,
            };
            E::put_key(id, &mut list)?;
            binds = list.count;
        }
        out.push_sql(")");
        return Ok(binds);
    }
    // A chain of ORs would reach SQLite's limit of an expression's depth.
    out.push_sql("(");
    for (index, key) in E::META.key_fields().enumerate() {
        if index > 0 {
            out.push_sql(", ");
        }
        out.push_sql(prefix);
        out.push_identifier(key.column)?;
    }
    out.push_sql(if DB::DIALECT == Dialect::Sqlite {
        ") IN (VALUES "
    } else {
        ") IN ("
    });
    for (index, id) in ids.iter().enumerate() {
        out.push_sql(if index == 0 { "(" } else { ", (" });
        let mut list = super::sinks::Values {
            out: &mut *out,
            count: 0,
        };
        E::put_key(id, &mut list)?;
        binds += list.count;
        out.push_sql(")");
    }
    out.push_sql(")");
    Ok(binds)
}

/// The ids, the last one repeated up to the next of a few lengths.
pub(crate) fn padded<T>(ids: &[T]) -> Vec<&T> {
    const LENGTHS: [usize; 5] = [1, 8, 64, 256, 1024];
    let wanted = LENGTHS
        .iter()
        .copied()
        .find(|n| *n >= ids.len())
        .unwrap_or(ids.len());
    let mut list: Vec<&T> = ids.iter().collect();
    if let Some(last) = ids.last() {
        list.resize(wanted, last);
    }
    list
}

/// Which records a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visible {
    Live,
    Deleted,
    All,
}

/// `SELECT .. WHERE (filter) AND tenant AND live ORDER BY key FOR UPDATE`
pub(crate) struct SelectWhere<'a, E: Entity, P> {
    pub(crate) table: E::Table,
    pub(crate) filter: &'a P,
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) visible: Visible,
}

statement!(SelectWhere<'a, E, P> where E: Entity);

impl<DB, E, P> QueryFragment<DB> for SelectWhere<'_, E, P>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
    P: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The app's filter may be anything: its texts are not ours to keep prepared. It may
        // also hold any number of binds, so the tenant comes first.
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT ");
        push_columns::<E, DB>(&mut out, "")?;
        out.push_sql(" FROM ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" WHERE 1 = 1");
        push_tenant_condition::<E, DB>(&mut out, &prefixed(""), self.tenant, Some(0))?;
        if self.visible != Visible::All && E::META.has_soft_delete() {
            out.push_sql(" AND ");
            push_deleted::<E, DB>(&mut out, "", self.visible == Visible::Deleted)?;
        }
        out.push_sql(" AND (");
        self.filter.walk_ast(out.reborrow())?;
        out.push_sql(")");
        push_key_order::<E, DB>(&mut out)?;
        push_row_lock(&mut out);
        Ok(())
    }
}
