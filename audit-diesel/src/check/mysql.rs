//! MySQL and MariaDB: what to ask, and what the answers mean.

use super::catalog::{Answers, Question, count, is_true, rows, text};
use super::columns::{
    Expected, Found, MIGRATE, PURGE_TABLES, judge_columns, missing, missing_log, not_unique,
    nullable, required,
};
use super::index::{self, Habits};
use super::table::Entity;

pub(super) static LOG: [Question<'static>; 6] = [
    Question::new(
        "SELECT CAST(table_name AS CHAR), CAST(coalesce(engine, '') AS CHAR), CAST(table_type AS CHAR) \
         FROM information_schema.tables \
         WHERE table_schema = DATABASE() \
            AND table_name IN ('audit_log', 'audit_log_gate', 'audit_hold', 'audit_purge')",
    ),
    Question::new(
        "SELECT CAST(column_name AS CHAR), CAST(column_type AS CHAR), \
            CAST(is_nullable = 'NO' AS CHAR), \
            CAST(column_default IS NOT NULL OR extra LIKE '%auto_increment%' \
                OR extra LIKE '%GENERATED%' AS CHAR), \
            CAST(coalesce(collation_name, '') AS CHAR), \
            CAST(extra LIKE '%auto_increment%' AS CHAR) \
         FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = 'audit_log' ORDER BY ordinal_position",
    ),
    Question::new(
        "SELECT CAST(index_name AS CHAR), CAST(min(non_unique) = 0 AS CHAR), \
            CAST(group_concat(concat(coalesce(column_name, '..'), \
                    coalesce(concat('(', sub_part, ')'), ''), if(collation = 'D', ' DESC', '')) \
                ORDER BY seq_in_index SEPARATOR ', ') AS CHAR) \
         FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name = 'audit_log' GROUP BY index_name",
    ),
    Question::new(
        "SELECT CAST(event_manipulation AS CHAR), CAST(action_timing AS CHAR), \
            CAST(action_statement AS CHAR) FROM information_schema.triggers \
         WHERE event_object_schema = DATABASE() AND event_object_table = 'audit_log'",
    ),
    // Triggers show only to who may make them.
    Question::new(
        "SELECT CAST(count(*) AS CHAR) FROM ( \
            SELECT grantee FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER' \
            UNION ALL SELECT grantee FROM information_schema.schema_privileges \
            WHERE privilege_type = 'TRIGGER' AND DATABASE() LIKE table_schema \
            UNION ALL SELECT grantee FROM information_schema.table_privileges \
            WHERE privilege_type = 'TRIGGER' AND table_schema = DATABASE() \
                AND table_name = 'audit_log') p \
         WHERE grantee = concat('''', substring_index(current_user(), '@', 1), '''@''', \
            substring_index(current_user(), '@', -1), '''')",
    ),
    Question::new(
        "SELECT CAST(@@session.sql_mode AS CHAR), CAST(@@session.time_zone AS CHAR), \
            CAST(@@global.system_time_zone AS CHAR), CAST(@@session.character_set_client AS CHAR), \
            CAST(@@session.character_set_connection AS CHAR), \
            CAST(@@session.character_set_results AS CHAR), CAST(@@session.max_allowed_packet AS CHAR)",
    ),
];

static COLUMNS: [Expected; 19] = [
    required("seq", "bigint"),
    required("id", "binary(16)"),
    required("change_id", "binary(16)"),
    required("operation_id", "binary(16)"),
    required("changed_at", "datetime(6)"),
    required("recorded_at", "datetime(6)"),
    nullable("tenant_id", "varchar(191)"),
    nullable("table_name", "varchar(100)"),
    nullable("record_id", "varchar(255)"),
    required("action", "varchar(255)"),
    nullable("field_name", "varchar(255)"),
    nullable("old_value", "longtext"),
    nullable("new_value", "longtext"),
    required("actor_kind", "varchar(255)"),
    nullable("actor_id", "varchar(255)"),
    nullable("on_behalf_of", "varchar(512)"),
    nullable("request_id", "varchar(100)"),
    nullable("reason", "longtext"),
    nullable("context", "longtext"),
];

/// Queries of the log name these, because the server's own choice is at times another.
const INDEXES: [index::Expected; 4] = [
    ("audit_log_record_idx", "table_name, record_id, tenant_id"),
    (
        "audit_log_actor_idx",
        "tenant_id, actor_kind, actor_id, changed_at",
    ),
    ("audit_log_tenant_idx", "tenant_id, changed_at"),
    ("audit_log_operation_idx", "operation_id"),
];

/// The audit sends up to four megabytes in one statement, and escapes can double them.
const PACKET: u64 = 8 << 20;

