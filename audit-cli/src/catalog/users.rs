//! What else of a database reads a table's columns by their names or their types.

use audit_diesel::{AuditBackend, AuditConnection, Dialect};

use super::table::Table;
use crate::ddl::mentions;
use crate::failure::Result;
use crate::query::{Rows, ask, is_true, text};

/// Something whose text names columns and is not rewritten when they are renamed.
#[derive(Debug)]
pub(crate) struct Body {
    /// As a sentence names it.
    pub(crate) what: String,
    sql: String,
}

impl Body {
    pub(crate) fn mentions(&self, column: &str, dialect: Dialect) -> bool {
        mentions(&self.sql, column, dialect)
    }
}

/// The triggers of a table, and every view and routine that speaks of it. SQLite rewrites them all;
/// PostgreSQL does so with views, and with what it has read: there the sources of functions are left.
pub(crate) fn bodies<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<Vec<Body>> {
    let dialect = C::Backend::DIALECT;
    let (schema, name) = (
        table.name.schema.as_deref().unwrap_or(""),
        table.name.name.as_str(),
    );
    let rows = match dialect {
        Dialect::Sqlite => return Ok(Vec::new()),
        Dialect::Postgres => {
            let sql = format!("WITH RECURSIVE {OWN}, {FUNCTIONS}");
            ask(conn, &sql, &[name, schema])?
        }
        _ => of_mysql(conn, schema, name)?,
    };
    Ok(rows
        .iter()
        // A trigger of the table's speaks of it without naming it.
        .filter(|row| is_true(text(row, 2)) || mentions(text(row, 1), name, dialect))
        .map(|row| Body {
            what: text(row, 0).to_owned(),
            sql: text(row, 1).to_owned(),
        })
        .collect())
}

/// The table and its partitions: they change with it.
const OWN: &str = "\
    own (oid) AS (\
        SELECT c.oid FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, \
            (SELECT ?::text AS name, ?::text AS schema) w \
        WHERE c.relname = w.name \
            AND (n.nspname = w.schema OR (w.schema = '' AND pg_table_is_visible(c.oid))) \
        UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN own ON own.oid = i.inhparent)";

/// What it is, its source, and whether a trigger of the table's runs it. The arguments of a trigger may
/// be names of columns.
const FUNCTIONS: &str = "\
    source AS (\
        SELECT p.oid, p.prokind, p.pronamespace, \
            CASE WHEN l.lanname IN ('c', 'internal') THEN '' ELSE p.prosrc END AS source \
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang) \
    SELECT 'the function `' || s.oid::regproc::text || '` of the trigger `' || g.tgname || '`', \
        s.source || ' ''' || replace(encode(g.tgargs, 'escape'), '\\000', ''' ''') || '''', 't' \
    FROM pg_catalog.pg_trigger g JOIN source s ON s.oid = g.tgfoid \
    WHERE NOT g.tgisinternal AND g.tgrelid IN (SELECT oid FROM own) \
    UNION \
    SELECT CASE s.prokind WHEN 'p' THEN 'the procedure `' ELSE 'the function `' END \
            || s.oid::regproc::text || '`', s.source, 'f' \
    FROM source s JOIN pg_catalog.pg_namespace n ON n.oid = s.pronamespace \
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
        AND EXISTS (SELECT 1 FROM own JOIN pg_catalog.pg_class c ON c.oid = own.oid \
            WHERE strpos(lower(s.source), lower(c.relname)) > 0) \
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g \
            WHERE g.tgfoid = s.oid AND g.tgrelid IN (SELECT oid FROM own)) \
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = s.oid AND d.deptype = 'e') \
    ORDER BY 1";

