//! The entity that the write benchmarks share: 12 business fields and the stamps.
#![allow(missing_docs, reason = "`table!` writes no docs")]

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;

    items (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        sku -> Text,
        note -> Nullable<Text>,
        price_cents -> BigInt,
        stock -> Integer,
        weight -> Double,
        active -> Bool,
        rating -> SmallInt,
        colour -> Text,
        brand -> Text,
        supplier -> Nullable<BigInt>,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}

/// Something to sell.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = items)]
#[audit(new = NewItem(derive(Clone)), changes = ItemChanges)]
pub struct Item {
    /// Made by the database.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// A line about it.
    pub description: String,
    /// The stock keeping unit.
    pub sku: String,
    /// For the staff.
    pub note: Option<String>,
    /// In hundredths.
    pub price_cents: i64,
    /// Pieces.
    pub stock: i32,
    /// Kilograms.
    pub weight: f64,
    /// On sale.
    pub active: bool,
    /// Stars.
    pub rating: i16,
    /// Its colour.
    pub colour: String,
    /// Its maker.
    pub brand: String,
    /// Who sells it to us.
    pub supplier: Option<i64>,
    /// Stamp.
    pub created_at: DateTime<Utc>,
    /// Stamp.
    pub created_by: Actor,
    /// Stamp.
    pub updated_at: DateTime<Utc>,
    /// Stamp.
    pub updated_by: Actor,
}

/// A new item.
pub fn new_item(n: i64) -> NewItem {
    NewItem {
        name: format!("Stratocaster {n}"),
        description: "an electric guitar with three pickups and a tremolo".into(),
        sku: format!("GTR-{n:06}"),
        note: None,
        price_cents: 129_900,
        stock: 3,
        weight: 3.6,
        active: true,
        rating: 5,
        colour: "sunburst".into(),
        brand: "Fender".into(),
        supplier: Some(n % 100),
    }
}

/// The context of all writes.
pub fn ctx() -> AuditContext {
    AuditContext::new(Actor::user(42)).request_id("req-7")
}
