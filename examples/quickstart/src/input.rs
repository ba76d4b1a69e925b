//! From what a client sent to a form.

use audit_diesel::{Audited, AuditedForm, FormUse, Role};
use serde::de::DeserializeOwned;

/// Why a request was refused. Its text holds no value of a masked field.
pub(crate) type Refusal = Box<dyn std::error::Error>;

/// What there is to say about a client's input besides the form.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// JSON pointers to reserved fields, which were taken out.
    pub(crate) stripped: Vec<String>,
    /// Names that are no field of the form; serde passes over them.
    pub(crate) ignored: Vec<String>,
    /// The version that the client has seen.
    pub(crate) version: Option<i64>,
}

/// Reads a form. Reserved fields are taken out first and noted in `seen`, which is filled also
/// where the rest is refused.
pub(crate) fn form<F: AuditedForm + DeserializeOwned>(
    body: &[u8],
    seen: &mut Seen,
) -> Result<F, Refusal> {
    let (input, stripped) = F::Entity::clean_json(body)?;
    seen.version = stripped.version;
    seen.stripped = stripped.pointers;
    let Some(record) = input.as_object() else {
        return Err("the body is not a JSON object".into());
    };
    let of_the_form = |key: &String| {
        let mut fields = <F::Entity as Audited>::META.fields.iter();
        fields.any(|f| f.form == FormUse::Input && f.role == Role::Data && f.serde_name == key)
    };
    seen.ignored = record
        .keys()
        .filter(|key| !of_the_form(key))
        .cloned()
        .collect();
    Ok(serde_json::from_value(input)?)
}
