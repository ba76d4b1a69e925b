//! Stamps: which there are, once each, and that they are stored as they are.

use crate::ast::{Container, Field};
use crate::errors::{Errors, quoted_list};
use crate::meaning::Role;

/// Each role is held once.
pub(super) fn roles(container: &Container<'_>, errors: &Errors) {
    let slot = |role| {
        if role == Role::ActiveFlag {
            Role::DeletedFlag
        } else {
            role
        }
    };
    for (index, field) in container.fields.iter().enumerate() {
        if field.faulty || !field.role.is_stamp() {
            continue;
        }
        let earlier = container.fields.iter().take(index);
        let Some(first) = earlier
            .into_iter()
            .find(|first| slot(first.role) == slot(field.role))
        else {
            continue;
        };
        let key = field
            .attrs
            .role
            .as_ref()
            .map_or(field.ident.span(), |role| role.key);
        errors.at(
            key,
            format!(
                "`{}` is a second `{}`, after `{}`",
                field.name,
                field.role.word(),
                first.name
            ),
            if field.attrs.role.is_some() {
                "keep one of them".to_owned()
            } else {
                format!(
                    "mark the right one with `#[audit({})]`, or this one with \
                     `#[audit(not_a_stamp)]`",
                    field.role.word()
                )
            },
        );
    }
}

const MANDATORY: [Role; 4] = [
    Role::CreatedAt,
    Role::CreatedBy,
    Role::UpdatedAt,
    Role::UpdatedBy,
];

const OF_A_SOFT_DELETE: [Role; 3] = [Role::DeletedFlag, Role::DeletedAt, Role::DeletedBy];

/// Who wrote a record and when is known of every entity, unless the table lacks the column.
pub(super) fn mandatory_stamps(container: &Container<'_>, errors: &Errors) {
    let missing = missing(container, &MANDATORY);
    if missing.is_empty() || exempt_unknown(container) {
        return;
    }
    errors.at(
        container.original.ident.span(),
        format!(
            "`{}` lacks {}",
            container.original.ident,
            quoted_list(missing.iter().copied())
        ),
        format!(
            "add the fields (any name, with the role as attribute), or say that the table lacks \
             them: `#[audit(exempt({}))]`",
            exempt_all(container)
        ),
    );
}

/// A soft delete says that, when and by whom a record was deleted.
pub(super) fn soft_delete(container: &Container<'_>, errors: &Errors) {
    let Some(kind) = container.soft_delete() else {
        if let Some(field) = container
            .with_role(Role::DeletedBy)
            .filter(|field| !field.faulty)
        {
            errors.at(
                field.ident.span(),
                format!(
                    "`{}` without a soft delete: nothing says that a record is deleted",
                    field.name
                ),
                "add a deleted flag or `deleted_at`, or mark it with `#[audit(not_a_stamp)]`",
            );
        }
        return;
    };
    let missing = missing(container, &OF_A_SOFT_DELETE);
    if missing.is_empty() || exempt_unknown(container) {
        return;
    }
    errors.at(
        kind.ident.span(),
        format!(
            "`{}` makes a soft delete, which lacks {}",
            kind.name,
            quoted_list(missing.iter().copied())
        ),
        format!(
            "add the fields, or say that the table lacks them: `#[audit(exempt({}))]`",
            exempt_all(container)
        ),
    );
}

/// What `exempt` would have to say of all that is missing: there is one list, so that each error
/// names the whole of it, with what is in it already.
fn exempt_all(container: &Container<'_>) -> String {
    let said = container.attrs.exempt.get().into_iter().flatten();
    let mut all: Vec<&str> = said
        .filter(|role| !is_held(container, role.value))
        .map(|role| role.value.word())
        .collect();
    all.extend(missing(container, &MANDATORY));
    if container.soft_delete().is_some() {
        all.extend(missing(container, &OF_A_SOFT_DELETE));
    }
    all.join(", ")
}

/// A field has the role, or its opposite.
fn is_held(container: &Container<'_>, role: Role) -> bool {
    container.with_role(role).is_some()
        || (role == Role::DeletedFlag && container.with_role(Role::ActiveFlag).is_some())
}

/// The roles that neither a field nor `exempt` answers for.
fn missing(container: &Container<'_>, roles: &[Role]) -> Vec<&'static str> {
    let exempt = container.attrs.exempt.get();
    let exempted = |role| exempt.is_some_and(|roles| roles.iter().any(|r| r.value == role));
    roles
        .iter()
        .filter(|role| !is_held(container, **role) && !exempted(**role))
        .map(|role| role.word())
        .collect()
}

/// The container's attributes are faulty and `exempt` may have been among them.
fn exempt_unknown(container: &Container<'_>) -> bool {
    container.faulty && !container.attrs.exempt.is_set()
}

/// What is exempt is not there.
pub(super) fn exemptions(container: &Container<'_>, errors: &Errors) {
    if container.faulty {
        return;
    }
    for exempt in container.attrs.exempt.get().into_iter().flatten() {
        let held = container.sound().find(|field| {
            field.role == exempt.value
                || (exempt.value == Role::DeletedFlag && field.role == Role::ActiveFlag)
        });
        if let Some(field) = held {
            errors.at(
                exempt.key,
                format!(
                    "`{}` is exempt, and `{}` holds it",
                    exempt.value.word(),
                    field.name
                ),
                "remove it from `exempt(..)`, or mark the field with `#[audit(not_a_stamp)]`",
            );
        }
    }
}

/// A stamp is stored as it is: what it says is the point of it.
pub(super) fn stamp_policy(field: &Field<'_>, errors: &Errors) {
    let (true, Some(policy)) = (field.role.is_stamp(), &field.attrs.policy) else {
        return;
    };
    errors.at(
        policy.key,
        format!(
            "`{}` on `{}`, which is the stamp `{}`",
            policy.value.word(),
            field.name,
            field.role.word()
        ),
        "a stamp takes no policy; a field that is none takes `not_a_stamp`",
    );
}
