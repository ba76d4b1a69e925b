//! Runs against MariaDB or MySQL, whichever answers.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;

use crate::{Attack, Count, Line, refused, run, scratch};

const UP: &str = include_str!("../../../audit-diesel/migrations/mysql/0001_audit_log/up.sql");
const DOWN: &str = include_str!("../../../audit-diesel/migrations/mysql/0001_audit_log/down.sql");

const ROW: &str = "INSERT INTO audit_log
    (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, action, actor_kind)
    VALUES (unhex(replace(uuid(), '-', '')), '1', '1', '2026-01-01', 't', 'a', '1', 'x.y', 'user')";

const UPSERT: &str = "INSERT INTO audit_log
    (id, change_id, operation_id, changed_at, action, actor_kind)
    SELECT id, '2', '2', changed_at, 'x.y', 'user' FROM audit_log AS l
    ON DUPLICATE KEY UPDATE reason = 'x'";

const ATTACKS: &[Attack] = &[
    Attack {
        sql: "UPDATE audit_log SET reason = 'x'",
        guard: "no_update",
    },
    Attack {
        sql: UPSERT,
        guard: "no_update",
    },
    Attack {
        sql: "DELETE FROM audit_log",
        guard: "no_delete",
    },
    Attack {
        sql: "DELETE l FROM audit_log l JOIN (SELECT 1) s",
        guard: "no_delete",
    },
    Attack {
        sql: "REPLACE INTO audit_log
            (id, change_id, operation_id, changed_at, action, actor_kind, reason)
            SELECT id, '2', '2', changed_at, 'x.y', 'user', 'x' FROM audit_log AS l",
        guard: "no_delete",
    },
];

/// A database of its own with a log of two rows, and the connection that made it.
struct Log {
    conn: MysqlConnection,
    database: String,
}

impl Log {
    fn new() -> Self {
        let database = scratch::name();
        let mut conn = connect();
        run(
            &mut conn,
            &format!(
                "DROP DATABASE IF EXISTS {database};
                 CREATE DATABASE {database} CHARACTER SET latin1 COLLATE latin1_swedish_ci;
                 USE {database}"
            ),
        );
        run(&mut conn, UP);
        run(&mut conn, ROW);
        run(&mut conn, ROW);
        Self { conn, database }
    }

    /// One more connection to the same log.
    fn other(&self) -> MysqlConnection {
        let mut conn = connect();
        run(&mut conn, &format!("USE {}", self.database));
        conn
    }

    fn count(&mut self, what: &str) -> i64 {
        sql_query(format!("SELECT count(*) AS n FROM {what}"))
            .get_result::<Count>(&mut self.conn)
            .unwrap()
            .n
    }

    fn refused(&mut self, sql: &str) {
        refused(&mut self.conn, sql);
    }

    fn run(&mut self, sql: &str) {
        run(&mut self.conn, sql);
    }

    fn open(&mut self, cutoff: &str) {
        self.run(&format!(
            "INSERT INTO audit_log_gate VALUES (connection_id(), '{cutoff}')"
        ));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let sql = format!("ROLLBACK; DROP DATABASE IF EXISTS {}", self.database);
        if let Err(error) = self.conn.batch_execute(&sql) {
            eprintln!("{} is left behind: {error}", self.database);
        }
    }
}

fn connect() -> MysqlConnection {
    const VARIABLE: &str = "AUDIT_TEST_MYSQL_URL";
    let url = scratch::server_url(VARIABLE, "mysql://root@127.0.0.1/mysql");
    MysqlConnection::establish(&url)
        .unwrap_or_else(|error| scratch::no_server(VARIABLE, &url, &error))
}

#[test]
fn attacks_are_refused_by_the_guard_named() {
    for attack in ATTACKS {
        let mut log = Log::new();
        log.refused(attack.sql);
        assert_eq!(
            log.count("audit_log WHERE reason IS NULL"),
            2,
            "{}",
            attack.sql
        );
        log.run(&format!("DROP TRIGGER audit_log_{}", attack.guard));
        log.run(attack.sql);
    }
}

#[test]
fn truncate_passes_the_guards_as_the_docs_say() {
    let mut log = Log::new();
    log.run("TRUNCATE audit_log");
    assert_eq!(log.count("audit_log"), 0);
}

