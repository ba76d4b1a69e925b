//! What the generated lines write into: column lists, values, assignments, conditions.

use audit_core::diff::FieldSet;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::query_source::Column;
use diesel::result::QueryResult;

use crate::backend::{AuditBackend, Dialect};
use crate::column::{Binds, Sink};
use crate::entity::{Entity, StoredEntity, TenantOf};

/// `"a", "b"`.
pub(super) struct Names<'x, 'a, 'b, DB: AuditBackend> {
    pub(super) out: &'x mut AstPass<'a, 'b, DB>,
    pub(super) count: usize,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Names<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, _: &'b U) -> QueryResult<()> {
        comma(self.out, &mut self.count);
        self.out.push_identifier(C::NAME)
    }
}

/// `$1, $2`.
pub(super) struct Values<'x, 'a, 'b, DB: AuditBackend> {
    pub(super) out: &'x mut AstPass<'a, 'b, DB>,
    pub(super) count: usize,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Values<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        comma(self.out, &mut self.count);
        value.bind(self.out)
    }
}

/// `"a" = $1, "b" = $2`. `count` goes on from the binds before it.
pub(super) struct Assignments<'x, 'a, 'b, DB: AuditBackend> {
    pub(super) out: &'x mut AstPass<'a, 'b, DB>,
    pub(super) first: bool,
    pub(super) binds: usize,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Assignments<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        if !core::mem::take(&mut self.first) {
            self.out.push_sql(", ");
        }
        self.binds += 1;
        self.out.push_identifier(C::NAME)?;
        self.out.push_sql(" = ");
        value.bind(self.out)
    }
}

/// `t."a" = $1 AND t."b" = $2`.
pub(super) struct Equals<'x, 'a, 'b, DB: AuditBackend> {
    pub(super) out: &'x mut AstPass<'a, 'b, DB>,
    pub(super) prefix: &'static str,
    pub(super) count: usize,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Equals<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        if self.count > 0 {
            self.out.push_sql(" AND ");
        }
        self.count += 1;
        self.out.push_sql(self.prefix);
        self.out.push_identifier(C::NAME)?;
        self.out.push_sql(" = ");
        value.bind(self.out)
    }
}

/// Compares each assigned column with the bind that was numbered when it was assigned, as text in
/// collation C: no collation and no extension type (citext) can then hide a change. PostgreSQL.
pub(super) struct Differs<'x, 'a, 'b, DB: AuditBackend> {
    pub(super) out: &'x mut AstPass<'a, 'b, DB>,
    pub(super) bind: usize,
    pub(super) first: bool,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Differs<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, _: &'b U) -> QueryResult<()> {
        if !core::mem::take(&mut self.first) {
            self.out.push_sql(" OR ");
        }
        self.bind += 1;
        self.out.push_sql("(old.");
        self.out.push_identifier(C::NAME)?;
        self.out.push_sql("::text COLLATE \"C\" IS DISTINCT FROM $");
        self.out.push_sql(&self.bind.to_string());
        self.out.push_sql("::text COLLATE \"C\")");
        Ok(())
    }
}

/// The same condition twice over: a plain one that an index serves, and a binary one that no
/// collation can widen to another tenant.
struct TenantIs<'x, 'a, 'b, DB: AuditBackend, Q> {
    out: &'x mut AstPass<'a, 'b, DB>,
    /// Writes what stands before the column's name.
    qualify: Q,
    /// Binds before this one, where they are ours to count.
    binds: Option<usize>,
    text: bool,
}

impl<'b, DB, Q> Sink<'b, DB> for TenantIs<'_, '_, 'b, DB, Q>
where
    DB: AuditBackend,
    Q: Fn(&mut AstPass<'_, 'b, DB>) -> QueryResult<()>,
{
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        (self.qualify)(self.out)?;
        self.out.push_identifier(C::NAME)?;
        self.out.push_sql(" = ");
        value.bind(self.out)?;
        let binds = self.binds.map(|binds| binds + 1);
        self.binds = binds;
        if !self.text {
            return Ok(());
        }
        match DB::DIALECT {
            Dialect::Sqlite => self.out.push_sql(" COLLATE BINARY"),
            Dialect::Postgres => {
                self.out.push_sql(" AND ");
                (self.qualify)(self.out)?;
                self.out.push_identifier(C::NAME)?;
                self.out.push_sql("::text COLLATE \"C\" = ");
                match binds {
                    Some(number) => {
                        self.out.push_sql("$");
                        self.out.push_sql(&number.to_string());
                    }
                    None => value.bind(self.out)?,
                }
                self.out.push_sql("::text COLLATE \"C\"");
            }
            Dialect::Mysql => {
                self.binds = binds.map(|binds| binds + 1);
                self.out.push_sql(" AND CAST(CONVERT(");
                (self.qualify)(self.out)?;
                self.out.push_identifier(C::NAME)?;
                self.out
                    .push_sql(" USING utf8mb4) AS BINARY) = CAST(CONVERT(");
                value.bind(self.out)?;
                self.out.push_sql(" USING utf8mb4) AS BINARY)");
            }
        }
        Ok(())
    }
}

