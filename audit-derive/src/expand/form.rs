//! A form that the app writes itself: `#[derive(AuditedForm)]`.

use proc_macro2::TokenStream;
use syn::Path;
use syn::spanned::Spanned;

use crate::ast::Field;
use crate::bound::Bounds;
use crate::expand::plan::Plan;
use crate::expand::stored::put_method;
use crate::name::unraw;
use crate::path::{q, q_at};
use crate::secret::option_of;

/// What a field of a form means.
enum Meaning<'t> {
    /// `Option<T>`: `None` leaves the column as it is.
    Maybe(&'t syn::Type),
    /// Any other type, and `Option<T>` under `null`: always written.
    Always(&'t syn::Type),
}

fn meaning<'t>(field: &'t Field<'_>) -> Meaning<'t> {
    match option_of(field.ty()) {
        Some(inner) if !field.attrs.null.is_set() => Meaning::Maybe(inner),
        _ => Meaning::Always(field.ty()),
    }
}

pub(super) fn form(plan: &Plan<'_>, entity: &Path) -> TokenStream {
    let mut items = reserved(plan, entity);
    items.extend(apply(plan, entity));
    if plan.root.diesel {
        items.extend(stored(plan, entity));
    }
    items
}

/// One check a field, at the field: a form holds no reserved field.
fn reserved(plan: &Plan<'_>, entity: &Path) -> TokenStream {
    let form = unraw(plan.ident());
    let name = entity
        .segments
        .last()
        .map(|segment| unraw(&segment.ident))
        .unwrap_or_default();
    plan.sound()
        .map(|field| {
            let (column, name_in_rust) = (field.column(), &field.name);
            // By both names: what the column is called in SQL is for `table!` to know.
            let by_column = (column != *name_in_rust)
                .then(|| q!(|| _p::is_reserved(<#entity as _a::Audited>::META, #column)));
            let message = format!(
                "`{form}::{}` is a reserved field of `{name}`: the server alone writes it\n\
                 help: remove the field",
                field.name
            );
            q_at!(field.ident.span() => const _: () = ::core::assert!(
                !(_p::is_reserved(<#entity as _a::Audited>::META, #name_in_rust) #by_column),
                #message
            );)
        })
        .collect()
}

fn apply(plan: &Plan<'_>, entity: &Path) -> TokenStream {
    let this = plan.this();
    let fields = plan.sound().filter(|field| !is_key(plan, field));
    let lines = fields.map(|field| {
        let ident = field.ident;
        match meaning(field) {
            Meaning::Maybe(ty) => {
                let target = target(plan, field, ty.span());
                let assign = q_at!(ty.span() => _p::assign(#target, value));
                q! {
                    if let ::core::option::Option::Some(value) = &self.#ident {
                        #assign;
                    }
                }
            }
            Meaning::Always(ty) => {
                let target = target(plan, field, ty.span());
                let assign = q_at!(ty.span() => _p::assign(#target, &self.#ident));
                q!(#assign;)
            }
        }
    });
    let (impl_generics, where_clause) = Bounds::new(&plan.container.original.generics).split();
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

/// The entity's field of a form's. By way of the column, so that the compiler says once, of the
/// column, what neither of the two has.
fn target(plan: &Plan<'_>, field: &Field<'_>, span: proc_macro2::Span) -> TokenStream {
    let ident = field.ident;
    if plan.root.diesel {
        let column = plan.column(field);
        q_at!(span => &mut _p::at::<#column, _>(entity).#ident)
    } else {
        q_at!(span => &mut entity.#ident)
    }
}

/// The form holds the key, which only an insert may take.
fn is_key(plan: &Plan<'_>, field: &Field<'_>) -> bool {
    match &plan.container.diesel.primary_key {
        Some(keys) => keys.iter().any(|key| unraw(key) == field.column()),
        None => field.column() == "id",
    }
}

/// `impl NewForm`, and without a key in the form `impl ChangesForm`.
fn stored(plan: &Plan<'_>, entity: &Path) -> TokenStream {
    let this = plan.this();
    let mut bounds = Bounds::new(&plan.container.original.generics).with_param(q!(__DB));
    bounds.require(q!(__DB: _a::AuditBackend));
    let mut lines = Vec::new();
    for field in plan.sound() {
        let (ident, column) = (field.ident, plan.column(field));
        let (line, ty) = match meaning(field) {
            Meaning::Maybe(ty) => (
                q!(_p::put_set::<#column, _, _, _>(&self.#ident, sink)?;),
                ty,
            ),
            Meaning::Always(ty) => (q!(sink.put::<#column, _>(&self.#ident)?;), ty),
        };
        bounds.require(q!(#ty: _p::Binds<#column, __DB>));
        lines.push(line);
    }
    let put_values = put_method(
        q!(put_values),
        None,
        q! {
            #(#lines)*
            ::core::result::Result::Ok(())
        },
    );
    let (impl_generics, where_clause) = bounds.split();
    let keys: Vec<_> = plan.sound().filter(|field| is_key(plan, field)).collect();
    let into = keys.iter().map(|key| {
        let ident = key.ident;
        q!(::core::convert::Into::into(::core::clone::Clone::clone(&self.#ident)))
    });
    let client_id = match keys.len() {
        0 => None,
        count => {
            let value = if count == 1 {
                q!(#(#into)*)
            } else {
                q!((#(#into),*))
            };
            Some(q! {
                fn client_id(&self) -> ::core::option::Option<<#entity as _a::Entity>::Id> {
                    ::core::option::Option::Some(#value)
                }
            })
        }
    };
    let changes = client_id.is_none().then(|| {
        q! {
            #[automatically_derived]
            impl #impl_generics _a::ChangesForm<#entity, __DB> for #this #where_clause {
                #put_values
            }
        }
    });
    q! {
        #[automatically_derived]
        impl #impl_generics _a::NewForm<#entity, __DB> for #this #where_clause {
            #put_values
            #client_id
        }
        #changes
    }
}