#[test]
fn the_gate_opens_delete_alone_and_only_below_its_cutoff() {
    let mut log = Log::new();
    log.run("BEGIN");
    log.open("2026-01-01");
    log.refused("DELETE FROM audit_log");
    log.run("DELETE FROM audit_log_gate");
    log.open("2026-01-01 00:00:00.000001");
    log.refused("UPDATE audit_log SET reason = 'x'");
    log.refused(UPSERT);
    log.run("DELETE FROM audit_log");
    assert_eq!(log.count("audit_log"), 0);
}

#[test]
fn the_gate_opens_no_other_connection() {
    let mut log = Log::new();
    let mut other = log.other();
    log.run("BEGIN");
    log.open("9999-01-01");
    refused(&mut other, "DELETE FROM audit_log");
    // Nor does a row that was left behind.
    log.run("COMMIT");
    refused(&mut other, "DELETE FROM audit_log");
}

#[test]
fn an_empty_gate_row_opens_nothing() {
    let mut log = Log::new();
    assert!(
        log.conn
            .batch_execute("INSERT INTO audit_log_gate () VALUES ()")
            .is_err()
    );
    log.run("SET sql_mode = ''; INSERT INTO audit_log_gate () VALUES ()");
    log.refused("DELETE FROM audit_log");
    log.refused("UPDATE audit_log SET reason = 'x'");
}

#[test]
fn a_rollback_closes_the_gate() {
    let mut log = Log::new();
    log.run("BEGIN");
    log.open("9999-01-01");
    log.run("ROLLBACK");
    log.refused("DELETE FROM audit_log");

    log.run("BEGIN; SAVEPOINT a");
    log.open("9999-01-01");
    log.run("ROLLBACK TO a");
    log.refused("DELETE FROM audit_log");
}

#[test]
fn a_purge_removes_its_gate_and_nothing_but_old_rows() {
    let mut log = Log::new();
    log.run(&ROW.replace("2026-01-01", "2026-02-01"));
    log.run("BEGIN");
    log.open("2026-01-15");
    log.run("DELETE FROM audit_log WHERE changed_at < '2026-01-15'");
    log.run("DELETE FROM audit_log_gate WHERE connection_id = connection_id()");
    log.run("COMMIT");
    assert_eq!(log.count("audit_log"), 1);
    assert_eq!(log.count("audit_log_gate"), 0);
    log.refused("DELETE FROM audit_log");
}

#[test]
fn recorded_at_is_utc_whatever_the_session_says() {
    let mut log = Log::new();
    log.run("SET time_zone = '+05:00'");
    log.run(ROW);
    let far = "audit_log WHERE abs(timestampdiff(SECOND, recorded_at, utc_timestamp())) > 5";
    assert_eq!(log.count(far), 0);
}

#[test]
fn everything_is_binary_utf8mb4_in_innodb_whatever_the_database_says() {
    let mut log = Log::new();
    let tables = "information_schema.tables WHERE table_schema = database()";
    assert_eq!(log.count(tables), 2);
    assert_eq!(
        log.count(&format!(
            "{tables} AND engine = 'InnoDB' AND row_format = 'Dynamic'
             AND table_collation = 'utf8mb4_bin'"
        )),
        2
    );
    assert_eq!(
        log.count(
            "information_schema.columns WHERE table_schema = database()
             AND collation_name <> 'utf8mb4_bin'"
        ),
        0
    );
    log.run("SET NAMES utf8mb4");
    assert_eq!(log.count("audit_log WHERE tenant_id = 'T'"), 0);
    assert_eq!(log.count("audit_log WHERE tenant_id = 't'"), 2);
}

/// The longest keys fit their columns, and values are not cut but refused.
#[test]
fn keys_take_their_full_length() {
    let mut log = Log::new();
    let row = |tenant: usize, table: usize, record: usize| {
        format!(
            "SET NAMES utf8mb4; INSERT INTO audit_log (id, change_id, operation_id, changed_at,
             tenant_id, table_name, record_id, action, actor_kind, actor_id, reason)
             VALUES (unhex(replace(uuid(), '-', '')), '1', '1', '2026-01-01', repeat('😀', {tenant}),
             repeat('😀', {table}), repeat('😀', {record}), 'x.y', repeat('😀', 255),
             repeat('😀', 255), repeat('x', 100000))"
        )
    };
    log.run(&row(191, 100, 255));
    for sql in [row(192, 100, 255), row(191, 101, 255), row(191, 100, 256)] {
        let error = log.conn.batch_execute(&sql).unwrap_err().to_string();
        assert!(error.contains("Data too long"), "{error}");
    }
}

