use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;

use crate::{Attack, Count, Line, refused, run, scratch};

const UP: &str = include_str!("../../../audit-diesel/migrations/postgres/0001_audit_log/up.sql");
const DOWN: &str =
    include_str!("../../../audit-diesel/migrations/postgres/0001_audit_log/down.sql");

const ROW: &str = "INSERT INTO audit_log
    (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, action, actor_kind)
    VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '2026-01-01Z',
        't', 'a', '1', 'x.y', 'user')";

const OPEN: &str = "SELECT set_config('audit_log.purge', pg_current_xact_id()::text, true)";

const NO_CHANGE: &str = "DROP TRIGGER audit_log_no_change ON audit_log";
const NOT_ALWAYS: &str = "ALTER TABLE audit_log ENABLE TRIGGER audit_log_no_change,
    ENABLE TRIGGER audit_log_no_truncate";

const ATTACKS: &[Attack] = &[
    Attack {
        sql: "UPDATE audit_log SET reason = 'x'",
        guard: NO_CHANGE,
    },
    Attack {
        sql: "DELETE FROM audit_log",
        guard: NO_CHANGE,
    },
    Attack {
        sql: "WITH gone AS (DELETE FROM audit_log RETURNING 1) SELECT count(*) FROM gone",
        guard: NO_CHANGE,
    },
    Attack {
        sql: "INSERT INTO audit_log (id, change_id, operation_id, changed_at, action, actor_kind)
            SELECT id, change_id, operation_id, changed_at, action, actor_kind FROM audit_log
            ON CONFLICT (id) DO UPDATE SET reason = 'x'",
        guard: NO_CHANGE,
    },
    Attack {
        sql: "TRUNCATE audit_log",
        guard: "DROP TRIGGER audit_log_no_truncate ON audit_log",
    },
    Attack {
        sql: "SET LOCAL session_replication_role = replica; UPDATE audit_log SET reason = 'x'",
        guard: NOT_ALWAYS,
    },
    Attack {
        sql: "SET LOCAL session_replication_role = replica; DELETE FROM audit_log",
        guard: NOT_ALWAYS,
    },
    Attack {
        sql: "SET LOCAL session_replication_role = replica; TRUNCATE audit_log",
        guard: NOT_ALWAYS,
    },
];

const MERGE: &str = "MERGE INTO audit_log l USING (SELECT 1) s ON l.tenant_id = 't'
    WHEN MATCHED THEN UPDATE SET reason = 'x'";

/// A schema of its own with a log of two rows, and the connection that made it.
struct Log {
    conn: PgConnection,
    schema: String,
}

impl Log {
    fn new() -> Self {
        let schema = scratch::name();
        let mut conn = connect();
        run(
            &mut conn,
            &format!(
                "SET client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE;
                 CREATE SCHEMA {schema}; SET search_path = {schema}"
            ),
        );
        run(&mut conn, UP);
        run(&mut conn, ROW);
        run(&mut conn, ROW);
        Self { conn, schema }
    }

