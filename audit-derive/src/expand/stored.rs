//! How columns are read from and bound for a backend: one bound and one line a column.

use proc_macro2::TokenStream;
use syn::spanned::Spanned;

use crate::ast::Field;
use crate::bound::Bounds;
use crate::expand::plan::Plan;
use crate::meaning::Role;
use crate::path::{q, q_at};

/// `DB: AuditBackend` and what each column needs of it.
pub(super) fn bounds(plan: &Plan<'_>) -> Bounds {
    let mut bounds = plan.walk_bounds().with_param(q!(__DB));
    bounds.require(q!(__DB: _a::AuditBackend));
    for field in plan.sound() {
        let (ty, column) = (field.ty(), plan.column(field));
        if field.diesel.embed {
            bounds.require(q!(#ty: _a::StoredPart<__DB>));
        } else if let Some(stored_as) = &field.diesel.deserialize_as {
            bounds.require(q!(#stored_as: _p::Stored<#column, __DB>));
            bounds.require(q!(#ty: _p::Binds<#column, __DB>));
            bounds.require_if_generic(q!(#ty: 'static));
        } else {
            bounds.require(q!(#ty: _p::Stored<#column, __DB>));
        }
    }
    bounds
}

/// Under Diesel's `check_for_backend`, asks at each field whether it can be written; elsewhere the
/// first write of an entity asks, at the call. Whether it can be read is asked by Diesel itself,
/// which would then be said twice.
pub(super) fn backend_checks(plan: &Plan<'_>) -> Option<TokenStream> {
    let container = plan.container;
    let backends = &container.diesel.check_for_backend;
    // Of a generic entity nobody knows yet what its fields are; after a mistake, nobody asks.
    if backends.is_empty() || plan.quiet || !container.original.generics.params.is_empty() {
        return None;
    }
    let checks = backends.iter().flat_map(|backend| {
        let fields = plan.sound().filter(|field| !field.diesel.embed);
        fields.map(move |field| {
            let (ty, column) = (field.ty(), plan.column(field));
            q_at!(ty.span() => _p::binds::<#ty, #column, #backend>();)
        })
    });
    Some(q!(const _: () = { #(#checks)* };))
}

/// `impl StoredEntity`
pub(super) fn entity(plan: &Plan<'_>) -> TokenStream {
    let (this, table) = (plan.this(), &plan.table);
    let mut bounds = bounds(plan);
    let id = super::entity::id_type(plan);
    bounds.require_if_generic(q!(#id: ::core::clone::Clone));
    bounds.require(q!(#table::table: _p::QueryFragment<__DB>));
    let (impl_generics, where_clause) = bounds.split();
    let (read, walk_columns) = (read(plan), walk_columns(plan));
    let keys = plan.container.keys();
    let single = keys.len() == 1;
    let key_lines = keys
        .iter()
        .enumerate()
        .filter(|(_, key)| !plan.quiet || !key.faulty)
        .map(|(index, key)| {
            let (column, index) = (plan.column(key), syn::Index::from(index));
            let value = if single { q!(id) } else { q!(&id.#index) };
            q!(sink.put::<#column, _>(#value)?;)
        });
    let tenant_lines = match plan.container.with_role(Role::Tenant) {
        Some(field) if plan.quiet && field.faulty => q!(),
        Some(field) => {
            let column = plan.column(field);
            q!(sink.put::<#column, _>(tenant)?;)
        }
        None => q!(match *tenant {}),
    };
    let tenant_body = match plan.container.with_role(Role::Tenant) {
        None => tenant_lines,
        Some(_) => q!(#tenant_lines ::core::result::Result::Ok(())),
    };
    let put_key = put_method(
        q!(put_key),
        Some(q!(id: &'__b Self::Id)),
        q! {
            #(#key_lines)*
            ::core::result::Result::Ok(())
        },
    );
    let put_tenant = put_method(
        q!(put_tenant),
        Some(q!(tenant: &'__b Self::Tenant)),
        tenant_body,
    );
    q! {
        #[automatically_derived]
        impl #impl_generics _a::StoredEntity<__DB> for #this #where_clause {
            #read
            #walk_columns
            #put_key
            #put_tenant
        }
    }
}

/// `impl StoredPart`
pub(super) fn part(plan: &Plan<'_>) -> TokenStream {
    let this = plan.this();
    let (impl_generics, where_clause) = bounds(plan).split();
    let (read, walk_columns) = (read(plan), walk_columns(plan));
    q! {
        #[automatically_derived]
        impl #impl_generics _a::StoredPart<__DB> for #this #where_clause {
            #read
            #walk_columns
        }
    }
}

/// Takes `value` (`&self` where there is none) apart into columns and their values.
pub(super) fn put_method(
    name: TokenStream,
    value: Option<TokenStream>,
    body: TokenStream,
) -> TokenStream {
    let value = value.unwrap_or_else(|| q!(&'__b self));
    q! {
        fn #name<'__b, __S: _p::Sink<'__b, __DB>>(
            #value,
            sink: &mut __S,
        ) -> _p::PutResult {
            #body
        }
    }
}

fn read(plan: &Plan<'_>) -> TokenStream {
    let body = if plan.quiet {
        q!(::core::unreachable!())
    } else {
        let lines = plan
            .container
            .fields
            .iter()
            .map(|field| read_line(plan, field));
        q!(::core::result::Result::Ok(Self { #(#lines),* }))
    };
    q! {
        fn read<__R: _p::ReadColumns<__DB>>(row: &mut __R) -> _p::ReadResult<Self> {
            #body
        }
    }
}

fn read_line(plan: &Plan<'_>, field: &Field<'_>) -> TokenStream {
    let (ident, ty, column) = (field.ident, field.ty(), plan.column(field));
    if field.diesel.embed {
        return q!(#ident: <#ty as _a::StoredPart<__DB>>::read(row)?);
    }
    match &field.diesel.deserialize_as {
        None => q!(#ident: row.next::<#column, _>()?),
        // Diesel itself converts by `TryInto`, which `Into` is a case of.
        Some(stored_as) => {
            let next = q_at!(stored_as.span() => _p::next_as!(row, #column, #stored_as, #ty)?);
            q!(#ident: #next)
        }
    }
}

/// Shows every column to a visitor: no record is needed to make a write's stamps, nor to ask of the
/// fields' types how past values are read.
fn walk_columns(plan: &Plan<'_>) -> TokenStream {
    let lines = plan.sound().map(|field| column_line(plan, field));
    q! {
        fn walk_columns<__W: _p::ColumnWalk<__DB, Self>>(w: &mut __W) -> _p::PutResult {
            #(#lines)*
            ::core::result::Result::Ok(())
        }
    }
}

/// One column, or the columns of a part.
fn column_line(plan: &Plan<'_>, field: &Field<'_>) -> TokenStream {
    let (ident, column) = (field.ident, plan.column(field));
    if field.diesel.embed {
        return q!(w.part(|e| &e.#ident)?;);
    }
    // At the type: it is what may not fit the role.
    let span = field.ty().span();
    let get = match field.role {
        Role::DeletedFlag => q_at!(span => _p::deleted!(#ident)),
        Role::ActiveFlag => q_at!(span => _p::active!(#ident)),
        Role::Version => q_at!(span => _p::version!(#ident)),
        _ if field.attrs.via.is_set() => q_at!(span => _p::get_text!(#ident)),
        _ => q_at!(span => _p::get!(#ident)),
    };
    let method = match field.role {
        Role::Data | Role::Key | Role::Tenant => q_at!(span => column),
        Role::CreatedAt => q_at!(span => created_at),
        Role::CreatedBy => q_at!(span => created_by),
        Role::UpdatedAt => q_at!(span => updated_at),
        Role::UpdatedBy => q_at!(span => updated_by),
        Role::DeletedAt => q_at!(span => deleted_at),
        Role::DeletedBy => q_at!(span => deleted_by),
        Role::DeletedFlag | Role::ActiveFlag => q_at!(span => flag),
        Role::Version => q_at!(span => version),
    };
    q_at!(span => w.#method::<#column>(#get)?;)
}
