//! What words of `#[audit(..)]` may mean: the role of a field, what is stored of it, who sets it,
//! who makes the key, which forms there are.

use syn::{Ident, LitStr, Meta, Path};

use crate::errors::nearest;
use crate::symbol::{SYMBOLS, Word};

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
        SYMBOLS
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

/// The role word that was probably meant, so that a misspelt role is not also a missing one.
pub(crate) fn nearest_role(typed: &str) -> Option<&'static str> {
    let roles = SYMBOLS.iter().filter(|s| Role::of(s.id).is_some());
    nearest(typed, roles.map(|s| s.word))
}
