//! The primary key: that there is one, who makes it, and that the trail can show it.

use crate::ast::{Container, Field};
use crate::errors::Errors;
use crate::meaning::{KeySource, Role};
use crate::name::unraw;

/// An entity has a primary key, and every column of it has a field.
pub(super) fn keys(container: &Container<'_>, errors: &Errors) {
    let name = &container.original.ident;
    match &container.diesel.primary_key {
        None if container.with_role(Role::Key).is_none() => errors.at(
            name.span(),
            format!("`{name}` has no primary key"),
            "add a field `id`, or name the key by `#[diesel(primary_key(..))]`",
        ),
        None => {}
        Some(columns) => {
            let missing = |column: &&syn::Ident| {
                !container
                    .fields
                    .iter()
                    .any(|field| field.column() == unraw(column))
            };
            for column in columns.iter().filter(missing) {
                errors.at(
                    column.span(),
                    format!("no field for the primary key's column `{column}`"),
                    format!("add the column to `{name}`, or correct `primary_key(..)`"),
                );
            }
        }
    }
    let sources: Vec<_> = container
        .sound()
        .filter(|field| field.role == Role::Key)
        .filter_map(|field| field.attrs.id.get().copied().zip(field.attrs.id.key()))
        .collect();
    if let Some((first, rest)) = sources.split_first() {
        for (_, key) in rest.iter().filter(|(source, _)| *source != first.0) {
            errors.at(
                *key,
                "the parts of a primary key have different makers",
                "write `id = ..` on one of them; it holds for the whole key",
            );
        }
    }
    let composite = container.keys().len() > 1;
    if let (true, Some((KeySource::UuidV7, key))) = (composite, sources.first()) {
        errors.at(
            *key,
            "`id = \"uuid_v7\"` makes a key of one column",
            "a composite key is the client's: `id = \"client\"`",
        );
    }
}

/// The trail names its records by their keys.
pub(super) fn key_policy(field: &Field<'_>, errors: &Errors) {
    if field.role != Role::Key {
        return;
    }
    if let Some(policy) = field
        .attrs
        .policy
        .as_ref()
        .filter(|p| p.value.word() != "plain")
    {
        errors.at(
            policy.key,
            format!(
                "`{}` on the primary key `{}`",
                policy.value.word(),
                field.name
            ),
            "a key takes no policy but `plain`: the trail names its records by it",
        );
    } else if field.is_secret() && field.attrs.policy.is_none() {
        errors.at(
            field.ident.span(),
            format!(
                "the primary key `{}` sounds secret, and the trail shows it",
                field.name
            ),
            "if it is not, write `#[audit(plain)]`; if it is, key the table by something else",
        );
    }
}

/// A key is no stamp. The tenant is part of every WHERE, in the key or not.
pub(super) fn key_role(field: &Field<'_>, errors: &Errors) {
    let given = field.attrs.role.as_ref();
    let column = field.column();
    let usual = || {
        [field.name.as_str(), &column]
            .into_iter()
            .find_map(Role::inferred)
    };
    let tenant = |role: &Role| *role == Role::Tenant && !field.attrs.not_a_stamp.is_set();
    if field.role != Role::Key {
        return;
    }
    if given
        .map(|role| role.value)
        .or_else(usual)
        .is_some_and(|role| tenant(&role))
    {
        errors.at(
            given.map_or(field.ident.span(), |role| role.key),
            format!("`{}` is the tenant and in the primary key", field.name),
            "leave it out of `#[diesel(primary_key(..))]`: the tenant is part of every WHERE",
        );
    } else if let Some(role) = given {
        errors.at(
            role.key,
            format!(
                "`{}` on the primary key `{}`",
                role.value.word(),
                field.name
            ),
            "a key is no stamp: the role belongs on a column of its own",
        );
    }
}
