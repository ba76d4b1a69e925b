//! What of MySQL's and MariaDB's catalog reads a table's columns.

use audit_diesel::{AuditConnection, Dialect};

use super::found::{Found, TypeUser};
use crate::catalog::table::{Table, TableName};
use crate::ddl::mentions;
use crate::failure::Result;
use crate::query::{Rows, ask, is_true, text};

/// The database that a table lies in.
const PLACE: &str = "coalesce(nullif(?, ''), DATABASE())";

/// A kind of thing that has SQL in it, by its view of the catalog.
struct Kind {
    what: &'static str,
    view: &'static str,
    place: &'static str,
    name: &'static str,
    body: &'static str,
    /// Whether one speaks of the table whatever it says.
    own: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        what: "'trigger'",
        view: "triggers",
        place: "trigger_schema",
        name: "trigger_name",
        body: "action_statement",
        own: "s.event_object_schema = w.place AND s.event_object_table = w.name",
    },
    Kind {
        what: "'view'",
        view: "views",
        place: "table_schema",
        name: "table_name",
        body: "view_definition",
        own: "0",
    },
    Kind {
        what: "lower(routine_type)",
        view: "routines",
        place: "routine_schema",
        name: "routine_name",
        body: "routine_definition",
        own: "0",
    },
    Kind {
        what: "'event'",
        view: "events",
        place: "event_schema",
        name: "event_name",
        body: "event_definition",
        own: "0",
    },
];

/// Those of the table's database, and those of others that name it.
pub(super) fn found<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Found> {
    let (schema, name) = (table.schema.as_deref().unwrap_or(""), table.name.as_str());
    let mut found = Found {
        names: vec![name.to_owned()],
        ..Found::default()
    };
    for Kind {
        what,
        view,
        place,
        name: named,
        body,
        own,
    } in KINDS
    {
        // Without a text is what its definer, and who may see all, can read alone.
        let rows = ask(
            conn,
            &format!(
                "SELECT CAST(concat('the ', {what}, ' `', \
                    CASE WHEN w.place = s.{place} THEN '' ELSE concat(s.{place}, '.') END, \
                    s.{named}, '`') AS CHAR), CAST(coalesce(s.{body}, '') AS CHAR), \
                    CAST({own} AS CHAR) \
                 FROM information_schema.{view} s, (SELECT {PLACE} AS place, ? AS name) w \
                 WHERE s.{place} = w.place OR (s.{place} NOT IN \
                        ('sys', 'mysql', 'information_schema', 'performance_schema') \
                    AND (coalesce(s.{body}, '') = '' OR locate(w.place, s.{body}) > 0)) ORDER BY 1"
            ),
            &[schema, name],
        )?;
        for row in rows {
            if text(&row, 1).is_empty() {
                found.unread.push(text(&row, 0).to_owned());
            } else {
                found.rows.push(row);
            }
        }
    }
    found.unread.extend(unseen(conn, schema, name)?);
    Ok(found)
}

/// The kinds of things of which the catalog shows none to a user without the right. What a role has of
/// rights it does not tell, so that its rights do not count here.
fn unseen<C: AuditConnection>(conn: &mut C, schema: &str, name: &str) -> Result<Vec<String>> {
    let rights = ask(
        conn,
        &format!(
            "SELECT CAST(p.privilege_type AS CHAR), CAST(p.place = w.place AS CHAR), p.level \
             FROM (SELECT grantee, privilege_type, '' AS place, '' AS name, 'all' AS level \
                    FROM information_schema.user_privileges \
                UNION ALL SELECT grantee, privilege_type, table_schema, '', 'database' \
                    FROM information_schema.schema_privileges \
                UNION ALL SELECT grantee, privilege_type, table_schema, table_name, 'table' \
                    FROM information_schema.table_privileges) p, \
                (SELECT {PLACE} AS place, ? AS name) w \
             WHERE replace(p.grantee, '''', '') = current_user() AND (p.level = 'all' \
                OR (p.level = 'database' AND w.place LIKE p.place) \
                OR (p.level = 'table' AND p.place = w.place AND p.name = w.name))"
        ),
        &[schema, name],
    )?;
    // Where rights are given on a database by its name, those on a pattern of names do not count.
    let is_named = rights
        .iter()
        .any(|row| text(row, 2) == "database" && is_true(text(row, 1)));
    let has = |right: &str| {
        rights.iter().any(|row| {
            let counts = text(row, 2) != "database" || !is_named || is_true(text(row, 1));
            counts && text(row, 0) == right
        })
    };
    let kinds = [
        ("TRIGGER", "a trigger of the table"),
        ("EVENT", "an event of its database"),
    ];
    Ok(kinds
        .iter()
        .filter(|(right, _)| !has(right))
        .map(|(right, what)| format!("{what} (which takes the right {right})"))
        .collect())
}

