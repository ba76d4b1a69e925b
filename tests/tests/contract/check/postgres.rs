use audit_diesel::{AuditedCheck, check};
use audit_tests::postgres::{Conn, Database, entities::*};
use diesel::connection::SimpleConnection;

use super::{Case, case, check_finds, one_finding};

const CASES: &[Case] = &[
    case("ALTER TABLE audit_log RENAME TO audit_log_old", "there is no table `audit_log`"),
    case(
        "ALTER TABLE audit_log RENAME TO audit_log_old; CREATE VIEW audit_log AS SELECT 1 AS seq",
        "`audit_log` is no table",
    ),
    case("DROP TRIGGER audit_log_no_truncate ON audit_log", "nothing stops TRUNCATE of"),
    case(
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_truncate",
        "the trigger that stops TRUNCATE of `audit_log` is not ENABLE ALWAYS",
    ),
    case(
        "ALTER TABLE audit_log ENABLE TRIGGER audit_log_no_truncate",
        "the trigger that stops TRUNCATE of `audit_log` is not ENABLE ALWAYS",
    ),
    case(
        "CREATE OR REPLACE TRIGGER audit_log_no_change BEFORE UPDATE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
         ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_change",
        "nothing stops DELETE from",
    ),
    case(
        "CREATE OR REPLACE TRIGGER audit_log_no_change BEFORE UPDATE OF reason OR DELETE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
         ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_change;
         CREATE TRIGGER other BEFORE DELETE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
         ALTER TABLE audit_log ENABLE ALWAYS TRIGGER other",
        "nothing stops UPDATE of",
    ),
    case("ALTER TABLE audit_log DROP CONSTRAINT audit_log_id_key", "no unique index of `id`"),
    case("DROP INDEX audit_log_record_idx", "no index `audit_log_record_idx`"),
    case("DROP INDEX audit_log_changed_at_idx", "no index `audit_log_changed_at_idx`"),
    case(
        "DROP INDEX audit_log_actor_idx;
         CREATE INDEX audit_log_actor_idx ON audit_log (tenant_id, actor_kind, actor_id, changed_at DESC, seq)",
        "run `DROP INDEX audit_log_actor_idx`, then",
    ),
    case(
        "DROP INDEX audit_log_tenant_idx;
         CREATE INDEX audit_log_tenant_idx ON audit_log (tenant_id, changed_at, seq) WHERE tenant_id = 'a'",
        "the index `audit_log_tenant_idx` of `audit_log` is of",
    ),
    case(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit_log_operation_idx'::regclass",
        "the index `audit_log_operation_idx` of `audit_log` is invalid",
    ),
    case("ALTER TABLE audit_log DROP CONSTRAINT audit_log_pkey", "no index that begins with `seq`"),
    case("ALTER TABLE audit_log ALTER COLUMN seq SET CACHE 20", "has a CACHE"),
    case("ALTER TABLE audit_log ALTER COLUMN seq DROP IDENTITY", "`seq` of `audit_log` is no identity"),
    case("ALTER TABLE audit_log ALTER COLUMN recorded_at DROP DEFAULT", "`recorded_at` of `audit_log` has no default"),
    case("ALTER TABLE audit_log DROP COLUMN context", "no column `context`"),
    case("ALTER TABLE audit_log ALTER COLUMN old_value TYPE json", "column `old_value` of `audit_log` is `json`"),
    case("ALTER TABLE audit_log ALTER COLUMN reason SET NOT NULL", "`reason` of `audit_log` is NOT NULL"),
    case("ALTER TABLE audit_log ALTER COLUMN action DROP NOT NULL", "`action` of `audit_log` may be null"),
    case("ALTER TABLE audit_log ADD COLUMN region text NOT NULL", "`region` of `audit_log` is not the audit's"),
    case(
        "ALTER TABLE audit_log ALTER COLUMN record_id TYPE text COLLATE \"default\"",
        "column `record_id` of `audit_log` has the collation `default`",
    ),
    case("DROP TABLE audit_hold", "no table `audit_hold`"),
    case("DROP TABLE audit_purge", "no table `audit_purge`"),
    case("ALTER TABLE audit_log SET UNLOGGED", "`audit_log` is UNLOGGED"),
    case(
        "CREATE RULE swallow AS ON INSERT TO audit_log DO INSTEAD NOTHING",
        "the rule `swallow` rewrites",
    ),
    case("SET client_encoding = 'LATIN1'", "`client_encoding` is not UTF8"),
];

