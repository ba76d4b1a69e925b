//! The model: a struct and its fields, each with its syn node and what its attributes say.

use syn::{Data, DeriveInput, Fields, Ident};

use crate::attr::{ContainerAttrs, FieldAttrs};
use crate::errors::{Errors, error};
use crate::meaning::Role;
use crate::name::unraw;
use crate::sibling::{DieselContainer, DieselField, SerdeNames};
use crate::symbol::Position;

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
