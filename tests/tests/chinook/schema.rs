//! The tables, with types that mean the same on every backend.

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    employees (employee_id) {
        employee_id -> Integer,
        last_name -> Text,
        first_name -> Text,
        title -> Text,
        reports_to -> Nullable<Integer>,
        birth_date -> Text,
        city -> Text,
        phone -> Text,
        fax -> Text,
        email -> Text,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    customers (customer_id) {
        customer_id -> Integer,
        first_name -> Text,
        last_name -> Text,
        company -> Text,
        address -> Text,
        city -> Text,
        country -> Text,
        phone -> Text,
        fax -> Text,
        email -> Text,
        support_rep_id -> Integer,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    tracks (track_id) {
        track_id -> Integer,
        name -> Text,
        album_id -> Integer,
        composer -> Text,
        milliseconds -> Integer,
        bytes -> BigInt,
        unit_price -> Numeric,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    invoices (invoice_id) {
        invoice_id -> BigInt,
        customer_id -> Integer,
        invoice_date -> Timestamp,
        billing_city -> Text,
        billing_state -> Text,
        total -> Numeric,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::{AuditUuid, UtcTime};
    invoice_lines (invoice_line_id) {
        invoice_line_id -> AuditUuid,
        invoice_id -> BigInt,
        track_id -> Integer,
        unit_price -> Numeric,
        quantity -> Integer,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
        is_deleted -> Bool,
        deleted_at -> Nullable<UtcTime>,
        deleted_by -> Nullable<Text>,
    }
}

const TABLES: &str = "
CREATE TABLE employees (employee_id integer NOT NULL PRIMARY KEY, last_name {TEXT} NOT NULL, first_name {TEXT} NOT NULL,
    title {TEXT} NOT NULL, reports_to integer REFERENCES employees (employee_id), birth_date {TEXT} NOT NULL, city {TEXT} NOT NULL,
    phone {TEXT} NOT NULL, fax {TEXT} NOT NULL, email {TEXT} NOT NULL, {STAMPS});
CREATE TABLE customers (customer_id integer NOT NULL PRIMARY KEY, first_name {TEXT} NOT NULL, last_name {TEXT} NOT NULL,
    company {TEXT} NOT NULL, address {TEXT} NOT NULL, city {TEXT} NOT NULL, country {TEXT} NOT NULL, phone {TEXT} NOT NULL,
    fax {TEXT} NOT NULL, email {TEXT} NOT NULL, support_rep_id integer NOT NULL REFERENCES employees (employee_id), {STAMPS});
CREATE TABLE tracks (track_id integer NOT NULL PRIMARY KEY, name {TEXT} NOT NULL, album_id integer NOT NULL,
    composer {TEXT} NOT NULL, milliseconds integer NOT NULL, bytes bigint NOT NULL, unit_price {PRICE} NOT NULL, {STAMPS});
CREATE TABLE invoices (invoice_id {SERIAL64}, customer_id integer NOT NULL REFERENCES customers (customer_id),
    invoice_date {NAIVE} NOT NULL, billing_city {TEXT} NOT NULL, billing_state {TEXT} NOT NULL, total {PRICE} NOT NULL, {STAMPS});
CREATE TABLE invoice_lines (invoice_line_id {UUID} NOT NULL PRIMARY KEY, invoice_id bigint NOT NULL REFERENCES invoices (invoice_id),
    track_id integer NOT NULL REFERENCES tracks (track_id), unit_price {PRICE} NOT NULL, quantity integer NOT NULL, {STAMPS});
";

const STAMPS: &str =
    "created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL, updated_at {UTC} NOT NULL,
    updated_by {TEXT} NOT NULL, is_deleted {BOOL} NOT NULL, deleted_at {UTC}, deleted_by {TEXT}";

/// The tables in a backend's own types.
pub fn tables(types: &[(&str, &str)]) -> String {
    let price = if types
        .iter()
        .any(|(_, kind)| *kind == "datetime(6)" || *kind == "timestamptz")
    {
        "decimal(10,2)"
    } else {
        "DOUBLE"
    };
    let sql = TABLES.replace("{STAMPS}", STAMPS).replace("{PRICE}", price);
    types
        .iter()
        .fold(sql, |sql, (word, kind)| sql.replace(word, kind))
}
