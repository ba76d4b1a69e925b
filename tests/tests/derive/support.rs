//! Looking at what a derive made.

use audit_diesel::{AuditConfig, Audited, FieldMeta};

/// The row of the field table for `name`.
pub fn field<E: Audited>(name: &str) -> &'static FieldMeta {
    E::META
        .fields
        .iter()
        .find(|field| field.name == name)
        .unwrap()
}

/// What the trail would record of a change: `column: old -> new`.
pub fn changes<E: Audited>(before: &E, after: &E) -> Vec<String> {
    let changes = before.diff(after).changes(&AuditConfig::default()).unwrap();
    let rows = changes.rows.iter();
    rows.map(|row| format!("{}: {} -> {}", row.field.column, row.old, row.new))
        .collect()
}

/// No change.
pub const NOTHING: [&str; 0] = [];
