//! Every word of `#[audit(..)]`, once: the parser, the messages and the documentation read this
//! table, so that they cannot drift apart.

use proc_macro2::Span;

use crate::errors::{error, nearest, quoted_list};

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Entity,
    EntityField,
    Part,
    PartField,
    Form,
    FormField,
}

impl Position {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Entity => "an entity",
            Self::EntityField => "a field of an entity",
            Self::Part => "an embedded part",
            Self::PartField => "a field of an embedded part",
            Self::Form => "a form",
            Self::FormField => "a field of a form",
        }
    }
}

/// One word, the places where it is valid, a correct form and what it does.
#[derive(Debug)]
pub(crate) struct Symbol {
    pub(crate) id: Word,
    pub(crate) word: &'static str,
    pub(crate) at: &'static [Position],
    pub(crate) form: &'static str,
    pub(crate) help: &'static str,
}

macro_rules! symbols {
    ($($id:ident $word:literal [$($at:ident)+] $form:literal $help:literal;)+) => {
        /// The words of `#[audit(..)]`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word { $($id),+ }

        pub(crate) static SYMBOLS: &[Symbol] = &[$(Symbol {
            id: Word::$id,
            word: $word,
            at: &[$(Position::$at),+],
            form: $form,
            help: $help,
        }),+];
    };
}

symbols! {
    Plain "plain" [EntityField PartField] "plain" "store the value in clear text, whatever its name says";
    Skip "skip" [EntityField PartField] "skip" "never store the value; a change of it is no change";
    Ignore "ignore" [EntityField PartField] "ignore" "store the value, but let a change of it alone trigger nothing";
    Mask "mask" [EntityField PartField] "mask = \"last4\"" "store only what the mask leaves of the value";
    MaskAt "mask_at" [EntityField PartField] "mask_at(\"/card/number\" = \"pan\")" "mask at paths inside a JSON value (not a text); `*` is any element";
    HideNull "hide_null" [EntityField PartField] "mask = \"redact\", hide_null" "mask a null too, so that it does not show whether a value came or went";
    Eq "eq" [EntityField PartField] "eq = same_value" "compare with a function `fn(&T, &T) -> bool` instead of `==`";
    Via "via" [EntityField PartField] "via = \"display\"" "store a type without `Serialize` as its `Display` text";
    Was "was" [EntityField PartField] "was = \"old_name\"" "read the history under a former column name as this field's";
    NoForm "no_form" [EntityField] "no_form" "keep the field out of the generated forms";
    Server "server" [EntityField] "server" "in the forms, but set by code alone and never read from input";
    Input "input" [EntityField PartField] "input" "read the field from input although its name says that it is secret";
    FormAttr "form" [EntityField] "form(validate(length(min = 1)))" "attributes for the field of the generated forms";
    NotAStamp "not_a_stamp" [EntityField PartField] "not_a_stamp" "the field is data, although it has the usual name of a stamp";
    Tenant "tenant" [EntityField] "tenant" "who the record belongs to";
    CreatedAt "created_at" [EntityField] "created_at" "when the record was created";
    CreatedBy "created_by" [EntityField] "created_by" "who created it";
    UpdatedAt "updated_at" [EntityField] "updated_at" "when it was last written";
    UpdatedBy "updated_by" [EntityField] "updated_by" "who wrote it last";
    DeletedAt "deleted_at" [EntityField] "deleted_at" "when it was soft-deleted";
    DeletedBy "deleted_by" [EntityField] "deleted_by" "who soft-deleted it";
    DeletedFlag "deleted_flag" [EntityField] "deleted_flag" "true when deleted";
    ActiveFlag "active_flag" [EntityField] "active_flag" "false when deleted";
    Version "version" [EntityField] "version" "the optimistic lock";
    Id "id" [EntityField] "id = \"uuid_v7\"" "who makes the primary key: \"database\" (default), \"uuid_v7\" or \"client\"";
    Kinds "kinds" [EntityField] "kinds(\"user\")" "the actor kinds that a stamp column holding only an id takes";
    New "new" [Entity] "new = NewAccount" "generate the form for inserts; `NewAccount(derive(..), attr(..))` adds derives and attributes";
    Changes "changes" [Entity] "changes = AccountChanges" "generate the form for updates; `AccountChanges(derive(..), attr(..))` adds derives and attributes";
    Exempt "exempt" [Entity] "exempt(created_by, updated_by)" "the stamps that this table lacks";
    Name "name" [Entity] "name = \"accounts\"" "the stable audit name; the table's by default";
    Strict "strict" [Entity Part] "strict" "every field must carry a policy";
    RequireReason "require_reason" [Entity] "require_reason" "refuse a write without a reason in its context";
    Debug "debug" [Entity Part] "debug = false" "leave `Debug` to the app";
    Crate "crate" [Entity Part Form] "crate = my_crate::audit_diesel" "the path under which the framework is found";
    Null "null" [FormField] "null" "let `None` write NULL, instead of leaving the column as it is";
    EntityType "entity" [Form] "entity = Account" "the entity that the form is about";
}

