//! PostgreSQL: what to ask, and what the answers mean.

use super::catalog::{Answers, Question, first, is_true, rows, text};
use super::columns::{
    Expected, Found, MIGRATE, judge_columns, missing, missing_log, not_unique, nullable, required,
};
use super::index::{self, Habits};
use super::table::Entity;

pub(super) static LOG: [Question<'static>; 7] = [
    Question::new(
        "SELECT c.relkind::text, c.relpersistence::text, has_table_privilege(c.oid, 'INSERT')::text, \
            (to_regclass('audit_hold') IS NOT NULL)::text, \
            (to_regclass('audit_purge') IS NOT NULL)::text, \
            (c.relkind = 'p' AND NOT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p \
                WHERE p.partrelid = c.oid AND p.partdefid <> 0))::text, \
            (SELECT min(k.conname::text) FROM pg_catalog.pg_constraint k \
                WHERE k.conrelid = c.oid AND k.conname ~ '^audit_log_before_[0-9]{4}_[0-9]{2}$' \
                AND to_timestamp(right(k.conname, 7), 'YYYY_MM') < now() + interval '5 days') \
         FROM pg_catalog.pg_class c WHERE c.oid = to_regclass('audit_log')",
    ),
    Question::new(
        "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, \
            (a.atthasdef OR a.attidentity <> '')::text, coalesce(c.collname::text, '') \
         FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation \
         WHERE a.attrelid = to_regclass('audit_log') AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY a.attnum",
    ),
    // Of a partitioned log, those of its own, each valid where every partition has its part, and those
    // of each partition.
    Question::new(
        "WITH RECURSIVE tree (oid, depth) AS ( \
            SELECT to_regclass('audit_log')::oid, 0 \
            UNION ALL \
            SELECT i.inhrelid, t.depth + 1 FROM pg_catalog.pg_inherits i \
                JOIN tree t ON i.inhparent = t.oid) \
         SELECT coalesce(c.relname::text, ''), coalesce(i.indisvalid AND i.indisready, false)::text, \
            coalesce(i.indisunique, false)::text, \
            coalesce(substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$'), ''), \
            t.oid::regclass::text, (r.relkind = 'r')::text, (t.depth = 0)::text \
         FROM tree t JOIN pg_catalog.pg_class r ON r.oid = t.oid \
         LEFT JOIN (pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid) \
            ON i.indrelid = t.oid \
         ORDER BY t.depth, t.oid",
    ),
    Question::new(
        "SELECT s.seqcache::text, s.seqcycle::text FROM pg_catalog.pg_depend d \
         JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid \
         WHERE d.classid = 'pg_catalog.pg_class'::regclass \
            AND d.refclassid = 'pg_catalog.pg_class'::regclass \
            AND d.refobjid = to_regclass('audit_log') AND d.deptype IN ('a', 'i')",
    ),
    // Partitions have triggers of their own: a statement that names one fires none of the parent's.
    Question::new(
        "WITH RECURSIVE tree (oid) AS ( \
            SELECT to_regclass('audit_log')::oid \
            UNION ALL \
            SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree t ON i.inhparent = t.oid) \
         SELECT t.oid::regclass::text, coalesce(g.tgtype, 0)::text, coalesce(g.tgenabled, 'D')::text, \
            coalesce(p.prosrc, '') \
         FROM tree t \
         LEFT JOIN (pg_catalog.pg_trigger g \
            JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid AND p.proname = 'audit_log_append_only') \
            ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgqual IS NULL AND g.tgattr::text = '' \
         WHERE t.oid IS NOT NULL ORDER BY t.oid",
    ),
    Question::new(
        "SELECT r.rulename::text FROM pg_catalog.pg_rewrite r \
         WHERE r.ev_class = to_regclass('audit_log') AND r.ev_type <> '1' AND r.ev_enabled <> 'D'",
    ),
    Question::new("SELECT current_setting('server_encoding'), current_setting('client_encoding')"),
];

static COLUMNS: [Expected; 19] = [
    required("seq", "bigint"),
    required("id", "uuid"),
    required("change_id", "uuid"),
    required("operation_id", "uuid"),
    required("changed_at", "timestamp with time zone"),
    required("recorded_at", "timestamp with time zone"),
    nullable("tenant_id", "text"),
    nullable("table_name", "text"),
    nullable("record_id", "text"),
    required("action", "text"),
    nullable("field_name", "text"),
    nullable("old_value", "jsonb"),
    nullable("new_value", "jsonb"),
    required("actor_kind", "text"),
    nullable("actor_id", "text"),
    nullable("on_behalf_of", "text"),
    nullable("request_id", "text"),
    nullable("reason", "text"),
    nullable("context", "jsonb"),
];

