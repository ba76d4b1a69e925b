//! What of PostgreSQL's catalog reads a table's columns.

use audit_diesel::AuditConnection;

use super::found::Found;
use crate::catalog::table::TableName;
use crate::failure::Result;
use crate::query::{Rows, ask, text};

/// The functions that may name columns of a table, and what names a table of this kind.
pub(super) fn found<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Found> {
    let wanted = wanted(table);
    let first = |rows: &Rows| rows.iter().map(|row| text(row, 0).to_owned()).collect();
    let names = format!("WITH RECURSIVE {OWN}, {NAMES} SELECT name FROM names");
    let functions = format!("WITH RECURSIVE {OWN}, {NAMES}, {FUNCTIONS}");
    let publications = format!("WITH RECURSIVE {OWN} {PUBLICATIONS}");
    Ok(Found {
        names: first(&ask(conn, &names, &wanted)?),
        rows: ask(conn, &functions, &wanted)?,
        unread: Vec::new(),
        publications: first(&ask(conn, &publications, &wanted)?),
    })
}

/// What reads a column and refuses that its type changes, after the column's name.
pub(super) fn readers<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Rows> {
    ask(
        conn,
        &format!("WITH RECURSIVE {OWN} {READERS}"),
        &wanted(table),
    )
}

/// The CHECKs of a table, its indexes of expressions and of a part of the rows, and what they compute.
pub(super) fn computed<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Rows> {
    ask(
        conn,
        &format!("WITH RECURSIVE {OWN} {COMPUTED}"),
        &wanted(table),
    )
}

/// The views, rules, policies, triggers, generated columns and parsed functions that speak of a table or
/// of a view of it, and their SQL.
pub(super) fn followed<C: AuditConnection>(conn: &mut C, table: &TableName) -> Result<Rows> {
    ask(
        conn,
        &format!("WITH RECURSIVE {OWN}, {FOLLOWED}"),
        &wanted(table),
    )
}

