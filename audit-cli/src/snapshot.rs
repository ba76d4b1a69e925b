//! Rows of any table as the trail holds whole records: what an entity with the usual types would
//! have encoded, from a catalog instead of a struct.

mod shape;
mod value;

use audit_core::ValueRef;
use audit_core::encode::{encode, truncate};
use audit_core::mask::{self, MaskFailure};
use audit_core::meta::MaskRef;
use audit_core::record_id;
use audit_diesel::AuditConfig;

pub(crate) use shape::{ROW, Shape, key, select, shape_of};
pub(crate) use value::Value;

/// What is kept of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Policy {
    Plain,
    Skipped,
    Masked(MaskRef),
}

/// A column, what it holds and what is kept of it.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) policy: Policy,
}

/// The record as one JSON object by column, masked; skipped columns are absent.
pub(crate) fn snapshot(
    fields: &[Field],
    values: &[Value],
    config: &AuditConfig,
) -> Result<String, MaskFailure> {
    let mut out = String::from("{");
    for (field, value) in fields.iter().zip(values) {
        let mut json = String::new();
        match field.policy {
            Policy::Skipped => continue,
            Policy::Plain => {
                encode(value, &mut json);
                json = truncate(json, config.max_value_bytes());
            }
            Policy::Masked(ref mask) => {
                // The caller names the column.
                mask::apply("", mask, ValueRef::Value(value), false, config, &mut json)?;
            }
        }
        if out.len() > 1 {
            out.push(',');
        }
        encode(field.name.as_str(), &mut out);
        out.push(':');
        out.push_str(&json);
    }
    out.push('}');
    Ok(out)
}

/// The text of a key, as `audit_log.record_id` holds it.
pub(crate) fn key_text(parts: &[&Value]) -> String {
    let parts: Vec<ValueRef<'_>> = parts.iter().map(|part| ValueRef::Value(*part)).collect();
    record_id(&parts)
}

/// The condition of the rows behind a key, in the order of its expressions by [`key`]. Spelt out,
/// since MySQL uses no index for a comparison of tuples.
pub(crate) fn behind(keys: &[(String, String)]) -> String {
    let mut cases = Vec::new();
    for (index, (column, literal)) in keys.iter().enumerate() {
        let mut all: Vec<String> = keys
            .iter()
            .take(index)
            .map(|(column, literal)| format!("{column} = {literal}"))
            .collect();
        all.push(format!("{column} > {literal}"));
        cases.push(format!("({})", all.join(" AND ")));
    }
    format!("({})", cases.join(" OR "))
}

#[cfg(test)]
mod tests {
    use audit_core::mask::Last4;

    use super::*;

    fn field(name: &str, policy: Policy) -> Field {
        Field {
            name: name.to_owned(),
            shape: Shape::Text,
            policy,
        }
    }

    #[test]
    fn a_record_is_encoded_masked_and_cut() {
        let fields = [
            field("plain", Policy::Plain),
            field(
                "tax \"number\"",
                Policy::Masked(MaskRef::of::<Last4>("last4")),
            ),
            field("hash", Policy::Skipped),
            field("bytes", Policy::Plain),
        ];
        let values = [
            Value::Text("a\0b".into()),
            Value::Text("DE123456789012".into()),
            Value::Text("never".into()),
            Value::Bytes(vec![0, 1, 2]),
        ];
        assert_eq!(
            snapshot(&fields, &values, &AuditConfig::default()).unwrap(),
            r#"{"plain":{"$s":"a\\0b"},"tax \"number\"":"****9012","bytes":{"$b":"AAEC"}}"#
        );
        let long = [Value::Text("x".repeat(70_000))];
        let cut = snapshot(&fields[..1], &long, &AuditConfig::default()).unwrap();
        assert!(cut.starts_with(r#"{"plain":{"$truncated":"#), "{cut:.50}");
    }

    #[test]
    fn keys_read_as_the_trail_writes_them() {
        assert_eq!(key_text(&[&Value::Int(42)]), "42");
        assert_eq!(
            key_text(&[&Value::Text("EU".into()), &Value::Int(7)]),
            r#"["EU",7]"#
        );
    }

    #[test]
    fn rows_behind_a_key_are_in_its_order() {
        assert_eq!(
            behind(&[("a".into(), "1".into()), ("b".into(), "'x'".into())]),
            "((a > 1) OR (a = 1 AND b > 'x'))"
        );
    }
}
