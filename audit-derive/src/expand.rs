//! The output, read from top to bottom. Data over code: a const table of fields, and one line a
//! field where a type is needed.

mod entity;
mod form;
mod generated;
mod meta;
mod stored;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Ident, Path};

pub(crate) use generated::types;

use crate::ast::{Container, Field};
use crate::bound::Bounds;
use crate::meaning::Policy;
use crate::name::unraw;
use crate::path::{Root, q, q_at};
use crate::secret::option_of;

/// What the expansion of one struct is made from.
pub(crate) struct Plan<'a> {
    pub(crate) container: &'a Container<'a>,
    pub(crate) root: Root,
    /// The table's path, where there is a table.
    pub(crate) table: Option<Path>,
    /// Generated forms read input.
    pub(crate) serde: bool,
    /// There were mistakes: fields with one are left out, and what needs all fields is stubbed.
    pub(crate) quiet: bool,
}

impl<'a> Plan<'a> {
    fn ident(&self) -> &'a Ident {
        &self.container.original.ident
    }

    /// The struct's type, with its parameters.
    fn this(&self) -> TokenStream {
        let ident = self.ident();
        let (_, ty_generics, _) = self.container.original.generics.split_for_impl();
        q!(#ident #ty_generics)
    }

    /// The fields without a mistake.
    fn sound(&self) -> impl Iterator<Item = &Field<'a>> {
        self.container
            .fields
            .iter()
            .filter(|field| !self.quiet || !field.faulty)
    }

    /// The column's path; its last word is where the user named it.
    fn column(&self, field: &Field<'_>) -> TokenStream {
        let (table, column) = (&self.table, field.column_ident());
        q!(#table::#column)
    }

    /// Bounds under which two states can be shown side by side.
    fn walk_bounds(&self) -> Bounds {
        let mut bounds = Bounds::new(&self.container.original.generics);
        for field in self.sound() {
            let ty = field.ty();
            let by = field.attrs.eq.is_set();
            let serialize = q!(_p::serde::Serialize);
            let needs = match (field.is_skipped(), field.attrs.via.is_set()) {
                _ if field.diesel.embed => q!(_a::AuditedPart),
                (true, _) if by => continue,
                (true, _) => q!(::core::cmp::PartialEq),
                (false, true) => {
                    let text = option_of(ty).unwrap_or(ty);
                    bounds.require_if_generic(q!(#text: ::core::fmt::Display));
                    if by {
                        continue;
                    }
                    q!(::core::cmp::PartialEq)
                }
                (false, false) if by => serialize,
                (false, false) => q!(::core::cmp::PartialEq + #serialize),
            };
            bounds.require_if_generic(q!(#ty: #needs));
            if field.has_text_mask() {
                bounds.require_if_generic(q!(#ty: _a::mask::MaskText));
            }
        }
        bounds
    }

    /// Everything inside one anonymous const, so that no name of ours is seen outside.
    fn sealed(&self, items: TokenStream) -> TokenStream {
        let import = self.root.import();
        let inside = |field: &&Field<'_>| matches!(field.policy(), Some(Policy::MaskAt(_)));
        let masks = self.container.fields.iter().find(inside).map(|_| {
            q!(
                use _a::mask as _m;
            )
        });
        let deprecated = self
            .container
            .fields
            .iter()
            .map(|field| &field.original.attrs);
        let deprecated = deprecated.flatten().chain(&self.container.original.attrs);
        let allow = deprecated
            .filter(|attr| attr.path().is_ident("deprecated"))
            .map(|_| q!(#[allow(deprecated)]))
            .next();
        q! {
            #allow
            const _: () = {
                #import
                #masks
                #items
            };
        }
    }
}

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

/// One line of a visit: the field in two states, by what is known of its type.
fn walk_line(field: &Field<'_>) -> TokenStream {
    let (ident, ty) = (field.ident, field.ty());
    if field.diesel.embed {
        return q!(<#ty as _a::AuditedPart>::walk(&old.#ident, &new.#ident, w););
    }
    let skipped = matches!(field.policy(), Some(Policy::Skip));
    let method = match (skipped, field.attrs.via.is_set(), field.attrs.eq.is_set()) {
        (true, _, false) => q!(skipped),
        (true, _, true) => q!(skipped_by),
        (false, true, false) => q!(display),
        (false, true, true) => q!(display_by),
        (false, false, false) => q!(field),
        (false, false, true) => q!(field_by),
    };
    let shown = (field.attrs.via.is_set() && !skipped).then(|| {
        let shown = shown(field);
        q!(, #shown)
    });
    let eq = field.attrs.eq.get().map(|path| q!(, #path));
    let new = if field.has_text_mask() {
        // Shown at the type: it is what has no text.
        q_at!(ty.span() => _p::text(&new.#ident))
    } else {
        q!(&new.#ident)
    };
    q!(w.#method::<#ty>(&old.#ident, #new #shown #eq);)
}

/// The function that gives the `Display` text of a field under `via`.
fn shown(field: &Field<'_>) -> TokenStream {
    let ty = field.ty();
    match option_of(ty) {
        Some(inner) => q!(_p::shown_option::<#inner>),
        None => q!(_p::shown::<#ty>),
    }
}

/// `::core::option::Option`
fn option(inner: &impl ToTokens) -> TokenStream {
    q!(::core::option::Option<#inner>)
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
