-- Legal holds, and the one row by which purges take turns. SQLite 3.37 and later (STRICT tables).
--
-- Safe to run again: nothing that exists is dropped. Times are microseconds since 1970-01-01 UTC,
-- uuids are blobs of 16 bytes.

-- What is never purged. A null names everything of its kind: a hold of a tenant alone covers all of
-- that tenant's tables. Released holds stay here, and the log has the event of each change.
CREATE TABLE IF NOT EXISTS audit_hold (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant_id   TEXT,
    table_name  TEXT,
    record_id   TEXT,
    reason      TEXT    NOT NULL,
    placed_by   TEXT    NOT NULL,
    placed_at   INTEGER NOT NULL,
    held_until  INTEGER,
    released_by TEXT,
    released_at INTEGER,
    CHECK (record_id IS NULL OR table_name IS NOT NULL)
) STRICT;

-- The purge asks of each old row whether it is held.
CREATE INDEX IF NOT EXISTS audit_hold_what_idx
    ON audit_hold (record_id, table_name, tenant_id);

-- The purge that is at work, if any: its lease ends by itself, so that a purge that was killed keeps
-- nobody waiting for long. `slot` is the time of the last daily run, `known_tables` a JSON array of the
-- tables that rules kept longer and that the log or the database knew.
CREATE TABLE IF NOT EXISTS audit_purge (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    holder       BLOB,
    leased_until INTEGER,
    beats        INTEGER NOT NULL DEFAULT 0,
    slot         INTEGER,
    known_tables TEXT
) STRICT;
INSERT OR IGNORE INTO audit_purge (id) VALUES (1);
