//! What the words on one field say together.

use proc_macro2::Span;

use crate::ast::{Container, Field};
use crate::bound::Bounds;
use crate::errors::Errors;
use crate::meaning::{FormUse, KeySource, Policy, Role};
use crate::secret::is_text;

/// What a part's columns are is said inside the part.
pub(super) fn embedded(container: &mut Container<'_>, errors: &Errors) {
    let generic = Bounds::new(&container.original.generics);
    for field in &mut container.fields {
        if !field.diesel.embed || field.faulty {
            continue;
        }
        let attrs = &field.attrs;
        let inside = [
            attrs
                .policy
                .as_ref()
                .map(|policy| (policy.key, policy.value.word())),
            attrs
                .role
                .as_ref()
                .map(|role| (role.key, role.value.word())),
            attrs.hide_null.key().map(|key| (key, "hide_null")),
            attrs.eq.key().map(|key| (key, "eq")),
            attrs.via.key().map(|key| (key, "via")),
            attrs.was.first().map(|was| (was.key, "was")),
            attrs.id.key().map(|key| (key, "id")),
            attrs.kinds.key().map(|key| (key, "kinds")),
        ];
        if generic.mentioned(&field.original.ty) {
            field.faulty = true;
            errors.on(
                &field.original.ty,
                format!("the embedded `{}` mentions a parameter", field.name),
                "the columns of a part are the same for every parameter: embed a concrete type",
            );
        }
        for (key, word) in inside.into_iter().flatten() {
            field.faulty = true;
            errors.at(
                key,
                format!(
                    "`{word}` on the embedded `{}`, which is several columns",
                    field.name
                ),
                "write it on a field of the part's struct",
            );
        }
    }
}

/// Words that go with one kind of field.
pub(super) fn misplaced_for_role(field: &Field<'_>, errors: &Errors) {
    let attrs = &field.attrs;
    if let (Some(key), true) = (attrs.id.key(), field.role != Role::Key) {
        errors.at(
            key,
            format!("`id` on `{}`, which is not the primary key", field.name),
            "the key is the field `id`, or what `#[diesel(primary_key(..))]` names",
        );
    }
    let actor = matches!(
        field.role,
        Role::CreatedBy | Role::UpdatedBy | Role::DeletedBy
    );
    if let (Some(key), false) = (attrs.kinds.key(), actor) {
        errors.at(
            key,
            format!("`kinds` on `{}`, which holds no actor", field.name),
            "it goes with `created_by`, `updated_by` and `deleted_by`",
        );
    }
    if let (Some(key), Some(role)) = (attrs.not_a_stamp.key(), &attrs.role) {
        errors.at(
            key,
            format!("`not_a_stamp` contradicts `{}`", role.value.word()),
            "keep one of them",
        );
    }
}

/// Reserved fields are in no form, so nothing can be said about them there.
pub(super) fn form_use(field: &Field<'_>, errors: &Errors) {
    let client_key = field.role == Role::Key && field.attrs.id.get() == Some(&KeySource::Client);
    if field.role == Role::Data || client_key {
        return;
    }
    let given = field
        .attrs
        .form_use
        .as_ref()
        .map(|given| (given.key, given.value.word()));
    let attrs = field.attrs.form_attrs.key().map(|key| (key, "form"));
    for (key, word) in [given, attrs].into_iter().flatten() {
        let what = if field.role == Role::Key {
            "the primary key"
        } else {
            "a stamp"
        };
        errors.at(
            key,
            format!(
                "`{word}` on `{}`, which is {what} and in no form",
                field.name
            ),
            if field.role == Role::Key {
                "remove it; a key that clients make takes `id = \"client\"`"
            } else {
                "remove it: the server alone writes a stamp"
            },
        );
    }
}

/// `input` undoes `server`, which a field is by a secret's name: elsewhere it would look as if
/// something had been decided.
fn input(field: &Field<'_>, errors: &Errors) {
    let Some(given) = &field.attrs.form_use else {
        return;
    };
    if given.value == FormUse::Input && !field.is_secret() {
        errors.at(
            given.key,
            format!(
                "`input` on `{}`, which is read from input anyway",
                field.name
            ),
            "remove it: it is for fields whose names sound secret, which code alone sets by default",
        );
    }
}

