use audit_diesel::{AuditedCheck, check};
use audit_tests::mysql::{Conn, Database, entities::*};
use diesel::Connection;
use diesel::connection::SimpleConnection;

use super::{Case, case, check_finds, one_finding};

/// What is done, what is found, and what takes it back.
const CASES: &[(Case, &str)] = &[
    (
        case(
            "RENAME TABLE audit_log TO audit_log_old",
            "there is no table `audit_log`",
        ),
        "RENAME TABLE audit_log_old TO audit_log",
    ),
    (
        case(
            "DROP TRIGGER audit_log_no_update",
            "nothing stops UPDATE of",
        ),
        "",
    ),
    (
        case(
            "DROP TRIGGER audit_log_no_delete",
            "nothing stops DELETE from",
        ),
        "",
    ),
    (
        case(
            "DROP TRIGGER audit_log_no_update;
             CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW SET @x = 1",
            "nothing stops UPDATE of",
        ),
        "",
    ),
    (
        case(
            "DROP TRIGGER audit_log_no_update;
             CREATE TRIGGER audit_log_no_update AFTER UPDATE ON audit_log FOR EACH ROW
             SIGNAL SQLSTATE '45000'",
            "nothing stops UPDATE of",
        ),
        "",
    ),
    (
        case("DROP TABLE audit_log_gate", "no table `audit_log_gate`"),
        "",
    ),
    (case("DROP TABLE audit_hold", "no table `audit_hold`"), ""),
    (case("DROP TABLE audit_purge", "no table `audit_purge`"), ""),
    (
        case(
            "INSERT INTO audit_log_gate VALUES (connection_id(), '2026-01-01')",
            "the purge gate `audit_log_gate` is not empty",
        ),
        "DELETE FROM audit_log_gate",
    ),
    (
        case(
            "ALTER TABLE audit_log_gate ENGINE = Aria",
            "`audit_log_gate` is in the engine",
        ),
        "ALTER TABLE audit_log_gate ENGINE = InnoDB",
    ),
    (
        case(
            "ALTER TABLE audit_log DROP KEY audit_log_id_key",
            "no unique index of `id`",
        ),
        "ALTER TABLE audit_log ADD UNIQUE KEY audit_log_id_key (id)",
    ),
    (
        case(
            "DROP INDEX audit_log_record_idx ON audit_log",
            "no index `audit_log_record_idx`",
        ),
        "",
    ),
    (
        case(
            "ALTER TABLE audit_log RENAME KEY audit_log_tenant_idx TO mine",
            "no index `audit_log_tenant_idx`, which queries of the log name",
        ),
        "ALTER TABLE audit_log DROP KEY mine",
    ),
    (
        case(
            "ALTER TABLE audit_log DROP KEY audit_log_actor_idx,
                ADD KEY audit_log_actor_idx (tenant_id, actor_kind, changed_at, actor_id)",
            "run `DROP INDEX audit_log_actor_idx ON audit_log`, then",
        ),
        "DROP INDEX audit_log_actor_idx ON audit_log",
    ),
    (
        case(
            "ALTER TABLE audit_log DROP KEY audit_log_operation_idx,
                ADD KEY audit_log_operation_idx (operation_id(8))",
            "is of `operation_id(8)` and not",
        ),
        "DROP INDEX audit_log_operation_idx ON audit_log",
    ),
    (
        case(
            "ALTER TABLE audit_log DROP PRIMARY KEY, ADD KEY by_seq (seq)",
            "the primary key of `audit_log` is not `seq`",
        ),
        "ALTER TABLE audit_log DROP KEY by_seq, ADD PRIMARY KEY (seq)",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY seq bigint NOT NULL",
            "`seq` of `audit_log` is not AUTO_INCREMENT",
        ),
        "ALTER TABLE audit_log MODIFY seq bigint NOT NULL AUTO_INCREMENT",
    ),
    (
        case(
            "ALTER TABLE audit_log RENAME COLUMN context TO details",
            "no column `context`",
        ),
        "ALTER TABLE audit_log RENAME COLUMN details TO context",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY changed_at datetime NOT NULL",
            "`changed_at` of `audit_log` is `datetime`",
        ),
        "ALTER TABLE audit_log MODIFY changed_at datetime(6) NOT NULL",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY record_id varchar(64) COLLATE utf8mb4_bin",
            "`record_id` of `audit_log` is `varchar(64)`",
        ),
        "ALTER TABLE audit_log MODIFY record_id varchar(255) COLLATE utf8mb4_bin",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY tenant_id varchar(191) COLLATE utf8mb4_general_ci",
            "column `tenant_id` of `audit_log` has the collation `utf8mb4_general_ci`",
        ),
        "ALTER TABLE audit_log MODIFY tenant_id varchar(191) COLLATE utf8mb4_bin",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY reason longtext CHARACTER SET latin1 COLLATE latin1_bin",
            "column `reason` of `audit_log` has the collation `latin1_bin`",
        ),
        "ALTER TABLE audit_log MODIFY reason longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY request_id varchar(100) COLLATE utf8mb4_bin NOT NULL",
            "`request_id` of `audit_log` is NOT NULL",
        ),
        "ALTER TABLE audit_log MODIFY request_id varchar(100) COLLATE utf8mb4_bin",
    ),
    (
        case(
            "ALTER TABLE audit_log MODIFY recorded_at datetime(6) NOT NULL",
            "`recorded_at` of `audit_log` has no default",
        ),
        "ALTER TABLE audit_log MODIFY recorded_at datetime(6) NOT NULL DEFAULT (utc_timestamp(6))",
    ),
    (
        case(
            "ALTER TABLE audit_log ADD COLUMN region int NOT NULL",
            "`region` of `audit_log` is not the audit's",
        ),
        "ALTER TABLE audit_log DROP COLUMN region",
    ),
    (
        case("SET sql_mode = ''", "`sql_mode` is not strict"),
        "SET sql_mode = 'STRICT_ALL_TABLES'",
    ),
    (
        case("SET time_zone = '+01:00'", "`time_zone` is not UTC"),
        "SET time_zone = '+00:00'",
    ),
    (
        case(
            "SET character_set_connection = latin1",
            "`character_set_connection` is `latin1`",
        ),
        "SET character_set_connection = utf8mb4",
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
    let (_database, mut conn) = open();
    for (case, mend) in CASES {
        conn.batch_execute(case.breaks)
            .unwrap_or_else(|error| panic!("{}: {error}", case.breaks));
        check_finds(&mut conn, case);
        if !mend.is_empty() {
            conn.batch_execute(mend).unwrap();
        }
        // What a migration mends, it mends.
        audit_diesel::migrate(&mut conn).unwrap();
    }
}

