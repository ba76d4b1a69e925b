-- The audit log: one row per changed field, written in the transaction of the change itself.
-- PostgreSQL 14 and later.
--
-- Safe to run again: nothing that exists is dropped, and a missing or altered guard is put back. Run
-- it in one transaction. An `audit_log` of other origin is not recognised here but by
-- `audit_diesel::check`.
--
-- Grants. The guards below stop accidents; against intent, neither the application nor the purge
-- may own the table:
--     GRANT SELECT, INSERT ON audit_log TO app;             -- and nothing else
--     GRANT SELECT, INSERT, DELETE ON audit_log TO purge;   -- a role of its own
-- An identity column asks for no grant on its sequence.

CREATE TABLE IF NOT EXISTS audit_log (
    -- Fixed-width columns come first: no row spends bytes on alignment between texts.
    -- Numbers are given out while the changed record is locked, so per record they follow the order
    -- of the commits. That holds as long as sessions do not draw them in advance: never set CACHE.
    -- ALWAYS: no statement picks its own number.
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE,
    change_id    uuid        NOT NULL,
    operation_id uuid        NOT NULL,
    changed_at   timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- "C": the bytes decide, whatever the locale, and an index outlives a change of the system's.
    tenant_id    text COLLATE "C",
    table_name   text COLLATE "C",
    record_id    text COLLATE "C",
    action       text COLLATE "C" NOT NULL,
    field_name   text COLLATE "C",
    old_value    jsonb,
    new_value    jsonb,
    actor_kind   text COLLATE "C" NOT NULL,
    actor_id     text COLLATE "C",
    on_behalf_of text COLLATE "C",
    request_id   text COLLATE "C",
    reason       text,
    context      jsonb
);

-- Each index is paid for by every audited write, so each has to earn its place. Beside these, the
-- primary key pages over everything, and the unique index of `id` refuses a row written twice.
-- Nothing may refer to `seq` or `id` by a foreign key or name one as an ON CONFLICT target: a log
-- partitioned by `changed_at` can hold neither unique by itself.

-- Each ends with `seq`, which is the order of its pages: a page then reads the rows that it returns
-- and no other, also of a record that changes all the time, and of an import of a million rows at one
-- time. (Without `seq`, rows of one key share an entry: 105 bytes a row less for all four. But a page
-- of 50 read 100,000 rows where a hundredth of a million are one record's, or a tenth one import's.)

-- The history of a record. The tenant comes last, so that an operator of all tenants finds it too.
CREATE INDEX IF NOT EXISTS audit_log_record_idx
    ON audit_log (table_name, record_id, tenant_id, seq);

-- What an actor did, newest or oldest first.
CREATE INDEX IF NOT EXISTS audit_log_actor_idx
    ON audit_log (tenant_id, actor_kind, actor_id, changed_at, seq);

-- A tenant's log by time. The purge goes by `seq`.
CREATE INDEX IF NOT EXISTS audit_log_tenant_idx
    ON audit_log (tenant_id, changed_at, seq);

-- The rows of one business action, and whether a transaction of unknown outcome was committed.
CREATE INDEX IF NOT EXISTS audit_log_operation_idx
    ON audit_log (operation_id, seq);

-- The purge, and time ranges over all tenants. Rows lie on disk nearly in the order of time, so a
-- summary for every 128 pages is enough; it costs next to nothing to keep.
CREATE INDEX IF NOT EXISTS audit_log_changed_at_idx
    ON audit_log USING brin (changed_at) WITH (autosummarize = on);

-- Append-only. One trigger call a statement, none for INSERT: writing pays nothing for the guard.
-- The purge opens DELETE, and only for the rest of its own transaction, with
--     SELECT set_config('audit_log.purge', pg_current_xact_id()::text, true);
-- A value that is left over, or set for a session or a role, names another transaction and opens
-- nothing. UPDATE and TRUNCATE have no way round. A table that becomes a partition of the log needs
-- both triggers too: statements that name a partition do not fire those of its parent.
CREATE OR REPLACE FUNCTION audit_log_append_only() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND current_setting('audit_log.purge', true) = pg_current_xact_id()::text
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'To remove old rows, run the purge of the audit framework.';
END
$$;

CREATE OR REPLACE TRIGGER audit_log_no_change
    BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();

CREATE OR REPLACE TRIGGER audit_log_no_truncate
    BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();

-- ALWAYS: they also fire under session_replication_role = replica.
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_change;
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_truncate;
