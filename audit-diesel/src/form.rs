//! What the derives say about forms: the values that a client may set.

use audit_core::AuditedForm;
use diesel::result::QueryResult;

use crate::backend::AuditBackend;
use crate::column::Sink;
use crate::entity::Entity;

/// A form that an insert takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form to insert a `{E}`",
    label = "this type is no `new` form of `{E}`",
    note = "use the form named in `#[audit(new = ..)]` on `{E}`, or derive `AuditedForm` with `#[audit(entity = ..)]` on `{Self}`"
)]
pub trait NewForm<E: Entity, DB: AuditBackend> {
    /// Hands the columns that the form sets to `sink`.
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
    /// The first required field that no one has set.
    fn missing(&self) -> Option<&'static str> {
        None
    }
    /// The primary key, where the client makes it.
    fn client_id(&self) -> Option<E::Id> {
        None
    }
}

/// A form that an update takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form to update a `{E}`",
    label = "this type is no `changes` form of `{E}`",
    note = "use the form named in `#[audit(changes = ..)]` on `{E}`, or derive `AuditedForm` with `#[audit(entity = ..)]` on `{Self}`"
)]
pub trait ChangesForm<E: Entity, DB: AuditBackend>: AuditedForm<Entity = E> {
    /// Hands the columns that the form sets to `sink`.
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
}
