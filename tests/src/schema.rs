// Tables that are the same on every backend, for `super::entities`; included beside those that
// are not.

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    tickets (id) {
        id -> Integer,
        tenant_id -> Integer,
        #[sql_name = "type"]
        type_ -> Text,
        priority -> Nullable<SmallInt>,
        access_token -> Nullable<Text>,
        lock_version -> BigInt,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        last_modified_by -> Text,
        is_deleted -> Bool,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::AuditUuid;
    devices (id) {
        id -> AuditUuid,
        owner -> AuditUuid,
        label -> Text,
        street -> Text,
        town -> Nullable<Text>,
        created_at -> Timestamp,
        created_by_id -> BigInt,
        updated_at -> Timestamp,
        updated_by_id -> Nullable<BigInt>,
        removed -> Bool,
        deleted_at -> Nullable<Timestamp>,
        deleted_by_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    samples (id) {
        id -> BigInt,
        flag -> Bool,
        small -> SmallInt,
        number -> Integer,
        large -> BigInt,
        single -> Float,
        double -> Double,
        amount -> Numeric,
        bytes -> Binary,
        day -> Date,
        clock -> Time,
        moment -> Timestamp,
        instant -> UtcTime,
        color -> Text,
        data -> Json,
        body -> Text,
        flag_n -> Nullable<Bool>,
        small_n -> Nullable<SmallInt>,
        single_n -> Nullable<Float>,
        amount_n -> Nullable<Numeric>,
        bytes_n -> Nullable<Binary>,
        day_n -> Nullable<Date>,
        instant_n -> Nullable<UtcTime>,
        color_n -> Nullable<Text>,
        data_n -> Nullable<Json>,
        body_n -> Nullable<Text>,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    parcels (id) {
        id -> BigInt,
        content -> Text,
        spare -> Nullable<Text>,
        made -> Text,
        doubled -> Nullable<Text>,
        created_at -> UtcTime,
        created_by -> Text,
        updated_at -> UtcTime,
        updated_by -> Text,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::{AuditJson, AuditUuid, UtcTime};
    audit_log (seq) {
        seq -> BigInt,
        id -> AuditUuid,
        change_id -> AuditUuid,
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
        recorded_at -> UtcTime,
        request_id -> Nullable<Text>,
        reason -> Nullable<Text>,
        context -> Nullable<AuditJson>,
    }
}
