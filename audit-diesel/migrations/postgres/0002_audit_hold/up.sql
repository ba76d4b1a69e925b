-- Legal holds, and the one row by which purges take turns. PostgreSQL 14 and later.
--
-- Safe to run again: nothing that exists is dropped.
--
-- Grants, beside those of 0001_audit_log:
--     GRANT SELECT ON audit_hold TO purge;
--     GRANT SELECT, UPDATE ON audit_purge TO purge;
--     GRANT SELECT, INSERT, UPDATE ON audit_hold TO counsel;   -- who places and releases holds
-- The application needs none of the two tables.

-- What is never purged. A null names everything of its kind: a hold of a tenant alone covers all of
-- that tenant's tables. Released holds stay here, and the log has the event of each change.
CREATE TABLE IF NOT EXISTS audit_hold (
    id          uuid        NOT NULL PRIMARY KEY,
    tenant_id   text COLLATE "C",
    table_name  text COLLATE "C",
    record_id   text COLLATE "C",
    reason      text        NOT NULL,
    placed_by   text        NOT NULL,
    placed_at   timestamptz NOT NULL,
    held_until  timestamptz,
    released_by text,
    released_at timestamptz,
    CHECK (record_id IS NULL OR table_name IS NOT NULL)
);

-- The purge asks of each old row whether it is held.
CREATE INDEX IF NOT EXISTS audit_hold_what_idx
    ON audit_hold (record_id, table_name, tenant_id);

-- The purge that is at work, if any: its lease ends by itself, so that a purge that was killed keeps
-- nobody waiting for long. `slot` is the time of the last daily run, `known_tables` a JSON array of the
-- tables that rules kept longer and that the log or the database knew.
CREATE TABLE IF NOT EXISTS audit_purge (
    id           bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    holder       uuid,
    leased_until timestamptz,
    beats        bigint NOT NULL DEFAULT 0,
    slot         timestamptz,
    known_tables text
);
INSERT INTO audit_purge (id) VALUES (1) ON CONFLICT DO NOTHING;
