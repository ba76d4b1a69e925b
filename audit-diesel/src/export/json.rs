//! Rows as lines of JSON, values passed on as the text that is stored.

use std::borrow::Cow;
use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::trail::AuditEntry;

pub(super) fn line(entry: &AuditEntry, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, entry)?;
    out.write_all(b"\n")
}

/// An object with the columns of `audit_log`, as [`LogQuery::export_jsonl`](crate::LogQuery::export_jsonl)
/// writes it. For `serde_json` alone: the stored values are passed through as they are.
impl Serialize for AuditEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Row {
            seq: self.seq,
            id: self.id,
            change_id: self.change_id,
            operation_id: self.operation_id,
            tenant_id: self.tenant_id.as_deref(),
            table_name: self.table_name.as_deref(),
            record_id: self.record_id.as_deref(),
            action: &self.action,
            field_name: self.field_name.as_deref(),
            old_value: self.old_value.as_deref().map(Value),
            new_value: self.new_value.as_deref().map(Value),
            actor_kind: self.actor.kind(),
            actor_id: self.actor.id(),
            on_behalf_of: self.on_behalf_of.as_ref().map(|actor| actor.as_str()),
            changed_at: Time(self.changed_at),
            recorded_at: Time(self.recorded_at),
            request_id: self.request_id.as_deref(),
            reason: self.reason.as_deref(),
            context: self.context.as_deref().map(Value),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Row<'a> {
    seq: i64,
    id: Uuid,
    change_id: Uuid,
    operation_id: Uuid,
    tenant_id: Option<&'a str>,
    table_name: Option<&'a str>,
    record_id: Option<&'a str>,
    action: &'a str,
    field_name: Option<&'a str>,
    old_value: Option<Value<'a>>,
    new_value: Option<Value<'a>>,
    actor_kind: &'a str,
    actor_id: Option<&'a str>,
    on_behalf_of: Option<&'a str>,
    changed_at: Time,
    recorded_at: Time,
    request_id: Option<&'a str>,
    reason: Option<&'a str>,
    context: Option<Value<'a>>,
}

struct Time(DateTime<Utc>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// JSON text, or what somebody put in its place.
struct Value<'a>(&'a str);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In JSON a line break can only stand between tokens: inside of a text it is escaped.
        let text: Cow<'_, str> = if self.0.contains(['\n', '\r']) {
            self.0.replace(['\n', '\r'], " ").into()
        } else {
            self.0.into()
        };
        let mut reader = serde_json::Deserializer::from_str(&text);
        reader.disable_recursion_limit();
        let parsed = <&RawValue as serde::Deserialize>::deserialize(&mut reader)
            .and_then(|raw| reader.end().map(|()| raw));
        match parsed {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => Invalid { text: self.0 }.serialize(serializer),
        }
    }
}

/// The tag cannot be one of a value: those that begin with `$` are wrapped when they are stored.
#[derive(Serialize)]
struct Invalid<'a> {
    #[serde(rename = "$invalid")]
    text: &'a str,
}
