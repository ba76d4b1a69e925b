//! Rules that need more than one attribute to be judged, one function each. A field whose own
//! attributes are faulty is not judged further.

mod keys;
mod stamps;
mod values;

use quote::ToTokens;
use syn::Path;

use crate::ast::Container;
use crate::bound::unused;
use crate::errors::{Errors, quoted_list};
use crate::facts::{GENERATED_DERIVES, types};
use crate::meaning::{FormSpec, Role};
use crate::name::unraw;

/// Judges an entity.
pub(crate) fn entity(container: &mut Container<'_>, errors: &Errors) {
    if container.shapeless {
        return;
    }
    values::embedded(container, errors);
    let container = &*container;
    named(container, errors);
    audit_log(container, errors);
    keys::keys(container, errors);
    stamps::roles(container, errors);
    stamps::mandatory_stamps(container, errors);
    stamps::soft_delete(container, errors);
    stamps::exemptions(container, errors);
    former_names(container, errors);
    forms(container, errors);
    for field in container.sound() {
        stamps::stamp_policy(field, errors);
        keys::key_policy(field, errors);
        keys::key_role(field, errors);
        values::misplaced_for_role(field, errors);
        values::form_use(field, errors);
        values::values(container, field, errors);
    }
}

/// Judges an embedded part.
pub(crate) fn part(container: &mut Container<'_>, errors: &Errors) {
    if container.shapeless {
        return;
    }
    values::embedded(container, errors);
    let container = &*container;
    let known = container.diesel.table.is_some() || container.attrs.krate.is_set();
    if !known && !container.faulty {
        errors.at(
            container.original.ident.span(),
            format!("`{}` has no table", container.original.ident),
            "write `#[diesel(table_name = ..)]`, the entity's, or `#[audit(crate = ::audit_core)]` \
             for a part that no Diesel table holds",
        );
    }
    former_names(container, errors);
    for field in container.sound() {
        let column = field.column();
        let usual = [field.name.as_str(), &column]
            .into_iter()
            .find_map(Role::inferred);
        if let (Some(role), false) = (usual, field.attrs.not_a_stamp.is_set()) {
            errors.at(
                field.ident.span(),
                format!(
                    "`{}` is a stamp (`{}`), which a part cannot hold",
                    field.name,
                    role.word()
                ),
                "move it into the entity, or mark it with `#[audit(not_a_stamp)]`",
            );
            continue;
        }
        values::values(container, field, errors);
    }
}

/// Judges a form that the app wrote; its entity, if it names one.
pub(crate) fn form<'c>(container: &'c Container<'_>, errors: &Errors) -> Option<&'c Path> {
    for field in container.sound() {
        if let (Some(key), false) = (field.attrs.null.key(), field.is_nullable()) {
            errors.at(
                key,
                format!("`null` on `{}`, which is not an `Option`", field.name),
                "remove it: a value that is not an `Option` is always written",
            );
        }
    }
    let Some(entity) = container.attrs.entity.get() else {
        if !container.faulty {
            errors.at(
                container.original.ident.span(),
                "a form needs its entity",
                "write `#[audit(entity = Account)]`",
            );
        }
        return None;
    };
    let generics = &container.original.generics;
    let entity_tokens = entity.to_token_stream();
    let all = generics.type_params().count() + generics.const_params().count();
    if unused(generics, &entity_tokens)
        .filter(|name| !name.starts_with('\''))
        .count()
        < all
    {
        errors.on(
            entity,
            "the entity of a form cannot mention a parameter of the form",
            "name a concrete entity: reserved fields are checked on it when this compiles",
        );
        return None;
    }
    Some(entity)
}

/// The trail needs a name for the entity: `name`, or the table's.
fn named(container: &Container<'_>, errors: &Errors) {
    let known = container.attrs.name.is_set() || container.diesel.table.is_some();
    if !known && !container.faulty {
        errors.at(
            container.original.ident.span(),
            format!("`{}` has no table", container.original.ident),
            "write `#[diesel(table_name = ..)]`, or `#[audit(name = \"..\")]` for an entity \
             that no Diesel table holds",
        );
    }
}

/// The trail does not record itself.
fn audit_log(container: &Container<'_>, errors: &Errors) {
    let table = container
        .diesel
        .table
        .as_ref()
        .and_then(|path| path.segments.last());
    let named = container.attrs.name.get();
    if let Some(name) = named.filter(|name| name.value() == "audit_log") {
        errors.at(
            name.span(),
            "the audit log is never audited",
            "give the entity another audit name",
        );
    } else if let Some(segment) = table.filter(|segment| segment.ident == "audit_log") {
        errors.at(
            segment.ident.span(),
            "the audit log is never audited",
            "remove `Audited`; read the trail through `AuditLog::query`",
        );
    }
}

/// A former name is no present one, and was had by one field.
fn former_names(container: &Container<'_>, errors: &Errors) {
    let mut seen: Vec<String> = Vec::new();
    for field in container.sound() {
        for was in &field.attrs.was {
            let name = was.value.value();
            if container.fields.iter().any(|other| other.column() == name) {
                errors.at(
                    was.value.span(),
                    format!("`was = \"{name}\"` is the name of a present column"),
                    "name the column that is gone",
                );
            } else if seen.contains(&name) {
                errors.at(
                    was.value.span(),
                    format!("two fields were `{name}`"),
                    "a former name leads to one field",
                );
            }
            seen.push(name);
        }
    }
}

/// Forms have names of their own, and derive nothing that is generated.
fn forms(container: &Container<'_>, errors: &Errors) {
    let (new, changes) = (&container.attrs.new, &container.attrs.changes);
    if let (Some(new), Some(changes)) = (new.get(), changes.get())
        && new.ident == changes.ident
    {
        errors.at(
            changes.ident.span(),
            format!("`new` and `changes` are both `{}`", changes.ident),
            "an insert and an update have forms of their own",
        );
    }
    let taken = |spec: &FormSpec, names: &[&str]| {
        for path in &spec.derives {
            let name = path.segments.last().map(|segment| unraw(&segment.ident));
            if let Some(name) = name.filter(|name| names.contains(&name.as_str())) {
                errors.on(
                    path,
                    format!("a form has `{name}` already"),
                    "remove it from `derive(..)`",
                );
            }
        }
    };
    if let Some(spec) = new.get() {
        taken(spec, GENERATED_DERIVES.get(1..).unwrap_or_default());
    }
    if let (Some(spec), Some(key)) = (changes.get(), changes.key()) {
        taken(spec, GENERATED_DERIVES);
        let types = types(&container.change_fields());
        let lost: Vec<_> = unused(&container.original.generics, &types).collect();
        if !lost.is_empty() {
            errors.at(
                key,
                format!(
                    "{} in no field of `{}`",
                    quoted_list(lost.iter().map(String::as_str)),
                    spec.ident
                ),
                "a form of a generic entity mentions each of its parameters; write the form by \
                 hand: `#[derive(AuditedForm)]`",
            );
        }
    }
}
