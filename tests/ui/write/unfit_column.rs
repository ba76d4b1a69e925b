//! Without `check_for_backend`, a field that does not fit its column is found at the first write.

use audit_diesel::prelude::*;
use diesel::SqliteConnection;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        age -> Integer,
        nickname -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(changes = AccountChanges)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    age: String,
    nickname: Option<i32>,
}

fn write(conn: &mut SqliteConnection, ctx: &AuditContext, changes: AccountChanges) {
    let _ = Account::audited_update(conn, ctx, 1_i64, changes);
}

fn main() {}
