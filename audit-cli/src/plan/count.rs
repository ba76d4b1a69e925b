//! How many rows are how.

use audit_diesel::AuditConnection;

use crate::catalog::Table;
use crate::failure::Result;
use crate::query::{ask, text};

/// The number of rows, and of those that answer to each condition.
pub(super) fn count<C: AuditConnection>(
    conn: &mut C,
    table: &Table,
    conditions: &[String],
) -> Result<(u64, Vec<u64>)> {
    let mut sql = String::from("SELECT CAST(count(*) AS char(20))");
    for condition in conditions {
        sql.push_str(&format!(
            ", CAST(coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) AS char(20))"
        ));
    }
    sql.push_str(&format!(" FROM {}", table.quoted()));
    if sql.contains("pg_temp.audit_is_time") {
        conn.batch_execute(crate::kind::postgres::IS_TIME)?;
    }
    let rows = ask(conn, &sql, &[])?;
    let number = |index: usize| -> u64 {
        rows.first()
            .map_or("", |row| text(row, index))
            .trim()
            .parse()
            .unwrap_or(0)
    };
    Ok((number(0), (1..=conditions.len()).map(number).collect()))
}
