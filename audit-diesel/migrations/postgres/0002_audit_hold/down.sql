-- What was held is no longer.
DROP TABLE IF EXISTS audit_hold;
DROP TABLE IF EXISTS audit_purge;
