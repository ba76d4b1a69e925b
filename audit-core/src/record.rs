//! The one way from a raw value to what is stored or shown of it: every snapshot, diff and
//! `Debug` passes here, so that an unmasked one cannot be made.

use core::fmt;

use crate::config::AuditConfig;
use crate::diff::{Collect, FieldSet};
use crate::encode::{self, ValueRef};
use crate::entity::Audited;
use crate::mask::{self, MaskFailure};
use crate::meta::{FieldMeta, Policy};

/// The stored form of a value whose raw JSON is `json`.
pub(crate) fn masked(
    field: &FieldMeta,
    value: ValueRef<'_>,
    json: String,
    config: &AuditConfig,
) -> Result<String, MaskFailure> {
    match field.policy {
        Policy::Plain | Policy::Ignored => Ok(encode::truncate(json, config.max_value_bytes())),
        Policy::Masked(ref mask) => {
            let mut out = String::new();
            mask::apply(field.name, mask, value, field.hide_null, config, &mut out)?;
            Ok(out)
        }
        Policy::MaskedAt(masks) => {
            let mut out = String::new();
            mask::apply_at(field.name, masks, value, config, &mut out)?;
            Ok(encode::truncate(out, config.max_value_bytes()))
        }
        // Nothing of a skipped field is ever asked for; if it is, this is all there is to have.
        Policy::Skipped => Ok("null".to_owned()),
    }
}

/// The whole record, masked, as one JSON object by column: skipped fields are absent.
///
/// # Errors
/// [`MaskFailure`] when a mask fails or panics, or `token` has no key.
pub fn snapshot<E: Audited>(entity: &E, config: &AuditConfig) -> Result<String, MaskFailure> {
    let mut out = String::from("{");
    let mut failed = None;
    each_value(entity, |index, value| {
        let Some(field) = E::META.fields.get(index) else {
            return;
        };
        if matches!(field.policy, Policy::Skipped) || failed.is_some() {
            return;
        }
        let mut json = String::new();
        value.encode(&mut json);
        match masked(field, value, json, config) {
            Ok(json) => {
                if out.len() > 1 {
                    out.push(',');
                }
                encode::encode(field.column, &mut out);
                out.push(':');
                out.push_str(&json);
            }
            Err(failure) => failed = Some(failure),
        }
    });
    out.push('}');
    failed.map_or(Ok(out), Err)
}

/// The stored form of one field; JSON null where a mask fails, which only a stamp's caller sees.
#[doc(hidden)]
pub fn field_json<E: Audited>(entity: &E, wanted: &FieldMeta, config: &AuditConfig) -> String {
    let mut out = "null".to_owned();
    each_value(entity, |index, value| {
        if let Some(field) = E::META.fields.get(index)
            && field.column == wanted.column
        {
            let mut json = String::new();
            value.encode(&mut json);
            out = masked(field, value, json, config).unwrap_or_else(|_| "null".to_owned());
        }
    });
    out
}

/// What a replay may see of a record as it is stored now, by field: whole values (never cut), masks
/// of masked ones, `None` of skipped ones.
#[doc(hidden)]
pub fn visible_values<E: Audited>(entity: &E, config: &AuditConfig) -> Vec<Option<String>> {
    let mut values = vec![None; E::META.fields.len()];
    each_value(entity, |index, value| {
        let (Some(field), Some(slot)) = (E::META.fields.get(index), values.get_mut(index)) else {
            return;
        };
        let mut json = String::new();
        value.encode(&mut json);
        *slot = match field.policy {
            Policy::Plain | Policy::Ignored => Some(json),
            Policy::Skipped => None,
            // Who only reads needs no key for `token`: that there is a value is all that is told.
            Policy::Masked(_) | Policy::MaskedAt(_) => {
                let masked = masked(field, value, json, config);
                Some(masked.unwrap_or_else(|_| "\"***\"".to_owned()))
            }
        };
    });
    values
}

/// The masked `Debug` of an entity.
#[doc(hidden)]
pub fn debug_entity<E: Audited>(entity: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let config = AuditConfig::default();
    let mut out = f.debug_struct(E::META.type_name);
    let mut values: Vec<Option<String>> = vec![None; E::META.fields.len()];
    each_value(entity, |index, value| {
        let Some(field) = E::META.fields.get(index) else {
            return;
        };
        let mut json = String::new();
        value.encode(&mut json);
        // A mask that fails shows nothing: `Debug` has no other way to say so.
        let text = masked(field, value, json, &config).unwrap_or_else(|_| "\"***\"".to_owned());
        if let Some(slot) = values.get_mut(index) {
            *slot = Some(text);
        }
    });
    for (field, value) in E::META.fields.iter().zip(&values) {
        match value {
            Some(text) if !matches!(field.policy, Policy::Skipped) => {
                out.field(field.name, &format_args!("{text}"))
            }
            _ => out.field(field.name, &format_args!("<skipped>")),
        };
    }
    out.finish()
}

/// Sees each storable field of one state, with its index.
fn each_value<'a, E: Audited>(entity: &'a E, mut see: impl FnMut(usize, ValueRef<'a>)) {
    let mut wanted = FieldSet::EMPTY;
    for index in 0..E::META.fields.len().min(128) {
        wanted.insert(index);
    }
    let mut collect = Collect::new(wanted);
    E::walk(entity, entity, &mut collect);
    for (index, value, _) in collect.pairs {
        see(index, value);
    }
}
