//! What an app does with its requests: read a form, call a helper. Nothing here stamps, strips,
//! masks or records; nothing here can forget to.

use audit_diesel::prelude::*;
use diesel::prelude::*;
use uuid::Uuid;

use super::Conn;
use super::entities::{Account, AccountChanges, NewAccount, NewOrder, Order, OrderChanges};
use super::schema::accounts;
use crate::input::{Refusal, Seen, form};

pub(crate) fn create_account(
    conn: &mut Conn,
    ctx: &AuditContext,
    body: &[u8],
    seen: &mut Seen,
) -> Result<Account, Refusal> {
    let mut new: NewAccount = form(body, seen)?;
    new.password_hash = invited().into();
    Ok(Account::audited_insert(conn, ctx, new)?)
}

pub(crate) fn edit_account(
    conn: &mut Conn,
    ctx: &AuditContext,
    id: i64,
    body: &[u8],
    seen: &mut Seen,
) -> Result<Account, Refusal> {
    let changes: AccountChanges = form(body, seen)?;
    Ok(Account::audited_update(conn, ctx, id, changes)?)
}

pub(crate) fn delete_account(
    conn: &mut Conn,
    ctx: &AuditContext,
    id: i64,
) -> Result<Account, Refusal> {
    Ok(Account::audited_soft_delete(conn, ctx, id)?)
}

/// Brings an account back, with a new invitation: two writes, one operation, both or neither.
pub(crate) fn restore_account(
    conn: &mut Conn,
    ctx: &AuditContext,
    id: i64,
) -> Result<Account, Refusal> {
    let account = audit_diesel::transaction(conn, ctx, |tx, ctx| {
        let deleted: Vec<Account> = Account::only_deleted(ctx)?
            .filter(accounts::id.eq(id))
            .load(tx)?;
        let account = Account::audited_restore(tx, ctx, id)?;
        if deleted.is_empty() {
            return Ok::<_, AuditError>(account);
        }
        Account::audited_edit(tx, ctx, id, |account| account.password_hash = invited())
    })?;
    Ok(account)
}

pub(crate) fn create_order(
    conn: &mut Conn,
    ctx: &AuditContext,
    body: &[u8],
    seen: &mut Seen,
) -> Result<Order, Refusal> {
    let new: NewOrder = form(body, seen)?;
    Ok(Order::audited_insert(conn, ctx, new)?)
}

pub(crate) fn edit_order(
    conn: &mut Conn,
    ctx: &AuditContext,
    id: i64,
    body: &[u8],
    seen: &mut Seen,
) -> Result<Order, Refusal> {
    let changes: OrderChanges = form(body, seen)?;
    // `Order::audited_update(conn, ctx, id, ..)` does not compile: an order has a version.
    let key = Order::key(id, seen_version(seen)?);
    Ok(Order::audited_update(conn, ctx, key, changes)?)
}

pub(crate) fn delete_order(
    conn: &mut Conn,
    ctx: &AuditContext,
    id: i64,
    body: &[u8],
    seen: &mut Seen,
) -> Result<Order, Refusal> {
    form::<OrderChanges>(body, seen)?;
    let key = Order::key(id, seen_version(seen)?);
    Ok(Order::audited_delete(conn, ctx, key)?)
}

/// The version that the client saw, out of its JSON.
fn seen_version(seen: &Seen) -> Result<i64, Refusal> {
    let missing = "the body has no `version` that is a whole number: send the one that was read";
    seen.version.ok_or_else(|| missing.into())
}

/// No password has this hash: the account opens with an invitation.
fn invited() -> String {
    format!("!invited:{}", Uuid::now_v7())
}
