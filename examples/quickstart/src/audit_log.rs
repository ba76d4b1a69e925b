//! `audit_log` as a table of Diesel's, for the checks, which must not rely on what they check. An
//! app reads a trail with `Account::history`.

use audit_diesel::Actor;
use audit_diesel::sql_types::{At, Id, JsonText};
use diesel::prelude::*;
use serde_json::{Map, Value};

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::{AuditJson, AuditUuid, UtcTime};

    audit_log (seq) {
        seq -> BigInt,
        operation_id -> AuditUuid,
        tenant_id -> Nullable<Text>,
        table_name -> Nullable<Text>,
        record_id -> Nullable<Text>,
        action -> Text,
        field_name -> Nullable<Text>,
        old_value -> Nullable<AuditJson>,
        new_value -> Nullable<AuditJson>,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>,
        changed_at -> UtcTime,
        request_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        context -> Nullable<AuditJson>,
    }
}

/// A row, as far as a check needs it.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = audit_log)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) operation_id: Id,
    pub(crate) tenant_id: Option<String>,
    pub(crate) table_name: Option<String>,
    pub(crate) record_id: Option<String>,
    pub(crate) action: String,
    pub(crate) field_name: Option<String>,
    pub(crate) old_value: Option<JsonText>,
    pub(crate) new_value: Option<JsonText>,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) changed_at: At,
    pub(crate) request_id: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) context: Option<JsonText>,
}

impl Row {
    pub(crate) fn actor(&self) -> Actor {
        Actor::from_parts(&self.actor_kind, self.actor_id.as_deref())
    }

    /// Every text in the row.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let json = [&self.old_value, &self.new_value, &self.context];
        let text = [
            &self.tenant_id,
            &self.table_name,
            &self.record_id,
            &self.field_name,
            &self.actor_id,
            &self.on_behalf_of,
            &self.request_id,
            &self.reason,
        ];
        [self.action.as_str(), self.actor_kind.as_str()]
            .into_iter()
            .chain(text.into_iter().flatten().map(String::as_str))
            .chain(json.into_iter().flatten().map(|json| json.0.as_str()))
    }
}

/// What the `columns` of a record are after all its rows, oldest first; `None` after a hard delete.
///
/// # Errors
/// A row that does not follow from those before it.
pub(crate) fn replay<'r>(
    rows: impl IntoIterator<Item = &'r Row>,
    columns: &[&str],
) -> Result<Option<Map<String, Value>>, String> {
    let mut state = None;
    for row in rows {
        state = follow(state, row, columns)
            .map_err(|what| format!("row {} ({}): {what}", row.seq, row.action))?;
    }
    Ok(state)
}

fn follow(
    state: Option<Map<String, Value>>,
    row: &Row,
    columns: &[&str],
) -> Result<Option<Map<String, Value>>, String> {
    let parse = |json: &Option<JsonText>| {
        let text = json.as_ref().ok_or("a value is missing")?;
        serde_json::from_str::<Value>(&text.0).map_err(|_| "a value is no JSON")
    };
    let snapshot = |json| match parse(json)? {
        Value::Object(record) => Ok(record
            .into_iter()
            .filter(|(column, _)| columns.contains(&column.as_str()))
            .collect::<Map<_, _>>()),
        _ => Err("the record is no object"),
    };
    match (&row.field_name, row.action.as_str(), state) {
        (None, "insert", None) => Ok(Some(snapshot(&row.new_value)?)),
        (None, "delete", Some(state)) => {
            if snapshot(&row.old_value)? == state {
                Ok(None)
            } else {
                Err("the record was not what the row says it was".to_owned())
            }
        }
        (Some(field), "update" | "delete" | "restore", Some(mut state)) => {
            let before = state.insert(field.clone(), parse(&row.new_value)?);
            if before == Some(parse(&row.old_value)?) {
                Ok(Some(state))
            } else {
                Err(format!("`{field}` was not what the row says it was"))
            }
        }
        _ => Err("it does not follow from the rows before it".to_owned()),
    }
}
