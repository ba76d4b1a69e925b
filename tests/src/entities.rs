// One source for all backends: included beside a `schema` of each.

use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::prelude::*;

use super::schema::*;

/// The entity of the specification: database key, tenant, masks, soft delete.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount(derive(Clone)), changes = AccountChanges(derive(Clone)))]
pub struct Account {
    pub id: i64,
    #[audit(tenant)]
    pub company_id: String,
    pub name: String,
    pub email: Option<String>,
    #[audit(mask = "last4")]
    pub tax_number: Option<String>,
    #[audit(mask = "redact")]
    pub password_hash: String,
    #[audit(skip, no_form)]
    pub search_text: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
    pub is_deleted: bool,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deleted_by: Option<Actor>,
}

/// A key of the adapter's making, an optimistic lock, an ignored field, no soft delete.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = notes)]
#[audit(new = NewNote(derive(Clone)), changes = NoteChanges(derive(Clone)))]
pub struct Note {
    #[audit(id = "uuid_v7")]
    pub id: Id,
    pub title: String,
    pub weight: f64,
    #[audit(ignore)]
    pub views: i32,
    #[audit(version)]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    #[audit(kinds("user", "job"))]
    pub created_by: String,
    pub updated_at: DateTime<Utc>,
    #[audit(kinds("user", "job"))]
    pub updated_by: String,
}

/// The client's key, text; an active flag; a table name of its own in the trail.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = countries, primary_key(code))]
#[audit(new = NewCountry(derive(Clone)), changes = CountryChanges, name = "country")]
#[audit(exempt(deleted_at, deleted_by))]
pub struct Country {
    #[audit(id = "client")]
    pub code: String,
    #[diesel(column_name = title)]
    pub name: String,
    #[audit(active_flag)]
    pub active: bool,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

/// A composite key; only a deletion time; an id-only actor column.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = members, primary_key(team, person))]
#[audit(new = NewMember(derive(Clone)), changes = MemberChanges, exempt(deleted_by, deleted_flag))]
pub struct Member {
    #[audit(id = "client")]
    pub team: i32,
    #[audit(id = "client")]
    pub person: String,
    pub role: String,
    pub created_at: DateTime<Utc>,
    #[audit(created_by)]
    pub created_by_id: i32,
    pub updated_at: DateTime<Utc>,
    pub updated_by_id: Option<i32>,
    pub deleted_at: Option<DateTime<Utc>>,
}

pub fn new_account(name: &str) -> NewAccount {
    NewAccount {
        name: name.into(),
        email: None,
        tax_number: Some("DE123456789012".into()),
        password_hash: "argon2-secret-of-".to_owned().into(),
    }
}

pub fn ctx() -> AuditContext {
    AuditContext::new(Actor::user(42))
        .tenant("acme")
        .request_id("req-7")
        .reason("test")
}

/// An i32 key and tenant, an i64 version, only a deleted flag, a raw identifier, a secret that code
/// sets, other names of stamps.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = tickets)]
#[audit(new = NewTicket(derive(Clone)), changes = TicketChanges(derive(Clone)))]
#[audit(exempt(deleted_at, deleted_by))]
pub struct Ticket {
    pub id: i32,
    pub tenant_id: i32,
    #[diesel(column_name = type_)]
    pub r#type: String,
    pub priority: Option<i16>,
    #[audit(mask = "redact", hide_null)]
    pub access_token: Option<String>,
    #[audit(version)]
    pub lock_version: i64,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub last_modified_by: Actor,
    pub is_deleted: bool,
}

/// The client's UUID, a UUID tenant, an embedded part, times without a zone, id-only actors, a
/// reason of each write.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = devices)]
#[audit(new = NewDevice(derive(Clone)), changes = DeviceChanges(derive(Clone)), require_reason)]
pub struct Device {
    #[audit(id = "client")]
    pub id: Id,
    #[audit(tenant)]
    pub owner: Id,
    pub label: String,
    #[diesel(embed)]
    pub place: Place,
    pub created_at: NaiveDateTime,
    pub created_by_id: i64,
    pub updated_at: NaiveDateTime,
    pub updated_by_id: Option<i64>,
    #[audit(deleted_flag)]
    pub removed: bool,
    pub deleted_at: Option<NaiveDateTime>,
    pub deleted_by_id: Option<i64>,
}

#[derive(AuditedPart, Queryable, Selectable, Clone, PartialEq, serde::Deserialize)]
#[diesel(table_name = devices)]
pub struct Place {
    pub street: String,
    #[audit(mask = "redact")]
    #[diesel(column_name = town)]
    pub city: Option<String>,
}

/// A value of every type that the three backends share.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = samples)]
#[audit(new = NewSample(derive(Clone)), changes = SampleChanges(derive(Clone)))]
pub struct Sample {
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub number: i32,
    pub large: i64,
    pub single: f32,
    pub double: f64,
    pub amount: BigDecimal,
    pub bytes: Vec<u8>,
    pub day: NaiveDate,
    pub clock: NaiveTime,
    pub moment: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub color: Color,
    pub data: serde_json::Value,
    pub body: String,
    pub flag_n: Option<bool>,
    pub small_n: Option<i16>,
    pub single_n: Option<f32>,
    pub amount_n: Option<BigDecimal>,
    pub bytes_n: Option<Vec<u8>>,
    pub day_n: Option<NaiveDate>,
    pub instant_n: Option<DateTime<Utc>>,
    pub color_n: Option<Color>,
    pub data_n: Option<serde_json::Value>,
    pub body_n: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

pub use crate::color::Color;

/// Generic over its content; a column with a default, and one that the database computes.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = parcels)]
#[audit(new = NewParcel(derive(Clone)), changes = ParcelChanges(derive(Clone)))]
pub struct Parcel<T>
where
    T: Clone,
{
    pub id: i64,
    pub content: T,
    pub spare: Option<T>,
    #[audit(no_form)]
    pub made: String,
    #[audit(no_form)]
    pub doubled: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
}

/// A form by hand: borrowed, of a few fields, and one whose `None` writes NULL.
#[derive(AuditedForm)]
#[audit(entity = Account)]
#[diesel(table_name = accounts)]
pub struct Contact<'a> {
    pub name: &'a str,
    #[audit(null)]
    pub email: Option<&'a str>,
    pub tax_number: Option<&'a str>,
}

/// A form by hand to insert with: what it leaves out, the database fills in.
#[derive(AuditedForm)]
#[audit(entity = Account)]
#[diesel(table_name = accounts)]
pub struct Signup<'a> {
    pub name: &'a str,
    pub password_hash: &'a str,
    pub search_text: Option<String>,
}