/// A table of another engine: MyISAM, which both servers have, would also be without roll back. Two
/// of the indexes are too long for it.
#[test]
fn a_log_that_does_not_roll_back_is_found() {
    let (_database, mut conn) = open();
    conn.batch_execute("ALTER TABLE audit_log ENGINE = MyISAM ROW_FORMAT = DEFAULT, DROP KEY audit_log_record_idx, DROP KEY audit_log_actor_idx")
        .unwrap();
    let text = check(&mut conn).unwrap_err().to_string();
    assert!(
        text.contains("`audit_log` is in the engine MyISAM"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 4, "and both indexes:\n{text}");
}

/// A user with the grants that the migration names sees no gate, and triggers not at all (MySQL) or
/// without what they do (MariaDB). That is no finding; nor is their absence, which only the owner
/// can tell.
#[test]
fn who_may_not_see_the_guards_does_not_miss_them() {
    let (database, mut conn) = open();
    let url = database.url();
    let (host, name) = url.trim_start_matches("mysql://").rsplit_once('/').unwrap();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let user = format!("{name}_c");
    struct DropUser<'a>(&'a mut Conn, String);
    impl Drop for DropUser<'_> {
        fn drop(&mut self) {
            let _ = self.0.batch_execute(&format!("DROP USER '{}'@'%'", self.1));
        }
    }
    conn.batch_execute(&format!(
        "CREATE USER '{user}'@'%' IDENTIFIED BY 'only-in-this-test';
         GRANT SELECT, INSERT ON audit_log TO '{user}'@'%'"
    ))
    .unwrap();
    let owner = DropUser(&mut conn, user.clone());
    let mut app =
        Conn::establish(&format!("mysql://{user}:only-in-this-test@{host}/{name}")).unwrap();
    check(&mut app).unwrap();
    let drop = "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete";
    owner.0.batch_execute(drop).unwrap();
    check(&mut app).unwrap();
    assert!(check(owner.0).is_err());
    app.batch_execute("SET sql_mode = ''").unwrap();
    check_finds(&mut app, &case("SET sql_mode = ''", "not strict"));
}

