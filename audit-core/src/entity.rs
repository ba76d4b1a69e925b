//! The traits that the derives implement.

use serde_json::Value;

use crate::clean::{self, CleanError, ReservedInput, Stripped};
use crate::diff::{Compare, Diff};
use crate::meta::{EntityMeta, FieldMeta};
use crate::view::{DetailView, Level, ListView, View};
use crate::walk::FieldWalk;

/// An entity: one table row, stamps included, whose changes are recorded.
///
/// Implemented by `#[derive(Audited)]`. `walk` shows every field of two states side by side to a
/// visitor, in the order of [`EntityMeta::fields`]; comparing, masking and encoding are visitors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an audited entity",
    label = "this type does not derive `Audited`",
    note = "add `#[derive(Audited)]` to `{Self}`"
)]
pub trait Audited: Sized {
    /// The table of fields.
    const META: &'static EntityMeta;

    /// Shows each field of `before` and `after` to `walk`, in the order of the table.
    #[doc(hidden)]
    fn walk<'a, W: FieldWalk<'a>>(before: &'a Self, after: &'a Self, walk: &mut W);

    /// Compares two states of one record, field by field, on raw values.
    ///
    /// Allocates nothing; what changed is made into (masked) JSON when it is asked for.
    fn diff<'a>(&'a self, after: &'a Self) -> Diff<'a, Self> {
        let mut compare = Compare::default();
        Self::walk(self, after, &mut compare);
        Diff {
            before: self,
            after,
            differing: compare.differing(),
        }
    }

    /// What a list endpoint shows of the record: no deletion, masks on, of the stamps
    /// `created_at` alone.
    fn as_list(&self) -> ListView<'_, Self> {
        ListView(View::new(self, Level::List))
    }

    /// What a detail endpoint shows of the record: [`Audited::as_list`] and who wrote it when,
    /// tenant and version.
    fn as_detail(&self) -> DetailView<'_, Self> {
        DetailView(View::new(self, Level::Detail))
    }

    /// Parses a client's JSON and removes every field that the server alone writes; see
    /// [`clean::clean_json`].
    ///
    /// # Errors
    /// JSON that is malformed, nested too deeply or has two keys that mean the same.
    fn clean_json(bytes: &[u8]) -> Result<(Value, Stripped), CleanError> {
        clean::clean_json(Self::META, bytes)
    }

    /// Removes every field that the server alone writes from JSON that is parsed already; see
    /// [`clean::strip_reserved`].
    fn strip_reserved(input: &mut Value) -> Stripped {
        clean::strip_reserved(Self::META, input)
    }

    /// Refuses JSON that names a field which the server alone writes; see
    /// [`clean::reject_reserved`].
    ///
    /// # Errors
    /// Where it does.
    fn reject_reserved(input: &Value) -> Result<(), ReservedInput> {
        clean::reject_reserved(Self::META, input)
    }
}

/// Several columns of an entity, kept in a struct of their own (`#[diesel(embed)]`).
///
/// Implemented by `#[derive(AuditedPart)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a part of an audited entity",
    label = "an embedded struct must derive `AuditedPart`",
    note = "add `#[derive(AuditedPart)]` to `{Self}`, or remove `#[diesel(embed)]`"
)]
pub trait AuditedPart: Sized {
    /// The table of fields.
    const FIELDS: &'static [FieldMeta];

    /// Shows each field of `before` and `after` to `walk`, in the order of the table.
    #[doc(hidden)]
    fn walk<'a, W: FieldWalk<'a>>(before: &'a Self, after: &'a Self, walk: &mut W);
}

/// Values that a client may set on an entity; never a reserved field.
///
/// Implemented for the generated forms, and by `#[derive(AuditedForm)]`.
pub trait AuditedForm {
    /// The entity that the form is about.
    type Entity: Audited;

    /// Writes the values that the form sets into `entity`; what it leaves out stays.
    fn apply(&self, entity: &mut Self::Entity);
}
