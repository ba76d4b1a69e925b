//! Reserved fields in a client's JSON.

use audit_core::{FormUse, KeySource, Policy, Role};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::run::Run;
use super::{raw, sql};
use crate::backend::AuditConnection;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::form::{ChangesForm, NewForm};
use crate::testing::{Secrets, canary};

/// Names that are reserved on every entity.
const STANDARD: [&str; 13] = [
    "createdAt",
    "createdBy",
    "createdById",
    "updatedAt",
    "updatedBy",
    "updatedById",
    "lastModifiedBy",
    "deletedAt",
    "deletedBy",
    "deletedById",
    "isDeleted",
    "_id",
    "tenantId",
];

/// Sends every reserved name in every spelling. `copy` is the record once more, to apply forms to.
pub(super) fn check<E, N, U, C>(run: &mut Run<E>, record: &E, mut copy: E) -> Result<(), AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    N: NewForm<E, C::Backend> + DeserializeOwned,
    U: ChangesForm<E, C::Backend> + DeserializeOwned,
{
    let base = base::<E>(record);
    let mut forms = Forms {
        run,
        record,
        copy: &mut copy,
        broken: Vec::new(),
    };
    forms.reads_nothing_reserved::<N, U, C>(&base)?;
    forms.quotes_nothing::<N, U>();
    for (name, hostile, role) in reserved::<E>(record) {
        let mut through: Vec<(&str, Vec<String>)> = Vec::new();
        for spelling in spellings(&name) {
            let mut input = base.clone();
            input.insert(spelling.clone(), hostile.clone());
            let input = Value::Object(input);
            for net in forms.lets_through(&input, &spelling, role) {
                match through.iter_mut().find(|(other, _)| *other == net) {
                    Some((_, spellings)) => spellings.push(spelling.clone()),
                    None => through.push((net, vec![spelling.clone()])),
                }
            }
            forms.takes::<N, U, C>(&input, &name)?;
        }
        for (net, spellings) in through {
            let shown: Vec<String> = spellings
                .iter()
                .take(2)
                .map(|spelling| format!("`{}`", spelling.escape_debug()))
                .collect();
            let more = match spellings.len().saturating_sub(shown.len()) {
                0 => String::new(),
                more => format!(" and {more} more ways"),
            };
            forms.broken(format!(
                "`{net}` lets the reserved key `{name}` through, written {}{more}",
                shown.join(", ")
            ));
        }
    }
    let broken = core::mem::take(&mut forms.broken);
    for finding in broken {
        run.found(finding);
    }
    Ok(())
}

/// What a client may send: the fields that a form reads, with the record's own values.
fn base<E: Entity>(record: &E) -> Map<String, Value> {
    raw::values(record)
        .into_iter()
        .filter(|value| is_open::<E>(value.field))
        .filter_map(|value| Some((value.field.serde_name.to_owned(), value.json?)))
        .collect()
}

fn is_open<E: Entity>(field: &audit_core::FieldMeta) -> bool {
    match field.role {
        Role::Key => E::META.key_source == KeySource::Client,
        Role::Data => field.form == FormUse::Input,
        _ => false,
    }
}

