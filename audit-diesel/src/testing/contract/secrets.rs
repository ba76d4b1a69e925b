//! The search for secrets in what was shown along the way.

use core::fmt;

use audit_core::__private::field_json;
use audit_core::config::AuditConfig;
use audit_core::{FormUse, Policy, mask};
use audit_core::{MaskRef, ValueRef};

use super::run::Run;
use super::{raw, sql};
use crate::backend::AuditConnection;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::testing::Secrets;
use crate::trail::AuditEntry;

/// Masks that are known to show no more than they may.
fn is_ours(mask: &MaskRef) -> bool {
    matches!(mask.name, "redact" | "last4" | "pan" | "email" | "token")
}

impl<E: Entity> Run<E> {
    /// Notes the raw values of a record, and what it shows of itself.
    pub(super) fn values<C>(&mut self, conn: &mut C, record: &E) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend> + fmt::Debug,
    {
        self.outputs.record(record);
        let masked =
            |v: &raw::Value| matches!(v.field.policy, Policy::Masked(_) | Policy::MaskedAt(_));
        let mut values: Vec<raw::Value> = raw::values(record).into_iter().filter(masked).collect();
        let skipped = E::META
            .fields
            .iter()
            .filter(|f| matches!(f.policy, Policy::Skipped));
        for field in skipped {
            let text = sql::column_text::<C, E>(conn, &record.id(), field.column)?;
            values.push(raw::Value {
                field,
                json: None,
                is_null: text.is_none(),
                text: text.unwrap_or_default(),
                shown: None,
            });
        }
        for value in &values {
            if let (Policy::MaskedAt(_), Some(json)) = (value.field.policy, &value.json) {
                self.inside_json(record, value.field, json);
            }
        }
        self.values.extend(values);
        Ok(())
    }

    /// The secrets in a JSON column: what its masks replace.
    fn inside_json(
        &mut self,
        record: &E,
        field: &'static audit_core::FieldMeta,
        json: &serde_json::Value,
    ) {
        let config = self.config.clone().build();
        let stored = field_json(record, field, &config);
        let Ok(stored) = serde_json::from_str(&stored) else {
            return;
        };
        let mut found = Vec::new();
        raw::masked_leaves(json, &stored, &mut found);
        if found.is_empty() && !json.is_null() {
            self.found(format!(
                "the masks of `{}` match nothing in the JSON that the forms set: mend the paths, or \
                 set what they mask",
                field.column
            ));
        }
        for (secret, shown) in found {
            self.values.push(raw::Value {
                field,
                json: None,
                is_null: false,
                text: String::from_utf8_lossy(&secret).into_owned(),
                shown: Some(shown),
            });
        }
    }

    /// Looks for each secret in the rows and in all that was shown.
    pub(super) fn search(
        &mut self,
        rows: &[AuditEntry],
        more: &[String],
        unplanted: &[String],
        shown: &[String],
    ) {
        let mut secrets = Secrets::new();
        for text in more {
            if !secrets.plant("secret(..)", text) {
                self.found(
                    "a text given to `.secret(..)` is too short to be looked for".to_owned(),
                );
            }
        }
        self.plant(&mut secrets, unplanted);
        self.allow(&mut secrets, shown);
        // Names are no secrets.
        secrets.allow(E::META.type_name);
        secrets.allow(E::META.name);
        for field in E::META.fields {
            secrets.allow(field.name);
            secrets.allow(field.column);
            secrets.allow(field.serde_name);
        }
        for row in rows {
            for (column, text) in columns(row) {
                for leak in secrets.find(text) {
                    let field = row.field_name.as_deref().unwrap_or("the record");
                    self.found(format!(
                        "{leak} is in `audit_log.{column}` of the {} of {field}: mask the field \
                         that holds it",
                        row.action
                    ));
                }
            }
        }
        let outputs = core::mem::take(&mut self.outputs);
        for (at, text) in outputs.0 {
            for leak in secrets.find(&text) {
                self.found(format!("{leak} is in {at}: mask the field that holds it"));
            }
        }
    }

    fn plant(&mut self, secrets: &mut Secrets, unplanted: &[String]) {
        let values = core::mem::take(&mut self.values);
        let mut planted: Vec<&str> = Vec::new();
        for value in &values {
            let mut texts = Vec::new();
            match &value.json {
                // Of a JSON column, what its masks replace; the column itself is no secret.
                _ if matches!(value.field.policy, Policy::MaskedAt(_)) && value.shown.is_none() => {
                }
                Some(json) => raw::leaves(json, &mut texts),
                None => texts.push(value.text.clone().into_bytes()),
            }
            for text in texts {
                if secrets.plant(value.field.column, text) {
                    planted.push(value.field.column);
                }
            }
        }
        for value in &values {
            let field = value.field;
            let is_bool = matches!(value.json, Some(serde_json::Value::Bool(_)));
            let excused = unplanted
                .iter()
                .any(|name| name == field.name || name == field.column);
            // A field that no form sets is the database's matter.
            if !planted.contains(&field.column)
                && !excused
                && !is_bool
                && field.form != FormUse::None
                && !matches!(field.policy, Policy::MaskedAt(_))
            {
                self.found(format!(
                    "the forms set no secret in `{}` that could be looked for: give it eight or \
                     more letters and digits (`testing::canary()`), or excuse it with \
                     `.unplanted(\"{}\")`",
                    field.column, field.name
                ));
            }
        }
        self.values = values;
    }

    /// What the masks may show is no find.
    fn allow(&self, secrets: &mut Secrets, shown: &[String]) {
        let config: AuditConfig = self.config.clone().build();
        for value in &self.values {
            let field = value.field;
            let named = shown
                .iter()
                .any(|name| name == field.name || name == field.column);
            match field.policy {
                Policy::Masked(mask) if (is_ours(&mask) || named) && !value.is_null => {
                    let mut out = String::new();
                    let text = value.text.as_str();
                    let text = ValueRef::Display(&text);
                    if mask::apply(field.name, &mask, text, false, &config, &mut out).is_ok() {
                        secrets.allow(out);
                    }
                }
                Policy::MaskedAt(masks) => {
                    let ours = masks.iter().all(|(_, mask)| is_ours(mask));
                    if let Some(shown) = &value.shown
                        && (ours || named)
                    {
                        secrets.allow(shown);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The texts of a row. Ids and times are the framework's own.
fn columns(row: &AuditEntry) -> Vec<(&'static str, &str)> {
    let all = [
        ("tenant_id", row.tenant_id.as_deref()),
        ("table_name", row.table_name.as_deref()),
        ("record_id", row.record_id.as_deref()),
        ("action", Some(row.action.as_str())),
        ("field_name", row.field_name.as_deref()),
        ("old_value", row.old_value.as_deref()),
        ("new_value", row.new_value.as_deref()),
        ("actor_id", row.actor.id()),
        ("request_id", row.request_id.as_deref()),
        ("reason", row.reason.as_deref()),
        ("context", row.context.as_deref()),
    ];
    all.into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}
