//! Questions asked of the model.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::Type;

use crate::ast::{Container, Field};
use crate::meaning::{FormUse, KeySource, Mask, Policy, Role};
use crate::name::unraw;
use crate::secret::{last_segment, option_of, says_secret};

/// What forms have already; the first is that of changes alone.
pub(crate) static GENERATED_DERIVES: &[&str] = &["Default", "Debug", "Deserialize", "AuditedForm"];

/// The types of fields, one after the other.
pub(crate) fn types(fields: &[&Field<'_>]) -> TokenStream {
    fields
        .iter()
        .map(|field| field.ty().to_token_stream())
        .collect()
}

impl<'a> Container<'a> {
    /// The fields without a mistake.
    pub(crate) fn sound(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| !field.faulty)
    }

    /// The first field that holds a role.
    pub(crate) fn with_role(&self, role: Role) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.role == role)
    }

    /// The key's fields in the order in which the app writes a key: that of
    /// `#[diesel(primary_key(..))]`.
    pub(crate) fn keys(&self) -> Vec<&Field<'a>> {
        let mut keys: Vec<_> = self
            .fields
            .iter()
            .filter(|field| field.role == Role::Key)
            .collect();
        if let Some(order) = &self.diesel.primary_key {
            keys.sort_by_key(|field| order.iter().position(|key| unraw(key) == field.column()));
        }
        keys
    }

    /// The field whose change says that a record was deleted or restored.
    pub(crate) fn soft_delete(&self) -> Option<&Field<'a>> {
        [Role::DeletedFlag, Role::ActiveFlag, Role::DeletedAt]
            .into_iter()
            .find_map(|role| self.with_role(role))
    }

    pub(crate) fn key_source(&self) -> KeySource {
        self.fields
            .iter()
            .find_map(|field| field.attrs.id.get().copied())
            .unwrap_or(KeySource::Database)
    }

    /// The fields of the *new* form.
    pub(crate) fn new_fields(&self) -> Vec<&Field<'a>> {
        let client_key = self.key_source() == KeySource::Client;
        let is_new = |field: &&Field<'a>| match field.role {
            Role::Data => field.form_use() != FormUse::None && !field.diesel.skip_insertion,
            Role::Key => client_key,
            _ => false,
        };
        self.fields.iter().filter(is_new).collect()
    }

    /// The fields of the *changes* form.
    pub(crate) fn change_fields(&self) -> Vec<&Field<'a>> {
        let is_change = |field: &&Field<'a>| {
            field.role == Role::Data
                && field.form_use() != FormUse::None
                && !field.diesel.skip_update
        };
        self.fields.iter().filter(is_change).collect()
    }

    /// The stable audit name: what `name` says, or the table's.
    pub(crate) fn audit_name(&self) -> String {
        let table = || {
            self.diesel
                .table
                .as_ref()
                .and_then(|path| path.segments.last())
        };
        match self.attrs.name.get() {
            Some(name) => name.value(),
            None => table()
                .map(|segment| unraw(&segment.ident))
                .unwrap_or_default(),
        }
    }
}

impl Field<'_> {
    pub(crate) fn ty(&self) -> &Type {
        &self.original.ty
    }

    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.attrs.policy.as_ref().map(|policy| &policy.value)
    }

    pub(crate) fn is_skipped(&self) -> bool {
        matches!(self.policy(), Some(Policy::Skip))
    }

    /// The value never leaves as it is.
    pub(crate) fn is_hidden(&self) -> bool {
        matches!(
            self.policy(),
            Some(Policy::Skip | Policy::Mask(_) | Policy::MaskAt(_))
        )
    }

    /// An error about what a client sent may quote nothing of it: the value never leaves as it is,
    /// or it is a part, of whose fields nothing is known here.
    pub(crate) fn hides_input(&self) -> bool {
        self.is_hidden() || self.diesel.embed
    }

    /// Its name says that it is secret.
    pub(crate) fn is_secret(&self) -> bool {
        says_secret(&self.name, self.ty()) || says_secret(&self.column(), self.ty())
    }

    /// How clients may set it; by default a secret is set by code alone.
    pub(crate) fn form_use(&self) -> FormUse {
        match &self.attrs.form_use {
            Some(given) => given.value,
            None if self.is_secret() => FormUse::Server,
            None => FormUse::Input,
        }
    }

    /// The type is written `Option<..>`.
    pub(crate) fn is_nullable(&self) -> bool {
        option_of(self.ty()).is_some()
    }

    /// The column holds JSON of the app's own, by its type's name.
    pub(crate) fn is_json(&self) -> bool {
        let ty = option_of(self.ty()).unwrap_or(self.ty());
        last_segment(ty).is_some_and(|segment| {
            ["Value", "JsonValue", "Json", "Jsonb"]
                .iter()
                .any(|name| segment.ident == name)
        })
    }

    /// A mask that reads its value as text.
    pub(crate) fn has_text_mask(&self) -> bool {
        matches!(
            self.policy(),
            Some(Policy::Mask(Mask::Named("last4" | "pan" | "email")))
        )
    }

    /// The name under which serde knows the field.
    pub(crate) fn serde_name(&self, container: &Container<'_>) -> String {
        if let Some(name) = &self.serde.rename {
            return name.clone();
        }
        match container.serde.rename_all {
            Some(case) => case.field(&self.name),
            None => self.name.clone(),
        }
    }
}
