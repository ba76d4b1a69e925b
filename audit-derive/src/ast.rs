//! The model: a struct and its fields, each with its syn node and what its attributes say.

use syn::{Data, DeriveInput, Fields, Ident, LitStr, Meta, Path};

use crate::attr::{ContainerAttrs, FieldAttrs};
use crate::errors::{Errors, error};
use crate::name::unraw;
use crate::sibling::{DieselContainer, DieselField, SerdeNames};
use crate::symbol::{Position, Word};

/// A struct that derives one of our traits.
pub(crate) struct Container<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) attrs: ContainerAttrs,
    pub(crate) diesel: DieselContainer,
    pub(crate) serde: SerdeNames,
    pub(crate) fields: Vec<Field<'a>>,
    /// A mistake in the container's own attributes: what they may have said is not judged.
    pub(crate) faulty: bool,
    /// Not a struct with named fields: nothing about it can be judged.
    pub(crate) shapeless: bool,
}

/// A field.
pub(crate) struct Field<'a> {
    pub(crate) original: &'a syn::Field,
    pub(crate) ident: &'a Ident,
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) attrs: FieldAttrs,
    pub(crate) diesel: DieselField,
    pub(crate) serde: SerdeNames,
    /// Explicit, or inferred from the name.
    pub(crate) role: Role,
    /// A mistake in its attributes: it is not judged further.
    pub(crate) faulty: bool,
}

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Data,
    Key,
    Tenant,
    CreatedAt,
    CreatedBy,
    UpdatedAt,
    UpdatedBy,
    DeletedAt,
    DeletedBy,
    DeletedFlag,
    ActiveFlag,
    Version,
}

/// What of a field is stored.
#[derive(Clone)]
pub(crate) enum Policy {
    Plain,
    Skip,
    Ignore,
    Mask(Mask),
    MaskAt(Vec<(LitStr, Mask)>),
}

/// A mask by its name in the framework, or the app's own type.
#[derive(Clone)]
pub(crate) enum Mask {
    Named(&'static str),
    Own(Path),
}

/// How clients may set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormUse {
    Input,
    Server,
    None,
}

/// Who makes the primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    Database,
    UuidV7,
    Client,
}

/// A form to generate.
pub(crate) struct FormSpec {
    pub(crate) ident: Ident,
    pub(crate) derives: Vec<Path>,
    pub(crate) attrs: Vec<Meta>,
}

/// The usual names of stamps.
pub(crate) static USUAL_NAMES: &[(&str, Role)] = &[
    ("created_at", Role::CreatedAt),
    ("created_by", Role::CreatedBy),
    ("created_by_id", Role::CreatedBy),
    ("updated_at", Role::UpdatedAt),
    ("updated_by", Role::UpdatedBy),
    ("updated_by_id", Role::UpdatedBy),
    ("last_modified_by", Role::UpdatedBy),
    ("deleted_at", Role::DeletedAt),
    ("deleted_by", Role::DeletedBy),
    ("deleted_by_id", Role::DeletedBy),
    ("is_deleted", Role::DeletedFlag),
    ("tenant_id", Role::Tenant),
];

impl Role {
    /// The role that a word of `#[audit(..)]` gives.
    pub(crate) const fn of(word: Word) -> Option<Self> {
        Some(match word {
            Word::Tenant => Self::Tenant,
            Word::CreatedAt => Self::CreatedAt,
            Word::CreatedBy => Self::CreatedBy,
            Word::UpdatedAt => Self::UpdatedAt,
            Word::UpdatedBy => Self::UpdatedBy,
            Word::DeletedAt => Self::DeletedAt,
            Word::DeletedBy => Self::DeletedBy,
            Word::DeletedFlag => Self::DeletedFlag,
            Word::ActiveFlag => Self::ActiveFlag,
            Word::Version => Self::Version,
            _ => return None,
        })
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        crate::symbol::SYMBOLS
            .iter()
            .find(|s| s.word == word)
            .and_then(|s| Self::of(s.id))
    }

    /// The role of a column by its usual name.
    pub(crate) fn inferred(name: &str) -> Option<Self> {
        USUAL_NAMES
            .iter()
            .find(|(usual, _)| *usual == name)
            .map(|(_, role)| *role)
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Key => "primary key",
            Self::Tenant => "tenant",
            Self::CreatedAt => "created_at",
            Self::CreatedBy => "created_by",
            Self::UpdatedAt => "updated_at",
            Self::UpdatedBy => "updated_by",
            Self::DeletedAt => "deleted_at",
            Self::DeletedBy => "deleted_by",
            Self::DeletedFlag => "deleted_flag",
            Self::ActiveFlag => "active_flag",
            Self::Version => "version",
        }
    }

    /// The server alone writes it.
    pub(crate) const fn is_stamp(self) -> bool {
        !matches!(self, Self::Data | Self::Key)
    }
}