pub(super) fn judge_log(answers: &Answers, findings: &mut Vec<String>) -> bool {
    judge_session(answers, findings);
    let table = |name: &str| rows(answers, 0).iter().find(|row| text(row, 0) == name);
    let Some(log) = table("audit_log") else {
        findings.push(missing_log());
        return false;
    };
    if text(log, 2) != "BASE TABLE" {
        findings.push(
            "`audit_log` is a view: rename it, then run `audit_diesel::migrate(&mut conn)`"
                .to_owned(),
        );
        return false;
    }
    judge_table_columns(rows(answers, 1), findings);
    judge_indexes(rows(answers, 2), findings);
    let gate = table("audit_log_gate");
    let purge = PURGE_TABLES.map(table);
    for table in [Some(log)].into_iter().chain(purge).flatten() {
        let (name, engine) = (text(table, 0), text(table, 1));
        if engine != "InnoDB" {
            findings.push(format!(
                "`{name}` is in the engine {engine}, which does not roll back: run `ALTER TABLE \
                 {name} ENGINE = InnoDB`"
            ));
        }
    }
    // To who may not see guards and gate, their absence says nothing. MariaDB shows that there is a
    // trigger and keeps what it does to itself.
    let sees_all = count(answers, 4) > 0;
    if sees_all || !rows(answers, 3).is_empty() {
        for (event, stopped) in [("UPDATE", "UPDATE of"), ("DELETE", "DELETE from")] {
            let stands = rows(answers, 3).iter().any(|row| {
                text(row, 0) == event
                    && text(row, 1) == "BEFORE"
                    && (!sees_all || text(row, 2).to_uppercase().contains("SIGNAL SQLSTATE"))
            });
            if !stands {
                findings.push(format!(
                    "nothing stops {stopped} `audit_log`, since the trigger for it is missing or \
                     altered: {MIGRATE}"
                ));
            }
        }
        for name in PURGE_TABLES {
            if sees_all && table(name).is_none() {
                findings.push(missing(name));
            }
        }
    }
    gate.is_some()
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
    judge_columns(&COLUMNS, &found, fits, findings);
    for row in columns {
        let (name, collation) = (text(row, 0), text(row, 4));
        if name == "seq" && !is_true(text(row, 5)) {
            findings.push(
                "column `seq` of `audit_log` is not AUTO_INCREMENT, so that no row can be written: \
                 run `ALTER TABLE audit_log MODIFY seq bigint NOT NULL AUTO_INCREMENT`"
                    .to_owned(),
            );
        }
        if COLUMNS.iter().any(|column| column.name == name)
            && !matches!(collation, "" | "utf8mb4_bin" | "utf8mb4_0900_bin")
        {
            findings.push(format!(
                "column `{name}` of `audit_log` has the collation `{collation}`, under which one \
                 record or tenant reads the history of another, or which cannot hold every text: \
                 run `ALTER TABLE audit_log CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`"
            ));
        }
    }
}

/// `rows` are (name, unique, columns).
fn judge_indexes(rows: &[Vec<Option<String>>], findings: &mut Vec<String>) {
    if !rows
        .iter()
        .any(|row| is_true(text(row, 1)) && text(row, 2) == "id")
    {
        findings.push(not_unique("audit_log"));
    }
    if !rows
        .iter()
        .any(|row| text(row, 0) == "PRIMARY" && text(row, 2) == "seq")
    {
        findings.push(
            "the primary key of `audit_log` is not `seq`, by which the log is paged: run `ALTER \
             TABLE audit_log ADD PRIMARY KEY (seq)`, after DROP PRIMARY KEY where there is another"
                .to_owned(),
        );
    }
    let found: Vec<index::Found<'_>> = rows
        .iter()
        .map(|row| index::Found {
            name: text(row, 0),
            of: text(row, 2).to_lowercase(),
            valid: true,
        })
        .collect();
    let habits = Habits {
        named: true,
        drop: " ON audit_log",
    };
    index::judge(&INDEXES, &found, &habits, findings);
}

/// A text column may be longer than it needs to be.
fn fits(is: &str, should: &str) -> bool {
    let width = |kind: &str| -> Option<u32> {
        kind.strip_prefix("varchar(")?
            .strip_suffix(')')?
            .parse()
            .ok()
    };
    match (width(is), width(should)) {
        (Some(is), Some(should)) => is >= should,
        (None, Some(_)) => matches!(is, "text" | "mediumtext" | "longtext"),
        // Older servers show a display width.
        _ => is == should || (should == "bigint" && is == "bigint(20)"),
    }
}

fn judge_session(answers: &Answers, findings: &mut Vec<String>) {
    let session = rows(answers, 5).first().map_or(&[][..], Vec::as_slice);
    let strict = ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"];
    if !text(session, 0)
        .split(',')
        .any(|mode| strict.contains(&mode))
    {
        findings.push(
            "the session's `sql_mode` is not strict, so that values are cut without an error: set \
             STRICT_TRANS_TABLES, at best in the server's configuration"
                .to_owned(),
        );
    }
    judge_zone(session, findings);
    for (index, name) in [
        (3, "character_set_client"),
        (4, "character_set_connection"),
        (5, "character_set_results"),
    ] {
        if text(session, index) != "utf8mb4" {
            findings.push(format!(
                "the session's `{name}` is `{}` and not utf8mb4, which Diesel sets and needs: run \
                 `SET NAMES utf8mb4`, and find what changed it",
                text(session, index)
            ));
        }
    }
    let packet: u64 = text(session, 6).parse().unwrap_or(u64::MAX);
    if packet < PACKET {
        findings.push(format!(
            "`max_allowed_packet` is {packet} bytes, so that a change of many records may not fit: \
             set it to 16M or more in the server's configuration"
        ));
    }
}

