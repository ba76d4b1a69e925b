//! Under which names the log holds an entity's fields.

use audit_core::EntityMeta;

/// The field that a stored column name means: its name now, or a former one that no other field has
/// now.
pub(crate) fn field_index(meta: &EntityMeta, column: &str) -> Option<usize> {
    let now = meta.fields.iter().position(|f| f.column == column);
    now.or_else(|| meta.fields.iter().position(|f| f.was.contains(&column)))
}

/// The same for a name that people give, who may also know the field by its name in Rust.
pub(crate) fn field_called(meta: &EntityMeta, name: &str) -> Option<usize> {
    field_index(meta, name).or_else(|| meta.fields.iter().position(|f| f.name == name))
}

/// The names that the rows of a field have; of what is no field, the name itself.
pub(crate) fn stored_names(meta: &EntityMeta, name: &str) -> Vec<String> {
    let index = field_called(meta, name);
    let Some(field) = index.and_then(|index| meta.fields.get(index)) else {
        return vec![name.to_owned()];
    };
    core::iter::once(field.column)
        .chain(field.was.iter().copied())
        .filter(|name| field_index(meta, name) == index)
        .map(str::to_owned)
        .collect()
}
