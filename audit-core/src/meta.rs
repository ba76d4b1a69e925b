//! The const table of fields that the derive emits: data that every generic part of the framework
//! reads, so that generated code stays one line a field.

use crate::mask::Mask;

pub use crate::mask::MaskRef;

/// What is known about an entity at compile time.
///
/// The derive builds it; see [`crate::Audited::META`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EntityMeta {
    /// The stable audit name, stored as `audit_log.table_name`.
    pub name: &'static str,
    /// The name of the Rust struct, for `Debug` and messages.
    pub type_name: &'static str,
    /// Every column in the order of the struct's fields, embedded parts flattened.
    pub fields: &'static [FieldMeta],
    /// Who makes the primary key.
    pub key_source: KeySource,
    /// A write without a reason in its context is refused.
    pub require_reason: bool,
}

/// What is known about one column of an entity.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldMeta {
    /// The Rust field name, without `r#`.
    pub name: &'static str,
    /// The column name, stored as `audit_log.field_name`.
    pub column: &'static str,
    /// The name under which serde knows the field.
    pub serde_name: &'static str,
    /// What the field is for.
    pub role: Role,
    /// What is stored of the field.
    pub policy: Policy,
    /// How clients may set the field.
    pub form: FormUse,
    /// A null is masked too, so that it does not show whether a value came or went.
    pub hide_null: bool,
    /// Former column names under which older rows know this field.
    pub was: &'static [&'static str],
    /// The column holds JSON of the app's own (its keys are data, never stripped).
    pub json: bool,
    /// The actor kinds that an id-only stamp column takes; none where that is not said.
    pub kinds: &'static [&'static str],
}

/// What a field is for. Every role but [`Role::Data`] is reserved: the server alone writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Business data.
    Data,
    /// The primary key, or a part of it.
    Key,
    /// Who the record belongs to.
    Tenant,
    /// When the record was created.
    CreatedAt,
    /// Who created it.
    CreatedBy,
    /// When it was last written.
    UpdatedAt,
    /// Who wrote it last.
    UpdatedBy,
    /// When it was soft-deleted.
    DeletedAt,
    /// Who soft-deleted it.
    DeletedBy,
    /// True when deleted.
    DeletedFlag,
    /// False when deleted.
    ActiveFlag,
    /// The optimistic lock.
    Version,
}

/// What of a field is stored in the trail.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Policy {
    /// The value.
    Plain,
    /// What the mask leaves of it.
    Masked(MaskRef),
    /// The JSON value, with masks at some of its paths (RFC 6901, `*` for any element).
    MaskedAt(&'static [(&'static str, MaskRef)]),
    /// Nothing, and a change of it is no change.
    Skipped,
    /// The value, but a change of it alone is no change.
    Ignored,
}

/// How clients may set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormUse {
    /// In the forms and read from input.
    Input,
    /// In the forms, set by code, never read from input.
    Server,
    /// In no generated form.
    None,
}

/// Who makes the primary key of a new record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeySource {
    /// The database (`SERIAL`, `AUTOINCREMENT`, a default).
    Database,
    /// The adapter: a version 7 UUID (RFC 9562).
    UuidV7,
    /// The client: the *new* form carries it.
    Client,
}

/// One setting of a field, named after the method of [`FieldMeta`] that it stands for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum FieldSetting {
    /// [`FieldMeta::serde_name`]
    Named(&'static str),
    /// [`FieldMeta::role`]
    Role(Role),
    /// [`FieldMeta::policy`]
    Policy(Policy),
    /// [`FieldMeta::form`]
    Form(FormUse),
    /// [`FieldMeta::hide_null`]
    HideNull,
    /// [`FieldMeta::was`]
    Was(&'static [&'static str]),
    /// [`FieldMeta::json`]
    Json,
    /// [`FieldMeta::kinds`]
    Kinds(&'static [&'static str]),
}

impl Role {
    /// The server alone writes the field (the key is answered by [`EntityMeta::is_reserved`]).
    pub const fn is_stamp(self) -> bool {
        !matches!(self, Self::Data | Self::Key)
    }
}

