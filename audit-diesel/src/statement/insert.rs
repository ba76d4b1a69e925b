//! `INSERT` of one record or of several that set the same columns.

use audit_core::KeySource;
use audit_core::diff::FieldSet;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::sinks::{Names, Only, Values, push_columns, push_table};
use super::statement;
use crate::backend::{AuditBackend, Dialect};
use crate::column::Sink;
use crate::entity::{Entity, StoredEntity};
use crate::form::NewForm;
use crate::stamps::Stamps;

/// `INSERT INTO t (..) VALUES (..), .. [RETURNING trigger?, ..]`
pub(crate) struct Insert<'a, E: Entity, F> {
    pub(crate) table: E::Table,
    /// The forms, all of which set the same columns, and the key that the adapter made of each.
    pub(crate) rows: &'a [(F, Option<E::Id>)],
    pub(crate) tenant: Option<&'a E::Tenant>,
    pub(crate) stamps: &'a Stamps,
}

statement!(Insert<'a, E, F> where E: Entity);

impl<E: Entity, F> Insert<'_, E, F> {
    fn by_database(&self) -> bool {
        E::META.key_source == KeySource::Database && self.rows.iter().all(|(_, id)| id.is_none())
    }

    fn put_row<'b, DB, S>(&'b self, row: &'b (F, Option<E::Id>), sink: &mut S) -> QueryResult<()>
    where
        DB: AuditBackend,
        E: StoredEntity<DB>,
        F: NewForm<E, DB>,
        S: Sink<'b, DB>,
    {
        if let Some(id) = &row.1 {
            E::put_key(id, sink)?;
        }
        if let Some(tenant) = self.tenant {
            E::put_tenant(tenant, sink)?;
        }
        row.0.put_values(sink)?;
        self.stamps.put::<E, DB, S>(sink)
    }
}

impl<DB, E, F> QueryFragment<DB> for Insert<'_, E, F>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
    F: NewForm<E, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.rows.len() > 1 {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("INSERT INTO ");
        push_table::<E, DB>(&self.table, &mut out)?;
        if DB::DIALECT == Dialect::Postgres {
            out.push_sql(" AS t");
        }
        out.push_sql(" (");
        // `LAST_INSERT_ID()` keeps an older value where this insert makes none, as with a key that
        // a trigger makes: it would lead to another record. So it is set to 0 on the way.
        let reset = match E::META.key_fields().next() {
            Some(key) if DB::DIALECT == Dialect::Mysql && self.by_database() => {
                out.push_identifier(key.column)?;
                1
            }
            _ => 0,
        };
        if let Some(row) = self.rows.first() {
            let mut names = Names {
                out: &mut out,
                count: reset,
            };
            self.put_row::<DB, _>(row, &mut names)?;
        }
        out.push_sql(") VALUES ");
        for (index, row) in self.rows.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            if reset > 0 {
                out.push_sql("NULLIF(LAST_INSERT_ID(0), 0)");
            }
            let mut values = Values {
                out: &mut out,
                count: reset,
            };
            self.put_row::<DB, _>(row, &mut values)?;
            out.push_sql(")");
        }
        if DB::DIALECT == Dialect::Postgres {
            out.push_sql(" RETURNING ");
            push_after_trigger(&mut out);
            out.push_sql(", ");
            push_columns::<E, DB>(&mut out, "t.")?;
        }
        Ok(())
    }
}

/// `INSERT INTO t (..) VALUES (..)` of a record that comes back as it was, its key too.
pub(crate) struct InsertWhole<'a, E: Entity> {
    pub(crate) table: E::Table,
    pub(crate) record: &'a E,
    /// The fields that are the record's; the stamps come on top.
    pub(crate) fields: FieldSet,
    pub(crate) stamps: &'a Stamps,
}

statement!(InsertWhole<'a, E> where E: Entity);

impl<E: Entity> InsertWhole<'_, E> {
    fn put<'b, DB, S>(&'b self, sink: &mut S) -> QueryResult<()>
    where
        DB: AuditBackend,
        E: StoredEntity<DB>,
        S: Sink<'b, DB>,
    {
        self.record.put_fields(&mut Only {
            sink,
            fields: self.fields,
            index: 0,
        })?;
        self.stamps.put::<E, DB, S>(sink)
    }
}

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for InsertWhole<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("INSERT INTO ");
        push_table::<E, DB>(&self.table, &mut out)?;
        out.push_sql(" (");
        self.put::<DB, _>(&mut Names {
            out: &mut out,
            count: 0,
        })?;
        // Also where the key is GENERATED ALWAYS.
        out.push_sql(if DB::DIALECT == Dialect::Postgres {
            ") OVERRIDING SYSTEM VALUE VALUES ("
        } else {
            ") VALUES ("
        });
        self.put::<DB, _>(&mut Values {
            out: &mut out,
            count: 0,
        })?;
        out.push_sql(")");
        Ok(())
    }
}

/// True where an AFTER trigger, of the row or of the statement, may change the row once more after
/// RETURNING has seen it (PostgreSQL, `pg_trigger.tgtype`: 2 = before, 64 = instead of, 4 = insert,
/// 16 = update). Asked in the statement itself, so that a trigger added later is seen. `LIMIT` keeps
/// the planner to the catalog's index: an EXISTS it would hash, which reads the whole catalog.
pub(super) fn push_after_trigger<DB: AuditBackend>(out: &mut AstPass<'_, '_, DB>) {
    out.push_sql(
        "(SELECT TRUE FROM pg_catalog.pg_trigger g WHERE g.tgrelid = t.tableoid AND (g.tgtype & 66) = 0 \
         AND (g.tgtype & 20) <> 0 AND NOT g.tgisinternal AND g.tgenabled <> 'D' LIMIT 1) IS NOT NULL",
    );
}
