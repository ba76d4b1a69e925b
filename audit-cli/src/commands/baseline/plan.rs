//! What is kept of each column, as the command line says it.

use audit_core::encode::ValueRef;
use audit_core::mask::{Email, Last4, Pan, Redact};
use audit_core::meta::MaskRef;

use crate::args::Baseline;
use crate::catalog::Table;
use crate::failure::{Failure, Result};
use crate::quote::same_name;
use crate::snapshot::{Field, Policy, Value, shape_of};

/// A table, its columns and what is kept of them.
pub(super) struct Plan {
    /// The audit name.
    pub(super) name: String,
    pub(super) quoted: String,
    pub(super) fields: Vec<Field>,
    /// The places of the primary key's columns, in the key's order.
    pub(super) keys: Vec<usize>,
    tenant: Option<usize>,
}

impl Plan {
    pub(super) fn new(table: &Table, args: &Baseline) -> Result<Self> {
        if let Some(fault) = table.faults.first() {
            return Err(Failure::Usage(format!("`{}`: {fault}", table.name)));
        }
        let mut fields: Vec<Field> = table
            .columns
            .iter()
            .map(|column| Field {
                name: column.name.clone(),
                shape: shape_of(table.dialect, column),
                policy: Policy::Plain,
            })
            .collect();
        let mut keys: Vec<usize> = (0..fields.len())
            .filter(|at| table.columns.get(*at).is_some_and(|column| column.key > 0))
            .collect();
        keys.sort_by_key(|at| table.columns.get(*at).map_or(0, |column| column.key));
        if keys.is_empty() {
            return Err(Failure::Usage(format!(
                "`{}` has no primary key, by which the trail names its records",
                table.name
            )));
        }
        let said = policies(table, args, &mut fields, &keys)?;
        secrets(&fields, &keys, &said)?;
        let place = |name: &str| {
            fields
                .iter()
                .position(|f| same_name(table.dialect, &f.name, name))
        };
        let tenant = match &args.tenant_column {
            Some(name) => {
                Some(place(name).ok_or_else(|| no_column(table, "--tenant-column", name))?)
            }
            None => place("tenant_id"),
        };
        let name = args.name.clone().unwrap_or_else(|| table.name.name.clone());
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Failure::Usage(
                "`--name`: an audit name has 1 to 100 characters".to_owned(),
            ));
        }
        Ok(Self {
            name,
            quoted: table.quoted(),
            fields,
            keys,
            tenant,
        })
    }

    /// The tenant of a record, as `audit_log.tenant_id` holds it.
    pub(super) fn tenant_of(&self, values: &[Value]) -> Option<String> {
        let mut text = String::new();
        let value = values.get(self.tenant?)?;
        ValueRef::Value(value).text(&mut text).then_some(text)
    }
}

fn no_column(table: &Table, option: &str, name: &str) -> Failure {
    let names = table.columns.iter().map(|column| column.name.as_str());
    let hint = match crate::text::nearest(name, names) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Failure::Usage(format!(
        "`{option} {name}`: `{}` has no such column{hint}",
        table.name
    ))
}

/// Sets what was said; the places of the columns that something was said of.
fn policies(
    table: &Table,
    args: &Baseline,
    fields: &mut [Field],
    keys: &[usize],
) -> Result<Vec<usize>> {
    let mut given: Vec<(&str, &str, Policy)> = Vec::new();
    for mask in &args.mask {
        let (column, name) = mask.rsplit_once('=').ok_or_else(|| {
            Failure::Usage(format!(
                "`--mask {mask}`: write `COLUMN=MASK`, such as `iban=last4`"
            ))
        })?;
        given.push(("--mask", column, Policy::Masked(mask_of(name)?)));
    }
    given.extend(
        args.skip
            .iter()
            .map(|name| ("--skip", name.as_str(), Policy::Skipped)),
    );
    given.extend(
        args.plain
            .iter()
            .map(|name| ("--plain", name.as_str(), Policy::Plain)),
    );
    let mut said = Vec::new();
    for (option, column, policy) in given {
        let at = fields
            .iter()
            .position(|field| same_name(table.dialect, &field.name, column))
            .ok_or_else(|| no_column(table, option, column))?;
        let refuse = |why: &str| Err(Failure::Usage(format!("`{option} {column}`: {why}")));
        if said.contains(&at) {
            return refuse("something else was said of this column before");
        }
        if keys.contains(&at) && !matches!(policy, Policy::Plain) {
            return refuse("it is of the primary key, by which the trail names the record");
        }
        if let Some(field) = fields.get_mut(at) {
            if let Policy::Masked(mask) = &policy
                && mask.name != "redact"
                && !field.shape.is_text()
            {
                return refuse("this mask reads text, and the column holds none; use `redact`");
            }
            field.policy = policy;
        }
        said.push(at);
    }
    Ok(said)
}

fn mask_of(name: &str) -> Result<MaskRef> {
    Ok(match name {
        "redact" => MaskRef::of::<Redact>("redact"),
        "last4" => MaskRef::of::<Last4>("last4"),
        "pan" => MaskRef::of::<Pan>("pan"),
        "email" => MaskRef::of::<Email>("email"),
        "token" => {
            return Err(Failure::Usage(
                "`token` needs the application's key: record the baseline from the application, or use \
                 `redact`"
                    .to_owned(),
            ));
        }
        other => {
            return Err(Failure::Usage(format!(
                "there is no mask `{other}`: use redact, last4, pan or email"
            )));
        }
    })
}

/// As the derive does, by the same list of words.
fn secrets(fields: &[Field], keys: &[usize], said: &[usize]) -> Result<()> {
    let open: Vec<String> = fields
        .iter()
        .enumerate()
        .filter(|(at, field)| {
            !said.contains(at)
                && !keys.contains(at)
                && !field.shape.is_harmless()
                && audit_names::says_secret(&field.name)
        })
        .map(|(_, field)| format!("`{}`", field.name))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the names of these columns speak of secrets: {}; say of each `--mask COLUMN=MASK`, `--skip \
         COLUMN` or `--plain COLUMN`; nothing was recorded",
        open.join(", ")
    )))
}