/// Columns that are compared, so that the bytes have to decide.
const COMPARED: [&str; 9] = [
    "tenant_id",
    "table_name",
    "record_id",
    "action",
    "field_name",
    "actor_kind",
    "actor_id",
    "on_behalf_of",
    "request_id",
];

const INDEXES: [index::Expected; 5] = [
    (
        "audit_log_record_idx",
        "btree (table_name, record_id, tenant_id, seq)",
    ),
    (
        "audit_log_actor_idx",
        "btree (tenant_id, actor_kind, actor_id, changed_at, seq)",
    ),
    ("audit_log_tenant_idx", "btree (tenant_id, changed_at, seq)"),
    ("audit_log_operation_idx", "btree (operation_id, seq)"),
    ("audit_log_changed_at_idx", "brin (changed_at)"),
];

// `pg_trigger.tgtype`.
const BEFORE: i64 = 2;
const DELETE: i64 = 8;
const UPDATE: i64 = 16;
const TRUNCATE: i64 = 32;

pub(super) fn judge_log(answers: &Answers, findings: &mut Vec<String>) -> bool {
    judge_encodings(answers, findings);
    let Some(table) = rows(answers, 0).first() else {
        findings.push(missing_log());
        return false;
    };
    let kind = text(table, 0);
    if !matches!(kind, "r" | "p") {
        findings.push(
            "`audit_log` is no table (a view, a foreign table): rename it, then run \
             `audit_diesel::migrate(&mut conn)`"
                .to_owned(),
        );
        return false;
    }
    match text(table, 1) {
        "u" => findings.push(
            "`audit_log` is UNLOGGED and is emptied after a crash: run `ALTER TABLE audit_log SET \
             LOGGED`"
                .to_owned(),
        ),
        "t" => findings.push(
            "a temporary table of the name `audit_log` hides the real one on this connection: drop \
             or rename it"
                .to_owned(),
        ),
        _ => {}
    }
    if !is_true(text(table, 2)) {
        findings.push(
            "the user of this connection may not write `audit_log`: run `GRANT SELECT, INSERT ON \
             audit_log TO` that user"
                .to_owned(),
        );
    }
    for (index, name) in [(3, "audit_hold"), (4, "audit_purge")] {
        if !is_true(text(table, index)) {
            findings.push(missing(name));
        }
    }
    if is_true(text(table, 5)) {
        findings.push(
            "`audit_log` has no partition for rows that belong in no other, so that a write may \
             fail for want of one: run `CREATE TABLE audit_log_default PARTITION OF audit_log \
             DEFAULT`"
                .to_owned(),
        );
    }
    if let Some(name) = table.get(6).and_then(Option::as_deref) {
        findings.push(format!(
            "the constraint `{name}` of `audit_log`, left by a change to one partition a month that \
             was broken off, refuses rows from that month on: run \
             `audit_diesel::migrate_by_month(&mut conn)` again, or `ALTER TABLE audit_log DROP \
             CONSTRAINT {name}`"
        ));
    }
    judge_table_columns(rows(answers, 1), findings);
    judge_indexes(rows(answers, 2), findings);
    if rows(answers, 3)
        .iter()
        .any(|row| text(row, 0) != "1" || is_true(text(row, 1)))
    {
        findings.push(
            "the sequence of `audit_log.seq` has a CACHE or a CYCLE, so that numbers do not follow \
             the order of the commits: run `ALTER TABLE audit_log ALTER COLUMN seq SET CACHE 1 SET \
             NO CYCLE`"
                .to_owned(),
        );
    }
    judge_guards(rows(answers, 4), findings);
    for rule in rows(answers, 5) {
        findings.push(format!(
            "the rule `{0}` rewrites what is written to `audit_log`: run `DROP RULE {0} ON audit_log`",
            text(rule, 0)
        ));
    }
    false
}

fn judge_encodings(answers: &Answers, findings: &mut Vec<String>) {
    let settings = rows(answers, 6).first().map_or(&[][..], Vec::as_slice);
    if text(settings, 0) != "UTF8" {
        findings.push(format!(
            "the database is encoded in `{}` and cannot hold every text: make one in UTF8",
            text(settings, 0)
        ));
    }
    if text(settings, 1) != "UTF8" {
        findings.push(
            "`client_encoding` is not UTF8, which Diesel sets and needs: run `SET client_encoding = \
             'UTF8'`, and find what changed it"
                .to_owned(),
        );
    }
}

