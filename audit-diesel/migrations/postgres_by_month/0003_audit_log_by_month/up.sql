-- Optional, after 0001 and 0002: the audit log in one partition a month (UTC), so that a purge drops
-- whole months in place of deleting their rows. PostgreSQL 14 and later.
--
-- Safe to run again: where the log is partitioned already, it puts back what guards are missing and
-- makes the months to come. Run it in one transaction, as the owner of the log.
--
-- What changes. The table that was there becomes the first partition, for all that lies before a
-- month that begins soon. `seq` and `id` are unique within each partition; over all of them `seq` is by
-- its identity, and `id` by being made at random (RFC 9562). A query that names neither a time nor what
-- an index serves looks into each month.
--
-- Grants, beside those of 0001 and 0002. Only a table's owner may attach and drop partitions. So two
-- functions run with the rights of whoever ran this, and nobody else may call them until you say so:
--     GRANT EXECUTE ON FUNCTION audit_log_add_months(int) TO purge;
--     GRANT EXECUTE ON FUNCTION audit_log_drop_month(text, bigint) TO purge;

-- The partitions of the log. A time is null where there is no end; `is_default` is true of the one
-- that takes what belongs in no other.
CREATE OR REPLACE FUNCTION audit_log_months()
    RETURNS TABLE (part regclass, from_time timestamptz, to_time timestamptz, is_default boolean)
    LANGUAGE sql STABLE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
AS $$
    SELECT c.oid::regclass, b.ends[1]::timestamptz, b.ends[2]::timestamptz, e.bound = 'DEFAULT'
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) e (bound)
    LEFT JOIN LATERAL regexp_match(e.bound,
        'FROM \((?:MINVALUE|''([^'']+)'')\) TO \((?:MAXVALUE|''([^'']+)'')\)') b (ends) ON true
    WHERE i.inhparent = 'audit_log'::regclass AND NOT i.inhdetachpending
    ORDER BY 4, 3
$$;

-- Gives a table what each partition has of its own: a statement that names a partition fires no
-- trigger of the parent's, and over all partitions neither `seq` nor `id` alone could be unique.
CREATE OR REPLACE FUNCTION audit_log_guard(part regclass) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN VALUES ('seq', 'PRIMARY KEY'), ('id', 'UNIQUE') LOOP
        IF NOT EXISTS (
            SELECT FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = part AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                AND i.indnkeyatts = 1 AND a.attname = wanted.column1)
        THEN
            EXECUTE format('ALTER TABLE %s ADD %s (%I)', part, wanted.column2, wanted.column1);
        END IF;
    END LOOP;
    FOR wanted IN VALUES
        ('audit_log_no_change', 'UPDATE OR DELETE'), ('audit_log_no_truncate', 'TRUNCATE')
    LOOP
        IF NOT EXISTS (
            SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
            WHERE g.tgrelid = part AND g.tgname = wanted.column1 AND g.tgenabled = 'A'
                AND p.proname = 'audit_log_append_only' AND g.tgqual IS NULL)
        THEN
            EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE %s ON %s '
                'FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()',
                wanted.column1, wanted.column2, part);
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', part, wanted.column1);
        END IF;
    END LOOP;
END
$$;

-- Makes the partitions of this month and of the `ahead` next ones where they are missing; the names
-- of those it made. Rows that were written before their month had a partition move into it.
--
-- Writers do not wait for it; readers do, while it attaches one. Where a reader makes no room within a
-- tenth of a second it gives up, to be called again another day.
CREATE OR REPLACE FUNCTION audit_log_add_months(ahead int) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET TimeZone = 'UTC' SET lock_timeout = '100ms'
AS $$
DECLARE
    home text := (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'audit_log'::regclass);
    gate text := coalesce(current_setting('audit_log.purge', true), '');
    starts timestamptz;
    ends timestamptz;
    spare regclass;
    part text;
BEGIN
    FOR month IN 0 .. least(ahead, 120) LOOP
        BEGIN
            starts := date_trunc('month', clock_timestamp()) + make_interval(months => month);
            ends := starts + interval '1 month';
            CONTINUE WHEN EXISTS (
                SELECT FROM audit_log_months() m
                WHERE NOT m.is_default AND coalesce(m.from_time < ends, true)
                    AND coalesce(m.to_time > starts, true));
            part := format('%s.audit_log_p%s', home, to_char(starts, 'YYYY_MM'));
            LOCK TABLE ONLY audit_log IN SHARE UPDATE EXCLUSIVE MODE;
            EXECUTE format('CREATE TABLE %s (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                'INCLUDING STORAGE INCLUDING COMPRESSION)', part);
            PERFORM audit_log_guard(part::regclass);
            SELECT m.part INTO spare FROM audit_log_months() m WHERE m.is_default;
            IF spare IS NOT NULL THEN
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', spare);
                PERFORM set_config('audit_log.purge', pg_current_xact_id()::text, true);
                EXECUTE format('WITH moved AS (DELETE FROM %s WHERE changed_at >= $1 AND changed_at < $2 '
                    'RETURNING *) INSERT INTO %s SELECT * FROM moved', spare, part) USING starts, ends;
                PERFORM set_config('audit_log.purge', gate, true);
            END IF;
            EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                part, starts, ends);
            RETURN NEXT part;
        EXCEPTION WHEN lock_not_available THEN
            RETURN;
        END;
    END LOOP;
