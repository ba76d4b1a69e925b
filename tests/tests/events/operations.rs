// One business action over several helpers, entities and transactions.

use audit_diesel::prelude::*;
use audit_diesel::{Outcome, outcome};
use audit_tests::clock::Clock;
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::look::{self, Row};
use super::backend::{Conn, Database, NAME};

fn rows_of(conn: &mut Conn, operation: Uuid) -> Vec<Row> {
    let mut log = look::log(conn);
    log.retain(|row| row.operation_id == operation);
    log
}

fn open_account(conn: &mut Conn, ctx: &AuditContext) -> Result<i64, AuditError> {
    audit_diesel::transaction(conn, ctx, |conn, ctx| {
        let account = Account::audited_insert(conn, ctx, new_account("Ada"))?;
        AuditLog::event("account.opened")
            .target_of::<Account>(account.id)
            .write(conn, ctx)?;
        Ok(account.id)
    })
}

fn open_country(conn: &mut Conn, ctx: &AuditContext) -> Result<(), AuditError> {
    let form = NewCountry {
        code: "DE".into(),
        name: "Germany".into(),
    };
    Country::audited_insert(conn, ctx, form).map(|_| ())
}

#[test]
fn several_helpers_and_transactions_are_one_action() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let (conn, clock) = (&mut conn, Clock::new());
    let request = clock.ctx(1).request_id("req-7");

    let checkout = request.clone().new_operation();
    let id = open_account(conn, &checkout).unwrap();
    clock.tick();
    open_country(&mut other, &checkout).unwrap();
    let forms = [new_account("x"), new_account("y")];
    Account::audited_insert_many(&mut other, &checkout, forms).unwrap();
    Account::audited_edit(conn, &checkout, id, |a| a.name = "Ada L.".into()).unwrap();
    // In the caller's own transaction, and nested.
    conn.transaction(|conn| {
        open_account(conn, &checkout)?;
        audit_diesel::transaction(conn, &checkout, |conn, inner| {
            AuditLog::event("checkout.done")
                .write(conn, inner)
                .map(|_| ())
        })
    })
    .unwrap();

    let operation = checkout.operation_ref().unwrap();
    let rows = rows_of(conn, operation);
    let lines: Vec<_> = rows
        .iter()
        .map(|r| format!("{} {}", r.action, r.table_name.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        lines,
        [
            "insert accounts",
            "account.opened accounts",
            "insert country",
            "insert accounts",
            "insert accounts",
            "update accounts",
            "insert accounts",
            "account.opened accounts",
            "checkout.done -",
        ],
        "{NAME}"
    );
    assert_eq!(rows.len() as i64, look::log_len(conn));
    assert_eq!(outcome(&mut other, operation).unwrap(), Outcome::Committed);

    // Read back together, by anybody of the tenant.
    let read = AuditLog::query(&clock.ctx(9))
        .operation(operation)
        .oldest_first()
        .load(&mut other)
        .unwrap();
    let of_tenant: Vec<_> = rows
        .iter()
        .filter(|row| row.tenant_id.is_some())
        .map(|row| row.id)
        .collect();
    assert_eq!(
        read.iter().map(|entry| entry.id).collect::<Vec<_>>(),
        of_tenant,
        "{NAME}"
    );
    let all = AuditLog::query(&clock.ctx(9).all_tenants())
        .operation(operation)
        .count(&mut other);
    assert_eq!(all.unwrap(), 9, "the country, which has no tenant, too");

    // The request's other work is another action, and each of its writes is one of its own.
    open_account(conn, &request).unwrap();
    open_account(conn, &request).unwrap();
    let rest = look::log(conn).split_off(9);
    let ids: Vec<_> = rest.iter().map(|row| row.operation_id).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2] && !ids.contains(&operation));
}

#[test]
fn a_failed_part_does_not_end_the_others() {
    let database = Database::new();
    let mut conn = database.connect();
    let (conn, clock) = (&mut conn, Clock::new());
    let ctx = clock.ctx(1).new_operation();
    open_country(conn, &ctx).unwrap();
    let failed = audit_diesel::transaction(conn, &ctx, |conn, ctx| {
        Account::audited_insert(conn, ctx, new_account("half"))?;
        open_country(conn, ctx)
    });
    assert!(
        matches!(failed, Err(AuditError::Database(_))),
        "{NAME}: it is there already"
    );
    open_account(conn, &ctx).unwrap();
    let actions: Vec<_> = rows_of(conn, ctx.operation_ref().unwrap())
        .into_iter()
        .map(|r| r.action)
        .collect();
    assert_eq!(actions, ["insert", "insert", "account.opened"], "{NAME}");
}
