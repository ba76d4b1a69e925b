//! What else of a database reads a table's columns by their names or their types.

mod found;
mod mysql;
mod postgres;
mod sqlite;

use audit_diesel::{AuditBackend, AuditConnection, Dialect};

pub(crate) use found::TypeUser;

use super::table::Table;
use crate::ddl::{mentions, reads, tests_null};
use crate::failure::Result;
use crate::query::{Rows, is_true, text};

/// Something whose text names columns and is not rewritten when they are renamed.
#[derive(Debug)]
pub(crate) struct Body {
    /// As a sentence names it.
    pub(crate) what: String,
    sql: String,
}

impl Body {
    pub(crate) fn mentions(&self, column: &str, dialect: Dialect) -> bool {
        mentions(&self.sql, &[column], dialect)
    }

    /// True where it may do something with what the column holds.
    pub(crate) fn reads(&self, column: &str, dialect: Dialect) -> bool {
        reads(&self.sql, column, dialect)
    }

    /// True where it asks whether the column is null, or makes it so.
    pub(crate) fn tests_null(&self, column: &str, dialect: Dialect) -> bool {
        tests_null(&self.sql, column, dialect)
    }
}

/// All that may name a table's columns.
#[derive(Debug, Default)]
pub(crate) struct Namers {
    pub(crate) bodies: Vec<Body>,
    /// What may name them too, and is kept from the database's user.
    pub(crate) unread: Vec<String>,
    /// PostgreSQL: the publications of the table, whose subscribers tell columns by their names.
    pub(crate) publications: Vec<String>,
}

/// The triggers of a table, and every view and routine that speaks of it. PostgreSQL follows a column
/// itself in views, and in what it has read: there the sources of functions are left.
pub(crate) fn namers<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Namers> {
    let dialect = C::Backend::DIALECT;
    let found = match dialect {
        Dialect::Sqlite => sqlite::found(conn, &table.name.name)?,
        Dialect::Postgres => postgres::found(conn, &table.name)?,
        _ => mysql::found(conn, &table.name)?,
    };
    let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
    Ok(Namers {
        bodies: found
            .rows
            .iter()
            // A trigger of the table's speaks of it without naming it.
            .filter(|row| is_true(text(row, 2)) || mentions(text(row, 1), &names, dialect))
            .map(|row| Body {
                what: text(row, 0).to_owned(),
                sql: text(row, 1).to_owned(),
            })
            .collect(),
        unread: found.unread,
        publications: found.publications,
    })
}

/// What of a table computes with its columns and is made anew when one changes its type. MySQL's and
/// MariaDB's is in [`type_users`], since an ALTER of theirs may stop midway.
pub(crate) fn computed<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Vec<Body>> {
    let rows = match C::Backend::DIALECT {
        Dialect::Sqlite => sqlite::computed(conn, &table.name.name)?,
        Dialect::Postgres => postgres::computed(conn, &table.name)?,
        _ => return Ok(Vec::new()),
    };
    Ok(bodies(&rows))
}

/// All that has SQL of a table's columns and is not among its [`namers`]: what computes with them, and
/// on PostgreSQL what it follows itself, such as views.
pub(crate) fn conditions<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Vec<Body>> {
    let mut out = computed(conn, table)?;
    match C::Backend::DIALECT {
        Dialect::Sqlite => {}
        Dialect::Postgres => out.extend(bodies(&postgres::followed(conn, &table.name)?)),
        _ => out.extend(bodies(&mysql::computed(conn, &table.name)?)),
    }
    Ok(out)
}

fn bodies(rows: &Rows) -> Vec<Body> {
    let body = |row: &Vec<Option<String>>| Body {
        what: text(row, 0).to_owned(),
        sql: text(row, 1).to_owned(),
    };
    rows.iter().map(body).collect()
}

/// What reads the columns of a table by their types.
pub(crate) fn type_users<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Vec<TypeUser>> {
    let rows = match C::Backend::DIALECT {
        Dialect::Sqlite => return Ok(Vec::new()),
        Dialect::Postgres => postgres::readers(conn, &table.name)?,
        _ => return mysql::readers(conn, table),
    };
    Ok(rows
        .iter()
        .map(|row| TypeUser {
            column: text(row, 0).to_owned(),
            what: text(row, 1).to_owned(),
            refuses: true,
        })
        .collect())
}