    /// One more connection to the same log.
    fn other(&self) -> PgConnection {
        let mut conn = connect();
        run(&mut conn, &format!("SET search_path = {}", self.schema));
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
}

impl Drop for Log {
    fn drop(&mut self) {
        let sql = format!("ROLLBACK; DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        if let Err(error) = self.conn.batch_execute(&sql) {
            eprintln!("{} is left behind: {error}", self.schema);
        }
    }
}

fn connect() -> PgConnection {
    const VARIABLE: &str = "AUDIT_TEST_POSTGRES_URL";
    let url = scratch::server_url(VARIABLE, "postgres://postgres@127.0.0.1/postgres");
    PgConnection::establish(&url).unwrap_or_else(|error| scratch::no_server(VARIABLE, &url, &error))
}

#[test]
fn attacks_are_refused_by_the_guard_named() {
    let mut log = Log::new();
    for attack in ATTACKS {
        log.refused(attack.sql);
        assert_eq!(
            log.count("audit_log WHERE reason IS NULL"),
            2,
            "{}",
            attack.sql
        );
        // Sent as one text, so that it is one transaction.
        log.run("BEGIN");
        log.run(attack.guard);
        log.run(attack.sql);
        log.run("ROLLBACK");
    }
}

#[test]
fn merge_is_refused() {
    let mut log = Log::new();
    let version =
        log.count("generate_series(1, current_setting('server_version_num')::int / 10000)");
    if version < 15 {
        assert!(
            log.conn.batch_execute(MERGE).is_err(),
            "MERGE came with version 15"
        );
        return;
    }
    log.refused(MERGE);
    log.run(NO_CHANGE);
    log.run(MERGE);
}

#[test]
fn a_purge_opens_delete_alone_and_only_its_own_transaction() {
    let mut log = Log::new();
    let mut other = log.other();
    log.run("BEGIN");
    log.run(OPEN);
    refused(&mut other, "DELETE FROM audit_log");
    for sql in [
        "UPDATE audit_log SET reason = 'x'",
        "TRUNCATE audit_log",
        ATTACKS[3].sql,
    ] {
        log.run("SAVEPOINT a");
        log.refused(sql);
        log.run("ROLLBACK TO a");
    }
    log.run("DELETE FROM audit_log WHERE seq = 1");
    log.run("COMMIT");
    assert_eq!(log.count("audit_log"), 1);
    log.refused("DELETE FROM audit_log");
}

#[test]
fn a_rollback_closes_it() {
    let mut log = Log::new();
    log.run(&format!("BEGIN; {OPEN}"));
    log.run("ROLLBACK");
    log.refused("DELETE FROM audit_log");

    log.run(&format!("BEGIN; SAVEPOINT a; {OPEN}"));
    log.run("DELETE FROM audit_log");
    log.run("ROLLBACK TO a");
    log.refused("DELETE FROM audit_log");
    log.run("ROLLBACK");

    // In a savepoint the transaction is still the outer one: a purge may run in both.
    log.run(&format!(
        "BEGIN; {OPEN}; SAVEPOINT a; DELETE FROM audit_log; ROLLBACK"
    ));
    assert_eq!(log.count("audit_log"), 2);
}

#[test]
fn a_setting_that_is_not_this_transaction_opens_nothing() {
    let mut log = Log::new();
    // Left over: set for the session by the transaction that it names.
    log.run(&OPEN.replace("true", "false"));
    log.refused("DELETE FROM audit_log");
    for value in ["", "on", "true", "0", "1", "*", "%"] {
        log.run(&format!("SET audit_log.purge = '{value}'"));
        log.refused("DELETE FROM audit_log");
        log.refused(&format!(
            "SET LOCAL audit_log.purge = '{value}'; DELETE FROM audit_log"
        ));
    }
}

#[test]
fn no_statement_picks_its_own_seq_or_repeats_an_id() {
    let mut log = Log::new();
    let insert = "INSERT INTO audit_log
        (seq, id, change_id, operation_id, changed_at, action, actor_kind)
        SELECT 9, id, id, id, now(), 'x.y', 'user' FROM audit_log LIMIT 1";
    let error = log.conn.batch_execute(insert).unwrap_err().to_string();
    assert!(
        error.contains("cannot insert a non-DEFAULT value"),
        "{error}"
    );
    let insert = insert
        .replace("(seq, ", "(")
        .replace("SELECT 9, ", "SELECT ");
    let error = log.conn.batch_execute(&insert).unwrap_err().to_string();
    assert!(error.contains("audit_log_id_key"), "{error}");
}

#[test]
fn recorded_at_is_the_clock_and_not_the_start_of_the_transaction() {
    let mut log = Log::new();
    log.run("BEGIN");
    log.run("SELECT pg_sleep(0.01)");
    log.run(ROW);
    assert_eq!(
        log.count("audit_log WHERE seq = 3 AND recorded_at > now() + interval '10 ms'"),
        1
    );
}

#[test]
fn grants_named_in_the_migration_are_enough_and_not_more() {
    let mut log = Log::new();
    let (app, purge) = (
        format!("{}_app", log.schema),
        format!("{}_purge", log.schema),
    );
    // All in one transaction: roles belong to the whole server, and this way none outlives a crash.
    log.run(&format!(
        "BEGIN; CREATE ROLE {app}; CREATE ROLE {purge};
         GRANT USAGE ON SCHEMA {schema} TO {app}, {purge};
         GRANT SELECT, INSERT ON audit_log TO {app};
         GRANT SELECT, INSERT, DELETE ON audit_log TO {purge}; SAVEPOINT a",
        schema = log.schema,
    ));
    let denied = |log: &mut Log, sql: &str| {
        let error = log.conn.batch_execute(sql).unwrap_err().to_string();
        assert!(
            error.contains("permission denied") || error.contains("must be owner"),
            "{sql}\nfailed otherwise: {error}"
        );
        log.run("ROLLBACK TO a");
    };
    for (role, sql) in [
        (&app, "DELETE FROM audit_log"),
        (&app, "UPDATE audit_log SET reason = 'x'"),
        (&app, "TRUNCATE audit_log"),
        (&app, "ALTER TABLE audit_log DISABLE TRIGGER ALL"),
        (&app, "DROP TRIGGER audit_log_no_change ON audit_log"),
        (&app, "SET session_replication_role = replica"),
        (&purge, "UPDATE audit_log SET reason = 'x'"),
        (&purge, "TRUNCATE audit_log"),
    ] {
        denied(&mut log, &format!("SET LOCAL ROLE {role}; {OPEN}; {sql}"));
    }
    log.run(&format!("SET LOCAL ROLE {app}"));
    log.run(ROW);
    log.run(&format!(
        "SET LOCAL ROLE {purge}; {OPEN}; DELETE FROM audit_log; {ROW}"
    ));
    assert_eq!(log.count("audit_log"), 1);
}

#[test]
fn each_index_serves_its_query() {
    let mut log = Log::new();
    log.run(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name,
             record_id, action, actor_kind, actor_id)
         SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
             '2026-01-01Z'::timestamptz + n * interval '1 minute', nullif('t' || n % 20, 't0'),
             'a', n::text, 'update', 'user', (n % 7)::text
         FROM generate_series(1, 20000) n;
         ANALYZE audit_log; SET enable_seqscan = off",
    );
    for (query, index) in [
        (
            "tenant_id = 't1' AND table_name = 'a' AND record_id = '1' ORDER BY seq DESC",
            "audit_log_record_idx",
        ),
        (
            "tenant_id IS NULL AND actor_kind = 'user' AND actor_id = '1'
             AND changed_at < now() ORDER BY changed_at DESC, seq DESC LIMIT 20",
            "audit_log_actor_idx",
        ),
        (
            "tenant_id = 't1' AND (changed_at, seq) < (now(), 9)
             ORDER BY changed_at DESC, seq DESC LIMIT 20",
            "audit_log_tenant_idx",
        ),
        (
            "operation_id = '019a0000-0000-7000-8000-000000000000'",
            "audit_log_operation_idx",
        ),
        (
            "changed_at < '2026-01-01 01:00Z'",
            "audit_log_changed_at_idx",
        ),
        ("seq > 5 ORDER BY seq LIMIT 2", "audit_log_pkey"),
    ] {
        let plan: Vec<Plan> = sql_query(format!("EXPLAIN SELECT * FROM audit_log WHERE {query}"))
            .load(&mut log.conn)
            .unwrap();
        let plan = plan
            .into_iter()
            .map(|p| p.line)
            .collect::<Vec<_>>()
            .join("\n");
        // From PostgreSQL 18 on an index may be searched by its second column, tenant by tenant; of a
        // few tenants that is as good.
        let skips = index == "audit_log_changed_at_idx" && plan.contains("audit_log_tenant_idx");
        assert!(plan.contains(index) || skips, "{query}\n{plan}");
    }
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
    line: String,
}

