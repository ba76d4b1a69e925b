// An entity with a secret of every kind, on one table for all three databases. Included beside a
// `backend`.

use audit_diesel::prelude::*;
use audit_diesel::testing::canary;
use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    vaults (id) {
        id -> BigInt,
        tenant_id -> Text,
        label -> Text,
        passphrase -> Text,
        tax_number -> Nullable<Text>,
        card_number -> Nullable<Text>,
        contact -> Nullable<Text>,
        lookup -> Text,
        profile -> Json,
        key_file -> Binary,
        answer -> Text,
        pin -> Integer,
        memo -> Nullable<Text>,
        draft -> Nullable<Text>,
        version -> Integer,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}

/// The table, with types by their names in `types`: key, bytes, time, JSON, short text.
pub fn create_vaults(conn: &mut impl diesel::connection::SimpleConnection, backend: &str) {
    let [key, bytes, time, json, text] = match backend {
        "sqlite" => [
            "INTEGER PRIMARY KEY AUTOINCREMENT",
            "BLOB",
            "INTEGER",
            "TEXT",
            "TEXT",
        ],
        "postgres" => [
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "bytea",
            "timestamptz",
            "json",
            "text",
        ],
        _ => [
            "bigint AUTO_INCREMENT PRIMARY KEY",
            "blob",
            "datetime(6)",
            "json",
            "varchar(190) COLLATE utf8mb4_bin",
        ],
    };
    conn.batch_execute(&format!(
        "CREATE TABLE vaults (id {key}, tenant_id {text} NOT NULL, label {text} NOT NULL UNIQUE,
            passphrase {text} NOT NULL, tax_number {text}, card_number {text}, contact {text},
            lookup {text} NOT NULL, profile {json} NOT NULL, key_file {bytes} NOT NULL,
            answer {text} NOT NULL, pin integer NOT NULL CHECK (pin > 0), memo {text}, draft {text},
            version integer NOT NULL, created_at {time} NOT NULL, created_by {text} NOT NULL,
            updated_at {time} NOT NULL, updated_by {text} NOT NULL, is_deleted boolean NOT NULL,
            deleted_at {time}, deleted_by {text})"
    ))
    .unwrap();
}

/// The answer to a security question; serde's errors quote a variant that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum Answer {
    Pet(String),
}

impl<DB: diesel::backend::Backend> ToSql<Text, DB> for Answer
where
    String: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        let Self::Pet(text) = self;
        text.to_sql(out)
    }
}

impl<DB: diesel::backend::Backend> FromSql<Text, DB> for Answer
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self::Pet)
    }
}

#[derive(Audited, Queryable, Selectable, Identifiable)]
#[diesel(table_name = vaults)]
#[audit(new = NewVault, changes = VaultChanges)]
pub struct Vault {
    pub id: i64,
    pub tenant_id: String,
    pub label: String,
    #[audit(mask = "redact", server)]
    pub passphrase: String,
    #[audit(mask = "last4")]
    pub tax_number: Option<String>,
    #[audit(mask = "pan", input)]
    pub card_number: Option<String>,
    #[audit(mask = "email")]
    pub contact: Option<String>,
    #[audit(mask = "token")]
    pub lookup: String,
    #[audit(mask_at("/keys/*" = "redact", "/iban" = "last4"))]
    pub profile: serde_json::Value,
    #[audit(mask = "redact")]
    pub key_file: Vec<u8>,
    #[audit(mask = "redact", hide_null)]
    pub answer: Answer,
    #[audit(mask = "redact", input)]
    pub pin: i32,
    #[audit(skip)]
    pub memo: Option<String>,
    #[audit(skip, no_form)]
    pub draft: Option<String>,
    #[audit(version)]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
    pub is_deleted: bool,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deleted_by: Option<Actor>,
}

#[allow(dead_code, reason = "for some of those that include this file")]
pub fn new_vault() -> NewVault {
    NewVault {
        label: canary(),
        passphrase: canary().into(),
        tax_number: Some(canary()),
        card_number: Some("4111 1111 1111 1111".into()),
        contact: Some(format!("{}@example.com", canary())),
        lookup: canary(),
        profile: serde_json::json!({"keys": [canary(), canary()], "iban": canary(), "color": "red"}),
        key_file: canary().into_bytes(),
        answer: Answer::Pet(canary()),
        pin: 4711,
        memo: Some(canary()),
    }
}

#[allow(dead_code, reason = "for some of those that include this file")]
pub fn vault_changes() -> VaultChanges {
    VaultChanges {
        label: Some(canary()),
        passphrase: Some(canary()),
        tax_number: Some(Some(canary())),
        card_number: Some(Some("5500 0000 0000 0004".into())),
        contact: Some(Some(format!("{}@example.org", canary()))),
        lookup: Some(canary()),
        profile: Some(serde_json::json!({"keys": [canary()], "iban": canary(), "color": "blue"})),
        key_file: Some(canary().into_bytes()),
        answer: Some(Answer::Pet(canary())),
        pin: Some(4712),
        memo: Some(Some(canary())),
    }
}
