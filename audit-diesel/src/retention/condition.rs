//! Which rows are too old, and which of them a hold keeps, as SQL.
//!
//! Columns are named `audit_log.x`, so that the conditions stand in a SELECT, in a DELETE and around
//! a subquery alike.

use audit_core::AuditContext;
use chrono::{DateTime, Utc};

use super::policy::Cutoffs;
use crate::backend::Dialect;
use crate::exact;
use crate::sql::Sql;

/// Whose rows: the tenant of the context, those without a tenant, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    Tenant(String),
    NoTenant,
    All,
}

impl Whose {
    pub(crate) fn of(ctx: &AuditContext) -> Self {
        if ctx.is_all_tenants() {
            return Self::All;
        }
        ctx.tenant_ref()
            .map_or(Self::NoTenant, |tenant| Self::Tenant(tenant.to_owned()))
    }

    /// The tenant that an event about all of these is one of.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::NoTenant | Self::All => None,
        }
    }

    /// ` AND ..` on `column`.
    pub(crate) fn push(&self, sql: &mut Sql, dialect: Dialect, column: &'static str) {
        match self {
            Self::All => {}
            Self::NoTenant => {
                sql.push(" AND ").push(column).push(" IS NULL");
            }
            Self::Tenant(tenant) => {
                sql.push(" AND ");
                one_of(sql, dialect, column, core::slice::from_ref(tenant));
            }
        }
    }
}

fn one_of(sql: &mut Sql, dialect: Dialect, column: &'static str, names: &[String]) {
    let Ok(()) = exact::one_of(sql, dialect, column, names);
}

const TENANT: &str = "audit_log.tenant_id";
const TABLE: &str = "audit_log.table_name";

/// True for a row from before a cutoff.
pub(super) fn push_before(sql: &mut Sql, cutoff: Option<DateTime<Utc>>) {
    match cutoff {
        Some(cutoff) => sql.push("audit_log.changed_at < ").at(cutoff),
        None => sql.push("1 = 0"),
    };
}

/// True for a row that is older than the rules for its tenant and table let it grow. Never null.
pub(super) fn push_too_old(sql: &mut Sql, dialect: Dialect, cutoffs: &Cutoffs) {
    if !cutoffs.both.is_empty() {
        sql.push("CASE");
        for (tenant, table, cutoff) in &cutoffs.both {
            sql.push(" WHEN ");
            one_of(sql, dialect, TENANT, core::slice::from_ref(tenant));
            sql.push(" AND ");
            one_of(sql, dialect, TABLE, core::slice::from_ref(table));
            sql.push(" THEN ");
            push_before(sql, *cutoff);
        }
        sql.push(" ELSE ");
    }
    // Null where no rule of the kind fits the row.
    let ruled = |sql: &mut Sql, column, groups: &super::policy::Groups| {
        sql.push("CASE");
        for (cutoff, names) in groups {
            sql.push(" WHEN ");
            one_of(sql, dialect, column, names);
            sql.push(" THEN ");
            push_before(sql, *cutoff);
        }
        sql.push(" END");
    };
    let (tenants, tables) = (&cutoffs.tenants, &cutoffs.tables);
    match (tenants.is_empty(), tables.is_empty()) {
        (true, true) => push_before(sql, cutoffs.default),
        // Where only one of the two has a rule, it stands in for the other; both have to agree.
        (false, false) => {
            for (first, second) in [
                ((TENANT, tenants), (TABLE, tables)),
                ((TABLE, tables), (TENANT, tenants)),
            ] {
                if first.0 == TABLE {
                    sql.push(" AND ");
                }
                sql.push("coalesce(");
                ruled(sql, first.0, first.1);
                sql.push(", ");
                ruled(sql, second.0, second.1);
                sql.push(", ");
                push_before(sql, cutoffs.default);
                sql.push(")");
            }
        }
        (without_tenants, _) => {
            sql.push("coalesce(");
            if without_tenants {
                ruled(sql, TABLE, tables);
            } else {
                ruled(sql, TENANT, tenants);
            }
            sql.push(", ");
            push_before(sql, cutoffs.default);
            sql.push(")");
        }
    }
    if !cutoffs.both.is_empty() {
        sql.push(" END");
    }
}