#[test]
fn fit_entities_pass_with_what_is_worth_knowing() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "ALTER TABLE accounts MODIFY company_id varchar(64) COLLATE utf8mb4_bin NOT NULL",
    )
    .unwrap();
    assert_eq!(Account::audited_check(&mut conn).unwrap(), [""; 0]);
    conn.batch_execute(
        "ALTER TABLE accounts ADD COLUMN nickname text, MODIFY created_at datetime NOT NULL;
         CREATE TABLE children (account_id bigint, FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE)",
    )
    .unwrap();
    let notes = Account::audited_check(&mut conn).unwrap();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(
        notes[0].contains("column `nickname` is not in the entity"),
        "{notes:?}"
    );
    assert!(notes[1].contains("`created_at` is `datetime`"), "{notes:?}");
    assert!(
        notes[2].contains("`children` (ON DELETE CASCADE)"),
        "{notes:?}"
    );
}

#[test]
fn unfit_entities_are_found() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "ALTER TABLE accounts MODIFY company_id varchar(64) COLLATE utf8mb4_bin NOT NULL",
    )
    .unwrap();
    for (sql, finding) in [
        (
            "ALTER TABLE accounts MODIFY company_id varchar(64) COLLATE utf8mb4_general_ci NOT NULL",
            "column `company_id` compares as `utf8mb4_general_ci`",
        ),
        (
            "ALTER TABLE accounts MODIFY company_id varchar(64) COLLATE utf8mb4_bin NOT NULL, ENGINE = MyISAM",
            "the table is in the engine MyISAM",
        ),
        (
            "ALTER TABLE accounts MODIFY id bigint, ENGINE = InnoDB",
            "the database is to make the key `id`",
        ),
        (
            "ALTER TABLE accounts MODIFY id bigint AUTO_INCREMENT, DROP COLUMN email",
            "there is no column `email`",
        ),
        (
            "RENAME TABLE accounts TO a; CREATE VIEW accounts AS SELECT * FROM a",
            "it is a view",
        ),
        ("DROP VIEW accounts", "there is no such table"),
    ] {
        conn.batch_execute(sql).unwrap();
        one_finding(
            &Account::audited_check(&mut conn).unwrap_err(),
            finding,
            sql,
        );
    }
}

/// `TIMESTAMP` follows the session's zone.
#[test]
fn a_session_that_shifts_the_stamps_is_found() {
    let (_database, mut conn) = open();
    conn.batch_execute(
        "ALTER TABLE accounts MODIFY company_id varchar(64) COLLATE utf8mb4_bin NOT NULL,
            MODIFY created_at timestamp(6) NOT NULL DEFAULT current_timestamp(6);
         SET time_zone = '+01:00'",
    )
    .unwrap();
    one_finding(
        &Account::audited_check(&mut conn).unwrap_err(),
        "`time_zone` is not UTC",
        "",
    );
}
