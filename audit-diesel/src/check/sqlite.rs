//! SQLite: what to ask, and what the answers mean.

use super::catalog::{Answers, Question, first, is_true, rows, text};
use super::columns::{
    Expected, Found, MIGRATE, PURGE_TABLES, judge_columns, missing, missing_log, not_unique,
    nullable, required,
};
use super::index::{self, Habits};
use super::table::Entity;

pub(super) static LOG: [Question<'static>; 6] = [
    Question::new(
        "SELECT m.type, coalesce(m.sql, ''), CAST(coalesce(l.wr, 0) AS TEXT), \
            CAST(coalesce(l.strict, 0) AS TEXT) \
         FROM main.sqlite_schema m \
         LEFT JOIN pragma_table_list l ON l.schema = 'main' AND l.name = m.name \
         WHERE lower(m.name) = 'audit_log' AND m.type IN ('table', 'view')",
    ),
    Question::new(
        "SELECT lower(name), upper(type), CAST(\"notnull\" OR pk AS TEXT), \
            CAST(dflt_value IS NOT NULL OR hidden > 1 OR pk AS TEXT), CAST(pk AS TEXT) \
         FROM pragma_table_xinfo('audit_log', 'main') ORDER BY cid",
    ),
    Question::new(
        "SELECT lower(l.name), CAST(l.\"unique\" AS TEXT), CAST(l.partial AS TEXT), \
            coalesce(m.sql, ''), (SELECT group_concat(lower(coalesce(i.name, '..')) \
                    || iif(i.\"desc\", ' DESC', ''), ', ') \
                FROM pragma_index_xinfo(l.name, 'main') i WHERE i.key) \
         FROM pragma_index_list('audit_log', 'main') l \
         LEFT JOIN main.sqlite_schema m ON m.type = 'index' AND m.name = l.name",
    ),
    Question::new(
        "SELECT lower(name), sql FROM main.sqlite_schema \
         WHERE type = 'trigger' AND lower(tbl_name) = 'audit_log'",
    ),
    Question::new("PRAGMA main.journal_mode"),
    Question::new(
        "SELECT 'main', lower(name) FROM main.sqlite_schema WHERE type = 'table' \
            AND lower(name) IN ('audit_log_gate', 'audit_hold', 'audit_purge') \
         UNION ALL \
         SELECT 'temp', lower(name) FROM temp.sqlite_schema WHERE lower(name) = 'audit_log'",
    ),
];

static COLUMNS: [Expected; 19] = [
    required("seq", "INTEGER"),
    required("id", "BLOB"),
    required("change_id", "BLOB"),
    required("operation_id", "BLOB"),
    required("changed_at", "INTEGER"),
    required("recorded_at", "INTEGER"),
    nullable("tenant_id", "TEXT"),
    nullable("table_name", "TEXT"),
    nullable("record_id", "TEXT"),
    required("action", "TEXT"),
    nullable("field_name", "TEXT"),
    nullable("old_value", "TEXT"),
    nullable("new_value", "TEXT"),
    required("actor_kind", "TEXT"),
    nullable("actor_id", "TEXT"),
    nullable("on_behalf_of", "TEXT"),
    nullable("request_id", "TEXT"),
    nullable("reason", "TEXT"),
    nullable("context", "TEXT"),
];

const INDEXES: [index::Expected; 4] = [
    ("audit_log_record_idx", "table_name, record_id, tenant_id"),
    (
        "audit_log_actor_idx",
        "tenant_id, actor_kind, actor_id, changed_at",
    ),
    ("audit_log_tenant_idx", "tenant_id, changed_at"),
    ("audit_log_operation_idx", "operation_id"),
];

/// The guards: name, what its text has to say besides `RAISE`, and what it stops.
const GUARDS: [(&str, &str, &str); 3] = [
    ("audit_log_no_update", "before update on", "UPDATE of"),
    ("audit_log_no_delete", "before delete on", "DELETE from"),
    (
        "audit_log_no_replace",
        "before insert on",
        "INSERT OR REPLACE into",
    ),
];

pub(super) fn judge_log(answers: &Answers, findings: &mut Vec<String>) -> bool {
    let is_there = |schema: &str, name: &str| {
        rows(answers, 5)
            .iter()
            .any(|row| text(row, 0) == schema && text(row, 1) == name)
    };
    if is_there("temp", "audit_log") {
        findings.push(
            "a temporary table or view of the name `audit_log` hides the real one on this \
             connection: drop or rename it"
                .to_owned(),
        );
    }
    journal(first(answers, 4), findings);
    let Some(table) = rows(answers, 0).first() else {
        findings.push(missing_log());
        return false;
    };
    if text(table, 0) != "table" {
        findings.push(
            "`audit_log` is a view: rename it, then run `audit_diesel::migrate(&mut conn)`"
                .to_owned(),
        );
        return false;
    }
    judge_table(text(table, 1), table, findings);
    let found: Vec<Found<'_>> = rows(answers, 1)
        .iter()
        .map(|row| Found {
            name: text(row, 0),
            kind: text(row, 1),
            not_null: is_true(text(row, 2)),
            filled: is_true(text(row, 3)),
        })
        .collect();
    judge_columns(&COLUMNS, &found, |is, should| is == should, findings);
    judge_indexes(rows(answers, 2), findings);
    for (name, event, stopped) in GUARDS {
        let stands = rows(answers, 3).iter().any(|row| {
            let sql = normal(text(row, 1));
            text(row, 0) == name && sql.contains(event) && sql.contains("raise(abort")
        });
        if !stands {
            findings.push(format!(
                "nothing stops {stopped} `audit_log`, since the trigger `{name}` is missing or \
                 altered: drop what is left of it and {MIGRATE}"
            ));
        }
    }
    for table in PURGE_TABLES {
        if !is_there("main", table) {
            findings.push(missing(table));
        }
    }
    is_there("main", "audit_log_gate")
}