fn judge_zone(session: &[Option<String>], findings: &mut Vec<String>) {
    let zone = match text(session, 1) {
        "SYSTEM" => text(session, 2),
        zone => zone,
    };
    if !matches!(zone, "+00:00" | "-00:00" | "UTC" | "Etc/UTC" | "GMT") {
        findings.push(
            "the session's `time_zone` is not UTC, so that the times of `TIMESTAMP` columns and \
             defaults shift: run `SET time_zone = '+00:00'`, as Diesel does, and find what changed \
             it"
            .to_owned(),
        );
    }
}

pub(super) fn entity_questions<'a>(schema: &'a str, table: &'a str) -> [Question<'a>; 4] {
    let about = |text| Question {
        text,
        table,
        schema,
    };
    [
        about(
            "SELECT CAST(coalesce(engine, '') AS CHAR), CAST(table_type AS CHAR) \
             FROM information_schema.tables \
             WHERE table_schema = coalesce(nullif(§, ''), DATABASE()) AND table_name = ?",
        ),
        about(
            "SELECT CAST(column_name AS CHAR), CAST(column_type AS CHAR), \
                CAST(coalesce(collation_name, '') AS CHAR), \
                CAST(extra LIKE '%auto_increment%' AS CHAR) \
             FROM information_schema.columns \
             WHERE table_schema = coalesce(nullif(§, ''), DATABASE()) AND table_name = ? \
             ORDER BY ordinal_position",
        ),
        about(
            "SELECT CAST(table_name AS CHAR), CAST(delete_rule AS CHAR) \
             FROM information_schema.referential_constraints \
             WHERE constraint_schema = coalesce(nullif(§, ''), DATABASE()) \
                AND unique_constraint_schema = coalesce(nullif(§, ''), DATABASE()) \
                AND referenced_table_name = ? \
                AND delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') GROUP BY 1, 2 ORDER BY 1",
        ),
        about(
            "SELECT CAST(@@session.sql_mode AS CHAR), CAST(@@session.time_zone AS CHAR), \
                CAST(@@global.system_time_zone AS CHAR)",
        ),
    ]
}

pub(super) fn judge_entity(answers: &Answers, entity: &mut Entity<'_>) {
    let Some(table) = rows(answers, 0).first() else {
        return entity.missing();
    };
    if text(table, 1) != "BASE TABLE" {
        return entity.not_a_table();
    }
    let engine = text(table, 0);
    if engine != "InnoDB" {
        entity.findings.push(format!(
            "the table is in the engine {engine}, which does not roll back: a failed write would \
             keep the change and lose its audit rows; run `ALTER TABLE .. ENGINE = InnoDB`"
        ));
    }
    let columns = rows(answers, 1);
    entity.columns(columns.iter().map(|row| text(row, 0)));
    let mut shifts = false;
    for row in columns {
        let (name, kind, collation) = (text(row, 0), text(row, 1), text(row, 2));
        if !matches!(collation, "" | "binary") && !collation.ends_with("_bin") {
            entity.folded(name, collation);
        }
        if entity.is_time_stamp(name) {
            shifts |= kind.starts_with("timestamp");
            let fine = kind.ends_with("(6)");
            if !fine && (kind.starts_with("datetime") || kind.starts_with("timestamp")) {
                entity.coarse(name, kind);
            }
        }
    }
    if shifts {
        let session = rows(answers, 3).first().map_or(&[][..], Vec::as_slice);
        judge_zone(session, &mut entity.findings);
    }
    if let Some(key) = entity.database_key()
        && columns
            .iter()
            .any(|row| text(row, 0) == key && !is_true(text(row, 3)))
    {
        entity.findings.push(format!(
            "the database is to make the key `{key}`, and the column is not AUTO_INCREMENT, the \
             only key of which MySQL/MariaDB tells: declare it so, or use `#[audit(id = \
             \"uuid_v7\")]` or `#[audit(id = \"client\")]`"
        ));
    }
    for row in rows(answers, 2) {
        entity.cascade(text(row, 0), text(row, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_column_may_be_wider_than_it_needs_to_be() {
        assert!(fits("varchar(191)", "varchar(191)"));
        assert!(fits("varchar(300)", "varchar(255)"));
        assert!(fits("text", "varchar(255)"));
        assert!(fits("bigint(20)", "bigint"));
        assert!(!fits("varchar(100)", "varchar(191)"));
        assert!(!fits("datetime", "datetime(6)"));
        assert!(!fits("int", "bigint"));
    }
}
