//! The const table of fields, the visit of two states, and the masked `Debug`.

use proc_macro2::TokenStream;
use syn::LitStr;

use crate::ast::Field;
use crate::bound::Bounds;
use crate::expand::plan::{Plan, shown, walk_line};
use crate::meaning::{FormUse, KeySource, Mask, Policy, Role};
use crate::name::unraw;
use crate::path::q;

/// `const META`, which the trait's const refers to: no check may depend on a parameter.
pub(super) fn table(plan: &Plan<'_>) -> TokenStream {
    let container = plan.container;
    let (name, ident) = (container.audit_name(), unraw(plan.ident()));
    let key_source = match container.key_source() {
        KeySource::Database => None,
        KeySource::UuidV7 => Some(q!(.key_source(_a::KeySource::UuidV7))),
        KeySource::Client => Some(q!(.key_source(_a::KeySource::Client))),
    };
    let reason = container
        .attrs
        .require_reason
        .is_set()
        .then(|| q!(.require_reason()));
    let fields = fields(plan);
    q! {
        const META: &_a::EntityMeta = &_a::EntityMeta::new(#name, #ident, #fields)
            #key_source #reason;
    }
}

/// The fields in the struct's order, embedded parts flattened.
fn fields(plan: &Plan<'_>) -> TokenStream {
    let container = plan.container;
    if container.fields.iter().all(|field| !field.diesel.embed) {
        let rows = container.fields.iter().map(|field| row(plan, field));
        return q!(&[#(#rows),*]);
    }
    let generic = Bounds::new(&container.original.generics);
    let mut groups: Vec<TokenStream> = Vec::new();
    let mut open: Vec<TokenStream> = Vec::new();
    for field in &container.fields {
        if !field.diesel.embed {
            open.push(row(plan, field));
            continue;
        }
        if !open.is_empty() {
            groups.push(q!(&[#(#open),*]));
            open.clear();
        }
        let ty = field.ty();
        // A part that mentions a parameter is a mistake, and no const can name it.
        if !generic.mentioned(ty) {
            groups.push(q!(<#ty as _a::AuditedPart>::FIELDS));
        }
    }
    if !open.is_empty() {
        groups.push(q!(&[#(#open),*]));
    }
    q! {{
        const GROUPS: &[&[_a::FieldMeta]] = &[#(#groups),*];
        &_p::flatten::<{ _p::total(GROUPS) }>(GROUPS)
    }}
}

/// One row of the table: what is not as usual is told by one call, or by a second one where a line
/// would not hold it.
fn row(plan: &Plan<'_>, field: &Field<'_>) -> TokenStream {
    let name = LitStr::new(&field.name, field.ident.span());
    // `table!` knows what a column is called in SQL, which may not be a Rust name.
    let start = if plan.root.diesel {
        let path = plan.column(field);
        q!(_p::field::<#path>(#name))
    } else {
        let column = field.column();
        let column = (column != field.name).then(|| q!(.column(#column)));
        q!(_a::FieldMeta::new(#name) #column)
    };
    let settings = settings(plan, field);
    let calls = lines(settings)
        .into_iter()
        .map(|line| q!(.set(&[#(#line),*])));
    q!(#start #(#calls)*)
}

/// Settings by what a line holds, so that no array is broken into a line an element.
fn lines(settings: Vec<TokenStream>) -> Vec<Vec<TokenStream>> {
    const WIDTH: usize = 59;
    let mut lines: Vec<Vec<TokenStream>> = Vec::new();
    let mut room = 0;
    for setting in settings {
        // Tokens print with blanks between them, most of which the layout takes out.
        let width = setting
            .to_string()
            .chars()
            .filter(|c| !c.is_whitespace())
            .count()
            + 2;
        match lines.last_mut() {
            Some(line) if width <= room => {
                room -= width;
                line.push(setting);
            }
            _ => {
                room = WIDTH.saturating_sub(width);
                lines.push(vec![setting]);
            }
        }
    }
    lines
}

/// What is not as usual.
fn settings(plan: &Plan<'_>, field: &Field<'_>) -> Vec<TokenStream> {
    let mut settings = Vec::new();
    let serde_name = field.serde_name(plan.container);
    if serde_name != field.name {
        settings.push(q!(_p::Named(#serde_name)));
    }
    settings.extend(role(field).map(|role| q!(_p::#role)));
    settings.extend(policy(field));
    match field.role {
        Role::Data => match field.form_use() {
            FormUse::Input => {}
            FormUse::Server => settings.push(q!(_p::SERVER)),
            FormUse::None => settings.push(q!(_p::NO_FORM)),
        },
        Role::Key if plan.container.key_source() == KeySource::Client => {
            settings.push(q!(_p::INPUT));
        }
        _ => {}
    }
    if field.attrs.hide_null.is_set() {
        settings.push(q!(_p::HideNull));
    }
    if !field.attrs.was.is_empty() {
        let was = field.attrs.was.iter().map(|was| &was.value);
        settings.push(q!(_p::Was(&[#(#was),*])));
    }
    if field.is_json() {
        settings.push(q!(_p::Json));
    }
    if field.attrs.kinds.is_set() {
        let kinds = field.attrs.kinds.get().into_iter().flatten();
        settings.push(q!(_p::Kinds(&[#(#kinds),*])));
    }
    settings
}

fn role(field: &Field<'_>) -> Option<TokenStream> {
    Some(match field.role {
        Role::Data => return None,
        Role::Key => q!(KEY),
        Role::Tenant => q!(TENANT),
        Role::CreatedAt => q!(CREATED_AT),
        Role::CreatedBy => q!(CREATED_BY),
        Role::UpdatedAt => q!(UPDATED_AT),
        Role::UpdatedBy => q!(UPDATED_BY),
        Role::DeletedAt => q!(DELETED_AT),
        Role::DeletedBy => q!(DELETED_BY),
        Role::DeletedFlag => q!(DELETED_FLAG),
        Role::ActiveFlag => q!(ACTIVE_FLAG),
        Role::Version => q!(VERSION),
    })
}

fn policy(field: &Field<'_>) -> Option<TokenStream> {
    Some(match field.policy()? {
        Policy::Plain => return None,
        Policy::Skip => q!(_p::SKIPPED),
        Policy::Ignore => q!(_p::IGNORED),
        Policy::Mask(Mask::Named(name)) => match *name {
            "last4" => q!(_p::LAST4),
            "pan" => q!(_p::PAN),
            "email" => q!(_p::EMAIL),
            "token" => q!(_p::TOKEN),
            _ => q!(_p::REDACT),
        },
        Policy::Mask(own @ Mask::Own(_)) => {
            let (ty, name) = mask_type(own);
            q!(_p::mask::<#ty>(#name))
        }
        Policy::MaskAt(masks) => {
            let masks = masks.iter().map(|(path, mask)| {
                let (ty, name) = mask_type(mask);
                q!((#path, _a::MaskRef::of::<#ty>(#name)))
            });
            q!(_p::mask_at(&[#(#masks),*]))
        }
    })
}

/// The mask's type and its name.
fn mask_type(mask: &Mask) -> (TokenStream, String) {
    match mask {
        Mask::Own(path) => {
            let name = path.segments.last().map(|segment| unraw(&segment.ident));
            (q!(#path), name.unwrap_or_default())
        }
        Mask::Named(name) => {
            let ty = match *name {
                "last4" => q!(_m::Last4),
                "pan" => q!(_m::Pan),
                "email" => q!(_m::Email),
                "token" => q!(_m::Token),
                _ => q!(_m::Redact),
            };
            (ty, (*name).to_owned())
        }
    }
}

/// The body that shows every field of two states.
fn walk(plan: &Plan<'_>) -> TokenStream {
    let lines = plan.sound().map(walk_line);
    q! {
        fn walk<'__w, __W: _p::FieldWalk<'__w>>(
            old: &'__w Self,
            new: &'__w Self,
            w: &mut __W,
        ) {
            #(#lines)*
        }
    }
}

/// `impl Audited`
pub(super) fn audited(plan: &Plan<'_>) -> TokenStream {
    let (this, walk) = (plan.this(), walk(plan));
    let (impl_generics, where_clause) = plan.walk_bounds().split();
    q! {
        #[automatically_derived]
        impl #impl_generics _a::Audited for #this #where_clause {
            const META: &'static _a::EntityMeta = META;
            #walk
        }
    }
}

/// The masked `Debug` of an entity.
pub(super) fn debug(plan: &Plan<'_>) -> TokenStream {
    debug_by(plan, q!(_p::debug_entity(self, f)))
}

/// The masked `Debug` of a part: what has a mask is not shown at all.
pub(super) fn part_debug(plan: &Plan<'_>) -> TokenStream {
    let ident = unraw(plan.ident());
    let fields = plan.sound().map(|field| {
        let (ident, label) = (field.ident, &field.name);
        if field.is_hidden() || field.diesel.embed {
            return q!(.masked(#label));
        }
        if field.attrs.via.is_set() {
            let shown = shown(field);
            return q!(.value(#label, #shown(&self.#ident)));
        }
        q!(.value(#label, _a::ValueRef::Value(&self.#ident)))
    });
    debug_by(plan, q!(_p::FormDebug::new(f, #ident)#(#fields)*.finish()))
}

fn debug_by(plan: &Plan<'_>, body: TokenStream) -> TokenStream {
    let this = plan.this();
    let (impl_generics, where_clause) = plan.walk_bounds().split();
    q! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #this #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #body
            }
        }
    }
}

/// `impl AuditedPart`
pub(super) fn part(plan: &Plan<'_>) -> TokenStream {
    let (this, walk, fields) = (plan.this(), walk(plan), fields(plan));
    let (impl_generics, where_clause) = plan.walk_bounds().split();
    q! {
        #[automatically_derived]
        impl #impl_generics _a::AuditedPart for #this #where_clause {
            const FIELDS: &'static [_a::FieldMeta] = #fields;
            #walk
        }
    }
}