/// Words that people bring from elsewhere, and what is meant by them here.
pub(crate) static HEIRS: &[(&str, &str)] = &[
    ("author", "write `created_by`"),
    (
        "column",
        "write `#[diesel(column_name = ..)]`, which is read here too",
    ),
    (
        "column_name",
        "write `#[diesel(column_name = ..)]`, which is read here too",
    ),
    (
        "encrypt",
        "write `mask = \"token\"` to see changes and never the value",
    ),
    (
        "exclude",
        "write `skip` to store nothing, `no_form` to keep the field out of the forms",
    ),
    ("hash", "write `mask = \"token\"`"),
    ("hidden", "write `mask = \"redact\"`"),
    (
        "key",
        "the primary key is `id` or what `#[diesel(primary_key(..))]` says",
    ),
    ("pii", "write `mask = \"redact\"`"),
    (
        "primary_key",
        "write `#[diesel(primary_key(..))]`, which is read here too",
    ),
    ("readonly", "write `no_form`"),
    ("redact", "write `mask = \"redact\"`"),
    (
        "rename",
        "write `#[serde(rename = \"..\")]` or `#[diesel(column_name = ..)]`",
    ),
    ("renamed_from", "write `was = \"old_name\"`"),
    ("secret", "write `mask = \"redact\"`"),
    ("sensitive", "write `mask = \"redact\"`"),
    (
        "soft_delete",
        "a field `is_deleted`, `deleted_flag` or `deleted_at` makes the soft delete",
    ),
    (
        "table",
        "write `#[diesel(table_name = ..)]`, which is read here too",
    ),
    (
        "table_name",
        "write `#[diesel(table_name = ..)]`, which is read here too",
    ),
    ("lock_version", "write `version`"),
];

/// The masks of the framework, in the order of their documentation.
pub(crate) static MASKS: &[&str] = &["redact", "last4", "pan", "email", "token"];

/// The stamps that a table may lack.
pub(crate) static EXEMPTABLE: &[&str] = &[
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
    "deleted_by",
    "deleted_flag",
];

/// Who may make the primary key.
pub(crate) static KEY_SOURCES: &[&str] = &["database", "uuid_v7", "client"];

impl Symbol {
    /// Finds the word that was typed at `position`, or says what is wrong with it.
    pub(crate) fn find(typed: &str, position: Position, span: Span) -> syn::Result<&'static Self> {
        match SYMBOLS.iter().find(|symbol| symbol.word == typed) {
            Some(symbol) if symbol.at.contains(&position) => Ok(symbol),
            Some(symbol) => Err(symbol.misplaced(position, span)),
            None => Err(unknown(typed, position, span)),
        }
    }

    /// The word stands where it has no meaning.
    pub(crate) fn misplaced(&self, position: Position, span: Span) -> syn::Error {
        let mut places: Vec<_> = self.at.iter().map(|at| at.name()).collect();
        let last = places.pop().unwrap_or_default();
        let places = match places.as_slice() {
            [] => last.to_owned(),
            places => format!("{} or {last}", places.join(", ")),
        };
        error(
            span,
            format!(
                "`{}` belongs on {places}, not on {}",
                self.word,
                position.name()
            ),
            format!("{}: `#[audit({})]`", self.help, self.form),
        )
    }

    /// The word is right and what follows it is not.
    pub(crate) fn misused(&self, span: Span, what: impl std::fmt::Display) -> syn::Error {
        error(span, what, format!("write `#[audit({})]`", self.form))
    }
}

fn unknown(typed: &str, position: Position, span: Span) -> syn::Error {
    let known = || {
        SYMBOLS
            .iter()
            .filter(|s| s.at.contains(&position))
            .map(|s| s.word)
    };
    let message = format!("unknown attribute `{typed}` on {}", position.name());
    let place = position.name();
    let help = if let Some((_, heir)) = HEIRS.iter().find(|(word, _)| *word == typed) {
        (*heir).to_owned()
    } else if known().next().is_none() {
        format!("{place} takes no `#[audit(..)]`")
    } else if let Some(near) = nearest(typed, known()) {
        format!(
            "did you mean `{near}`? {place} takes {}",
            quoted_list(known())
        )
    } else {
        format!("{place} takes {}", quoted_list(known()))
    };
    error(span, message, help)
}

/// Finds `typed` in a fixed list, or says what `what` it may be.
pub(crate) fn choose(
    what: &str,
    typed: &str,
    known: &'static [&'static str],
    span: Span,
) -> syn::Result<&'static str> {
    if let Some(word) = known.iter().find(|word| **word == typed) {
        return Ok(word);
    }
    let list = quoted_list(known.iter().copied());
    let help = match nearest(typed, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? known are {list}"),
        None => format!("known are {list}"),
    };
    Err(error(span, format!("unknown {what} `{typed}`"), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_heirs_are_no_words() {
        for (index, symbol) in SYMBOLS.iter().enumerate() {
            assert!(
                SYMBOLS
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.word != symbol.word)
            );
            assert!(HEIRS.iter().all(|(word, _)| *word != symbol.word));
            assert!(symbol.form.contains(symbol.word), "{}", symbol.word);
        }
    }

    #[test]
    fn help_lines_keep_the_voice() {
        for symbol in SYMBOLS {
            assert!(!symbol.help.ends_with('.'), "{}", symbol.word);
            assert!(
                symbol.help.starts_with(|c: char| c.is_lowercase()),
                "{}",
                symbol.word
            );
        }
    }
}
