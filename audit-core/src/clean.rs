//! Reserved fields in JSON from outside.
//!
//! Forms cannot hold a reserved field; this is the net below them, for handlers that take JSON as
//! it comes. What counts as a reserved name, after folding (see [`Stripped`]):
//!
//! - the Rust, column and serde names of every reserved field: stamps, and the primary key unless
//!   the client makes it;
//! - those of `server` fields, which forms hold but never read from input;
//! - `createdAt`, `createdBy`, `createdById`, `updatedAt`, `updatedBy`, `updatedById`,
//!   `lastModifiedBy`, `deletedAt`, `deletedBy`, `deletedById`, `isDeleted`, `_id`, `tenantId`,
//!   whether or not the entity has them.
//!
//! A name that a form does read is never stripped. Only the top level of a record is cleaned:
//! below it is data of some field.

use core::fmt;

use serde_json::Value;

use crate::meta::{EntityMeta, FieldMeta, FormUse, Role};

mod fold;
mod parse;

use fold::fold;
pub use parse::clean_json;

/// What was removed from a client's JSON. Holds no values.
///
/// Names are compared after NFKC (Unicode UAX #15), removal of control and default-ignorable
/// (zero-width) characters, case folding, and removal of `_`, `-` and white space: `createdAt`,
/// `CREATED-AT` and `ｃreated_at` are one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stripped {
    /// JSON pointers (RFC 6901) to what was removed.
    pub pointers: Vec<String>,
    /// The optimistic lock's version, where the client sent one as an integer. It is taken out of
    /// the JSON for [`crate::Audited`]'s key, and not in `pointers`.
    pub version: Option<i64>,
    /// The same for each element of a top-level array; empty for anything else.
    pub versions: Vec<Option<i64>>,
}

impl Stripped {
    /// True where nothing was removed (a version that is handed out aside).
    pub fn is_empty(&self) -> bool {
        self.pointers.is_empty()
    }
}

/// Input that sets reserved fields. Names them, and no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedInput(pub Stripped);

impl fmt::Display for ReservedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("input sets fields that only the server sets; leave out ")?;
        for (i, pointer) in self.0.pointers.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write_pointer(f, pointer)?;
        }
        Ok(())
    }
}

impl core::error::Error for ReservedInput {}

/// Why a client's JSON was refused. Quotes no values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CleanError {
    /// The bytes are no JSON (RFC 8259), or nested more than 127 levels deep.
    Malformed {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake in bytes.
        column: usize,
    },
    /// An object has two keys that are equal, or equal once folded. Readers differ in which of
    /// them they take, so neither is safe.
    DuplicateKey {
        /// JSON pointer (RFC 6901) to the second of them.
        pointer: String,
    },
}

impl fmt::Display for CleanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, column } => {
                write!(f, "input is not valid JSON (line {line}, column {column})")
            }
            Self::DuplicateKey { pointer } => {
                f.write_str("input has a key twice, or two spellings of it; send it once: ")?;
                write_pointer(f, pointer)
            }
        }
    }
}

impl core::error::Error for CleanError {}

/// Longest part of a client's key that a message shows.
const MAX_SHOWN: usize = 80;

/// Keys come from outside: escaped, so that they forge no log line, and not at full length.
fn write_pointer(f: &mut fmt::Formatter<'_>, pointer: &str) -> fmt::Result {
    let shown: String = pointer.chars().take(MAX_SHOWN).collect();
    let more = if shown.len() < pointer.len() {
        "…"
    } else {
        ""
    };
    write!(f, "`{}{more}`", shown.escape_debug())
}

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

/// What a key of a client's record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A field of a form, or nothing that the entity knows.
    Open,
    /// Only the server sets it.
    Reserved,
    /// The optimistic lock.
    Version,
}

/// The names of an entity, folded.
struct Names {
    /// Serde names of fields that a client may set, as they are.
    exact: Vec<&'static str>,
    reserved: Vec<(String, Kind)>,
    open: Vec<String>,
    standard: Vec<String>,
}

impl Names {
    fn new(meta: &EntityMeta) -> Self {
        let mut names = Self {
            exact: Vec::new(),
            reserved: Vec::new(),
            open: Vec::new(),
            standard: STANDARD.into_iter().map(fold).collect(),
        };
        for field in meta.fields {
            let spellings = [field.serde_name, field.name, field.column].map(fold);
            if is_closed(meta, field) {
                let kind = if field.role == Role::Version {
                    Kind::Version
                } else {
                    Kind::Reserved
                };
                names.reserved.extend(spellings.map(|name| (name, kind)));
            } else if is_open(field) {
                names.exact.push(field.serde_name);
                names.open.extend(spellings);
            }
        }
        names
    }