fn judge_table_columns(columns: &[Vec<Option<String>>], findings: &mut Vec<String>) {
    let found: Vec<Found<'_>> = columns
        .iter()
        .map(|row| Found {
            name: text(row, 0),
            kind: text(row, 1),
            not_null: is_true(text(row, 2)),
            filled: is_true(text(row, 3)),
        })
        .collect();
    judge_columns(&COLUMNS, &found, |is, should| is == should, findings);
    if found
        .iter()
        .any(|column| column.name == "seq" && !column.filled)
    {
        findings.push(
            "column `seq` of `audit_log` is no identity, so that no row can be written: run `ALTER \
             TABLE audit_log ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY`"
                .to_owned(),
        );
    }
    for row in columns {
        let (name, kind, collation) = (text(row, 0), text(row, 1), text(row, 4));
        if COMPARED.contains(&name) && kind == "text" && !matches!(collation, "C" | "POSIX") {
            findings.push(format!(
                "column `{name}` of `audit_log` has the collation `{collation}`, in which an index \
                 depends on the system's locale: run `ALTER TABLE audit_log ALTER COLUMN {name} \
                 TYPE text COLLATE \"C\"`"
            ));
        }
    }
}

/// `rows` are (name, valid, unique, definition, relation, holds rows, is the log), at least one for
/// each relation.
fn judge_indexes(rows: &[Vec<Option<String>>], findings: &mut Vec<String>) {
    let of = |row: &[Option<String>]| without_settings(text(row, 3));
    let is_valid = |row: &[Option<String>]| is_true(text(row, 1));
    let is_unique = |row: &[Option<String>]| is_true(text(row, 2));
    let mut holders: Vec<&str> = rows
        .iter()
        .filter(|row| is_true(text(row, 5)))
        .map(|row| text(row, 4))
        .collect();
    holders.dedup();
    for table in holders {
        let mine = || {
            let its = |row: &&Vec<Option<String>>| text(row, 4) == table && is_valid(row);
            rows.iter().filter(its)
        };
        let is_partition = mine().any(|row| !is_true(text(row, 6)));
        // Over all partitions neither can be unique alone, nor need `seq` be.
        let on = |of: &str, column: &str| {
            of == format!("btree ({column})")
                || is_partition && of.starts_with(&format!("btree ({column}, "))
        };
        if !mine().any(|row| is_unique(row) && on(&of(row), "id")) {
            findings.push(not_unique(table));
        }
        if !mine().any(|row| on(&of(row), "seq")) {
            findings.push(format!(
                "`{table}` has no index that begins with `seq`, by which the log is paged and \
                 purged: run `CREATE UNIQUE INDEX ON {table} (seq)`"
            ));
        }
    }
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| is_true(text(row, 6)) && !text(row, 0).is_empty())
        .collect();
    let found: Vec<index::Found<'_>> = rows
        .iter()
        .map(|row| index::Found {
            name: text(row, 0),
            of: of(row),
            valid: is_valid(row),
        })
        .collect();
    let habits = Habits {
        named: false,
        drop: "",
    };
    index::judge(&INDEXES, &found, &habits, findings);
}

/// The method, columns and condition of an index without its storage parameters, which are for an
/// operator to set.
fn without_settings(definition: &str) -> String {
    let Some((of, rest)) = definition.split_once(" WITH (") else {
        return definition.to_owned();
    };
    match rest.split_once(')') {
        Some((_, condition)) => format!("{of}{condition}"),
        None => of.to_owned(),
    }
}

/// `rows` are (relation, trigger type, enabled, function body), at least one for each relation.
fn judge_guards(rows: &[Vec<Option<String>>], findings: &mut Vec<String>) {
    let mut relations: Vec<&str> = rows.iter().map(|row| text(row, 0)).collect();
    relations.dedup();
    for relation in relations {
        let mut put_back = MIGRATE.to_owned();
        if relation != "audit_log" && !relation.ends_with(".audit_log") {
            put_back = format!(
                "make both triggers of the migration on `{relation}` too, and `ENABLE ALWAYS` them"
            );
        }
        for (event, mask) in [
            ("UPDATE of", UPDATE),
            ("DELETE from", DELETE),
            ("TRUNCATE of", TRUNCATE),
        ] {
            let mut enabled = rows
                .iter()
                .filter(|row| text(row, 0) == relation && text(row, 3).contains("RAISE EXCEPTION"))
                .filter(|row| {
                    let kind: i64 = text(row, 1).parse().unwrap_or(0);
                    kind & (BEFORE | mask) == (BEFORE | mask)
                })
                .map(|row| text(row, 2))
                .peekable();
            if enabled.peek().is_none() {
                findings.push(format!(
                    "nothing stops {event} `{relation}`, since the trigger for it is missing or its \
                     function altered: {put_back}"
                ));
            } else if !enabled.any(|state| state == "A") {
                findings.push(format!(
                    "the trigger that stops {event} `{relation}` is not ENABLE ALWAYS: {put_back}"
                ));
            }
        }
    }
}

