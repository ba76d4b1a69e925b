//! What the derives show of an entity: its fields, in one state or two side by side.

use serde::Serialize;

use crate::encode::ValueRef;

/// What is stored of a value without `Serialize`. A function, since the compiler cannot tell by its
/// type alone whether an `Option` is meant.
#[doc(hidden)]
pub type ShownBy<T> = for<'v> fn(&'v T) -> ValueRef<'v>;

/// A value that the log can hold: one with `Serialize`. A trait of ours, so that the compiler can
/// say what else there is to do.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` cannot be recorded",
    label = "this type does not implement `serde::Serialize`",
    note = "derive `serde::Serialize` for `{Self}`, or say what is recorded of the field: `#[audit(via = \"display\")]` its `Display` text, `#[audit(skip)]` nothing"
)]
pub trait Recorded: Serialize {}

impl<T: Serialize> Recorded for T {}

/// Sees the fields of two states of an entity, one call a field, in the table's order.
///
/// The derive picks the method by the field's attributes; apps do not call these.
#[doc(hidden)]
pub trait FieldWalk<'a> {
    /// A field that is compared by `==`.
    fn field<T: PartialEq + Recorded>(&mut self, before: &'a T, after: &'a T);
    /// A field compared by a function of the app (`eq = path`).
    fn field_by<T: Recorded>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool);
    /// A field stored as its `Display` text (`via = "display"`), which `shown` gives.
    fn display<T: PartialEq>(&mut self, before: &'a T, after: &'a T, shown: ShownBy<T>);
    /// Both `via = "display"` and `eq = path`.
    fn display_by<T>(
        &mut self,
        before: &'a T,
        after: &'a T,
        shown: ShownBy<T>,
        eq: fn(&T, &T) -> bool,
    );
    /// A field that is never stored (`skip`).
    fn skipped<T: PartialEq>(&mut self, before: &'a T, after: &'a T);
    /// Both `skip` and `eq = path`.
    fn skipped_by<T>(&mut self, before: &'a T, after: &'a T, eq: fn(&T, &T) -> bool);
}
