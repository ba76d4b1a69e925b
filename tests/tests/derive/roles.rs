//! Roles: inferred from the usual names and columns, or said.

use audit_diesel::{Audited, Role};
use chrono::{DateTime, Utc};

#[derive(Audited)]
#[audit(name = "usual", crate = audit_diesel)]
#[allow(dead_code)]
struct Usual {
    id: i64,
    tenant_id: String,
    created_at: DateTime<Utc>,
    created_by_id: String,
    updated_at: DateTime<Utc>,
    last_modified_by: String,
    is_deleted: bool,
    deleted_at: Option<DateTime<Utc>>,
    #[diesel(column_name = deleted_by)]
    remover: Option<String>,
}

#[derive(Audited)]
#[audit(name = "own", crate = audit_diesel)]
#[allow(dead_code)]
struct Own {
    id: i64,
    #[audit(tenant)]
    shop: String,
    #[audit(created_at)]
    born: DateTime<Utc>,
    #[audit(created_by)]
    author: String,
    #[audit(updated_at)]
    touched: DateTime<Utc>,
    #[audit(updated_by)]
    editor: String,
    #[audit(active_flag)]
    active: bool,
    #[audit(deleted_at)]
    gone: Option<DateTime<Utc>>,
    #[audit(deleted_by)]
    remover: Option<String>,
    /// Data: another field has the role.
    created_by: String,
    is_deleted: bool,
}

fn roles<E: Audited>() -> Vec<Role> {
    E::META.fields.iter().map(|field| field.role).collect()
}

#[test]
fn usual_names_have_roles() {
    use Role::*;
    let usual = [
        Key,
        Tenant,
        CreatedAt,
        CreatedBy,
        UpdatedAt,
        UpdatedBy,
        DeletedFlag,
        DeletedAt,
        DeletedBy,
    ];
    assert_eq!(roles::<Usual>(), usual);
}

#[test]
fn a_role_that_is_said_ends_inference() {
    use Role::*;
    let own = [
        Key, Tenant, CreatedAt, CreatedBy, UpdatedAt, UpdatedBy, ActiveFlag, DeletedAt, DeletedBy,
        Data, Data,
    ];
    assert_eq!(roles::<Own>(), own);
}