/// MariaDB's own JSON type would refuse this one.
#[test]
fn values_may_be_nested_deeply() {
    let mut log = Log::new();
    log.run(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, action, actor_kind,
         new_value) VALUES ('3', '3', '3', '2026-01-01', 'x.y', 'user',
         concat(repeat('[', 200), repeat(']', 200)))",
    );
}

#[test]
fn grants_named_in_the_migration_are_enough_and_stop_truncate() {
    let mut log = Log::new();
    let user = format!("{}_app", log.database);
    // Users outlive a database: this one is dropped whatever happens below.
    struct DropUser(MysqlConnection, String);
    impl Drop for DropUser {
        fn drop(&mut self) {
            if let Err(error) = self.0.batch_execute(&format!("DROP USER {}", self.1)) {
                eprintln!("user {} is left behind: {error}", self.1);
            }
        }
    }
    let account = format!("'{user}'@'%'");
    log.run(&format!(
        "CREATE USER {account} IDENTIFIED BY 'only-in-this-test';
         GRANT SELECT, INSERT ON audit_log TO {account}"
    ));
    let _dropped = DropUser(log.other(), account);
    let mut app = connect_as(&user, "only-in-this-test", &log.database);
    run(&mut app, ROW);
    for sql in [
        "TRUNCATE audit_log",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET reason = 'x'",
        "INSERT INTO audit_log_gate VALUES (connection_id(), '9999-01-01')",
        "DROP TRIGGER audit_log_no_update",
    ] {
        let error = app.batch_execute(sql).unwrap_err().to_string();
        assert!(error.contains("denied"), "{sql}\nfailed otherwise: {error}");
    }
}

/// The server of the tests, as another user.
fn connect_as(user: &str, password: &str, database: &str) -> MysqlConnection {
    let url = scratch::server_url("AUDIT_TEST_MYSQL_URL", "mysql://root@127.0.0.1/mysql");
    let host = url.trim_start_matches("mysql://");
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split('/').next().unwrap();
    MysqlConnection::establish(&format!("mysql://{user}:{password}@{host}/{database}")).unwrap()
}

#[test]
fn each_index_is_there_for_its_query() {
    let mut log = Log::new();
    for (query, index) in [
        (
            "tenant_id = 't' AND table_name = 'a' AND record_id = '1'",
            "audit_log_record_idx",
        ),
        (
            "tenant_id IS NULL AND actor_kind = 'user' AND actor_id = '1'
             AND changed_at < '2026-01-01'",
            "audit_log_actor_idx",
        ),
        (
            "tenant_id = 't' AND changed_at < '2026-01-01'",
            "audit_log_tenant_idx",
        ),
        ("operation_id = '1'", "audit_log_operation_idx"),
    ] {
        // Forced, since the optimiser reads so small a table whole; `key` is what it could use.
        let plan: Plan = sql_query(format!(
            "EXPLAIN SELECT * FROM audit_log FORCE INDEX ({index}) WHERE {query}
             ORDER BY seq"
        ))
        .get_result(&mut log.conn)
        .unwrap();
        assert_eq!(plan.key.as_deref(), Some(index), "{query}");
    }
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    key: Option<String>,
}

#[test]
fn up_runs_again_and_puts_a_guard_back() {
    let mut log = Log::new();
    log.run("DROP TRIGGER audit_log_no_update");
    log.run(UP);
    assert_eq!(log.count("audit_log"), 2);
    for attack in ATTACKS {
        log.refused(attack.sql);
    }
}

#[test]
fn down_leaves_nothing() {
    let mut log = Log::new();
    log.run(DOWN);
    let left: Vec<Line> = sql_query(
        "SELECT table_name AS line FROM information_schema.tables WHERE table_schema = database()
         UNION ALL SELECT trigger_name FROM information_schema.triggers
         WHERE trigger_schema = database()",
    )
    .load(&mut log.conn)
    .unwrap();
    assert!(
        left.is_empty(),
        "{:?}",
        left.iter().map(|l| &l.line).collect::<Vec<_>>()
    );
    log.run(DOWN);
    log.run(UP);
}