/// What computes with a column, and the foreign keys that hold it to its type.
pub(super) fn readers<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Vec<TypeUser>> {
    let name = &table.name;
    let (schema, name) = (name.schema.as_deref().unwrap_or(""), name.name.as_str());
    let mut out = Vec::new();
    for row in computed(conn, &table.name)? {
        for column in &table.columns {
            let it = [column.name.as_str()];
            if text(&row, 2) != column.name && mentions(text(&row, 1), &it, Dialect::Mysql) {
                out.push(TypeUser {
                    column: column.name.clone(),
                    what: text(&row, 0).to_owned(),
                    refuses: false,
                });
            }
        }
    }
    for row in ask(
        conn,
        &format!(
            "SELECT CAST(CASE WHEN k.table_schema = w.place AND k.table_name = w.name \
                    THEN k.column_name ELSE k.referenced_column_name END AS CHAR), \
                CAST(concat('the foreign key `', k.constraint_name, '`', \
                    CASE WHEN k.table_schema = w.place AND k.table_name = w.name THEN '' \
                        ELSE concat(' of `', k.table_name, '`') END) AS CHAR) \
             FROM information_schema.key_column_usage k, (SELECT {PLACE} AS place, ? AS name) w \
             WHERE k.referenced_table_name IS NOT NULL \
                AND ((k.table_schema = w.place AND k.table_name = w.name) \
                    OR (k.referenced_table_schema = w.place AND k.referenced_table_name = w.name)) \
             ORDER BY 1, 2"
        ),
        &[schema, name],
    )? {
        out.push(TypeUser {
            column: text(&row, 0).to_owned(),
            what: text(&row, 1).to_owned(),
            refuses: true,
        });
    }
    Ok(out)
}

/// Generated columns and CHECKs of a table: what it is, its expression, and the column that it is of.
pub(super) fn computed<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Rows> {
    let (schema, name) = (table.schema.as_deref().unwrap_or(""), table.name.as_str());
    let mut rows = ask(
        conn,
        &format!(
            "SELECT CAST(concat('the generated column `', column_name, '`') AS CHAR), \
                CAST(generation_expression AS CHAR), CAST(column_name AS CHAR) \
             FROM information_schema.columns \
             WHERE table_schema = {PLACE} AND table_name = ? \
                AND coalesce(generation_expression, '') <> '' ORDER BY ordinal_position"
        ),
        &[schema, name],
    )?;
    // A name of a CHECK is one of the database's in MySQL, and one of the table's in MariaDB, which
    // alone says the table.
    let says_table = !ask(
        conn,
        "SELECT '1' FROM information_schema.columns WHERE table_schema = 'information_schema' \
            AND upper(table_name) = 'CHECK_CONSTRAINTS' AND upper(column_name) = 'TABLE_NAME'",
        &[],
    )?
    .is_empty();
    let same_table = if says_table {
        "AND c.table_name = t.table_name"
    } else {
        ""
    };
    rows.extend(ask(
        conn,
        &format!(
            "SELECT CAST(concat('the CHECK `', c.constraint_name, '`') AS CHAR), \
                CAST(c.check_clause AS CHAR), '' \
             FROM information_schema.table_constraints t \
             JOIN information_schema.check_constraints c \
                ON c.constraint_schema = t.constraint_schema \
                    AND c.constraint_name = t.constraint_name {same_table} \
             WHERE t.table_schema = {PLACE} AND t.table_name = ? AND t.constraint_type = 'CHECK' \
             ORDER BY 1"
        ),
        &[schema, name],
    )?);
    Ok(rows)
}