fn open() -> (Database, Conn) {
    let database = Database::new();
    let mut conn = database.connect();
    check(&mut conn).unwrap();
    (database, conn)
}

#[test]
fn what_is_broken_is_found_and_nothing_else() {
    let (_database, mut conn) = open();
    for case in CASES {
        conn.batch_execute(&format!("BEGIN; {}", case.breaks))
            .unwrap_or_else(|error| panic!("{}: {error}", case.breaks));
        check_finds(&mut conn, case);
        conn.batch_execute("ROLLBACK").unwrap();
        check(&mut conn).unwrap();
    }
}

#[test]
fn a_guard_that_does_nothing_is_found() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "CREATE OR REPLACE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN RETURN NULL; END $$",
    )
    .unwrap();
    let text = check(&mut conn).unwrap_err().to_string();
    assert_eq!(
        text.lines().count(),
        4,
        "UPDATE, DELETE and TRUNCATE:\n{text}"
    );
    audit_diesel::migrate(&mut conn).unwrap();
}

#[test]
fn each_partition_needs_the_guards() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "ALTER TABLE audit_log RENAME TO audit_log_old;
         CREATE TABLE audit_log (LIKE audit_log_old INCLUDING DEFAULTS INCLUDING IDENTITY)
            PARTITION BY RANGE (changed_at);
         CREATE TABLE audit_log_2026 PARTITION OF audit_log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    )
    .unwrap();
    let text = check(&mut conn).unwrap_err().to_string();
    assert_eq!(
        text.lines().count(),
        15,
        "three for each of two tables, five indexes, two of the partition, and no spare one:\n{text}"
    );
    assert!(
        text.contains("nothing stops TRUNCATE of `audit_log_2026`"),
        "{text}"
    );
    let mut indexes: Vec<&str> = audit_diesel::migrations(audit_diesel::Dialect::Postgres)[0]
        .split("CREATE INDEX IF NOT EXISTS")
        .skip(1)
        .filter_map(|sql| sql.split(';').next())
        .collect();
    indexes.push(" ON audit_log (seq, changed_at)");
    conn.batch_execute(
        "CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
         CREATE UNIQUE INDEX ON audit_log (id, changed_at)",
    )
    .unwrap();
    // Those of the old table have the names.
    for sql in indexes {
        let name = sql.split_whitespace().next().unwrap();
        if name != "ON" {
            conn.batch_execute(&format!("DROP INDEX {name}")).unwrap();
        }
        conn.batch_execute(&format!("CREATE INDEX {sql}")).unwrap();
    }
    for table in ["audit_log", "audit_log_2026", "audit_log_default"] {
        conn.batch_execute(&format!(
            "CREATE TRIGGER a BEFORE UPDATE OR DELETE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
             CREATE TRIGGER b BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
             ALTER TABLE {table} ENABLE ALWAYS TRIGGER a;
             ALTER TABLE {table} ENABLE ALWAYS TRIGGER b"
        ))
        .unwrap();
    }
    check(&mut conn).unwrap();
    conn.batch_execute(
        "DROP INDEX audit_log_record_idx;
         CREATE INDEX audit_log_record_idx ON ONLY audit_log (table_name, record_id, tenant_id, seq)",
    )
    .unwrap();
    let unfit = check(&mut conn).unwrap_err();
    one_finding(&unfit, "or a partition lacks it", "ON ONLY");
}

