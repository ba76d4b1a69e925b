//! The audited entities: all that has to be said about them.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::{accounts, orders};

/// A customer's account. It belongs to a tenant, has secrets, and is deleted softly.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount, changes = AccountChanges, name = "quickstart_accounts")]
pub(crate) struct Account {
    pub(crate) id: i64,
    #[audit(tenant)]
    pub(crate) company_id: String,
    pub(crate) name: String,
    #[audit(mask = "email")]
    pub(crate) email: Option<String>,
    #[audit(mask = "last4")]
    pub(crate) tax_number: Option<String>,
    // Secret by its name, so the client may not set it unless `input` says so.
    #[audit(mask = "pan", input)]
    pub(crate) card_number: Option<String>,
    // Equal numbers have equal tokens: one can ask who shares a phone, and not read any.
    #[audit(mask = "token")]
    pub(crate) phone: Option<String>,
    // JSON is the client's to fill; the mask is for one place inside it.
    #[audit(mask_at("/recovery/email" = "email"))]
    pub(crate) preferences: Option<serde_json::Value>,
    // Secret by its name: the forms have it for code to set, and never read it from input.
    #[audit(mask = "redact")]
    pub(crate) password_hash: String,
    // Never in the trail, and its change alone is none.
    #[audit(skip)]
    pub(crate) search_text: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) created_by: Actor,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) updated_by: Actor,
    pub(crate) is_deleted: bool,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    pub(crate) deleted_by: Option<Actor>,
}

/// An order. It has an optimistic lock, and is deleted for good.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = orders)]
#[audit(new = NewOrder, changes = OrderChanges, name = "quickstart_orders")]
pub(crate) struct Order {
    pub(crate) id: i64,
    #[audit(tenant)]
    pub(crate) company_id: String,
    pub(crate) item: String,
    pub(crate) quantity: i32,
    pub(crate) price_cents: i64,
    #[audit(version)]
    pub(crate) version: i32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) created_by: Actor,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) updated_by: Actor,
}