fn wanted(table: &TableName) -> [&str; 2] {
    [&table.name, table.schema.as_deref().unwrap_or("")]
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

/// The types of their rows, alone, in arrays and as domains; and by what a source speaks of them: their
/// names, and those of functions that return such a row.
const NAMES: &str = "\
    row_type (oid) AS (\
        SELECT c.reltype FROM own JOIN pg_catalog.pg_class c ON c.oid = own.oid WHERE c.reltype <> 0 \
        UNION SELECT t.oid FROM row_type r JOIN pg_catalog.pg_type t \
            ON t.typbasetype = r.oid OR (t.typelem = r.oid AND t.typlen = -1)), \
    names (name) AS MATERIALIZED (\
        SELECT c.relname::text FROM own JOIN pg_catalog.pg_class c ON c.oid = own.oid \
        UNION SELECT p.proname::text FROM pg_catalog.pg_proc p \
            WHERE p.prorettype IN (SELECT oid FROM row_type))";

/// What it is, its source, and whether it has to do with the table whatever the source says: a trigger
/// of the table's runs it, or it takes or returns the table's rows. The arguments of a trigger may be
/// names of columns.
const FUNCTIONS: &str = "\
    source AS (\
        SELECT p.oid, p.prokind, \
            CASE WHEN l.lanname IN ('c', 'internal') THEN '' ELSE p.prosrc END AS source, \
            EXISTS (SELECT 1 FROM row_type r WHERE r.oid = p.prorettype \
                OR r.oid = ANY (p.proargtypes) OR r.oid = ANY (p.proallargtypes)) AS of_rows, \
            n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AS is_users \
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace) \
    SELECT 'the function `' || s.oid::regproc::text || '` of the trigger `' || g.tgname || '`', \
        s.source || chr(10) || '''' || replace(encode(g.tgargs, 'escape'), '\\000', ''' ''') || '''', 't' \
    FROM pg_catalog.pg_trigger g JOIN source s ON s.oid = g.tgfoid \
    WHERE NOT g.tgisinternal AND g.tgrelid IN (SELECT oid FROM own) \
    UNION \
    SELECT CASE s.prokind WHEN 'p' THEN 'the procedure `' ELSE 'the function `' END \
            || s.oid::regproc::text || '`', s.source, s.of_rows::text \
    FROM source s WHERE s.is_users AND (s.of_rows OR EXISTS (SELECT 1 FROM names \
            WHERE strpos(lower(s.source), lower(names.name)) > 0)) \
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g \
            WHERE g.tgfoid = s.oid AND g.tgrelid IN (SELECT oid FROM own)) \
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = s.oid AND d.deptype = 'e') \
    ORDER BY 1";

const PUBLICATIONS: &str = "\
    SELECT DISTINCT p.pubname::text FROM pg_catalog.pg_publication_tables p \
    JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname \
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename \
    JOIN own ON own.oid = c.oid ORDER BY 1";

const COMPUTED: &str = "\
    SELECT 'the CHECK `' || k.conname || '`', pg_get_constraintdef(k.oid) \
    FROM own JOIN pg_catalog.pg_constraint k ON k.conrelid = own.oid WHERE k.contype = 'c' \
    UNION SELECT 'the index `' || i.indexrelid::regclass::text || '`', \
        concat_ws(' ', pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)) \
    FROM own JOIN pg_catalog.pg_index i ON i.indrelid = own.oid \
    WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL ORDER BY 1";

const FOLLOWED: &str = "\
    reached (oid) AS (\
        SELECT oid FROM own UNION SELECT r.ev_class FROM reached JOIN pg_catalog.pg_depend d \
            ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = reached.oid \
                AND d.classid = 'pg_catalog.pg_rewrite'::regclass \
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'), \
    user_of (class, oid) AS (\
        SELECT DISTINCT d.classid, d.objid FROM reached JOIN pg_catalog.pg_depend d \
            ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = reached.oid) \
    SELECT CASE WHEN r.rulename <> '_RETURN' \
            THEN 'the rule `' || r.rulename || '` of `' || v.oid::regclass::text || '`' \
            WHEN v.relkind = 'm' THEN 'the materialized view `' || v.oid::regclass::text || '`' \
            ELSE 'the view `' || v.oid::regclass::text || '`' END, pg_get_ruledef(r.oid) \
    FROM user_of u JOIN pg_catalog.pg_rewrite r \
        ON u.class = 'pg_catalog.pg_rewrite'::regclass AND r.oid = u.oid \
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class \
    UNION SELECT 'the policy `' || p.polname || '`', concat_ws(' ', \
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) \
    FROM user_of u JOIN pg_catalog.pg_policy p \
        ON u.class = 'pg_catalog.pg_policy'::regclass AND p.oid = u.oid \
    UNION SELECT 'the trigger `' || g.tgname || '`', pg_get_triggerdef(g.oid) \
    FROM own JOIN pg_catalog.pg_trigger g ON g.tgrelid = own.oid WHERE NOT g.tgisinternal \
    UNION SELECT 'the generated column `' || a.attname || '`', pg_get_expr(x.adbin, x.adrelid) \
    FROM own JOIN pg_catalog.pg_attrdef x ON x.adrelid = own.oid \
    JOIN pg_catalog.pg_attribute a \
        ON a.attrelid = x.adrelid AND a.attnum = x.adnum AND a.attgenerated <> '' \
    UNION SELECT 'the function `' || f.oid::regproc::text || '`', pg_get_function_sqlbody(f.oid) \
    FROM user_of u JOIN pg_catalog.pg_proc f \
        ON u.class = 'pg_catalog.pg_proc'::regclass AND f.oid = u.oid \
    ORDER BY 1";

/// A view is its rule for SELECT. A publication has columns in its list or in its WHERE. PostgreSQL 14
/// says of a generated column, later ones of its expression, what it reads. Indexes, constraints and
/// the column's own default are made anew by the ALTER itself.
const READERS: &str = "\
    SELECT DISTINCT a.attname::text, CASE \
        WHEN r.rulename = '_RETURN' AND v.relkind = 'm' \
            THEN 'the materialized view `' || v.oid::regclass::text || '`' \
        WHEN r.rulename = '_RETURN' THEN 'the view `' || v.oid::regclass::text || '`' \
        WHEN r.oid IS NOT NULL \
            THEN 'the rule `' || r.rulename || '` of `' || v.oid::regclass::text || '`' \
        WHEN p.oid IS NOT NULL THEN 'the policy `' || p.polname || '`' \
        WHEN f.oid IS NOT NULL THEN 'the function `' || f.oid::regproc::text || '`' \
        WHEN b.oid IS NOT NULL THEN 'the publication `' || b.pubname || '`' \
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
    LEFT JOIN pg_catalog.pg_publication_rel u \
        ON d.classid = 'pg_catalog.pg_publication_rel'::regclass AND u.oid = d.objid \
    LEFT JOIN pg_catalog.pg_publication b ON b.oid = u.prpubid \
    LEFT JOIN pg_catalog.pg_attrdef x \
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND x.oid = d.objid \
    LEFT JOIN pg_catalog.pg_attribute o \
        ON o.attrelid = coalesce(x.adrelid, CASE WHEN d.classid = d.refclassid THEN d.objid END) \
            AND o.attnum = coalesce(x.adnum::int, d.objsubid) AND o.attgenerated <> '' \
            AND o.attnum <> a.attnum \
    WHERE a.attnum > 0 \
        AND coalesce(r.oid, g.oid, p.oid, f.oid, b.oid, o.attrelid) IS NOT NULL \
    ORDER BY 1, 2";
