//! Under which names the log holds an entity's fields.

use core::fmt;

use audit_core::{EntityMeta, FieldMeta};

/// The names that an entity's fields have and had; none where it is not known whose rows these are.
///
/// What the fields are called is no part of what happened: two values that differ in it alone are
/// the same.
#[derive(Clone, Copy)]
pub(crate) struct FieldNames(&'static [FieldMeta]);

impl FieldNames {
    pub(crate) const NONE: Self = Self(&[]);

    pub(crate) const fn of(meta: &EntityMeta) -> Self {
        Self(meta.fields)
    }

    /// The field that a stored column name means: its name now, or a former one that no other field
    /// has now.
    pub(crate) fn index(self, column: &str) -> Option<usize> {
        let now = self.0.iter().position(|f| f.column == column);
        now.or_else(|| self.0.iter().position(|f| f.was.contains(&column)))
    }

    /// The same for a name that people give, who may also know the field by its name in Rust, which
    /// they see and a former one they do not.
    pub(crate) fn called(self, name: &str) -> Option<usize> {
        let now = self.0.iter().position(|f| f.column == name);
        now.or_else(|| self.0.iter().position(|f| f.name == name))
            .or_else(|| self.index(name))
    }

    /// The present column of a field, by any of its names.
    pub(crate) fn column(self, name: &str) -> Option<&'static str> {
        Some(self.0.get(self.called(name)?)?.column)
    }

    /// The names that the rows of a field have, the present one first; of what is no field, the name
    /// itself.
    pub(crate) fn stored(self, name: &str) -> Vec<String> {
        let index = self.called(name);
        let Some(field) = index.and_then(|index| self.0.get(index)) else {
            return vec![name.to_owned()];
        };
        core::iter::once(field.column)
            .chain(field.was.iter().copied())
            .filter(|name| self.index(name) == index)
            .map(str::to_owned)
            .collect()
    }

    /// What the field of a stored name is called now, where that is another name.
    pub(crate) fn renamed(self, column: &str) -> Option<&'static str> {
        let field = self.0.get(self.index(column)?)?;
        (field.column != column).then_some(field.column)
    }
}

impl PartialEq for FieldNames {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for FieldNames {}

impl fmt::Debug for FieldNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|field| field.column))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: EntityMeta = EntityMeta::new(
        "things",
        "Thing",
        &[
            FieldMeta::new("title").was(&["name", "heading"]),
            // `name` in Rust, `label` in the database: not the `name` that old rows speak of.
            FieldMeta::new("name").column("label"),
        ],
    );

    #[test]
    fn a_stored_name_is_a_column_and_a_given_one_may_be_a_field() {
        let names = FieldNames::of(&META);
        assert_eq!(
            ["title", "heading", "name", "label", "x"].map(|n| names.index(n)),
            [Some(0), Some(0), Some(0), Some(1), None]
        );
        assert_eq!(
            ["title", "heading", "name", "label", "x"].map(|n| names.called(n)),
            [Some(0), Some(0), Some(1), Some(1), None]
        );
        assert_eq!(names.stored("heading"), ["title", "name", "heading"]);
        assert_eq!(names.stored("name"), ["label"]);
        assert_eq!(names.stored("x"), ["x"]);
        assert_eq!(FieldNames::NONE.stored("title"), ["title"]);
        assert_eq!(names.renamed("name"), Some("title"));
        assert_eq!(["title", "label", "x"].map(|n| names.renamed(n)), [None; 3]);
    }
}
