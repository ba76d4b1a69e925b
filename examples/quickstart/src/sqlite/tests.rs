//! Each promise is broken on purpose, and the check that guards it has to see it.

use diesel::connection::SimpleConnection as _;

use super::{app, connect};
use crate::report::Report;
use crate::requests::RequestFile;

const UNGUARDED: &str = "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete;";

/// The promises that are broken after `forgery`.
fn broken(forgery: &str) -> Vec<String> {
    let file = RequestFile::read(None).unwrap();
    let mut report = Report::on(Box::new(std::io::sink()));
    let mut conn = connect(":memory:").unwrap();
    let kept = app::run_and(&mut conn, ":memory:", &file, &mut report, |conn| {
        conn.batch_execute(forgery).unwrap();
    });
    let broken: Vec<String> = report
        .printed()
        .lines()
        .filter_map(|line| line.strip_prefix("  BROKEN  "))
        .map(|line| {
            line.split_whitespace()
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(kept.unwrap(), broken.is_empty());
    broken
}

/// [`broken`], the guards aside, which have to go before a row can be forged.
fn broken_unguarded(forgery: &str) -> Vec<String> {
    let mut broken = broken(&format!("{UNGUARDED} {forgery}"));
    assert_eq!(broken.pop().as_deref(), Some("audit_log refuses UPDATE"));
    broken
}

#[test]
fn nothing_is_broken_untouched() {
    assert_eq!(broken(""), Vec::<String>::new());
}

#[test]
fn missing_guards_are_seen() {
    assert_eq!(broken_unguarded(""), Vec::<String>::new());
    let no_delete = broken("DROP TRIGGER audit_log_no_delete");
    assert_eq!(no_delete, ["audit_log refuses UPDATE"]);
}

#[test]
fn a_write_past_the_audit_is_seen() {
    let past = broken("UPDATE quickstart_accounts SET name = 'x' WHERE id = 1");
    assert_eq!(past, ["replaying the trail"]);
    let masked =
        broken("UPDATE quickstart_accounts SET tax_number = 'DE000000000000' WHERE id = 1");
    assert_eq!(masked, ["replaying the trail"]);
    assert_eq!(
        broken("DELETE FROM quickstart_accounts WHERE id = 1"),
        ["replaying the trail"]
    );
}

#[test]
fn a_forged_stamp_is_seen() {
    for column in ["created_by", "updated_by"] {
        let forged = broken(&format!(
            "UPDATE quickstart_accounts SET {column} = 'user:x' WHERE id = 1"
        ));
        assert_eq!(forged, ["stamps are the"], "{column}");
    }
    for column in ["created_at", "updated_at"] {
        let forged = broken(&format!(
            "UPDATE quickstart_accounts SET {column} = '1999-01-01 00:00:00+00:00' WHERE id = 1"
        ));
        assert_eq!(forged, ["stamps are the"], "{column}");
    }
    let undeleted = broken("UPDATE quickstart_accounts SET deleted_by = NULL WHERE id = 4");
    assert_eq!(undeleted, ["stamps are the"]);
}

#[test]
fn a_missing_row_is_seen() {
    let gone = broken_unguarded("DELETE FROM audit_log WHERE action = 'insert' AND record_id = 2");
    assert!(gone.contains(&"every change left".to_owned()), "{gone:?}");
    assert!(gone.contains(&"replaying the trail".to_owned()), "{gone:?}");
}

#[test]
fn a_forged_row_is_seen() {
    for set in [
        "actor_id = 'x'",
        "request_id = 'x'",
        "reason = 'x'",
        "on_behalf_of = 'user:x'",
    ] {
        let forged = broken_unguarded(&format!("UPDATE audit_log SET {set} WHERE seq = 1"));
        assert_eq!(forged, ["audit rows name"], "{set}");
    }
    let value = broken_unguarded("UPDATE audit_log SET old_value = '1' WHERE action = 'update'");
    assert_eq!(value, ["replaying the trail"]);
    let tenant = broken_unguarded("UPDATE audit_log SET tenant_id = 'umbrella' WHERE seq = 6");
    assert_eq!(tenant, ["audit rows name", "no request reached"]);
}

#[test]
fn a_leaked_secret_is_seen() {
    for set in [
        // Masked, skipped, inside JSON, the server's.
        "'DE123456789012'",
        "'ada lovelace countess'",
        "'amazing.grace@example.org'",
        "(SELECT password_hash FROM quickstart_accounts WHERE id = 3)",
    ] {
        let leaked = broken_unguarded(&format!(
            "UPDATE audit_log SET context = json_object('x', 'a ' || {set}) WHERE seq = 1"
        ));
        assert_eq!(leaked, ["no secret is"], "{set}");
    }
}

#[test]
fn a_wrong_flag_is_seen() {
    let flag = broken("UPDATE quickstart_accounts SET is_deleted = 1 WHERE id = 1");
    assert_eq!(flag, ["replaying the trail"]);
    // Deleted, says the trail.
    let flag = broken("UPDATE quickstart_accounts SET is_deleted = 0 WHERE id = 4");
    assert_eq!(flag, ["replaying the trail", "stamps are the"]);
}
