use audit_diesel::{AuditedCheck, check};
use audit_tests::sqlite::{Conn, Database, entities::*};
use diesel::connection::SimpleConnection;

use super::{Case, case, check_finds, one_finding};

const UP: &str = include_str!("../../../../audit-diesel/migrations/sqlite/0001_audit_log/up.sql");
const HOLDS: &str =
    include_str!("../../../../audit-diesel/migrations/sqlite/0002_audit_hold/up.sql");

/// In SQL, all that is in place but for the case's own change.
const CASES: &[Case] = &[
    case(
        "DROP TRIGGER audit_log_no_update",
        "nothing stops UPDATE of",
    ),
    case(
        "DROP TRIGGER audit_log_no_delete",
        "nothing stops DELETE from",
    ),
    case(
        "DROP TRIGGER audit_log_no_replace",
        "nothing stops INSERT OR REPLACE into",
    ),
    case(
        "DROP TRIGGER audit_log_no_update;
         CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT 1; END",
        "nothing stops UPDATE of",
    ),
    case(
        "INSERT INTO audit_log_gate VALUES (1, 0)",
        "the purge gate `audit_log_gate` is not empty",
    ),
    case("DROP TABLE audit_log_gate", "no table `audit_log_gate`"),
    case("DROP TABLE audit_hold", "no table `audit_hold`"),
    case("DROP TABLE audit_purge", "no table `audit_purge`"),
    case(
        "DROP INDEX audit_log_operation_idx",
        "no index `audit_log_operation_idx`",
    ),
    case(
        "DROP INDEX audit_log_record_idx;
         CREATE INDEX audit_log_record_idx ON audit_log (table_name, tenant_id, record_id)",
        "run `DROP INDEX audit_log_record_idx`, then",
    ),
    case(
        "DROP INDEX audit_log_actor_idx;
         CREATE INDEX audit_log_actor_idx
            ON audit_log (tenant_id, actor_kind, actor_id COLLATE NOCASE, changed_at)",
        "the index `audit_log_actor_idx` of `audit_log` is of",
    ),
    case(
        "DROP INDEX audit_log_tenant_idx;
         CREATE INDEX audit_log_tenant_idx ON audit_log (tenant_id, changed_at)
            WHERE tenant_id IS NOT NULL",
        "the index `audit_log_tenant_idx` of `audit_log` is of",
    ),
    case("DROP TABLE audit_log", "there is no table `audit_log`"),
    case(
        "CREATE TEMP TABLE audit_log (seq INTEGER)",
        "a temporary table or view of the name `audit_log`",
    ),
    case(
        "ALTER TABLE audit_log ADD COLUMN region TEXT NOT NULL DEFAULT 'x';
         ALTER TABLE audit_log RENAME COLUMN reason TO cause",
        "no column `reason`",
    ),
];

/// Tables that differ from the migration's in one place, which its file is rewritten by.
const REWRITES: &[(&str, &str, &str)] = &[
    (") STRICT;\n\n-- Each", ");\n\n-- Each", "not STRICT"),
    ("PRIMARY KEY AUTOINCREMENT", "PRIMARY KEY", "AUTOINCREMENT"),
    (
        "BLOB    NOT NULL UNIQUE CHECK",
        "BLOB    NOT NULL CHECK",
        "no unique index of `id`",
    ),
    (
        "tenant_id    TEXT,",
        "tenant_id    TEXT COLLATE NOCASE,",
        "a collation of its own",
    ),
    (
        "old_value    TEXT,",
        "old_value    BLOB,",
        "column `old_value` of `audit_log` is `BLOB`",
    ),
    (
        "record_id    TEXT,",
        "record_id    TEXT NOT NULL,",
        "`record_id` of `audit_log` is NOT NULL",
    ),
    (
        "action       TEXT    NOT NULL,",
        "action       TEXT,",
        "column `action` of `audit_log` may be null",
    ),
    (
        "context      TEXT\n",
        "context      TEXT, region TEXT NOT NULL\n",
        "column `region` of `audit_log` is not the audit's",
    ),
    (
        "\n        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)",
        "",
        "`recorded_at` of `audit_log` has no default",
    ),
];

fn open() -> (Database, Conn) {
    let database = Database::new();
    let mut conn = database.connect();
    check(&mut conn).unwrap();
    (database, conn)
}

#[test]
fn what_is_broken_is_found_and_nothing_else() {
    for case in CASES {
        let (_database, mut conn) = open();
        conn.batch_execute(case.breaks).unwrap();
        check_finds(&mut conn, case);
    }
}

#[test]
fn a_table_of_another_shape_is_found() {
    for (ours, theirs, finding) in REWRITES {
        let sql = UP.replacen(ours, theirs, 1);
        assert_ne!(sql, UP, "the migration has no {ours:?} any more");
        let database = Database::bare();
        let mut conn = database.connect();
        conn.batch_execute(&sql).unwrap();
        conn.batch_execute(HOLDS).unwrap();
        check_finds(&mut conn, &case(theirs, finding));
    }
}

