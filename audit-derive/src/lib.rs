//! The derives of the audit framework: `Audited`, `AuditedForm` and `AuditedPart`.
//!
//! Apps use them through `audit_diesel` or `audit_core`, which re-export them beside the traits
//! of the same names.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod ast;
mod attr;
mod bound;
mod check;
mod derive;
mod errors;
mod expand;
mod facts;
mod list;
mod meaning;
mod name;
mod path;
mod secret;
mod sibling;
mod symbol;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a struct an audited entity.
///
/// It reads its own `#[audit(..)]` and, so that nothing is said twice, `#[diesel(table_name,
/// primary_key, column_name, embed, deserialize_as, skip_insertion, skip_update)]` and
/// `#[serde(rename, rename_all, alias)]`. It stands beside `Queryable`, `Selectable` and
/// `Identifiable`. Without a `table_name` only the traits of `audit_core` are implemented, and
/// `name` is required.
///
#[doc = include_str!("docs/audited.md")]
///
/// # What is generated
///
/// ```rust,ignore
#[doc = include_str!("../tests/golden/account.rs")]
/// ```
#[proc_macro_derive(Audited, attributes(audit, diesel, serde))]
pub fn derive_audited(input: TokenStream) -> TokenStream {
    derive::audited(input.into(), cfg!(feature = "serde"))
        .into_tokens()
        .into()
}

/// Makes a struct several columns of an audited entity (`#[diesel(embed)]`).
///
/// Its columns count as the entity's, and its fields carry their own policies. It holds neither
/// stamps nor keys.
///
#[doc = include_str!("docs/audited_part.md")]
///
/// # What is generated
///
/// ```rust,ignore
#[doc = include_str!("../tests/golden/part.rs")]
/// ```
#[proc_macro_derive(AuditedPart, attributes(audit, diesel, serde))]
pub fn derive_audited_part(input: TokenStream) -> TokenStream {
    derive::part(input.into()).into_tokens().into()
}

/// Makes a struct a form of an audited entity: what a client may set.
///
/// Its fields have the names of the entity's, and their types or borrowed kin (`&str`). `None`
/// leaves a column as it is, unless the field is `null`. A field that is reserved on the entity
/// does not compile. The table is `#[diesel(table_name = ..)]`, or by Diesel's own rule the
/// entity's name in snake case with an `s`. A form that holds the primary key, which then is the
/// client's, is one for inserts only.
///
#[doc = include_str!("docs/audited_form.md")]
///
/// # What is generated
///
/// ```rust,ignore
#[doc = include_str!("../tests/golden/form.rs")]
/// ```
#[proc_macro_derive(AuditedForm, attributes(audit, diesel, serde))]
pub fn derive_audited_form(input: TokenStream) -> TokenStream {
    derive::form(input.into()).into_tokens().into()
}