impl Policy {
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Skip => "skip",
            Self::Ignore => "ignore",
            Self::Mask(_) => "mask",
            Self::MaskAt(_) => "mask_at",
        }
    }
}

impl FormUse {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Server => "server",
            Self::None => "no_form",
        }
    }
}

impl<'a> Container<'a> {
    /// Reads a struct with named fields and everything its attributes say.
    pub(crate) fn read(
        original: &'a DeriveInput,
        at: (Position, Position),
        derive: &str,
        errors: &Errors,
    ) -> Self {
        let before = errors.count();
        let attrs = ContainerAttrs::read(&original.attrs, at.0, errors);
        let faulty = errors.count() > before;
        let diesel = DieselContainer::read(&original.attrs);
        let serde = SerdeNames::read(&original.attrs);
        let named = named_fields(original, derive);
        let shapeless = named.is_err();
        let fields = named.unwrap_or_else(|mistake| {
            errors.push(mistake);
            Vec::new()
        });
        let fields = fields
            .into_iter()
            .map(|(original, ident)| {
                let before = errors.count();
                let attrs = FieldAttrs::read(&original.attrs, at.1, errors);
                let faulty = errors.count() > before;
                Field {
                    original,
                    ident,
                    name: unraw(ident),
                    attrs,
                    diesel: DieselField::read(&original.attrs),
                    serde: SerdeNames::read(&original.attrs),
                    role: Role::Data,
                    faulty,
                }
            })
            .collect();
        Self {
            original,
            attrs,
            diesel,
            serde,
            fields,
            faulty,
            shapeless,
        }
    }

    /// Gives every field its role: the key, then what is explicit, then what the usual names say.
    pub(crate) fn infer_roles(&mut self) {
        let keys = self.diesel.primary_key.clone();
        let explicit: Vec<Role> = self.fields.iter().filter_map(Field::claimed_role).collect();
        for field in &mut self.fields {
            let is_key = match &keys {
                Some(keys) => keys.iter().any(|key| unraw(key) == field.column()),
                None => field.column() == "id",
            };
            let usual = || {
                let column = field.column();
                [field.name.as_str(), &column]
                    .into_iter()
                    .find_map(Role::inferred)
            };
            field.role = if field.diesel.embed {
                Role::Data
            } else if is_key {
                Role::Key
            } else if let Some(role) = field.claimed_role() {
                role
            } else if field.attrs.not_a_stamp.is_set() {
                Role::Data
            } else {
                usual()
                    .filter(|role| !ends_inference(*role, &explicit))
                    .unwrap_or(Role::Data)
            };
        }
    }
}

/// An explicit role ends inference for it; either flag is *the* flag.
fn ends_inference(role: Role, explicit: &[Role]) -> bool {
    explicit.iter().any(|explicit| {
        *explicit == role || (role == Role::DeletedFlag && *explicit == Role::ActiveFlag)
    })
}

impl Field<'_> {
    /// The role that an attribute gives, a misspelt one included.
    fn claimed_role(&self) -> Option<Role> {
        self.attrs
            .role
            .as_ref()
            .map(|role| role.value)
            .or(self.attrs.misspelt_role)
    }

    /// The column's name, without `r#`.
    pub(crate) fn column(&self) -> String {
        self.diesel
            .column
            .as_ref()
            .map_or_else(|| self.name.clone(), unraw)
    }

    /// The column's identifier as `table!` has it.
    pub(crate) fn column_ident(&self) -> &Ident {
        self.diesel.column.as_ref().unwrap_or(self.ident)
    }
}

/// The fields of a struct that has named ones.
fn named_fields<'a>(
    input: &'a DeriveInput,
    derive: &str,
) -> syn::Result<Vec<(&'a syn::Field, &'a Ident)>> {
    let span = input.ident.span();
    let unsupported = |what: &str, help: &str| {
        Err(error(
            span,
            format!("`{derive}` cannot be derived for {what}"),
            help,
        ))
    };
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields
                .named
                .iter()
                .filter_map(|field| field.ident.as_ref().map(|ident| (field, ident)))
                // The compiler refuses it; we could not name it.
                .filter(|(_, ident)| *ident != "_")
                .collect()),
            Fields::Unnamed(_) => unsupported(
                "a tuple struct",
                "a struct with named fields is supported, one field a column",
            ),
            Fields::Unit => unsupported("a unit struct", "a struct with named fields is supported"),
        },
        Data::Enum(_) => unsupported(
            "an enum",
            "a struct with named fields is supported; an enum can be the type of one of them",
        ),
        Data::Union(_) => unsupported("a union", "a struct with named fields is supported"),
    }
}