/// Letters and digits in lower case: enough to tell the names of one entity apart.
fn folded(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Every reserved name, and a value that the field has not.
fn reserved<E: Entity>(record: &E) -> Vec<(String, Value, Role)> {
    let values = raw::values(record);
    let open: Vec<String> = E::META
        .fields
        .iter()
        .filter(|field| is_open::<E>(field))
        .flat_map(|field| [field.name, field.column, field.serde_name])
        .map(folded)
        .collect();
    let mut names: Vec<(String, Value, Role)> = Vec::new();
    let closed = |field: &&audit_core::FieldMeta| {
        E::META.is_reserved(field) || field.form == FormUse::Server
    };
    for field in E::META.fields.iter().filter(closed) {
        let value = values
            .iter()
            .find(|value| value.field.column == field.column);
        let hostile = other(value.and_then(|value| value.json.as_ref()));
        for name in [field.name, field.column, field.serde_name] {
            names.push((name.to_owned(), hostile.clone(), field.role));
        }
    }
    for name in STANDARD {
        let known = names
            .iter()
            .any(|(other, ..)| folded(other) == folded(name));
        if !known {
            names.push((name.to_owned(), json!("user:4713"), Role::CreatedBy));
        }
    }
    names.retain(|(name, ..)| !open.contains(&folded(name)));
    names.dedup_by(|a, b| a.0 == b.0);
    names
}

/// A value of the same type that is another.
fn other(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Bool(is)) => json!(!is),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(number) => json!(number.wrapping_add(1000)),
            None => json!(1.5),
        },
        Some(Value::String(text)) if text.starts_with("2001-") => {
            json!(text.replacen("2001-", "1999-", 1))
        }
        _ => json!("user:4713"),
    }
}

/// The ways to write a name that mean the same.
fn spellings(name: &str) -> Vec<String> {
    let words: Vec<&str> = name
        .split(['_', '-'])
        .filter(|word| !word.is_empty())
        .collect();
    let capital = |word: &str| {
        let mut chars = word.chars();
        let first: String = chars
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        format!("{first}{}", chars.as_str())
    };
    let mut camel = String::new();
    for (index, word) in words.iter().enumerate() {
        camel.push_str(&if index == 0 {
            (*word).to_owned()
        } else {
            capital(word)
        });
    }
    let wide = |c: char| {
        let wide = u32::from(c).wrapping_add(0xFEE0);
        if c.is_ascii_lowercase() {
            char::from_u32(wide).unwrap_or(c)
        } else {
            c
        }
    };
    let middle = name.char_indices().nth(2).map_or(name.len(), |(at, _)| at);
    let (head, tail) = name.split_at(middle);
    let mut all = vec![
        name.to_owned(),
        camel.clone(),
        capital(&camel),
        name.to_uppercase(),
        words.join("-"),
        words.join(" "),
        format!(" {name}\t"),
        format!("{head}\u{200B}{tail}"),
        format!("\u{FEFF}{head}\u{0}{tail}"),
        name.chars().map(wide).collect(),
    ];
    all.sort();
    all.dedup();
    all
}

struct Forms<'r, E: Entity> {
    run: &'r mut Run<E>,
    record: &'r E,
    copy: &'r mut E,
    broken: Vec<String>,
}

