// Every helper, and what it leaves in the entity's table and in the trail.

use audit_diesel::prelude::*;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::schema::accounts;
use super::backend::{Conn, Database};

fn open() -> (Database, Conn) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn)
}

/// `action field old -> new` of every row of a record.
fn trail(conn: &mut Conn, account: i64) -> Vec<String> {
    Account::history(conn, &ctx(), account)
        .unwrap()
        .iter()
        .flat_map(|set| set.entries())
        .map(|e| {
            let text = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".into());
            let field = e.field_name.clone().unwrap_or_else(|| "*".into());
            if e.field_name.is_none() {
                return format!("{} {field}", e.action);
            }
            format!(
                "{} {field} {} -> {}",
                e.action,
                text(&e.old_value),
                text(&e.new_value)
            )
        })
        .collect()
}

#[test]
fn the_specification_in_one_look() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let ctx = ctx();
    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    assert_eq!(account.company_id, "acme");
    assert_eq!(account.created_by, Actor::user(42));
    assert_eq!(
        (account.created_at, &account.created_by),
        (account.updated_at, &account.updated_by)
    );
    assert!(!account.is_deleted && account.deleted_at.is_none() && account.deleted_by.is_none());

    let renamed = AccountChanges {
        name: Some("Ada L.".into()),
        ..Default::default()
    };
    let updated = Account::audited_update(conn, &ctx, account.id, renamed.clone()).unwrap();
    assert_eq!(updated.name, "Ada L.");
    assert!(updated.updated_at > account.updated_at);
    assert_eq!(updated.created_at, account.created_at);

    let again = Account::audited_update(conn, &ctx, account.id, renamed).unwrap();
    assert!(again == updated, "a no-op stamps nothing");

    Account::audited_edit(conn, &ctx, account.id, |a| {
        a.email = Some("ada@example.com".into())
    })
    .unwrap();
    let deleted = Account::audited_soft_delete(conn, &ctx, account.id).unwrap();
    assert!(deleted.is_deleted && deleted.deleted_at == Some(deleted.updated_at));
    assert_eq!(deleted.deleted_by, Some(Actor::user(42)));
    let error = Account::audited_edit(conn, &ctx, account.id, |a| a.name.clear()).unwrap_err();
    assert!(matches!(error, AuditError::Deleted { .. }), "{error}");
    Account::audited_restore(conn, &ctx, account.id).unwrap();

    let open: Vec<Account> = Account::live(&ctx)
        .unwrap()
        .filter(accounts::name.like("A%"))
        .load(conn)
        .unwrap();
    assert_eq!(open.len(), 1);

    Account::audited_delete(conn, &ctx, account.id).unwrap();
    assert_eq!(
        trail(conn, account.id),
        [
            "insert *",
            "update name \"Ada\" -> \"Ada L.\"",
            "update email null -> \"ada@example.com\"",
            "delete is_deleted false -> true",
            "restore is_deleted true -> false",
            "delete *",
        ]
    );
    let error = Account::audited_delete(conn, &ctx, account.id).unwrap_err();
    assert!(matches!(error, AuditError::NotFound { .. }), "{error}");
}
