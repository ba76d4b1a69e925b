-- Destroys the whole history. Export it first if it may still be needed.
DROP TABLE IF EXISTS audit_log;
DROP TABLE IF EXISTS audit_log_gate;