/// Those of the table's database, and those of others that name it.
fn of_mysql<C: AuditConnection>(conn: &mut C, schema: &str, name: &str) -> Result<Rows> {
    const PLACE: &str = "coalesce(nullif(?, ''), DATABASE())";
    let mut all = ask(
        conn,
        &format!(
            "SELECT CAST(concat('the trigger `', trigger_name, '`') AS CHAR), \
                CAST(action_statement AS CHAR), CAST(event_object_table = ? AS CHAR) \
             FROM information_schema.triggers WHERE event_object_schema = {PLACE} ORDER BY 1"
        ),
        &[name, schema],
    )?;
    for (what, table, place, named, body) in [
        (
            "'view'",
            "views",
            "table_schema",
            "table_name",
            "view_definition",
        ),
        (
            "lower(routine_type)",
            "routines",
            "routine_schema",
            "routine_name",
            "routine_definition",
        ),
        (
            "'event'",
            "events",
            "event_schema",
            "event_name",
            "event_definition",
        ),
    ] {
        all.extend(ask(
            conn,
            &format!(
                "SELECT CAST(concat('the ', {what}, ' `', \
                    CASE WHEN w.place = s.{place} THEN '' ELSE concat(s.{place}, '.') END, \
                    s.{named}, '`') AS CHAR), CAST(coalesce(s.{body}, '') AS CHAR), '0' \
                 FROM information_schema.{table} s, (SELECT {PLACE} AS place) w \
                 WHERE s.{place} = w.place \
                    OR (s.{place} <> 'sys' AND locate(w.place, s.{body}) > 0) ORDER BY 1"
            ),
            &[schema],
        )?);
    }
    Ok(all)
}

/// PostgreSQL: what reads a column and refuses that its type changes, with the column's name.
pub(crate) fn type_users<C: AuditConnection>(
    conn: &mut C,
    table: &Table,
) -> Result<Vec<(String, String)>> {
    if C::Backend::DIALECT != Dialect::Postgres {
        return Ok(Vec::new());
    }
    let schema = table.name.schema.as_deref().unwrap_or("");
    let sql = format!("WITH RECURSIVE {OWN} {READERS}");
    let rows = ask(conn, &sql, &[table.name.name.as_str(), schema])?;
    Ok(rows
        .iter()
        .map(|row| (text(row, 0).to_owned(), text(row, 1).to_owned()))
        .collect())
}

/// A view is its rule for SELECT. PostgreSQL 14 says of a generated column, later ones of its
/// expression, what it reads. Indexes, constraints and the column's own default are made anew by the
/// ALTER itself.
const READERS: &str = "\
    SELECT DISTINCT a.attname::text, CASE \
        WHEN r.rulename = '_RETURN' AND v.relkind = 'm' \
            THEN 'the materialized view `' || v.oid::regclass::text || '`' \
        WHEN r.rulename = '_RETURN' THEN 'the view `' || v.oid::regclass::text || '`' \
        WHEN r.oid IS NOT NULL \
            THEN 'the rule `' || r.rulename || '` of `' || v.oid::regclass::text || '`' \
        WHEN p.oid IS NOT NULL THEN 'the policy `' || p.polname || '`' \
        WHEN f.oid IS NOT NULL THEN 'the function `' || f.oid::regproc::text || '`' \
        WHEN o.attname IS NOT NULL THEN 'the generated column `' || o.attname || '`' \
        ELSE 'the trigger `' || g.tgname || '`' END \
    FROM own JOIN pg_catalog.pg_depend d \
        ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = own.oid \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = own.oid AND a.attnum = d.refobjsubid \
    LEFT JOIN pg_catalog.pg_rewrite r \
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid \
    LEFT JOIN pg_catalog.pg_class v ON v.oid = r.ev_class \
    LEFT JOIN pg_catalog.pg_trigger g \
        ON d.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = d.objid AND NOT g.tgisinternal \
    LEFT JOIN pg_catalog.pg_policy p \
        ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid \
    LEFT JOIN pg_catalog.pg_proc f \
        ON d.classid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.objid \
    LEFT JOIN pg_catalog.pg_attrdef x \
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND x.oid = d.objid \
    LEFT JOIN pg_catalog.pg_attribute o \
        ON o.attrelid = coalesce(x.adrelid, CASE WHEN d.classid = d.refclassid THEN d.objid END) \
            AND o.attnum = coalesce(x.adnum::int, d.objsubid) AND o.attgenerated <> '' \
            AND o.attnum <> a.attnum \
    WHERE a.attnum > 0 \
        AND coalesce(r.oid, g.oid, p.oid, f.oid, o.attrelid) IS NOT NULL \
    ORDER BY 1, 2";
