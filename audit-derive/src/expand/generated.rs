//! The forms that `new = ..` and `changes = ..` generate.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Generics, LitStr};

use crate::ast::Field;
use crate::bound::{Bounds, unused, used};
use crate::expand::plan::{Plan, option, shown};
use crate::expand::stored::put_method;
use crate::facts::{GENERATED_DERIVES, types};
use crate::meaning::{FormSpec, FormUse, Role};
use crate::name::unraw;
use crate::path::{q, q_at};
use crate::secret::option_of;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Changes,
}

/// A form to print.
pub(super) struct Form<'p, 'a> {
    plan: &'p Plan<'a>,
    spec: &'p FormSpec,
    kind: Kind,
    fields: Vec<&'p Field<'a>>,
    /// The entity's parameters that its fields mention.
    generics: Generics,
}

/// The forms that the container asks for.
pub(super) fn forms<'p, 'a>(plan: &'p Plan<'a>) -> Vec<Form<'p, 'a>> {
    let container = plan.container;
    let form = |kind, spec, fields: Vec<&'p Field<'a>>| {
        let types = types(&fields);
        let generics = used(&container.original.generics, &types);
        Form {
            plan,
            spec,
            kind,
            fields,
            generics,
        }
    };
    let new = container.attrs.new.get();
    let changes = container.attrs.changes.get();
    let new = new.map(|spec| form(Kind::New, spec, container.new_fields()));
    let changes = changes.map(|spec| form(Kind::Changes, spec, container.change_fields()));
    // Two forms of one name are a mistake; the second would only add to it.
    let named = new.as_ref().map(|new| &new.spec.ident);
    let changes = changes.filter(|changes| named != Some(&changes.spec.ident));
    new.into_iter().chain(changes).collect()
}

/// Forms take parts whole, so no field of such a part may be the server's alone.
pub(super) fn part_checks(plan: &Plan<'_>) -> TokenStream {
    let attrs = &plan.container.attrs;
    let in_forms = |field: &&Field<'_>| {
        field.diesel.embed && field.form_use() == FormUse::Input && !(plan.quiet && field.faulty)
    };
    let parts = plan.container.fields.iter().filter(in_forms);
    if !attrs.new.is_set() && !attrs.changes.is_set() {
        return TokenStream::new();
    }
    parts
        .map(|field| {
            let (ty, name) = (field.ty(), &field.name);
            let message = format!(
                "`{name}` is in the forms, and a field of it sounds secret\n\
                 help: mark `{name}` with `#[audit(no_form)]`, or the field of the part with \
                 `#[audit(input)]`"
            );
            q_at! { ty.span() =>
                const _: () = {
                    let mut fields = <#ty as _a::AuditedPart>::FIELDS;
                    while let [first, rest @ ..] = fields {
                        ::core::assert!(::core::matches!(first.form, _a::FormUse::Input), #message);
                        fields = rest;
                    }
                };
            }
        })
        .collect()
}

fn is_server(field: &Field<'_>) -> bool {
    field.role == Role::Data && field.form_use() == FormUse::Server
}

