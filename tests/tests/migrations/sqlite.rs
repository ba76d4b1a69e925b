use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;

use crate::{Attack, Count, Line, refused, run, scratch};

const UP: &str = include_str!("../../../audit-diesel/migrations/sqlite/0001_audit_log/up.sql");
const DOWN: &str = include_str!("../../../audit-diesel/migrations/sqlite/0001_audit_log/down.sql");

const ROW: &str = "INSERT INTO audit_log
    (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, action, actor_kind)
    VALUES (randomblob(16), randomblob(16), randomblob(16), 1000, 't', 'a', '1', 'x.y', 'user')";

const ATTACKS: &[Attack] = &[
    Attack {
        sql: "UPDATE audit_log SET reason = 'x'",
        guard: "no_update",
    },
    Attack {
        sql: "UPDATE OR REPLACE audit_log SET seq = 1 WHERE seq = 2",
        guard: "no_update",
    },
    Attack {
        sql: "DELETE FROM audit_log WHERE seq = 1",
        guard: "no_delete",
    },
    // Without WHERE and without a trigger, SQLite would empty the table row by row unseen.
    Attack {
        sql: "DELETE FROM audit_log",
        guard: "no_delete",
    },
    Attack {
        sql: "INSERT OR REPLACE INTO audit_log SELECT 1, randomblob(16), change_id, operation_id,
            changed_at, recorded_at, tenant_id, table_name, record_id, action, field_name,
            old_value, new_value, actor_kind, actor_id, on_behalf_of, request_id, 'x', context
            FROM audit_log WHERE seq = 2",
        guard: "no_replace",
    },
    Attack {
        sql: "REPLACE INTO audit_log (id, change_id, operation_id, changed_at, action, actor_kind)
            SELECT id, change_id, operation_id, 0, 'x.y', 'user' FROM audit_log",
        guard: "no_replace",
    },
    // Dropped without a word otherwise.
    Attack {
        sql: "INSERT OR IGNORE INTO audit_log
            (id, change_id, operation_id, changed_at, action, actor_kind)
            SELECT id, change_id, operation_id, 0, 'x.y', 'user' FROM audit_log",
        guard: "no_replace",
    },
];

const UPSERT: &str = "INSERT INTO audit_log
    (id, change_id, operation_id, changed_at, action, actor_kind)
    SELECT id, change_id, operation_id, 0, 'x.y', 'user' FROM audit_log WHERE true
    ON CONFLICT (id) DO UPDATE SET reason = 'x'";

/// A log with two rows.
fn log() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    run(&mut conn, UP);
    run(&mut conn, ROW);
    run(&mut conn, ROW);
    conn
}

fn count(conn: &mut SqliteConnection, what: &str) -> i64 {
    sql_query(format!("SELECT count(*) AS n FROM {what}"))
        .get_result::<Count>(conn)
        .unwrap()
        .n
}

fn drop_guard(conn: &mut SqliteConnection, guard: &str) {
    run(conn, &format!("DROP TRIGGER audit_log_{guard}"));
}

#[test]
fn attacks_are_refused_by_the_guard_named() {
    for attack in ATTACKS {
        let mut conn = log();
        refused(&mut conn, attack.sql);
        assert_eq!(
            count(&mut conn, "audit_log WHERE reason IS NULL"),
            2,
            "{}",
            attack.sql
        );
        drop_guard(&mut conn, attack.guard);
        run(&mut conn, attack.sql);
    }
}

#[test]
fn upsert_is_refused_twice() {
    let mut conn = log();
    refused(&mut conn, UPSERT);
    drop_guard(&mut conn, "no_replace");
    refused(&mut conn, UPSERT);
    drop_guard(&mut conn, "no_update");
    run(&mut conn, UPSERT);
}

#[test]
fn the_gate_opens_delete_alone_and_only_below_its_cutoff() {
    let mut conn = log();
    run(
        &mut conn,
        "INSERT INTO audit_log_gate (cutoff) VALUES (1000)",
    );
    refused(&mut conn, "DELETE FROM audit_log");
    refused(&mut conn, "UPDATE audit_log SET reason = 'x'");
    run(
        &mut conn,
        "DELETE FROM audit_log_gate; INSERT INTO audit_log_gate (cutoff) VALUES (1001)",
    );
    refused(&mut conn, "UPDATE audit_log SET reason = 'x'");
    refused(&mut conn, UPSERT);
    run(&mut conn, "DELETE FROM audit_log");
    assert_eq!(count(&mut conn, "audit_log"), 0);
}

#[test]
fn the_gate_holds_one_whole_row() {
    let mut conn = log();
    for sql in [
        "INSERT INTO audit_log_gate DEFAULT VALUES",
        "INSERT INTO audit_log_gate (cutoff) VALUES (NULL)",
        "INSERT INTO audit_log_gate (id, cutoff) VALUES (2, 0)",
        "INSERT INTO audit_log_gate (cutoff) VALUES (1), (2)",
    ] {
        assert!(conn.batch_execute(sql).is_err(), "passed: {sql}");
    }
    assert_eq!(count(&mut conn, "audit_log_gate"), 0);
}

