-- Legal holds, and the one row by which purges take turns. MariaDB 10.6 and later, MySQL 8.0.16 and
-- later (older ones parse the CHECK and ignore it).
--
-- Safe to run again: tables that exist are kept.
--
-- Grants, beside those of 0001_audit_log:
--     GRANT SELECT ON db.audit_hold TO purge;
--     GRANT SELECT, UPDATE ON db.audit_purge TO purge;
--     GRANT SELECT, INSERT, UPDATE ON db.audit_hold TO counsel;   -- who places and releases holds
-- The application needs none of the two tables.

-- What is never purged. A null names everything of its kind: a hold of a tenant alone covers all of
-- that tenant's tables. Released holds stay here, and the log has the event of each change.
CREATE TABLE IF NOT EXISTS audit_hold (
    id          binary(16)   NOT NULL PRIMARY KEY,
    tenant_id   varchar(191),
    table_name  varchar(100),
    record_id   varchar(255),
    reason      longtext     NOT NULL,
    placed_by   varchar(512) NOT NULL,
    placed_at   datetime(6)  NOT NULL,
    held_until  datetime(6),
    released_by varchar(512),
    released_at datetime(6),
    CHECK (record_id IS NULL OR table_name IS NOT NULL),

    -- The purge asks of each old row whether it is held.
    KEY audit_hold_what_idx (record_id, table_name, tenant_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The purge that is at work, if any: its lease ends by itself, so that a purge that was killed keeps
-- nobody waiting for long. `slot` is the time of the last daily run, `known_tables` a JSON array of the
-- tables that rules kept longer and that the log or the database knew.
CREATE TABLE IF NOT EXISTS audit_purge (
    id           bigint NOT NULL PRIMARY KEY,
    holder       binary(16),
    leased_until datetime(6),
    beats        bigint NOT NULL DEFAULT 0,
    slot         datetime(6),
    known_tables text
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO audit_purge (id) VALUES (1);