/// Passes on the columns whose place in the entity is in a set.
pub(crate) struct Only<'s, S> {
    pub(crate) sink: &'s mut S,
    pub(crate) fields: FieldSet,
    pub(crate) index: usize,
}

impl<'b, DB: AuditBackend, S: Sink<'b, DB>> Sink<'b, DB> for Only<'_, S> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        let wanted = self.fields.contains(self.index);
        self.index += 1;
        if wanted {
            self.sink.put::<C, U>(value)
        } else {
            Ok(())
        }
    }
}

fn comma<DB: AuditBackend>(out: &mut AstPass<'_, '_, DB>, count: &mut usize) {
    if *count > 0 {
        out.push_sql(", ");
    }
    *count += 1;
}

/// Every column of the entity, in the order of its fields.
pub(super) fn push_columns<E: Entity, DB: AuditBackend>(
    out: &mut AstPass<'_, '_, DB>,
    prefix: &str,
) -> QueryResult<()> {
    for (index, field) in E::META.fields.iter().enumerate() {
        if index > 0 {
            out.push_sql(", ");
        }
        out.push_sql(prefix);
        out.push_identifier(field.column)?;
    }
    Ok(())
}

/// The table's name, as `table!` has it.
pub(super) fn push_table<'b, E: StoredEntity<DB>, DB: AuditBackend>(
    table: &'b E::Table,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    table.walk_ast(out.reborrow())
}

/// `t."id" = $1 [AND tenant]`; returns how many binds there are now.
pub(super) fn push_key_condition<'b, E: StoredEntity<DB>, DB: AuditBackend>(
    out: &mut AstPass<'_, 'b, DB>,
    prefix: &'static str,
    id: &'b E::Id,
    tenant: Option<&'b E::Tenant>,
) -> QueryResult<usize> {
    let mut key = Equals {
        out: &mut *out,
        prefix,
        count: 0,
    };
    E::put_key(id, &mut key)?;
    let binds = key.count;
    let counted = push_tenant_condition::<E, DB>(out, &prefixed(prefix), tenant, Some(binds))?;
    Ok(counted.unwrap_or(binds))
}

/// Writes a fixed prefix.
pub(super) fn prefixed<'b, DB: AuditBackend>(
    prefix: &'static str,
) -> impl Fn(&mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
    move |out| {
        out.push_sql(prefix);
        Ok(())
    }
}

/// ` AND tenant = $n`, where a tenant is asked for. `binds` is how many stand before it, where
/// the whole statement is ours; how many there are then is returned.
pub(crate) fn push_tenant_condition<'b, E: StoredEntity<DB>, DB: AuditBackend>(
    out: &mut AstPass<'_, 'b, DB>,
    qualify: &impl Fn(&mut AstPass<'_, 'b, DB>) -> QueryResult<()>,
    tenant: Option<&'b E::Tenant>,
    binds: Option<usize>,
) -> QueryResult<Option<usize>> {
    let Some(tenant) = tenant else {
        return Ok(binds);
    };
    out.push_sql(" AND ");
    let mut sink = TenantIs {
        out: &mut *out,
        qualify,
        binds,
        text: E::Tenant::TEXT,
    };
    E::put_tenant(tenant, &mut sink)?;
    Ok(sink.binds)
}

/// ` ORDER BY "id"`: rows are always locked in one order.
pub(super) fn push_key_order<E: Entity, DB: AuditBackend>(
    out: &mut AstPass<'_, '_, DB>,
) -> QueryResult<()> {
    out.push_sql(" ORDER BY ");
    for (index, field) in E::META.key_fields().enumerate() {
        if index > 0 {
            out.push_sql(", ");
        }
        out.push_identifier(field.column)?;
    }
    Ok(())
}

/// ` FOR UPDATE`, where the database has row locks.
pub(super) fn push_row_lock<DB: AuditBackend>(out: &mut AstPass<'_, '_, DB>) {
    if DB::DIALECT != Dialect::Sqlite {
        out.push_sql(" FOR UPDATE");
    }
}

/// True for a record that is (not) soft-deleted; nothing where the entity has no soft delete.
pub(crate) fn push_deleted<E: Entity, DB: AuditBackend>(
    out: &mut AstPass<'_, '_, DB>,
    prefix: &str,
    deleted: bool,
) -> QueryResult<bool> {
    use audit_core::Role;
    let Some(field) = E::META.soft_delete_field() else {
        return Ok(false);
    };
    out.push_sql(prefix);
    out.push_identifier(field.column)?;
    out.push_sql(match (field.role, deleted) {
        (Role::DeletedFlag, true) | (Role::ActiveFlag, false) => " = TRUE",
        (Role::DeletedFlag, false) | (Role::ActiveFlag, true) => " = FALSE",
        (_, true) => " IS NOT NULL",
        (_, false) => " IS NULL",
    });
    Ok(true)
}
