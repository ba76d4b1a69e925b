//! What generated code calls. No promise of stability: use nothing of it by hand.

use core::fmt;

pub use crate::form_input::named::{
    MaskedInput, masked_double_option_field, masked_field, masked_option_field,
};
pub use crate::form_input::{double_option, some};
pub use crate::record::{debug_entity, field_json, visible_values};
pub use crate::record_id::record_id;
pub use crate::walk::{FieldWalk, Recorded, ShownBy};
pub use serde;

use crate::encode::ValueRef;
use crate::meta::FieldSetting as Setting;
pub use crate::meta::FieldSetting::{HideNull, Json, Kinds, Named, Was};
use crate::meta::{EntityMeta, FieldMeta, FormUse, MaskRef, Policy, Role};

/// [`Role::Key`]
pub const KEY: Setting = Setting::Role(Role::Key);
/// [`Role::Tenant`]
pub const TENANT: Setting = Setting::Role(Role::Tenant);
/// [`Role::CreatedAt`]
pub const CREATED_AT: Setting = Setting::Role(Role::CreatedAt);
/// [`Role::CreatedBy`]
pub const CREATED_BY: Setting = Setting::Role(Role::CreatedBy);
/// [`Role::UpdatedAt`]
pub const UPDATED_AT: Setting = Setting::Role(Role::UpdatedAt);
/// [`Role::UpdatedBy`]
pub const UPDATED_BY: Setting = Setting::Role(Role::UpdatedBy);
/// [`Role::DeletedAt`]
pub const DELETED_AT: Setting = Setting::Role(Role::DeletedAt);
/// [`Role::DeletedBy`]
pub const DELETED_BY: Setting = Setting::Role(Role::DeletedBy);
/// [`Role::DeletedFlag`]
pub const DELETED_FLAG: Setting = Setting::Role(Role::DeletedFlag);
/// [`Role::ActiveFlag`]
pub const ACTIVE_FLAG: Setting = Setting::Role(Role::ActiveFlag);
/// [`Role::Version`]
pub const VERSION: Setting = Setting::Role(Role::Version);
/// [`Policy::Skipped`]
pub const SKIPPED: Setting = Setting::Policy(Policy::Skipped);
/// [`Policy::Ignored`]
pub const IGNORED: Setting = Setting::Policy(Policy::Ignored);
/// [`FormUse::Input`]
pub const INPUT: Setting = Setting::Form(FormUse::Input);
/// [`FormUse::Server`]
pub const SERVER: Setting = Setting::Form(FormUse::Server);
/// [`FormUse::None`]
pub const NO_FORM: Setting = Setting::Form(FormUse::None);

/// [`crate::mask::Redact`]
pub const REDACT: Setting = mask::<crate::mask::Redact>("redact");
/// [`crate::mask::Last4`]
pub const LAST4: Setting = mask::<crate::mask::Last4>("last4");
/// [`crate::mask::Pan`]
pub const PAN: Setting = mask::<crate::mask::Pan>("pan");
/// [`crate::mask::Email`]
pub const EMAIL: Setting = mask::<crate::mask::Email>("email");
/// [`crate::mask::Token`]
pub const TOKEN: Setting = mask::<crate::mask::Token>("token");

/// [`Policy::Masked`]
pub const fn mask<M: crate::Mask>(name: &'static str) -> Setting {
    Setting::Policy(Policy::Masked(MaskRef::of::<M>(name)))
}

/// [`Policy::MaskedAt`]
pub const fn mask_at(masks: &'static [(&'static str, MaskRef)]) -> Setting {
    Setting::Policy(Policy::MaskedAt(masks))
}

/// The value as it is, of a type with a text that a mask can look into.
pub fn text<T: crate::MaskText + ?Sized>(value: &T) -> &T {
    value
}

/// What `via = "display"` stores.
pub fn shown<T: fmt::Display>(value: &T) -> ValueRef<'_> {
    ValueRef::Display(value)
}