END
$$;

-- Drops a whole month. Only for the purge, which has looked at each of its rows: in the transaction
-- that has opened DELETE, and only where no row came after number `last_seq`. Answers `dropped`,
-- `written` where a row came, `busy` where readers or writers of the log made no room within a tenth of
-- a second, and `unknown` where the log has no such month.
CREATE OR REPLACE FUNCTION audit_log_drop_month(month text, last_seq bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout = '100ms'
AS $$
DECLARE
    part regclass := (
        SELECT m.part FROM audit_log_months() m JOIN pg_class c ON c.oid = m.part
        WHERE c.relname = month AND NOT m.is_default AND m.to_time <= clock_timestamp());
    written boolean;
BEGIN
    IF current_setting('audit_log.purge', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        RAISE EXCEPTION 'audit_log is append-only: dropping % refused', month
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'To remove old rows, run the purge of the audit framework.';
    END IF;
    IF part IS NULL THEN
        RETURN 'unknown';
    END IF;
    LOCK TABLE ONLY audit_log IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE seq > $1)', part)
        INTO written USING last_seq;
    IF written THEN
        RETURN 'written';
    END IF;
    EXECUTE format('DROP TABLE %s', part);
    RETURN 'dropped';
EXCEPTION WHEN lock_not_available THEN
    RETURN 'busy';
END
$$;

-- What hangs on a plain log and would be left behind by its first partition; null where nothing does.
CREATE OR REPLACE FUNCTION audit_log_hanging() RETURNS text
    LANGUAGE sql STABLE
AS $$
    SELECT string_agg(what, ', ') FROM (
        SELECT DISTINCT 'the view ' || r.ev_class::regclass AS what FROM pg_depend d
            JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
            WHERE d.refobjid = 'audit_log'::regclass AND r.ev_class <> d.refobjid
        UNION ALL SELECT DISTINCT 'the function ' || d.objid::regprocedure FROM pg_depend d
            WHERE d.classid = 'pg_proc'::regclass AND d.refobjid = 'audit_log'::regclass
        UNION ALL SELECT 'the rule ' || rulename FROM pg_rewrite
            WHERE ev_class = 'audit_log'::regclass
        UNION ALL SELECT 'the foreign key ' || conname FROM pg_constraint
            WHERE contype = 'f' AND 'audit_log'::regclass IN (confrelid, conrelid)
        UNION ALL SELECT 'the trigger ' || tgname FROM pg_trigger
            WHERE tgrelid = 'audit_log'::regclass AND NOT tgisinternal
                AND tgname NOT IN ('audit_log_no_change', 'audit_log_no_truncate')
        UNION ALL SELECT 'the policy ' || polname FROM pg_policy
            WHERE polrelid = 'audit_log'::regclass
        UNION ALL SELECT 'the publication ' || p.pubname FROM pg_publication_rel r
            JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = 'audit_log'::regclass
        UNION ALL SELECT 'grants on the column ' || attname FROM pg_attribute
            WHERE attrelid = 'audit_log'::regclass AND attacl IS NOT NULL
        UNION ALL SELECT 'the inheritance of ' || inhrelid::regclass FROM pg_inherits
            WHERE 'audit_log'::regclass IN (inhparent, inhrelid)
    ) hanging
$$;

-- Makes the log one of months, and mends one that is. Refuses where something hangs on the table that
-- would be left behind: views, foreign keys, policies, publications, triggers of yours.
--
-- It reads the whole table under a lock that keeps writers out, unless a CHECK tells it that it need
-- not. On a large log, therefore, first, outside of a transaction, and with a month that begins in a
-- week or later (`audit_diesel::migrate_by_month` does):
--     ALTER TABLE audit_log ADD CONSTRAINT audit_log_before_2027_01
--         CHECK (changed_at < '2027-01-01 00:00:00+00') NOT VALID;
--     ALTER TABLE audit_log VALIDATE CONSTRAINT audit_log_before_2027_01;
CREATE OR REPLACE FUNCTION audit_log_by_month() RETURNS void
    LANGUAGE plpgsql
    SET TimeZone = 'UTC'
AS $$
DECLARE
    home text;
    kind "char";
    owner name;
    promise name;
    ends timestamptz;
    first text;
    hangs text;
    found record;
    last_seq bigint;
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = 'audit_log'::regclass AND relkind = 'r') THEN
        LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE;
    END IF;
    SELECT c.relnamespace::regnamespace, c.relkind, c.relowner::regrole INTO home, kind, owner
    FROM pg_class c WHERE c.oid = 'audit_log'::regclass;
    IF kind = 'r' THEN
        hangs := audit_log_hanging();
        IF hangs IS NOT NULL THEN
            RAISE EXCEPTION 'audit_log cannot be partitioned while this hangs on it: %', hangs
                USING ERRCODE = 'dependent_objects_still_exist',
                      HINT = 'Drop it, run this again, and make it anew on the partitioned log.';
        END IF;

        SELECT conname, to_timestamp(right(conname, 7) || '_01', 'YYYY_MM_DD') INTO promise, ends
        FROM pg_constraint
        WHERE conrelid = 'audit_log'::regclass AND contype = 'c' AND convalidated
            AND conname ~ '^audit_log_before_\d{4}_\d{2}$';
        ends := coalesce(ends, date_trunc('month', now() + interval '7 days') + interval '1 month');
        first := format('audit_log_before_%s', to_char(ends, 'YYYY_MM'));

        last_seq := (SELECT pg_sequence_last_value(pg_get_serial_sequence('audit_log', 'seq')::regclass));
        ALTER TABLE audit_log ALTER COLUMN seq DROP IDENTITY;
        EXECUTE format('ALTER TABLE audit_log RENAME TO %I', first);
        first := format('%s.%I', home, first);
        -- Their names go to the indexes of the parent, which take these for theirs.
        FOR found IN
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = first::regclass
        LOOP
            EXECUTE format('ALTER INDEX %s.%I RENAME TO %I', home, found.relname,
                left(regexp_replace(found.relname, '^audit_log_', ''), 40)
                    || '_before_' || to_char(ends, 'YYYY_MM'));
        END LOOP;

        EXECUTE format('CREATE TABLE %s.audit_log (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
            'INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS) '
            'PARTITION BY RANGE (changed_at)', home, first);
        EXECUTE format('ALTER TABLE %s.audit_log ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY', home);
        EXECUTE format('ALTER TABLE %s.audit_log OWNER TO %I', home, owner);
        IF promise IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s.audit_log DROP CONSTRAINT %I', home, promise);
        END IF;
        IF last_seq IS NOT NULL THEN
            PERFORM setval(pg_get_serial_sequence('audit_log', 'seq'), last_seq);
        END IF;
        FOR found IN
            SELECT a.privilege_type AS what, a.is_grantable AS onward,
                CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who
            FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
            WHERE c.oid = first::regclass AND a.grantee <> c.relowner
        LOOP
            EXECUTE format('GRANT %s ON %s.audit_log TO %s', found.what, home, found.who)
                || CASE WHEN found.onward THEN ' WITH GRANT OPTION' ELSE '' END;
        END LOOP;
        -- The parent has the indexes of the first partition, but for those that each has of its own.
        FOR found IN
            SELECT pg_get_indexdef(i.indexrelid) AS made, c.relname FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = first::regclass AND NOT i.indisunique AND i.indisvalid
        LOOP
            EXECUTE regexp_replace(found.made, '^CREATE INDEX .*? ON (ONLY )?\S+ ',
                format('CREATE INDEX %I ON %s.audit_log ',
                    'audit_log_' || regexp_replace(found.relname, '_before_\d{4}_\d{2}$', ''), home));
        END LOOP;
        EXECUTE format('CREATE TABLE %s.audit_log_default PARTITION OF audit_log DEFAULT', home);
        PERFORM audit_log_guard('audit_log_default'::regclass);
        -- Rows of a clock that ran far ahead.
        IF promise IS NULL THEN
            PERFORM set_config('audit_log.purge', pg_current_xact_id()::text, true);
            EXECUTE format('WITH moved AS (DELETE FROM %s WHERE changed_at >= $1 RETURNING *) '
                'INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM moved', first) USING ends;
            PERFORM set_config('audit_log.purge', '', true);
        END IF;
        EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %s FOR VALUES FROM (MINVALUE) TO (%L)',
            first, ends);
        IF promise IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', first, promise);
        END IF;
        CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
        CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only();
        EXECUTE 'ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_change, '
            'ENABLE ALWAYS TRIGGER audit_log_no_truncate';
    END IF;
    PERFORM audit_log_guard(m.part) FROM audit_log_months() m;
    PERFORM audit_log_add_months(3);
END
$$;

-- Names in these functions are those of the log's own schema, whoever calls.
DO $$
DECLARE
    home text := (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'audit_log'::regclass);
    called text;
BEGIN
    FOREACH called IN ARRAY ARRAY['months()', 'guard(regclass)', 'add_months(int)',
        'drop_month(text, bigint)', 'hanging()', 'by_month()']
    LOOP
        EXECUTE format('ALTER FUNCTION audit_log_%s SET search_path = pg_catalog, %s, pg_temp', called, home);
        CONTINUE WHEN called IN ('months()', 'hanging()');
        EXECUTE format('REVOKE ALL ON FUNCTION audit_log_%s FROM PUBLIC', called);
    END LOOP;
END
$$;

SELECT audit_log_by_month();
