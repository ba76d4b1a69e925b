//! The columns that a table lacks, and what rows without a value get.

use audit_diesel::Dialect;

use super::making::Making;
use super::model::{Change, Hindrance, Remedy, Value, moment};
use crate::kind::{is_id, new_kind};
use crate::quote::{self, same_name};
use crate::standard::{Class, Role};

impl Making<'_> {
    pub(super) fn missing(&mut self) {
        let mut wanted: Vec<Role> = Role::MANDATORY.to_vec();
        let soft = self
            .held
            .iter()
            .any(|held| Role::SOFT_DELETE.contains(&held.role));
        if soft || self.wishes.soft_delete {
            wanted.extend(Role::SOFT_DELETE);
        }
        if self.wishes.tenant {
            wanted.push(Role::Tenant);
        }
        if self.wishes.version {
            wanted.push(Role::Version);
        }
        for role in wanted {
            let is_there = self.holder(role).is_some() || self.is_undecided(role);
            if !is_there && !self.is_left(role.name()) {
                self.add(role);
            }
        }
    }

    fn add(&mut self, role: Role) {
        let dialect = self.plan.table.dialect;
        let column = role.name().to_owned();
        if self.plan.table.column(&column).is_some() {
            // It is there, as a part of the key or as a generated column.
            self.find(
                "type",
                &column,
                format!(
                    "`{column}` is a part of the primary key or generated: no stamp can be kept there. Make \
                     it a plain column, or {}",
                    self.wishes.leaving(&self.plan.table, &column)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
            return;
        }
        let kind = new_kind(
            dialect,
            role.class(),
            self.plan.table.strict,
            self.text_time,
        );
        let mut text = format!("it lacks `{column}`");
        if role == Role::IsDeleted
            && let Some(active) = ["active", "is_active", "enabled"]
                .iter()
                .find_map(|name| self.plan.table.column(name))
        {
            text.push_str(&format!(
                " (if `{}` is false of deleted records, mark it with `#[audit(active_flag)]` and say {})",
                active.name,
                self.wishes.leaving(&self.plan.table, &column)
            ));
        }
        let default = match (role.class(), dialect) {
            (Class::Flag, Dialect::Postgres) => Some("false"),
            (Class::Flag, _) => Some("0"),
            (Class::Version, _) => Some("1"),
            _ => None,
        };
        let value = match role {
            Role::IsDeleted => match self.holder(Role::DeletedAt) {
                Some(held) => Ok(Some(Value::IsSet(held.name.clone()))),
                None => Ok(default.map(|default| Value::Constant(default.to_owned()))),
            },
            // Records that are deleted already: by whom and when is not known, that they are is.
            Role::DeletedAt | Role::DeletedBy => self.value(role, kind).map(|value| {
                let flag = self.holder(Role::IsDeleted)?;
                match value {
                    Value::Constant(sql) | Value::TimeOf(_, sql) => {
                        Some(Value::WhenDeleted(flag.name.clone(), sql))
                    }
                    other => Some(other),
                }
            }),
            _ => self.value(role, kind).map(Some),
        };
        let remedy = match &value {
            Err(why) if self.plan.rows > 0 => {
                text.push_str(&format!(": {why}"));
                Remedy::Blocked(Hindrance::Rows)
            }
            _ => Remedy::Planned,
        };
        self.find("missing", &column, text, remedy);
        self.plan.changes.push(Change::Add {
            column: column.clone(),
            kind: kind.to_owned(),
            default,
            not_null: !role.is_nullable(),
        });
        let constant_by_default =
            default.is_some() && matches!(&value, Ok(Some(Value::Constant(_))));
        if let (Ok(Some(value)), true) = (value, self.plan.rows > 0)
            && !constant_by_default
        {
            self.plan.changes.push(Change::Fill {
                column: column.clone(),
                value,
            });
        }
        if !role.is_nullable() {
            self.plan.changes.push(Change::NotNull { column });
        }
    }

    /// What rows without a value get; an error says what has to be told first.
    pub(super) fn value(&self, role: Role, kind: &str) -> std::result::Result<Value, String> {
        let dialect = self.plan.table.dialect;
        match role.class() {
            Class::Time => {
                let now = moment(dialect, kind, self.wishes.now);
                let from = self.wishes.time_from.as_ref().and_then(|from| {
                    let held = self
                        .held
                        .iter()
                        .find(|h| same_name(dialect, &h.column.name, from));
                    let name = held.map_or_else(|| from.clone(), |held| held.name.clone());
                    // A column does not fill itself.
                    (self.holder(role).is_none_or(|held| held.name != name)).then_some(name)
                });
                Ok(match from {
                    // Its values may be of another unit or kind than the new column's.
                    Some(from) if dialect == Dialect::Sqlite => {
                        let integers = crate::kind::sqlite::is_integer(&kind.to_lowercase());
                        let value =
                            crate::kind::sqlite::time_value(integers, &quote::name(dialect, &from));
                        Value::Constant(format!("coalesce({value}, {now})"))
                    }
                    Some(from) => Value::TimeOf(from, now),
                    None => Value::Constant(now),
                })
            }
            Class::Actor if is_id(&kind.to_lowercase()) => self.actor_id(kind).map(Value::Constant),
            Class::Actor => Ok(Value::Constant(quote::text(
                dialect,
                self.wishes.actor.as_str(),
            ))),
            Class::Flag => Ok(Value::Constant(
                if dialect == Dialect::Postgres {
                    "false"
                } else {
                    "0"
                }
                .to_owned(),
            )),
            Class::Tenant => match &self.wishes.tenant_id {
                Some(tenant) if kind.to_lowercase().contains("int") => tenant
                    .parse::<i64>()
                    .map(|number| Value::Constant(number.to_string()))
                    .map_err(|_| {
                        "its tenants are numbers, and that of `--backfill-tenant` is none"
                            .to_owned()
                    }),
                Some(tenant) => Ok(Value::Constant(quote::text(dialect, tenant))),
                None => Err("say by `--backfill-tenant` whose they are".to_owned()),
            },
            Class::Version => Ok(Value::Constant("1".to_owned())),
        }
    }

    /// The id of the actor, for a column that holds ids.
    fn actor_id(&self, kind: &str) -> std::result::Result<String, String> {
        let dialect = self.plan.table.dialect;
        let misfit = || {
            format!(
                "it holds ids of users, and `{}` has none that fits: say `--backfill-actor user:ID`",
                self.wishes.actor
            )
        };
        let actor = &self.wishes.actor;
        let id = actor
            .id()
            .filter(|_| actor.kind() == "user")
            .ok_or_else(misfit)?;
        if kind.to_lowercase().contains("int") {
            return id
                .parse::<i64>()
                .map(|id| id.to_string())
                .map_err(|_| misfit());
        }
        let id = uuid::Uuid::try_parse(id).map_err(|_| misfit())?;
        Ok(match dialect {
            Dialect::Postgres => format!("'{id}'"),
            _ if kind == "uuid" => format!("'{id}'"),
            _ => format!("x'{}'", id.simple()),
        })
    }
}