impl<E: Entity> Forms<'_, E> {
    fn broken(&mut self, finding: String) {
        if !self.broken.contains(&finding) {
            self.broken.push(finding);
        }
    }

    fn reads_nothing_reserved<N, U, C>(
        &mut self,
        base: &Map<String, Value>,
    ) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
        N: NewForm<E, C::Backend> + DeserializeOwned,
        U: ChangesForm<E, C::Backend> + DeserializeOwned,
    {
        if let Err(error) = serde_json::from_value::<U>(Value::Object(base.clone())) {
            self.run.outputs.error("the `changes` form", &error);
            self.broken(
                "the `changes` form does not read the record's own fields from JSON, so that the \
                 contract cannot try it: look at its `Deserialize`"
                    .to_owned(),
            );
        }
        self.takes::<N, U, C>(&Value::Object(base.clone()), "")
    }

    /// Errors of the forms' own reading, on secrets in the place of what they expect.
    fn quotes_nothing<N: DeserializeOwned, U: DeserializeOwned>(&mut self) {
        let masked = |field: &&audit_core::FieldMeta| {
            is_open::<E>(field) && matches!(field.policy, Policy::Masked(_) | Policy::Skipped)
        };
        for field in E::META.fields.iter().filter(masked) {
            let canary = canary();
            let mut secrets = Secrets::new();
            secrets.plant(field.column, &canary);
            for wrong in [
                json!(canary),
                json!([canary]),
                json!({ &canary: 1 }),
                json!({ "": [canary] }),
            ] {
                let text = json!({ field.serde_name: wrong }).to_string();
                let errors = [
                    ("new", serde_json::from_str::<N>(&text).err()),
                    ("changes", serde_json::from_str::<U>(&text).err()),
                ];
                for (form, error) in errors {
                    let Some(error) = error else { continue };
                    if !secrets.find(format!("{error}\n{error:?}")).is_empty() {
                        self.broken(format!(
                            "the error of a `{form}` form that reads JSON quotes what stands in \
                             `{}`: read the field with `audit_diesel::form_input::masked`, as a \
                             derived form does",
                            field.column
                        ));
                    }
                }
            }
        }
    }

    /// Which of `clean_json` and its kin let a reserved key through.
    fn lets_through(&mut self, input: &Value, key: &str, role: Role) -> Vec<&'static str> {
        let mut through = Vec::new();
        // A version goes to the key of the write.
        let handed_out = role == Role::Version && input.get(key).is_some_and(Value::is_i64);
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let tells = |stripped: &audit_core::Stripped| {
            stripped.pointers.contains(&pointer) || (handed_out && stripped.version.is_some())
        };
        match E::clean_json(input.to_string().as_bytes()) {
            Err(error) => {
                self.run.outputs.error("`clean_json`", &error);
                self.broken(format!(
                    "`clean_json` refuses what a client may send: {error}"
                ));
            }
            Ok((value, stripped)) if value.get(key).is_some() || !tells(&stripped) => {
                through.push("clean_json");
            }
            Ok(_) => {}
        }
        let mut value = input.clone();
        let stripped = E::strip_reserved(&mut value);
        if value.get(key).is_some() || !tells(&stripped) {
            through.push("strip_reserved");
        }
        match E::reject_reserved(input) {
            Err(error) => self.run.outputs.error("`reject_reserved`", &error),
            Ok(()) if handed_out => {}
            Ok(()) => through.push("reject_reserved"),
        }
        through
    }

    /// The forms themselves, on input that nothing has cleaned.
    fn takes<N, U, C>(&mut self, input: &Value, key: &str) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
        N: NewForm<E, C::Backend> + DeserializeOwned,
        U: ChangesForm<E, C::Backend> + DeserializeOwned,
    {
        let text = input.to_string();
        match serde_json::from_str::<N>(&text) {
            Ok(form) => {
                let mut names = sql::Names::default();
                NewForm::<E, C::Backend>::put_values(&form, &mut names)?;
                self.sets_open("new", &names, key);
            }
            Err(error) => self.run.outputs.error("the `new` form", &error),
        }
        match serde_json::from_str::<U>(&text) {
            Ok(form) => {
                let mut names = sql::Names::default();
                ChangesForm::<E, C::Backend>::put_values(&form, &mut names)?;
                self.sets_open("changes", &names, key);
                form.apply(self.copy);
                let changed = self.record.diff(self.copy).differing();
                let fields: Vec<_> = changed
                    .iter()
                    .filter_map(|i| E::META.fields.get(i))
                    .collect();
                for field in fields {
                    if !is_open::<E>(field) && field.form != FormUse::Server {
                        self.broken(format!(
                            "`apply` of the `changes` form sets `{}`, which the server alone writes",
                            field.column
                        ));
                    }
                }
            }
            Err(error) => self.run.outputs.error("the `changes` form", &error),
        }
        Ok(())
    }

    /// None of the columns is one that the server alone writes, or one that code alone sets.
    fn sets_open(&mut self, form: &str, names: &sql::Names, key: &str) {
        for name in &names.0 {
            let closed = E::META
                .fields
                .iter()
                .find(|field| field.column == *name)
                .is_some_and(|field| !is_open::<E>(field));
            if closed {
                let from = if key.is_empty() {
                    String::new()
                } else {
                    format!(" from the key `{}`", key.escape_debug())
                };
                self.broken(format!(
                    "the `{form}` form sets `{name}`{from}, which no client may set"
                ));
            }
        }
    }
}