/// Which of tenant, table and record the holds of a kind name. There are six kinds, and one
/// subquery each: all of its comparisons are equalities, which an index or a hash serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) tenant: bool,
    pub(super) table: bool,
    pub(super) record: bool,
}

impl Shape {
    pub(super) fn of(code: i64) -> Self {
        Self {
            tenant: code & 4 != 0,
            table: code & 2 != 0,
            record: code & 1 != 0,
        }
    }
}

/// The kinds of holds that are active at `now`, as the codes of [`Shape::of`].
///
/// On MySQL/MariaDB `lock` waits for a hold that is being placed, and makes the next one wait for
/// the end of this transaction.
pub(super) fn shapes_query(dialect: Dialect, now: DateTime<Utc>, lock: bool) -> Sql {
    let mut sql = Sql::new(
        "SELECT DISTINCT CAST(CASE WHEN h.tenant_id IS NULL THEN 0 ELSE 4 END \
            + CASE WHEN h.table_name IS NULL THEN 0 ELSE 2 END \
            + CASE WHEN h.record_id IS NULL THEN 0 ELSE 1 END AS ",
    );
    sql.push(match dialect {
        Dialect::Mysql => "SIGNED",
        Dialect::Sqlite | Dialect::Postgres => "bigint",
    });
    sql.push(") FROM audit_hold h WHERE ");
    push_active(&mut sql, now);
    if lock && dialect == Dialect::Mysql {
        sql.push(" LOCK IN SHARE MODE");
    }
    sql
}

pub(super) fn push_active(sql: &mut Sql, now: DateTime<Utc>) {
    sql.push("h.released_at IS NULL AND (h.held_until IS NULL OR h.held_until > ")
        .at(now)
        .push(")");
}

/// True for a row that an active hold covers. `shapes` are the kinds that there are.
pub(super) fn push_held(sql: &mut Sql, dialect: Dialect, shapes: &[Shape], now: DateTime<Utc>) {
    if shapes.is_empty() {
        sql.push("1 = 0");
        return;
    }
    sql.push("(");
    for (index, shape) in shapes.iter().enumerate() {
        if index > 0 {
            sql.push(" OR ");
        }
        sql.push("EXISTS (SELECT 1 FROM audit_hold h WHERE ");
        push_active(sql, now);
        for (named, hold, row) in [
            (shape.record, "h.record_id", "audit_log.record_id"),
            (shape.table, "h.table_name", TABLE),
            (shape.tenant, "h.tenant_id", TENANT),
        ] {
            sql.push(" AND ").push(hold);
            if !named {
                sql.push(" IS NULL");
                continue;
            }
            exact::is_column(sql, dialect, hold, row);
        }
        sql.push(")");
    }
    sql.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::{Keep, Retention};

    fn too_old(retention: &Retention) -> String {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut sql = Sql::default();
        push_too_old(&mut sql, Dialect::Sqlite, &retention.cutoffs(now).unwrap());
        sql.words()
    }

    #[test]
    fn a_plain_policy_is_a_plain_comparison() {
        assert_eq!(too_old(&Retention::default()), "audit_log.changed_at < ?");
        assert_eq!(too_old(&Retention::new(Keep::FOREVER)), "1 = 0");
    }

    #[test]
    fn a_rule_of_one_kind_falls_back_to_the_default() {
        assert_eq!(
            too_old(&Retention::default().table("t", Keep::FOREVER)),
            "coalesce(CASE WHEN audit_log.table_name IN (?) THEN 1 = 0 END, audit_log.changed_at < ?)"
        );
    }
}