/// What an operator may do without being told that it is wrong.
#[test]
fn indexes_that_serve_as_well_are_no_finding() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "ALTER INDEX audit_log_record_idx SET (fillfactor = 80);
         ALTER INDEX audit_log_actor_idx RENAME TO mine;
         CREATE INDEX mine_too ON audit_log (request_id);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mine_too'::regclass",
    )
    .unwrap();
    check(&mut conn).unwrap();
}

#[test]
fn a_migration_puts_an_index_back() {
    let (_database, mut conn) = open();
    for index in ["record", "actor", "tenant", "operation", "changed_at"] {
        conn.batch_execute(&format!("DROP INDEX audit_log_{index}_idx"))
            .unwrap();
        one_finding(&check(&mut conn).unwrap_err(), "which puts it back", index);
        audit_diesel::migrate(&mut conn).unwrap();
    }
}

#[test]
fn the_apps_own_user_is_told_what_it_may_not_do() {
    let (database, mut conn) = open();
    let role = format!("r{}", database.url().rsplit('/').next().unwrap());
    conn.batch_execute(&format!("CREATE ROLE {role}; SET ROLE {role}"))
        .unwrap();
    let unfit = check(&mut conn).unwrap_err();
    conn.batch_execute(&format!(
        "RESET ROLE; GRANT SELECT, INSERT ON audit_log TO {role}; SET ROLE {role}"
    ))
    .unwrap();
    let fit = check(&mut conn);
    conn.batch_execute(&format!(
        "RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"
    ))
    .unwrap();
    one_finding(&unfit, "may not write `audit_log`", "CREATE ROLE");
    fit.unwrap();
}

#[test]
fn fit_entities_pass_with_what_is_worth_knowing() {
    let (_database, mut conn) = open();
    conn.batch_execute("SET TIME ZONE 'Europe/Berlin'").unwrap();
    assert_eq!(Account::audited_check(&mut conn).unwrap(), [""; 0]);
    Country::audited_check(&mut conn).unwrap();
    Member::audited_check(&mut conn).unwrap();
    Note::audited_check(&mut conn).unwrap();
    for (sql, note) in [
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER late AFTER UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION f()",
            "the AFTER ROW trigger `late`",
        ),
        (
            "ALTER TABLE accounts ADD COLUMN nickname text",
            "column `nickname` is not in the entity",
        ),
        (
            "CREATE TABLE children (account_id bigint REFERENCES accounts ON DELETE SET NULL)",
            "`children` (ON DELETE SET NULL)",
        ),
        (
            "ALTER TABLE accounts ALTER created_at TYPE timestamp",
            "`created_at` is `timestamp without time zone`",
        ),
        (
            "ALTER TABLE accounts ALTER created_at TYPE timestamptz(3)",
            "keeps less of the time",
        ),
        ("ALTER TABLE accounts SET UNLOGGED", "UNLOGGED"),
    ] {
        conn.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        let notes = Account::audited_check(&mut conn).unwrap();
        assert!(
            notes.len() == 1 && notes[0].contains(note),
            "{sql}: {notes:?}"
        );
        conn.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn unfit_entities_are_found() {
    let (_database, mut conn) = open();
    for (sql, finding) in [
        ("DROP TABLE accounts", "there is no such table"),
        (
            "ALTER TABLE accounts RENAME TO a; CREATE VIEW accounts AS SELECT * FROM a",
            "it is a view",
        ),
        ("ALTER TABLE accounts DROP COLUMN email", "there is no column `email`"),
        ("ALTER TABLE accounts ALTER id DROP IDENTITY", "the database is to make the key `id`"),
        (
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
             ALTER TABLE accounts ALTER company_id TYPE text COLLATE loose",
            "column `company_id` compares as",
        ),
    ] {
        conn.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        one_finding(&Account::audited_check(&mut conn).unwrap_err(), finding, sql);
        conn.batch_execute("ROLLBACK").unwrap();
    }
}