/// What `via = "display"` stores of a value that may be absent.
pub fn shown_option<T: fmt::Display>(value: &Option<T>) -> ValueRef<'_> {
    match value {
        Some(value) => ValueRef::Display(value),
        None => ValueRef::Value(&()),
    }
}

/// Fields in all groups.
pub const fn total(groups: &[&[FieldMeta]]) -> usize {
    let (mut sum, mut group) = (0, 0);
    while group < groups.len() {
        sum += groups[group].len();
        group += 1;
    }
    sum
}

/// The fields of an entity with embedded parts, one after the other.
pub const fn flatten<const N: usize>(groups: &[&[FieldMeta]]) -> [FieldMeta; N] {
    let mut fields = [const { FieldMeta::new("") }; N];
    let (mut next, mut group) = (0, 0);
    while group < groups.len() {
        let mut index = 0;
        while index < groups[group].len() {
            fields[next] = groups[group][index];
            next += 1;
            index += 1;
        }
        group += 1;
    }
    fields
}

/// True where a client may never set the column or field `name`.
pub const fn is_reserved(meta: &EntityMeta, name: &str) -> bool {
    let mut index = 0;
    while index < meta.fields.len() {
        let field = &meta.fields[index];
        if same(field.column, name) || same(field.name, name) {
            return meta.is_reserved(field);
        }
        index += 1;
    }
    false
}

/// `==` of strings, which is not const.
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Sets a field of an entity from a form's.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be set from `{V}`",
    label = "the form's field does not fit the entity's",
    note = "use the entity's type, or its borrowed kin (`&str` for `String`, `&[u8]` for `Vec<u8>`); generated forms need `{Self}: Clone`"
)]
pub trait Assign<V: ?Sized> {
    /// Takes the value.
    fn assign(&mut self, value: &V);
}

impl<T: Clone> Assign<T> for T {
    fn assign(&mut self, value: &T) {
        self.clone_from(value);
    }
}

impl<T: Clone> Assign<T> for Option<T> {
    fn assign(&mut self, value: &T) {
        *self = Some(value.clone());
    }
}

macro_rules! assign_borrowed {
    ($($owned:ty, $borrowed:ty);* $(;)?) => {$(
        impl Assign<&$borrowed> for $owned {
            fn assign(&mut self, value: &&$borrowed) {
                *self = (*value).to_owned().into();
            }
        }
        impl Assign<&$borrowed> for Option<$owned> {
            fn assign(&mut self, value: &&$borrowed) {
                *self = Some((*value).to_owned().into());
            }
        }
        impl Assign<Option<&$borrowed>> for Option<$owned> {
            fn assign(&mut self, value: &Option<&$borrowed>) {
                *self = value.map(|value| value.to_owned().into());
            }
        }
    )*};
}
assign_borrowed!(String, str; Box<str>, str; Vec<u8>, [u8]);

/// Sets a field of an entity from a form's.
pub fn assign<T: Assign<V>, V>(field: &mut T, value: &V) {
    field.assign(value);
}

/// The masked `Debug` of a form.
pub struct FormDebug<'a, 'f>(fmt::DebugStruct<'a, 'f>);

impl<'a, 'f> FormDebug<'a, 'f> {
    /// Starts the struct.
    pub fn new(f: &'a mut fmt::Formatter<'f>, name: &str) -> Self {
        Self(f.debug_struct(name))
    }

    /// A field whose value is shown, as JSON.
    #[must_use]
    pub fn value(mut self, name: &str, value: ValueRef<'_>) -> Self {
        let mut json = String::new();
        value.encode(&mut json);
        self.0.field(name, &format_args!("{json}"));
        self
    }

    /// A field whose value is shown as its `Display` text, where it is set.
    #[must_use]
    pub fn display(self, name: &str, value: ValueRef<'_>) -> Self {
        self.value(name, value)
    }

    /// A field whose value is never shown.
    #[must_use]
    pub fn masked(mut self, name: &str) -> Self {
        self.0.field(name, &format_args!("***"));
        self
    }

    /// Ends the struct.
    pub fn finish(mut self) -> fmt::Result {
        self.0.finish()
    }
}