/// Policies and what goes with them, on fields that hold data.
pub(super) fn values(container: &Container<'_>, field: &Field<'_>, errors: &Errors) {
    let attrs = &field.attrs;
    if field.role != Role::Data {
        return;
    }
    input(field, errors);
    if field.diesel.embed {
        return;
    }
    hide_null(field, errors);
    let skipped = field.is_skipped();
    if let (true, Some(key)) = (skipped, attrs.via.key()) {
        errors.at(
            key,
            format!(
                "`via` on `{}`, which is skipped and never stored",
                field.name
            ),
            "keep one of `skip` and `via`",
        );
    }
    json_paths(field, errors);
    if let (Some(key), Some(FormUse::None)) = (
        attrs.form_attrs.key(),
        attrs.form_use.as_ref().map(|given| given.value),
    ) {
        errors.at(
            key,
            format!(
                "`form` contradicts `no_form`: `{}` is in no form",
                field.name
            ),
            "keep one of `no_form` and `form`",
        );
    }
    if field.is_secret() && field.policy().is_none() {
        secret(field, field.ident.span(), errors);
    } else if container.attrs.strict.is_set() && attrs.policy.is_none() {
        errors.at(
            field.ident.span(),
            format!(
                "`{}` carries no policy, and `{}` is strict",
                field.name, container.original.ident
            ),
            "write one of `#[audit(plain)]`, `#[audit(mask = \"..\")]`, `#[audit(skip)]` and \
             `#[audit(ignore)]`",
        );
    }
    ignored_secret(field, errors);
}

/// Paths lead into JSON: no text can be masked in part.
fn json_paths(field: &Field<'_>, errors: &Errors) {
    let Some(policy) = &field.attrs.policy else {
        return;
    };
    if !matches!(policy.value, Policy::MaskAt(_)) {
        return;
    }
    if let Some(key) = field.attrs.via.key() {
        errors.at(
            key,
            "`via` contradicts `mask_at`: a `Display` text has no JSON paths",
            "keep one of `mask_at` and `via`",
        );
    } else if is_text(field.ty()) {
        errors.at(
            policy.key,
            format!(
                "`mask_at` on `{}`, which is text and has no JSON paths",
                field.name
            ),
            "mask the whole text: `#[audit(mask = \"redact\")]`; or hold the column as \
             `serde_json::Value`",
        );
    }
}

/// A null is hidden by a mask, and there must be one.
fn hide_null(field: &Field<'_>, errors: &Errors) {
    let masked = matches!(field.policy(), Some(Policy::Mask(_) | Policy::MaskAt(_)));
    if let (Some(key), false) = (field.attrs.hide_null.key(), masked) {
        errors.at(
            key,
            format!("`hide_null` on `{}`, which has no mask", field.name),
            "add a mask: `#[audit(mask = \"redact\", hide_null)]`",
        );
    }
}

/// A secret is not stored unless someone has decided so.
fn secret(field: &Field<'_>, span: Span, errors: &Errors) {
    let column = field.column();
    let shown = if column == field.name {
        format!("`{column}`")
    } else {
        format!("`{}` (column `{column}`)", field.name)
    };
    errors.at(
        span,
        format!("{shown} sounds secret and would be stored in clear text"),
        "write `#[audit(mask = \"redact\")]` or `#[audit(skip)]`; if it is no secret, \
         `#[audit(plain)]`",
    );
}

/// `ignore` stores the value, so it does not protect a secret.
fn ignored_secret(field: &Field<'_>, errors: &Errors) {
    let (true, Some(policy)) = (field.is_secret(), &field.attrs.policy) else {
        return;
    };
    if matches!(policy.value, Policy::Ignore) {
        errors.at(
            policy.key,
            format!(
                "`ignore` on `{}`, which sounds secret, stores it in clear text",
                field.name
            ),
            "write `#[audit(mask = \"redact\")]` or `#[audit(skip)]`",
        );
    }
}