impl Form<'_, '_> {
    /// The struct, in the entity's visibility and beside it.
    pub(super) fn item(&self) -> TokenStream {
        let entity = self.plan.ident();
        let ident = &self.spec.ident;
        let vis = &self.plan.container.original.vis;
        let doc = match self.kind {
            Kind::New => format!(
                "The values of a new [`{}`] that are not the server's.",
                unraw(entity)
            ),
            Kind::Changes => format!("Changes of a [`{}`]; what is `None` stays.", unraw(entity)),
        };
        let reads_input = self.plan.serde && !self.plan.quiet;
        let serde = reads_input.then(|| {
            let (derive, path) = (&self.plan.root, self.plan.root.text("serde"));
            let bound = self.deserialize_bound();
            q! {
                #[derive(#derive::__private::serde::Deserialize)]
                #[serde(crate = #path #bound)]
            }
        });
        let derives = &self.spec.derives;
        let attrs = self
            .spec
            .attrs
            .iter()
            .filter(|attr| reads_input || !attr.path().is_ident("serde"));
        // After mistakes, without what is generated already.
        let taken = |path: &&syn::Path| {
            self.plan.quiet
                && path.segments.last().is_some_and(|segment| {
                    GENERATED_DERIVES.iter().any(|name| segment.ident == name)
                })
        };
        let derives: Vec<_> = derives.iter().filter(|path| !taken(path)).collect();
        let derives = (!derives.is_empty()).then(|| q!(#[derive(#(#derives),*)]));
        let fields = self.fields.iter().map(|field| self.field(field));
        let (params, where_clause) = (&self.generics, &self.generics.where_clause);
        q! {
            #[doc = #doc]
            #serde
            #derives
            #(#[#attrs])*
            #vis struct #ident #params #where_clause {
                #(#fields),*
            }
        }
    }

    /// serde bounds `T: Deserialize`, which fields read by a function of ours need not imply.
    fn deserialize_bound(&self) -> Option<TokenStream> {
        let bounds = Bounds::new(&self.generics);
        let masked: Vec<_> = self
            .fields
            .iter()
            .filter(|field| !is_server(field) && bounds.mentioned(field.ty()))
            .map(|field| {
                let ty = field.ty();
                let path = self.plan.root.text("serde::Deserialize<'de>");
                format!("{}: {path}", ty.to_token_stream())
            })
            .collect();
        if masked.is_empty() {
            return None;
        }
        let bound = masked.join(", ");
        Some(q!(, bound(deserialize = #bound)))
    }

    fn field(&self, field: &Field<'_>) -> TokenStream {
        let (ident, vis) = (field.ident, &field.original.vis);
        let ty = self.type_of(field);
        let is_doc = |attr: &&Attribute| attr.path().is_ident("doc");
        let mut docs: Vec<_> = field
            .original
            .attrs
            .iter()
            .filter(is_doc)
            .map(ToTokens::to_token_stream)
            .collect();
        if docs.is_empty() {
            let doc = format!("`{}` of [`{}`].", field.name, unraw(self.plan.ident()));
            docs.push(q!(#[doc = #doc]));
        }
        let serde = self.serde_attr(field);
        let reads_input = self.plan.serde && !self.plan.quiet;
        let attrs = field.attrs.form_attrs.get().into_iter().flatten();
        let attrs = attrs.filter(|attr| reads_input || !attr.path().is_ident("serde"));
        q! {
            #(#docs)*
            #serde
            #(#[#attrs])*
            #vis #ident: #ty
        }
    }

    /// The type of a field in the form.
    fn type_of(&self, field: &Field<'_>) -> TokenStream {
        let (ty, root) = (field.ty(), &self.plan.root);
        match self.kind {
            Kind::New if is_server(field) => q!(#root::Server<#ty>),
            Kind::New => q!(#ty),
            Kind::Changes => option(ty),
        }
    }

    fn serde_attr(&self, field: &Field<'_>) -> Option<TokenStream> {
        if !self.plan.serde || self.plan.quiet {
            return None;
        }
        if is_server(field) {
            return Some(q!(#[serde(skip)]));
        }
        let mut items: Vec<TokenStream> = Vec::new();
        let optional = self.kind == Kind::Changes || field.is_nullable();
        if optional {
            items.push(q!(default));
        }
        let by = match (self.kind, field.is_nullable(), field.hides_input()) {
            (Kind::New, _, false) => None,
            (Kind::New, _, true) => Some("masked_field"),
            (Kind::Changes, false, false) => Some("some"),
            (Kind::Changes, false, true) => Some("masked_option_field"),
            (Kind::Changes, true, false) => Some("double_option"),
            (Kind::Changes, true, true) => Some("masked_double_option_field"),
        };
        if let Some(by) = by {
            let mut path = self.plan.root.text(by);
            if let Some(index) = self.masked().position(|masked| masked.ident == field.ident) {
                path = format!("{path}::<{}, {index}, _, _>", self.this());
            }
            // serde shows at it what the type lacks.
            let path = LitStr::new(&path, field.ty().span());
            items.push(q!(deserialize_with = #path));
        }
        let name = field.serde_name(self.plan.container);
        if name != field.name {
            items.push(q!(rename = #name));
        }
        for alias in &field.serde.aliases {
            items.push(q!(alias = #alias));
        }
        (!items.is_empty()).then(|| q!(#[serde(#(#items),*)]))
    }

    /// The fields of whose input an error says nothing but the name.
    fn masked(&self) -> impl Iterator<Item = &Field<'_>> {
        self.fields
            .iter()
            .copied()
            .filter(|field| field.hides_input() && !is_server(field))
    }

    /// Their names, for the readers that [`Self::serde_attr`] chooses.
    fn masked_input(&self) -> Option<TokenStream> {
        let names: Vec<_> = self
            .masked()
            .map(|field| field.serde_name(self.plan.container))
            .collect();
        if names.is_empty() {
            return None;
        }
        let this = self.this();
        let (impl_generics, _, where_clause) = self.generics.split_for_impl();
        Some(q! {
            #[automatically_derived]
            impl #impl_generics _p::MaskedInput for #this #where_clause {
                const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            }
        })
    }

    /// The impls, for the const block.
    pub(super) fn impls(&self) -> TokenStream {
        let mut impls = self.debug();
        if self.plan.serde && !self.plan.quiet {
            impls.extend(self.masked_input());
        }
        if self.kind == Kind::Changes {
            impls.extend(self.default());
        }
        if self.plan.serde && self.plan.quiet {
            impls.extend(self.quiet_deserialize());
        }
        // An associated type may not mention a parameter that the form has not.
        let generics = &self.plan.container.original.generics;
        let applies = unused(generics, &types(&self.fields)).next().is_none();
        if applies {
            impls.extend(self.apply());
        }
        if self.plan.root.diesel && (applies || self.kind == Kind::New) {
            impls.extend(self.stored());
        }
        impls
    }

    /// After mistakes, forms still count as input, whatever their fields are.
    fn quiet_deserialize(&self) -> TokenStream {
        let (_, generics, where_clause) = self.generics.split_for_impl();
        let bounds = Bounds::new(&self.generics).with_lifetime(q!('__de));
        let (impl_generics, _) = bounds.split();
        let ident = &self.spec.ident;
        q! {
            impl #impl_generics _p::serde::Deserialize<'__de> for #ident #generics #where_clause {
                fn deserialize<__D: _p::serde::Deserializer<'__de>>(
                    _: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    ::core::unreachable!()
                }
            }
        }
    }

    fn this(&self) -> TokenStream {
        let (ident, (_, generics, _)) = (&self.spec.ident, self.generics.split_for_impl());
        q!(#ident #generics)
    }

    fn default(&self) -> TokenStream {
        let (this, fields) = (self.this(), self.fields.iter().map(|field| field.ident));
        let (impl_generics, _, where_clause) = self.generics.split_for_impl();
        q! {
            #[automatically_derived]
            impl #impl_generics ::core::default::Default for #this #where_clause {
                fn default() -> Self {
                    Self { #(#fields: ::core::option::Option::None),* }
                }
            }
        }
    }

    /// A `Debug` that shows no masked value, and no type that is shown needs more than the diff.
    fn debug(&self) -> TokenStream {
        let (this, name) = (self.this(), unraw(&self.spec.ident));
        let mut bounds = Bounds::new(&self.generics);
        let fields: Vec<_> = self
            .fields
            .iter()
            .filter(|field| !self.plan.quiet || !field.faulty)
            .map(|field| {
                let (ident, ty) = (field.ident, field.ty());
                let label = LitStr::new(&field.name, ident.span());
                let is_text = self.kind == Kind::New && !is_server(field);
                match (
                    is_server(field) || field.is_hidden(),
                    field.attrs.via.is_set(),
                ) {
                    (false, true) if is_text => {
                        let text = option_of(ty).unwrap_or(ty);
                        bounds.require_if_generic(q!(#text: ::core::fmt::Display));
                        let shown = shown(field);
                        q!(.value(#label, #shown(&self.#ident)))
                    }
                    (false, false) if !field.diesel.embed => {
                        bounds.require_if_generic(q!(#ty: _p::serde::Serialize));
                        q!(.value(#label, _a::ValueRef::Value(&self.#ident)))
                    }
                    _ => q!(.masked(#label)),
                }
            })
            .collect();
        let (impl_generics, where_clause) = bounds.split();
        q! {
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #this #where_clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    _p::FormDebug::new(f, #name)#(#fields)*.finish()
                }
            }
        }
    }

    /// Bounds of the entity, and that values can be copied into it.
    fn entity_bounds(&self) -> Bounds {
        let mut bounds = self.plan.walk_bounds();
        for field in &self.fields {
            let ty = field.ty();
            bounds.require_if_generic(q!(#ty: ::core::clone::Clone));
        }
        bounds
    }

    fn apply(&self) -> TokenStream {
        let (this, entity) = (self.this(), self.plan.this());
        let sound = self
            .fields
            .iter()
            .filter(|field| !self.plan.quiet || !field.faulty);
        let lines = sound.filter(|field| field.role == Role::Data).map(|field| {
            let (ident, span) = (field.ident, field.ty().span());
            let assign = |value| q_at!(span => _p::assign(&mut entity.#ident, #value););
            let value = match self.kind {
                Kind::New if is_server(field) => q!(self.#ident.as_set()),
                Kind::New => return assign(q!(&self.#ident)),
                Kind::Changes => q!(&self.#ident),
            };
            let assign = assign(q!(value));
            q!(if let ::core::option::Option::Some(value) = #value { #assign })
        });
        let (impl_generics, where_clause) = self.entity_bounds().split();
        q! {
            #[automatically_derived]
            impl #impl_generics _a::AuditedForm for #this #where_clause {
                type Entity = #entity;
                fn apply(&self, entity: &mut #entity) {
                    #(#lines)*
                }
            }
        }
    }

    /// `impl NewForm` or `impl ChangesForm`
    fn stored(&self) -> TokenStream {
        let (plan, this, entity) = (self.plan, self.this(), self.plan.this());
        let mut bounds = self.entity_bounds().with_param(q!(__DB));
        bounds.require(q!(__DB: _a::AuditBackend));
        let id = super::entity::id_type(plan);
        bounds.require_if_generic(q!(#id: ::core::clone::Clone));
        let mut lines = Vec::new();
        for field in self
            .fields
            .iter()
            .filter(|field| !plan.quiet || !field.faulty)
        {
            let (ident, ty, column) = (field.ident, field.ty(), plan.column(field));
            let set = self.kind == Kind::Changes || is_server(field);
            let value = match self.kind {
                Kind::New if is_server(field) => q!(self.#ident.as_set()),
                _ => q!(&self.#ident),
            };
            if field.diesel.embed {
                bounds.require(q!(#ty: _a::StoredPart<__DB>));
                let put = |part| q!(<#ty as _a::StoredPart<__DB>>::put_fields(#part, sink)?;);
                if set {
                    let put = put(q!(part));
                    lines.push(q!(if let ::core::option::Option::Some(part) = #value { #put }));
                } else {
                    lines.push(put(value));
                }
                continue;
            }
            bounds.require(q!(#ty: _p::Binds<#column, __DB>));
            lines.push(if self.kind == Kind::New && set {
                q! {
                    if let ::core::option::Option::Some(value) = #value {
                        sink.put::<#column, _>(value)?;
                    }
                }
            } else if set {
                q!(_p::put_set::<#column, _, _, _>(#value, sink)?;)
            } else {
                q!(sink.put::<#column, _>(#value)?;)
            });
        }
        let put_values = put_method(
            q!(put_values),
            None,
            q! {
                #(#lines)*
                ::core::result::Result::Ok(())
            },
        );
        let (form_trait, more) = match self.kind {
            Kind::Changes => (q!(ChangesForm), None),
            Kind::New => (q!(NewForm), Some([self.missing(), self.client_id()])),
        };
        let more = more.into_iter().flatten();
        let (impl_generics, where_clause) = bounds.split();
        q! {
            #[automatically_derived]
            impl #impl_generics _a::#form_trait<#entity, __DB> for #this #where_clause {
                #put_values
                #(#more)*
            }
        }
    }

    /// The first required value of the server's that no one has set.
    fn missing(&self) -> Option<TokenStream> {
        let required: Vec<_> = self
            .fields
            .iter()
            .filter(|field| is_server(field) && !field.is_nullable())
            .map(|field| {
                let (ident, column) = (field.ident, field.column());
                q! {
                    if self.#ident.as_set().is_none() {
                        return ::core::option::Option::Some(#column);
                    }
                }
            })
            .collect();
        (!required.is_empty()).then(|| {
            q! {
                fn missing(&self) -> ::core::option::Option<&'static ::core::primitive::str> {
                    #(#required)*
                    ::core::option::Option::None
                }
            }
        })
    }

    /// The key that the client makes.
    fn client_id(&self) -> Option<TokenStream> {
        if !self.fields.iter().any(|field| field.role == Role::Key) {
            return None;
        }
        let id = super::entity::id_type(self.plan);
        let keys = self.plan.container.keys();
        let clones = keys.iter().map(|key| {
            let ident = key.ident;
            q!(::core::clone::Clone::clone(&self.#ident))
        });
        let value = if keys.len() == 1 {
            q!(#(#clones)*)
        } else {
            q!((#(#clones),*))
        };
        Some(q! {
            fn client_id(&self) -> ::core::option::Option<#id> {
                ::core::option::Option::Some(#value)
            }
        })
    }
}
