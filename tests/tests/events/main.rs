//! Events, the background writer, operations, and a trail that is switched off.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use diesel::connection::SimpleConnection;

/// Compiles a file of this directory once per backend that is switched on, which it sees as
/// `super::backend`.
macro_rules! on_each_backend {
    ($file:literal) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::sqlite as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/", $file));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/", $file));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/", $file));
            }
        }
    };
}

mod write {
    on_each_backend!("write.rs");
}
mod names {
    on_each_backend!("names.rs");
}
mod writer {
    on_each_backend!("writer.rs");
}
mod faults {
    on_each_backend!("faults.rs");
}
mod inline {
    on_each_backend!("inline.rs");
}
mod operations {
    on_each_backend!("operations.rs");
}
mod disabled {
    on_each_backend!("disabled.rs");
}

/// Makes `audit_log` refuse every row.
fn refuse_inserts(backend: &str) -> &'static str {
    match backend {
        "sqlite" => {
            "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        "postgres" => {
            "CREATE OR REPLACE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN RAISE 'no'; END$$;
             CREATE TRIGGER refuse_all BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_all()"
        }
        _ => {
            "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_log FOR EACH ROW
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
        }
    }
}

/// Takes that back.
fn allow_inserts(backend: &str) -> &'static str {
    match backend {
        "postgres" => "DROP TRIGGER refuse_all ON audit_log",
        _ => "DROP TRIGGER refuse_all",
    }
}

/// Makes `audit_log` refuse the rows whose reason is `refused`.
fn refuse_some(backend: &str) -> &'static str {
    match backend {
        "sqlite" => {
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_log WHEN NEW.reason = 'refused'
             BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        "postgres" => {
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN IF NEW.reason = 'refused' THEN RAISE 'no'; END IF; RETURN NEW; END$$;
             CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()"
        }
        _ => {
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW
             IF NEW.reason = 'refused' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF"
        }
    }
}

/// Makes `audit_log` refuse the events that tell of losses.
fn refuse_gaps(backend: &str) -> &'static str {
    match backend {
        "sqlite" => {
            "CREATE TRIGGER refuse_gaps BEFORE INSERT ON audit_log WHEN NEW.action = 'audit.gap'
             BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        "postgres" => {
            "CREATE FUNCTION refuse_gaps() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN IF NEW.action = 'audit.gap' THEN RAISE 'no'; END IF; RETURN NEW; END$$;
             CREATE TRIGGER refuse_gaps BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_gaps()"
        }
        _ => {
            "CREATE TRIGGER refuse_gaps BEFORE INSERT ON audit_log FOR EACH ROW
             IF NEW.action = 'audit.gap' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF"
        }
    }
}

/// Takes that back.
fn allow_gaps(backend: &str) -> &'static str {
    match backend {
        "postgres" => "DROP TRIGGER refuse_gaps ON audit_log",
        _ => "DROP TRIGGER refuse_gaps",
    }
}

/// A database that does not answer whoever writes to `audit_log`, as long as this lives.
struct Stall<C: SimpleConnection> {
    conn: C,
    end: &'static str,
}

impl<C: SimpleConnection> Stall<C> {
    fn begin(backend: &str, mut conn: C) -> Self {
        let (begin, end) = match backend {
            "sqlite" => ("BEGIN IMMEDIATE", "ROLLBACK"),
            "postgres" => ("BEGIN; LOCK TABLE audit_log IN SHARE MODE", "ROLLBACK"),
            _ => ("LOCK TABLES audit_log READ", "UNLOCK TABLES"),
        };
        conn.batch_execute(begin).unwrap();
        Self { conn, end }
    }

    fn end(mut self) {
        self.conn.batch_execute(self.end).unwrap();
    }
}
