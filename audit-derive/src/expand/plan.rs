//! What every part of the expansion is made from, and the lines that several of them print.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Ident, Path};

use crate::ast::{Container, Field};
use crate::bound::Bounds;
use crate::meaning::Policy;
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
    pub(super) fn ident(&self) -> &'a Ident {
        &self.container.original.ident
    }

    /// The struct's type, with its parameters.
    pub(super) fn this(&self) -> TokenStream {
        let ident = self.ident();
        let (_, ty_generics, _) = self.container.original.generics.split_for_impl();
        q!(#ident #ty_generics)
    }

    /// The fields without a mistake.
    pub(super) fn sound(&self) -> impl Iterator<Item = &Field<'a>> {
        self.container
            .fields
            .iter()
            .filter(|field| !self.quiet || !field.faulty)
    }

    /// The column's path; its last word is where the user named it.
    pub(super) fn column(&self, field: &Field<'_>) -> TokenStream {
        let (table, column) = (&self.table, field.column_ident());
        q!(#table::#column)
    }

    /// Bounds under which two states can be shown side by side.
    pub(super) fn walk_bounds(&self) -> Bounds {
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
    pub(super) fn sealed(&self, items: TokenStream) -> TokenStream {
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

/// One line of a visit: the field in two states, by what is known of its type.
pub(super) fn walk_line(field: &Field<'_>) -> TokenStream {
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
pub(super) fn shown(field: &Field<'_>) -> TokenStream {
    let ty = field.ty();
    match option_of(ty) {
        Some(inner) => q!(_p::shown_option::<#inner>),
        None => q!(_p::shown::<#ty>),
    }
}

/// `::core::option::Option`
pub(super) fn option(inner: &impl ToTokens) -> TokenStream {
    q!(::core::option::Option<#inner>)
}
