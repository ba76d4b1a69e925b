//! The output, read from top to bottom. Data over code: a const table of fields, and one line a
//! field where a type is needed.

mod entity;
mod form;
mod generated;
mod meta;
mod plan;
mod stored;

use proc_macro2::TokenStream;
use syn::{Ident, Path};

pub(crate) use plan::Plan;

use crate::name::unraw;
use crate::path::q;

/// `#[derive(Audited)]`
pub(crate) fn audited(plan: &Plan<'_>) -> TokenStream {
    let mut items = TokenStream::new();
    items.extend(meta::table(plan));
    items.extend(meta::audited(plan));
    if plan
        .container
        .attrs
        .debug
        .get()
        .is_none_or(|debug| debug.value)
    {
        items.extend(meta::debug(plan));
    }
    if plan.root.diesel {
        items.extend(entity::checks(plan));
        items.extend(entity::entity(plan));
        items.extend(entity::keys(plan));
        items.extend(stored::entity(plan));
        items.extend(stored::backend_checks(plan));
    }
    let mut forms = TokenStream::new();
    for form in generated::forms(plan) {
        forms.extend(form.item());
        items.extend(form.impls());
    }
    items.extend(generated::part_checks(plan));
    let sealed = plan.sealed(items);
    q!(#forms #sealed)
}

/// `#[derive(AuditedPart)]`
pub(crate) fn part(plan: &Plan<'_>) -> TokenStream {
    let mut items = TokenStream::new();
    items.extend(meta::part(plan));
    if plan
        .container
        .attrs
        .debug
        .get()
        .is_none_or(|debug| debug.value)
    {
        items.extend(meta::part_debug(plan));
    }
    if plan.root.diesel {
        items.extend(stored::part(plan));
        items.extend(stored::backend_checks(plan));
    }
    plan.sealed(items)
}

/// `#[derive(AuditedForm)]`
pub(crate) fn form(plan: &Plan<'_>, entity: &Path) -> TokenStream {
    plan.sealed(form::form(plan, entity))
}

/// The table of a form that names none: Diesel's own rule, the entity in snake case with an `s`.
pub(crate) fn guessed_table(entity: &Path) -> Option<Path> {
    let segment = entity.segments.last()?;
    let mut table = String::new();
    for char in unraw(&segment.ident).chars() {
        if char.is_uppercase() && !table.is_empty() {
            table.push('_');
        }
        table.extend(char.to_lowercase());
    }
    table.push('s');
    Some(Ident::new(&table, segment.ident.span()).into())
}