#[test]
fn a_rollback_closes_the_gate() {
    let mut conn = log();
    run(
        &mut conn,
        "BEGIN; INSERT INTO audit_log_gate (cutoff) VALUES (9999); ROLLBACK",
    );
    refused(&mut conn, "DELETE FROM audit_log");
    run(
        &mut conn,
        "BEGIN; SAVEPOINT a; INSERT INTO audit_log_gate (cutoff) VALUES (9999); ROLLBACK TO a",
    );
    refused(&mut conn, "DELETE FROM audit_log");
}

#[test]
fn a_purge_removes_its_gate_and_nothing_but_old_rows() {
    let mut conn = log();
    run(&mut conn, &ROW.replace("1000", "5000"));
    run(
        &mut conn,
        "BEGIN IMMEDIATE;
         INSERT INTO audit_log_gate (cutoff) VALUES (2000);
         DELETE FROM audit_log WHERE changed_at < 2000;
         DELETE FROM audit_log_gate;
         COMMIT",
    );
    assert_eq!(count(&mut conn, "audit_log"), 1);
    refused(&mut conn, "DELETE FROM audit_log");
}

#[test]
fn others_do_not_see_the_gate() {
    let path = std::env::temp_dir().join(format!("{}.sqlite", scratch::name()));
    let url = path.to_str().unwrap();
    let mut one = SqliteConnection::establish(url).unwrap();
    let mut two = SqliteConnection::establish(url).unwrap();
    run(&mut one, UP);
    run(&mut one, ROW);
    run(
        &mut one,
        "BEGIN IMMEDIATE; INSERT INTO audit_log_gate (cutoff) VALUES (9999)",
    );
    assert_eq!(count(&mut two, "audit_log_gate"), 0);
    assert!(two.batch_execute("DELETE FROM audit_log").is_err());
    run(&mut one, "ROLLBACK");
    refused(&mut two, "DELETE FROM audit_log");
    drop((one, two));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn seq_is_never_given_out_again() {
    let mut conn = log();
    run(
        &mut conn,
        "INSERT INTO audit_log_gate (cutoff) VALUES (9999);
         DELETE FROM audit_log;
         DELETE FROM audit_log_gate",
    );
    run(&mut conn, ROW);
    assert_eq!(count(&mut conn, "audit_log WHERE seq = 3"), 1);
}

#[test]
fn recorded_at_is_the_clock_of_the_database_in_microseconds() {
    let mut conn = log();
    let far = count(
        &mut conn,
        "audit_log WHERE abs(recorded_at / 1000000 - CAST(strftime('%s', 'now') AS INTEGER)) > 5",
    );
    assert_eq!(far, 0);
}

#[test]
fn ids_are_whole() {
    let mut conn = log();
    for (column, ids) in [
        ("id", "x'00', randomblob(16), randomblob(16)"),
        ("change_id", "randomblob(16), x'00', randomblob(16)"),
        ("operation_id", "randomblob(16), randomblob(16), x'00'"),
    ] {
        let sql = ROW.replace("randomblob(16), randomblob(16), randomblob(16)", ids);
        let error = conn.batch_execute(&sql).unwrap_err().to_string();
        assert!(error.contains(&format!("length({column}) = 16")), "{error}");
    }
}

#[test]
fn each_index_serves_its_query_in_order() {
    let mut conn = log();
    for (query, index) in [
        (
            "tenant_id IS 't' AND table_name = 'a' AND record_id = '1' ORDER BY seq DESC",
            "audit_log_record_idx (table_name=? AND record_id=? AND tenant_id=?)",
        ),
        (
            "tenant_id IS NULL AND actor_kind = 'user' AND actor_id = '1' AND changed_at < 9
             ORDER BY changed_at DESC, seq DESC",
            "audit_log_actor_idx (tenant_id=? AND actor_kind=? AND actor_id=? AND changed_at<?)",
        ),
        (
            "tenant_id IS 't' AND changed_at >= 1 AND changed_at < 9 ORDER BY changed_at, seq",
            "audit_log_tenant_idx (tenant_id=? AND changed_at>? AND changed_at<?)",
        ),
        (
            "operation_id = x'00'",
            "audit_log_operation_idx (operation_id=?)",
        ),
    ] {
        let plan = explain(&mut conn, query);
        assert!(plan.contains(index), "{query}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "sorted: {query}\n{plan}");
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

fn explain(conn: &mut SqliteConnection, condition: &str) -> String {
    let steps: Vec<Step> = sql_query(format!(
        "EXPLAIN QUERY PLAN SELECT * FROM audit_log WHERE {condition}"
    ))
    .load(conn)
    .unwrap();
    steps
        .into_iter()
        .map(|step| step.detail)
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn up_runs_again_and_puts_a_guard_back() {
    let mut conn = log();
    drop_guard(&mut conn, "no_update");
    run(&mut conn, UP);
    assert_eq!(count(&mut conn, "audit_log"), 2);
    refused(&mut conn, "UPDATE audit_log SET reason = 'x'");
}

#[test]
fn down_leaves_nothing() {
    let mut conn = log();
    run(&mut conn, DOWN);
    let left: Vec<Line> =
        sql_query("SELECT name AS line FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
            .load(&mut conn)
            .unwrap();
    assert!(
        left.is_empty(),
        "{:?}",
        left.iter().map(|l| &l.line).collect::<Vec<_>>()
    );
    run(&mut conn, DOWN);
    run(&mut conn, UP);
}