impl FieldMeta {
    /// A plain data field whose Rust, column and serde names are `name`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            column: name,
            serde_name: name,
            role: Role::Data,
            policy: Policy::Plain,
            form: FormUse::Input,
            hide_null: false,
            was: &[],
            json: false,
            kinds: &[],
        }
    }

    /// Sets the column name, where it is not the field's.
    pub const fn column(mut self, column: &'static str) -> Self {
        self.column = column;
        self
    }

    /// Sets the serde name, where it is not the field's.
    pub const fn serde_name(mut self, name: &'static str) -> Self {
        self.serde_name = name;
        self
    }

    /// Sets the role; every role but data also takes the field out of the forms.
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self.form = FormUse::None;
        self
    }

    /// Stores only what the mask `M` leaves.
    pub const fn mask<M: Mask>(self, name: &'static str) -> Self {
        self.policy(Policy::Masked(MaskRef::of::<M>(name)))
    }

    /// Sets the policy.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how clients may set the field.
    pub const fn form(mut self, form: FormUse) -> Self {
        self.form = form;
        self
    }

    /// Masks a null too.
    pub const fn hide_null(mut self) -> Self {
        self.hide_null = true;
        self
    }

    /// Names under which older rows know the field.
    pub const fn was(mut self, names: &'static [&'static str]) -> Self {
        self.was = names;
        self
    }

    /// The actor kinds that an id-only stamp column takes.
    pub const fn kinds(mut self, kinds: &'static [&'static str]) -> Self {
        self.kinds = kinds;
        self
    }

    /// Declares a JSON data column.
    pub const fn json(mut self) -> Self {
        self.json = true;
        self
    }

    /// Settings given as data, in their order.
    pub const fn set(mut self, mut settings: &[FieldSetting]) -> Self {
        while let [first, rest @ ..] = settings {
            self = match *first {
                FieldSetting::Named(name) => self.serde_name(name),
                FieldSetting::Role(role) => self.role(role),
                FieldSetting::Policy(policy) => self.policy(policy),
                FieldSetting::Form(form) => self.form(form),
                FieldSetting::HideNull => self.hide_null(),
                FieldSetting::Was(names) => self.was(names),
                FieldSetting::Json => self.json(),
                FieldSetting::Kinds(kinds) => self.kinds(kinds),
            };
            settings = rest;
        }
        self
    }
}

impl EntityMeta {
    /// A table of fields under an audit name.
    pub const fn new(
        name: &'static str,
        type_name: &'static str,
        fields: &'static [FieldMeta],
    ) -> Self {
        Self {
            name,
            type_name,
            fields,
            key_source: KeySource::Database,
            require_reason: false,
        }
    }

    /// Sets who makes the primary key.
    pub const fn key_source(mut self, source: KeySource) -> Self {
        self.key_source = source;
        self
    }

    /// Refuses a write without a reason.
    pub const fn require_reason(mut self) -> Self {
        self.require_reason = true;
        self
    }

    /// The field that holds a role.
    pub fn with_role(&self, role: Role) -> Option<&'static FieldMeta> {
        self.fields.iter().find(|f| f.role == role)
    }

    /// The columns of the primary key, in the struct's order.
    pub fn key_fields(&self) -> impl Iterator<Item = &'static FieldMeta> + use<> {
        self.fields.iter().filter(|f| f.role == Role::Key)
    }

    /// True where a client may never set the field: every stamp, and the primary key unless it
    /// is the client's.
    pub const fn is_reserved(&self, field: &FieldMeta) -> bool {
        match field.role {
            Role::Key => !matches!(self.key_source, KeySource::Client),
            role => role.is_stamp(),
        }
    }

    /// A deleted flag, an active flag or a deletion time: any of them makes a soft delete.
    pub fn has_soft_delete(&self) -> bool {
        self.soft_delete_field().is_some()
    }

    /// The field whose change says that a record was deleted or restored: the flag, or
    /// without one the deletion time.
    pub fn soft_delete_field(&self) -> Option<&'static FieldMeta> {
        self.with_role(Role::DeletedFlag)
            .or_else(|| self.with_role(Role::ActiveFlag))
            .or_else(|| self.with_role(Role::DeletedAt))
    }
}
