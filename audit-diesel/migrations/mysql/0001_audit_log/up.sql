-- The audit log: one row per changed field, written in the transaction of the change itself.
-- MariaDB 10.6 and later, MySQL 8.0.13 and later.
--
-- Safe to run again: tables that exist are kept, the guards are made anew. DDL commits here whatever
-- transaction is open, so run it outside of one; a run that broke off is finished by the next. An
-- `audit_log` of other origin is not recognised here but by `audit_diesel::check`.
--
-- The command line clients cut their input at every semicolon, also inside a trigger. Give them
-- another delimiter:  mariadb --delimiter='$$' DATABASE < up.sql
-- MySQL with a binary log lets only administrators make triggers, unless
-- log_bin_trust_function_creators is on.
--
-- Grants. The guards below stop accidents, and TRUNCATE passes them: no trigger sees it. Against
-- intent, and against TRUNCATE (which asks for DROP), name tables instead of granting a database:
--     GRANT SELECT, INSERT ON db.audit_log TO app;             -- and nothing else
--     GRANT SELECT, INSERT, DELETE ON db.audit_log TO purge;   -- a user of its own
--     GRANT SELECT, INSERT, DELETE ON db.audit_log_gate TO purge;
--
-- Engine, row format, character set and collation are named since servers' defaults differ: only
-- InnoDB rolls back, only DYNAMIC rows take index keys of this length, and under the usual
-- collations `acme` would read the history of `ACME`. utf8mb4_bin still takes `acme ` for `acme`;
-- the framework's queries compare in binary on top.

CREATE TABLE IF NOT EXISTS audit_log (
    -- Numbers are given out while the changed record is locked, so per record they follow the order
    -- of the commits.
    seq          bigint       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id           binary(16)   NOT NULL,
    change_id    binary(16)   NOT NULL,
    operation_id binary(16)   NOT NULL,
    -- UTC. `timestamp` would end in 2038 and shift with the session's time zone.
    changed_at   datetime(6)  NOT NULL,
    recorded_at  datetime(6)  NOT NULL DEFAULT (utc_timestamp(6)),
    -- An index key ends at 3072 bytes, four to the character.
    tenant_id    varchar(191),
    table_name   varchar(100),
    record_id    varchar(255),
    action       varchar(255) NOT NULL,
    field_name   varchar(255),
    -- JSON text. MariaDB's `json` refuses what is nested 32 deep, and an audited write with it.
    old_value    longtext,
    new_value    longtext,
    actor_kind   varchar(255) NOT NULL,
    actor_id     varchar(255),
    on_behalf_of varchar(512),
    request_id   varchar(100),
    reason       longtext,
    context      longtext,

    -- Each index is paid for by every audited write, so each has to earn its place. InnoDB ends
    -- every index with the primary key, which is `seq` and pages over everything.

    -- Refuses a row written twice.
    UNIQUE KEY audit_log_id_key (id),
    -- The history of a record, in the order of `seq`. The tenant comes last, so that an operator of
    -- all tenants finds a record too.
    KEY audit_log_record_idx (table_name, record_id, tenant_id),
    -- What an actor did, by (changed_at, seq), newest or oldest first.
    KEY audit_log_actor_idx (tenant_id, actor_kind, actor_id, changed_at),
    -- A tenant's log by (changed_at, seq). The purge goes by `seq`.
    KEY audit_log_tenant_idx (tenant_id, changed_at),
    -- The rows of one business action, and whether a transaction of unknown outcome was committed.
    KEY audit_log_operation_idx (operation_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Puts back an index that an existing log lacks: there is no CREATE INDEX IF NOT EXISTS on MySQL.
SET @audit_log_has = (
    SELECT coalesce(group_concat(DISTINCT index_name), '') FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'audit_log'
);
SET @audit_log_lacks = concat_ws(', ',
    IF(find_in_set('audit_log_record_idx', @audit_log_has), NULL,
        'ADD KEY audit_log_record_idx (table_name, record_id, tenant_id)'),
    IF(find_in_set('audit_log_actor_idx', @audit_log_has), NULL,
        'ADD KEY audit_log_actor_idx (tenant_id, actor_kind, actor_id, changed_at)'),
    IF(find_in_set('audit_log_tenant_idx', @audit_log_has), NULL,
        'ADD KEY audit_log_tenant_idx (tenant_id, changed_at)'),
    IF(find_in_set('audit_log_operation_idx', @audit_log_has), NULL,
        'ADD KEY audit_log_operation_idx (operation_id)')
);
SET @audit_log_lacks =
    IF(@audit_log_lacks = '', 'DO 0', concat('ALTER TABLE audit_log ', @audit_log_lacks));
PREPARE audit_log_index FROM @audit_log_lacks;
EXECUTE audit_log_index;
DEALLOCATE PREPARE audit_log_index;

-- The purge opens DELETE on its own connection, for rows older than its cutoff, by a row here that
-- its own transaction removes again: others never see it, and a rollback takes it along (a user
-- variable would survive that). Outside a purge this table is empty; `audit_diesel::check` reports
-- a row that was left behind.
CREATE TABLE IF NOT EXISTS audit_log_gate (
    connection_id bigint unsigned NOT NULL PRIMARY KEY,
    cutoff        datetime(6)     NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- REPLACE and ON DUPLICATE KEY UPDATE fire these too.
DROP TRIGGER IF EXISTS audit_log_no_delete;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW
IF NOT EXISTS (
    SELECT 1 FROM audit_log_gate
    WHERE connection_id = connection_id() AND old.changed_at < cutoff
) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT =
        'audit_log is append-only: DELETE refused, run the purge of the audit framework';
END IF;

DROP TRIGGER IF EXISTS audit_log_no_update;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit_log is append-only: UPDATE refused';