fn judge_table(sql: &str, table: &[Option<String>], findings: &mut Vec<String>) {
    let sql = normal(sql);
    if !is_true(text(table, 3)) {
        findings.push(
            "`audit_log` is not STRICT, so that its columns take values of any type: make it anew \
             as the migration has it, and copy its rows"
                .to_owned(),
        );
    }
    if is_true(text(table, 2)) || !sql.contains("integer primary key autoincrement") {
        findings.push(
            "`seq` of `audit_log` is not `INTEGER PRIMARY KEY AUTOINCREMENT`, so that a number can \
             be given out again after a purge: make the table anew as the migration has it, and \
             copy its rows"
                .to_owned(),
        );
    }
    if sql.contains("collate nocase") || sql.contains("collate rtrim") {
        findings.push(
            "a column of `audit_log` has a collation of its own, so that one record or tenant \
             reads the history of another: make the table anew as the migration has it (BINARY), \
             and copy its rows"
                .to_owned(),
        );
    }
}

/// `rows` are (name, unique, partial, text, columns).
fn judge_indexes(rows: &[Vec<Option<String>>], findings: &mut Vec<String>) {
    let found: Vec<index::Found<'_>> = rows
        .iter()
        .map(|row| {
            let mut of = text(row, 4).to_owned();
            if is_true(text(row, 2)) {
                of.push_str(" WHERE ..");
            }
            if normal(text(row, 3)).contains("collate") {
                of.push_str(" COLLATE ..");
            }
            index::Found {
                name: text(row, 0),
                of,
                valid: true,
            }
        })
        .collect();
    if !rows
        .iter()
        .zip(&found)
        .any(|(row, index)| is_true(text(row, 1)) && index.of == "id")
    {
        findings.push(not_unique("audit_log"));
    }
    let habits = Habits {
        named: false,
        drop: "",
    };
    index::judge(&INDEXES, &found, &habits, findings);
}

fn journal(mode: &str, findings: &mut Vec<String>) {
    if mode == "off" {
        findings.push(
            "`journal_mode` is OFF, so that SQLite cannot roll back and a failed write stays half \
             done: run `PRAGMA journal_mode = WAL`"
                .to_owned(),
        );
    }
}

/// Lower case, runs of white space as one space.
fn normal(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

pub(super) fn entity_questions(table: &str) -> [Question<'_>; 5] {
    [
        Question::about(
            "SELECT type, CAST(wr AS TEXT) FROM pragma_table_list \
             WHERE lower(name) = lower(?) AND type <> 'shadow' ORDER BY schema = 'temp' DESC LIMIT 1",
            table,
        ),
        Question::about(
            "SELECT name, upper(type), CAST(pk AS TEXT) FROM pragma_table_xinfo(?) ORDER BY cid",
            table,
        ),
        Question::about(
            "SELECT sql FROM sqlite_schema WHERE lower(name) = lower(?) AND type = 'table'",
            table,
        ),
        // Tables whose rows the database removes or changes together with ours.
        Question::about(
            "SELECT m.name, f.on_delete FROM sqlite_schema m, pragma_foreign_key_list(m.name) f \
             WHERE m.type = 'table' AND lower(f.\"table\") = lower(?) \
                AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') GROUP BY 1, 2 ORDER BY 1",
            table,
        ),
        Question::new("PRAGMA main.journal_mode"),
    ]
}

/// Three texts that only BINARY tells apart, under the collation of a column. The dedupe of a
/// compound SELECT follows its left-most column.
pub(super) fn collation_question(table: &str, column: &str) -> String {
    format!(
        "SELECT CAST(count(*) AS TEXT) FROM (SELECT {column} FROM {table} WHERE 0 \
         UNION SELECT 'a' UNION SELECT 'A' UNION SELECT 'a ')"
    )
}

pub(super) fn judge_entity(answers: &Answers, entity: &mut Entity<'_>) {
    journal(first(answers, 4), &mut entity.findings);
    let Some(table) = rows(answers, 0).first() else {
        return entity.missing();
    };
    if !matches!(text(table, 0), "table" | "virtual") {
        return entity.not_a_table();
    }
    let columns = rows(answers, 1);
    entity.columns(columns.iter().map(|row| text(row, 0)));
    for row in rows(answers, 3) {
        entity.cascade(text(row, 0), text(row, 1));
    }
    let Some(key) = entity.database_key() else {
        return;
    };
    let keys = columns.iter().filter(|row| text(row, 2) != "0").count();
    let is_rowid = columns.iter().any(|row| {
        text(row, 0).eq_ignore_ascii_case(key) && text(row, 1) == "INTEGER" && text(row, 2) == "1"
    });
    if keys != 1 || !is_rowid || is_true(text(table, 1)) {
        entity.findings.push(format!(
            "the database is to make the key `{key}`, and SQLite makes none but of an `INTEGER \
             PRIMARY KEY`: declare it so, or use `#[audit(id = \"uuid_v7\")]` or \
             `#[audit(id = \"client\")]`"
        ));
    } else if !normal(first(answers, 2)).contains("autoincrement") {
        entity.notes.push(format!(
            "`{key}` is without AUTOINCREMENT: the key of the newest record is given out again \
             once that was deleted, and its trail then holds two records"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_case_do_not_matter() {
        assert_eq!(normal("CREATE\n  Trigger  x"), "create trigger x");
    }
}
