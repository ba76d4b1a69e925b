-- The audit log: one row per changed field, written in the transaction of the change itself.
-- SQLite 3.37 and later (STRICT tables).
--
-- Safe to run again: nothing that exists is dropped. Run it in one transaction. An `audit_log` of
-- other origin is not recognised here but by `audit_diesel::check`.
--
-- Times are microseconds since 1970-01-01 UTC, uuids are blobs of 16 bytes, values are JSON text. To
-- read them in the sqlite3 shell:
--     SELECT seq, strftime('%Y-%m-%d %H:%M:%f', changed_at / 1e6, 'unixepoch'), hex(change_id),
--         table_name, record_id, field_name, old_value, new_value FROM audit_log;
--
-- SQLite has no users and no grants: the guards below stop accidents, not somebody with the file.

CREATE TABLE IF NOT EXISTS audit_log (
    -- AUTOINCREMENT: a number is never given out again, also after the newest rows were purged.
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    change_id    BLOB    NOT NULL CHECK (length(change_id) = 16),
    operation_id BLOB    NOT NULL CHECK (length(operation_id) = 16),
    changed_at   INTEGER NOT NULL,
    -- SQLite's clock ticks in milliseconds, and its days begin at noon.
    recorded_at  INTEGER NOT NULL
        DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000),
    tenant_id    TEXT,
    table_name   TEXT,
    record_id    TEXT,
    action       TEXT    NOT NULL,
    field_name   TEXT,
    old_value    TEXT,
    new_value    TEXT,
    actor_kind   TEXT    NOT NULL,
    actor_id     TEXT,
    on_behalf_of TEXT,
    request_id   TEXT,
    reason       TEXT,
    context      TEXT
) STRICT;

-- Each index is paid for by every audited write, so each has to earn its place. SQLite ends every
-- index with the rowid, which is `seq`. Beside these, the primary key pages over everything, and the
-- unique index of `id` refuses a row written twice.

-- The history of a record, in the order of `seq`. The tenant comes last, so that an operator of all
-- tenants finds a record too.
CREATE INDEX IF NOT EXISTS audit_log_record_idx
    ON audit_log (table_name, record_id, tenant_id);

-- What an actor did, by (changed_at, seq), newest or oldest first.
CREATE INDEX IF NOT EXISTS audit_log_actor_idx
    ON audit_log (tenant_id, actor_kind, actor_id, changed_at);

-- A tenant's log by (changed_at, seq). The purge goes by `seq`.
CREATE INDEX IF NOT EXISTS audit_log_tenant_idx
    ON audit_log (tenant_id, changed_at);

-- The rows of one business action, and whether a transaction of unknown outcome was committed.
CREATE INDEX IF NOT EXISTS audit_log_operation_idx
    ON audit_log (operation_id);

-- The purge opens DELETE, for rows older than its cutoff, by a row here that its own transaction
-- removes again: others never see it, and a rollback takes it along. Outside a purge this table is
-- empty; `audit_diesel::check` reports a row that was left behind.
CREATE TABLE IF NOT EXISTS audit_log_gate (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    cutoff INTEGER NOT NULL
) STRICT;

CREATE TRIGGER IF NOT EXISTS audit_log_no_update
    BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: UPDATE refused');
END;

CREATE TRIGGER IF NOT EXISTS audit_log_no_delete
    BEFORE DELETE ON audit_log
    WHEN NOT EXISTS (SELECT 1 FROM audit_log_gate WHERE old.changed_at < cutoff)
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: DELETE refused, run the purge of the audit framework');
END;

-- INSERT OR REPLACE removes the row in its way without firing a DELETE trigger. `seq` is -1 here
-- unless the statement set it, which none may: the database alone numbers the rows.
CREATE TRIGGER IF NOT EXISTS audit_log_no_replace
    BEFORE INSERT ON audit_log
    WHEN new.seq <> -1 OR EXISTS (SELECT 1 FROM audit_log WHERE id = new.id)
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: a row sets seq, or one with this id exists');
END;
