-- The tables of schema.rs; each backend puts its own types in the place of the words in braces.
CREATE TABLE tickets (id {SERIAL32}, tenant_id integer NOT NULL, {Q}type{Q} {TEXT} NOT NULL, priority smallint,
    access_token {TEXT}, lock_version bigint NOT NULL, created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL,
    updated_at {UTC} NOT NULL, last_modified_by {TEXT} NOT NULL, is_deleted {BOOL} NOT NULL);
CREATE TABLE devices (id {UUID} NOT NULL PRIMARY KEY, owner {UUID} NOT NULL, label {TEXT} NOT NULL, street {TEXT} NOT NULL,
    town {TEXT}, created_at {NAIVE} NOT NULL, created_by_id bigint NOT NULL, updated_at {NAIVE} NOT NULL,
    updated_by_id bigint, removed {BOOL} NOT NULL, deleted_at {NAIVE}, deleted_by_id bigint);
CREATE TABLE samples (id {SERIAL64}, flag {BOOL} NOT NULL, small smallint NOT NULL, number integer NOT NULL,
    large bigint NOT NULL, single {FLOAT} NOT NULL, {Q}double{Q} {DOUBLE} NOT NULL, amount {NUMERIC} NOT NULL,
    bytes {BYTES} NOT NULL, day {DATE} NOT NULL, clock {TIME} NOT NULL, moment {NAIVE} NOT NULL, instant {UTC} NOT NULL,
    color {TEXT} NOT NULL, data {JSON} NOT NULL, body {LONGTEXT} NOT NULL, flag_n {BOOL}, small_n smallint, single_n {FLOAT},
    amount_n {NUMERIC}, bytes_n {BYTES}, day_n {DATE}, instant_n {UTC}, color_n {TEXT}, data_n {JSON}, body_n {LONGTEXT},
    created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL, updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL);
CREATE TABLE parcels (id {SERIAL64}, content {TEXT} NOT NULL, spare {TEXT}, made {KEYTEXT} NOT NULL DEFAULT 'here',
    doubled {KEYTEXT} GENERATED ALWAYS AS ({TWICE}) STORED,
    created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL, updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL);
