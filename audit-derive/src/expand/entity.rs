//! What Diesel's side asks of an entity: table, key, checks of types.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;

use crate::bound::Bounds;
use crate::expand::plan::Plan;
use crate::meaning::{KeySource, Role};
use crate::name::unraw;
use crate::path::{q, q_at};
use crate::secret::last_segment;

/// The check that needs the table's type and stands in nothing generic: no column escapes.
pub(super) fn checks(plan: &Plan<'_>) -> TokenStream {
    let name = unraw(plan.ident());
    let table = &plan.table;
    // A type that mentions a parameter is bounded instead; a part that does is a mistake.
    let generic = Bounds::new(&plan.container.original.generics);
    let mut parts = plan
        .container
        .fields
        .iter()
        .filter(|field| field.diesel.embed);
    let known = !plan.container.shapeless && !parts.any(|part| generic.mentioned(part.ty()));
    let columns = known.then(|| {
        q_at!(plan.ident().span() => const _: () = _p::assert_columns!(#table::table, META, #name);)
    });
    q!(#columns)
}

/// The key's type: the field's, or a tuple.
pub(super) fn id_type(plan: &Plan<'_>) -> TokenStream {
    let keys = plan.container.keys();
    let types = keys.iter().map(|key| key.ty());
    match keys.as_slice() {
        [] => first_type(plan),
        [key] => {
            let ty = key.ty();
            q!(#ty)
        }
        _ => q!((#(#types),*)),
    }
}

/// Where there is no key, which is a mistake, the first field stands in for one.
fn first_type(plan: &Plan<'_>) -> TokenStream {
    match plan.container.fields.first() {
        Some(field) => {
            let ty = field.ty();
            q!(#ty)
        }
        None => q!(()),
    }
}

/// `impl Entity`
pub(super) fn entity(plan: &Plan<'_>) -> TokenStream {
    let (this, table, id) = (plan.this(), &plan.table, id_type(plan));
    let tenant = plan
        .container
        .with_role(Role::Tenant)
        .filter(|field| !plan.quiet || !field.faulty);
    let tenant_type = match tenant {
        Some(field) => {
            let ty = field.ty();
            q!(#ty)
        }
        None => q!(_a::NoTenant),
    };
    let mut bounds = plan.walk_bounds();
    bounds.require_if_generic(q!(#id: ::core::clone::Clone));
    let methods = [
        id_method(plan),
        record_id(plan),
        new_id(plan),
        version(plan),
        is_deleted(plan),
    ];
    let tenant = tenant.map(|field| {
        let ident = field.ident;
        q! {
            fn tenant(&self) -> ::core::option::Option<&Self::Tenant> {
                ::core::option::Option::Some(&self.#ident)
            }
        }
    });
    let (impl_generics, where_clause) = bounds.split();
    let soft_delete = (plan.quiet || plan.container.soft_delete().is_some()).then(|| {
        q! {
            #[automatically_derived]
            impl #impl_generics _a::SoftDelete for #this #where_clause {}
        }
    });
    q! {
        #[automatically_derived]
        impl #impl_generics _a::Entity for #this #where_clause {
            type Table = #table::table;
            type Id = #id;
            type Tenant = #tenant_type;
            fn table() -> Self::Table {
                #table::table
            }
            #(#methods)*
            #tenant
            fn hot_texts() -> &'static _p::HotTexts {
                static HOT: _p::HotTexts = _p::HotTexts::new();
                &HOT
            }
        }
        #soft_delete
    }
}

fn id_method(plan: &Plan<'_>) -> TokenStream {
    let keys = plan.container.keys();
    let clones = keys.iter().map(|key| {
        let ident = key.ident;
        q!(::core::clone::Clone::clone(&self.#ident))
    });
    let body = match keys.as_slice() {
        [] => q!(::core::unreachable!()),
        [_] => q!(#(#clones)*),
        _ => q!((#(#clones),*)),
    };
    q! {
        fn id(&self) -> Self::Id {
            #body
        }
    }
}

fn record_id(plan: &Plan<'_>) -> TokenStream {
    let keys = plan.container.keys();
    let single = keys.len() <= 1;
    let values = keys.iter().enumerate().map(|(index, key)| {
        let index = syn::Index::from(index);
        let value = if single { q!(id) } else { q!(&id.#index) };
        let variant = if key.attrs.via.is_set() {
            q!(Display)
        } else {
            q!(Value)
        };
        q!(_a::ValueRef::#variant(#value))
    });
    q! {
        fn record_id(id: &Self::Id) -> ::std::string::String {
            _p::record_id(&[#(#values),*])
        }
    }
}

fn new_id(plan: &Plan<'_>) -> TokenStream {
    let one = plan.container.keys().len() == 1;
    if plan.container.key_source() != KeySource::UuidV7 || !one {
        return TokenStream::new();
    }
    let id = id_type(plan);
    q! {
        fn new_id() -> ::core::option::Option<Self::Id> {
            ::core::option::Option::Some(
                <#id as ::core::convert::From<_p::Uuid>>::from(_p::new_uuid()),
            )
        }
    }
}

fn version(plan: &Plan<'_>) -> TokenStream {
    let Some(field) = plan
        .container
        .with_role(Role::Version)
        .filter(|field| !field.faulty)
    else {
        return TokenStream::new();
    };
    let (ident, ty) = (field.ident, field.ty());
    let call = q_at!(ty.span() => _p::version!(#ident).of(self));
    q! {
        fn version(&self) -> ::core::option::Option<::core::primitive::i64> {
            ::core::option::Option::Some(#call)
        }
    }
}

fn is_deleted(plan: &Plan<'_>) -> TokenStream {
    let Some(field) = plan.container.soft_delete().filter(|field| !field.faulty) else {
        return TokenStream::new();
    };
    let (ident, ty) = (field.ident, field.ty());
    let body = match field.role {
        Role::DeletedFlag => q_at!(ty.span() => _p::deleted!(#ident).of(self)),
        Role::ActiveFlag => q_at!(ty.span() => _p::active!(#ident).of(self)),
        _ => q!(::core::option::Option::is_some(&self.#ident)),
    };
    q! {
        fn is_deleted(&self) -> ::core::primitive::bool {
            #body
        }
    }
}

/// How a record is named in a call: a bare id, or with a version a key.
pub(super) fn keys(plan: &Plan<'_>) -> TokenStream {
    let (this, id) = (plan.this(), id_type(plan));
    let mut bounds = plan.walk_bounds();
    bounds.require_if_generic(q!(#id: ::core::clone::Clone));
    let (impl_generics, where_clause) = bounds.split();
    if plan.container.with_role(Role::Version).is_some() {
        let vis = &plan.container.original.vis;
        let ident = unraw(plan.ident());
        let key_doc = format!("The key of a [`{ident}`] as it was at `version`.");
        let any_doc = format!(
            "The key of a [`{ident}`] at whatever version: goes round the optimistic lock."
        );
        return q! {
            #[automatically_derived]
            impl #impl_generics #this #where_clause {
                #[doc = #key_doc]
                #vis fn key(id: #id, version: ::core::primitive::i64) -> _a::Key<Self> {
                    _a::Key::__new(id, ::core::option::Option::Some(version))
                }
                #[doc = #any_doc]
                #vis fn key_any_version(id: #id) -> _a::Key<Self> {
                    _a::Key::__new(id, ::core::option::Option::None)
                }
            }
        };
    }
    if bounds.mentioned(&id) {
        return TokenStream::new();
    }
    let into_key = |from: TokenStream, value: TokenStream| {
        q! {
            #[automatically_derived]
            impl #impl_generics _a::IntoKey<#this> for #from #where_clause {
                fn into_key(self) -> _a::Key<#this> {
                    _a::Key::__new(#value, ::core::option::Option::None)
                }
            }
        }
    };
    let owned = into_key(id.clone(), q!(self));
    let borrowed = into_key(q!(&#id), q!(::core::clone::Clone::clone(self)));
    let is_text = match plan.container.keys().as_slice() {
        [key] => last_segment(key.ty()).is_some_and(|segment| segment.ident == "String"),
        _ => false,
    };
    let text = is_text.then(|| {
        into_key(
            q!(&::core::primitive::str),
            q!(::core::convert::From::from(self)),
        )
    });
    q!(#owned #borrowed #text)
}