/// A later version partitions the log by month; nothing in its shape may stand in the way.
#[test]
fn the_log_can_become_a_partition() {
    let mut log = Log::new();
    log.run(
        "BEGIN;
         ALTER TABLE audit_log RENAME TO audit_log_first;
         ALTER TABLE audit_log_first ALTER COLUMN seq DROP IDENTITY;
         CREATE TABLE audit_log (LIKE audit_log_first INCLUDING DEFAULTS)
             PARTITION BY RANGE (changed_at);
         ALTER TABLE audit_log
             ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (START 3),
             ADD PRIMARY KEY (seq, changed_at), ADD UNIQUE (id, changed_at);
         ALTER TABLE audit_log_first DROP CONSTRAINT audit_log_pkey;
         ALTER TABLE audit_log ATTACH PARTITION audit_log_first
             FOR VALUES FROM (MINVALUE) TO ('2026-02-01Z');
         CREATE TABLE audit_log_2026_02 PARTITION OF audit_log
             FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z')",
    );
    // The function serves a trigger on any table, and names it.
    log.run(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
             FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
         COMMIT",
    );
    log.run(&ROW.replace("2026-01-01Z", "2026-02-02Z"));
    assert_eq!(log.count("audit_log"), 3);
    log.refused("DELETE FROM audit_log");
    let error = log
        .conn
        .batch_execute("DELETE FROM audit_log_first")
        .unwrap_err()
        .to_string();
    assert!(error.contains("audit_log_first is append-only"), "{error}");
}

#[test]
fn up_runs_again_and_puts_a_guard_back() {
    let mut log = Log::new();
    log.run(NOT_ALWAYS);
    log.run(NO_CHANGE);
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
        "SELECT relname::text AS line FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         UNION ALL
         SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
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