#[test]
fn a_migration_puts_an_index_back() {
    let (_database, mut conn) = open();
    for index in ["record", "actor", "tenant", "operation"] {
        conn.batch_execute(&format!("DROP INDEX audit_log_{index}_idx"))
            .unwrap();
        one_finding(&check(&mut conn).unwrap_err(), "which puts it back", index);
        audit_diesel::migrate(&mut conn).unwrap();
    }
}

#[test]
fn several_findings_come_at_once() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete;
         INSERT INTO audit_log_gate VALUES (1, 0)",
    )
    .unwrap();
    let text = check(&mut conn).unwrap_err().to_string();
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[test]
fn a_column_of_the_apps_own_is_welcome() {
    let (_database, mut conn) = open();
    conn.batch_execute("ALTER TABLE audit_log ADD COLUMN region TEXT")
        .unwrap();
    conn.batch_execute("ALTER TABLE audit_log ADD COLUMN zone TEXT NOT NULL DEFAULT 'x'")
        .unwrap();
    check(&mut conn).unwrap();
}

#[test]
fn a_journal_that_cannot_roll_back_is_found() {
    let (_database, mut conn) = open();
    conn.batch_execute("PRAGMA journal_mode = OFF").unwrap();
    check_finds(
        &mut conn,
        &case("PRAGMA journal_mode = OFF", "`journal_mode` is OFF"),
    );
    let error = Account::audited_check(&mut conn).unwrap_err();
    one_finding(&error, "`journal_mode` is OFF", "PRAGMA journal_mode = OFF");
}

#[test]
fn a_migrated_view_is_no_table() {
    let database = Database::bare();
    let mut conn = database.connect();
    conn.batch_execute("CREATE VIEW audit_log AS SELECT 1 AS seq")
        .unwrap();
    check_finds(&mut conn, &case("CREATE VIEW", "`audit_log` is a view"));
}

#[test]
fn fit_entities_pass_with_what_is_worth_knowing() {
    let (_database, mut conn) = open();
    assert_eq!(Account::audited_check(&mut conn).unwrap(), [""; 0]);
    Country::audited_check(&mut conn).unwrap();
    Member::audited_check(&mut conn).unwrap();
    Note::audited_check(&mut conn).unwrap();

    conn.batch_execute(
        "CREATE TABLE children (account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE);
         ALTER TABLE accounts ADD COLUMN nickname TEXT",
    )
    .unwrap();
    let notes = Account::audited_check(&mut conn).unwrap();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].contains("column `nickname` is not in the entity"),
        "{notes:?}"
    );
    assert!(
        notes[1].contains("`children` (ON DELETE CASCADE)"),
        "{notes:?}"
    );
}

#[test]
fn unfit_entities_are_found() {
    const COUNTRY: &str = "title TEXT NOT NULL, active BOOLEAN NOT NULL, created_at TEXT NOT NULL,
        created_by TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL";
    let (_database, mut conn) = open();
    for (sql, finding) in [
        ("DROP TABLE countries".to_owned(), "there is no such table"),
        (
            "CREATE VIEW countries AS SELECT 1 AS code".to_owned(),
            "it is a view",
        ),
        (
            format!("DROP VIEW countries; CREATE TABLE countries (id TEXT PRIMARY KEY, {COUNTRY})"),
            "there is no column `code`",
        ),
        (
            format!(
                "DROP TABLE countries;
                 CREATE TABLE countries (code TEXT PRIMARY KEY COLLATE NOCASE, {COUNTRY})"
            ),
            "column `code` compares as `NOCASE or RTRIM`",
        ),
    ] {
        conn.batch_execute(&sql).unwrap();
        one_finding(
            &Country::audited_check(&mut conn).unwrap_err(),
            finding,
            &sql,
        );
    }
}

#[test]
fn a_key_that_the_database_does_not_make_is_found() {
    let (_database, mut conn) = open();
    let sql: String = {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct Text {
            #[diesel(sql_type = diesel::sql_types::Text)]
            sql: String,
        }
        diesel::sql_query("SELECT sql FROM sqlite_schema WHERE name = 'accounts'")
            .get_result::<Text>(&mut conn)
            .unwrap()
            .sql
    };
    let remake = |conn: &mut Conn, key: &str| {
        let new = sql.replacen("INTEGER PRIMARY KEY AUTOINCREMENT", key, 1);
        assert_ne!(new, sql);
        conn.batch_execute(&format!("DROP TABLE accounts; {new}"))
            .unwrap();
    };
    remake(&mut conn, "BIGINT PRIMARY KEY");
    let error = Account::audited_check(&mut conn).unwrap_err();
    one_finding(&error, "the database is to make the key `id`", "BIGINT");

    remake(&mut conn, "INTEGER PRIMARY KEY");
    let notes = Account::audited_check(&mut conn).unwrap();
    assert!(
        notes.len() == 1 && notes[0].contains("without AUTOINCREMENT"),
        "{notes:?}"
    );
}