pub(super) fn entity_questions(table: &str) -> [Question<'_>; 5] {
    [
        Question::about(
            "SELECT c.relkind::text, c.relpersistence::text FROM pg_catalog.pg_class c \
             WHERE c.oid = to_regclass(?)",
            table,
        ),
        Question::about(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), \
                (a.atthasdef OR a.attidentity <> '')::text, \
                coalesce(NOT c.collisdeterministic, false)::text \
             FROM pg_catalog.pg_attribute a \
             LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation \
             WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attnum",
            table,
        ),
        Question::about(
            "SELECT g.tgname::text FROM pg_catalog.pg_trigger g WHERE g.tgrelid = to_regclass(?) \
             AND (g.tgtype & 67) = 1 AND NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY 1",
            table,
        ),
        Question::about(
            "SELECT DISTINCT k.conrelid::regclass::text, \
                CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' \
                    ELSE 'SET DEFAULT' END \
             FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = to_regclass(?) \
                AND k.confdeltype IN ('c', 'n', 'd') ORDER BY 1",
            table,
        ),
        Question::new("SELECT current_setting('TimeZone')"),
    ]
}

pub(super) fn judge_entity(answers: &Answers, entity: &mut Entity<'_>) {
    let Some(table) = rows(answers, 0).first() else {
        return entity.missing();
    };
    if !matches!(text(table, 0), "r" | "p") {
        return entity.not_a_table();
    }
    if text(table, 1) == "u" {
        entity.notes.push(
            "the table is UNLOGGED: it is emptied after a crash, and its trail is not".to_owned(),
        );
    }
    let columns = rows(answers, 1);
    entity.columns(columns.iter().map(|row| text(row, 0)));
    for row in columns {
        let (name, kind) = (text(row, 0), text(row, 1));
        if is_true(text(row, 3)) || kind.starts_with("citext") {
            entity.folded(name, kind);
        }
        if entity.is_time_stamp(name) {
            judge_time(name, kind, first(answers, 4), entity);
        }
    }
    if let Some(key) = entity.database_key()
        && columns
            .iter()
            .any(|row| text(row, 0) == key && !is_true(text(row, 2)))
    {
        entity.findings.push(format!(
            "the database is to make the key `{key}`, and the column has no default: make it \
             `GENERATED ALWAYS AS IDENTITY`, or use `#[audit(id = \"uuid_v7\")]` or \
             `#[audit(id = \"client\")]`"
        ));
    }
    for row in rows(answers, 2) {
        entity.notes.push(format!(
            "the AFTER ROW trigger `{}` may change a row once more, so that each write reads the \
             record again",
            text(row, 0)
        ));
    }
    for row in rows(answers, 3) {
        entity.cascade(text(row, 0), text(row, 1));
    }
}

fn judge_time(name: &str, kind: &str, zone: &str, entity: &mut Entity<'_>) {
    if kind.starts_with("timestamp(") && !kind.starts_with("timestamp(6)") {
        entity.coarse(name, kind);
    }
    let is_utc = matches!(zone, "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT" | "UCT" | "Zulu");
    if kind.ends_with("without time zone") && !is_utc {
        entity.notes.push(format!(
            "the stamp `{name}` is `{kind}` and the session's time zone is not UTC: only a \
             `NaiveDateTime` with Diesel's `Timestamp` keeps UTC there; make the column \
             `timestamptz`, or run `SET TIME ZONE 'UTC'`"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_parameters_do_not_matter_and_conditions_do() {
        for (definition, of) in [
            ("btree (seq)", "btree (seq)"),
            ("btree (seq) WITH (fillfactor='90')", "btree (seq)"),
            (
                "brin (changed_at) WITH (autosummarize='on') WHERE (seq > 5)",
                "brin (changed_at) WHERE (seq > 5)",
            ),
        ] {
            assert_eq!(without_settings(definition), of);
        }
    }
}
