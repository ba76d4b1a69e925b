-- The log stays as it is, partitioned, and everything works on it; only, no month is made ahead any
-- more (rows go to `audit_log_default`), and the purge deletes rows in place of dropping months.
DROP FUNCTION IF EXISTS audit_log_by_month();
DROP FUNCTION IF EXISTS audit_log_hanging();
DROP FUNCTION IF EXISTS audit_log_drop_month(text, bigint);
DROP FUNCTION IF EXISTS audit_log_add_months(int);
DROP FUNCTION IF EXISTS audit_log_guard(regclass);
DROP FUNCTION IF EXISTS audit_log_months();