    fn kind(&self, key: &str) -> Kind {
        if self.exact.contains(&key) {
            return Kind::Open;
        }
        let folded = fold(key);
        if let Some((_, kind)) = self.reserved.iter().find(|(name, _)| *name == folded) {
            return *kind;
        }
        if !self.open.contains(&folded) && self.standard.contains(&folded) {
            return Kind::Reserved;
        }
        Kind::Open
    }
}

/// True for fields that no client sets: reserved ones, and `server` fields.
fn is_closed(meta: &EntityMeta, field: &FieldMeta) -> bool {
    meta.is_reserved(field) || field.form == FormUse::Server
}

/// True for fields that a form reads (a key that gets here is the client's).
fn is_open(field: &FieldMeta) -> bool {
    field.form == FormUse::Input || field.role == Role::Key
}

/// Removes reserved fields from a client's record, or from each element of a list of records.
///
/// It sees what `serde_json` has kept: of two equal keys, the last. [`clean_json`] refuses those.
///
/// ```
/// use audit_core::clean::strip_reserved;
/// use audit_core::meta::{EntityMeta, FieldMeta, Role};
///
/// const META: EntityMeta = EntityMeta::new("accounts", "Account", &[
///     FieldMeta::new("id").role(Role::Key),
///     FieldMeta::new("name"),
///     FieldMeta::new("created_by").role(Role::CreatedBy),
/// ]);
/// let mut input = serde_json::json!({"name": "Ada", "Created-By": "user:1"});
/// let stripped = strip_reserved(&META, &mut input);
/// assert_eq!(stripped.pointers, ["/Created-By"]);
/// assert_eq!(input, serde_json::json!({"name": "Ada"}));
/// ```
pub fn strip_reserved(meta: &EntityMeta, input: &mut Value) -> Stripped {
    let names = Names::new(meta);
    let mut stripped = Stripped::default();
    match input {
        Value::Object(record) => {
            stripped.version = strip_record(&names, record, "", &mut stripped.pointers);
        }
        Value::Array(records) => {
            for (i, record) in records.iter_mut().enumerate() {
                let version = match record {
                    Value::Object(record) => {
                        strip_record(&names, record, &format!("/{i}"), &mut stripped.pointers)
                    }
                    _ => None,
                };
                stripped.versions.push(version);
            }
        }
        _ => {}
    }
    stripped
}

/// Returns the version that the record holds.
fn strip_record(
    names: &Names,
    record: &mut serde_json::Map<String, Value>,
    at: &str,
    pointers: &mut Vec<String>,
) -> Option<i64> {
    let mut version = None;
    record.retain(|key, value| {
        match names.kind(key) {
            Kind::Open => return true,
            Kind::Version if version.is_none() && value.as_i64().is_some() => {
                version = value.as_i64();
            }
            Kind::Version | Kind::Reserved => pointers.push(pointer(at, key)),
        }
        false
    });
    version
}

/// Refuses a record, or a list of records, that sets a reserved field. A version as an integer is
/// no such field: it is for the caller to read.
///
/// # Errors
/// What [`strip_reserved`] would have removed.
pub fn reject_reserved(meta: &EntityMeta, input: &Value) -> Result<(), ReservedInput> {
    // A record without its values is cheap to copy, whatever else is in it.
    let names_only = match input {
        Value::Object(record) => Value::Object(without_values(record)),
        Value::Array(records) => Value::Array(
            records
                .iter()
                .map(|record| match record {
                    Value::Object(record) => Value::Object(without_values(record)),
                    _ => Value::Null,
                })
                .collect(),
        ),
        _ => return Ok(()),
    };
    let mut names_only = names_only;
    let stripped = strip_reserved(meta, &mut names_only);
    if stripped.is_empty() {
        Ok(())
    } else {
        Err(ReservedInput(stripped))
    }
}

/// The record with nulls for values, integers aside: those may be a version.
fn without_values(record: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    let value = |value: &Value| value.as_i64().map_or(Value::Null, Value::from);
    record
        .iter()
        .map(|(key, v)| (key.clone(), value(v)))
        .collect()
}

/// A JSON pointer to a member of what is at `at` (RFC 6901 §3).
fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
