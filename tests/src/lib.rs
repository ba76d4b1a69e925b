//! What the tests share: a database of its own for each of them, and one source of entities that
//! every backend compiles against a `table!` of its own.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test support"
)]
#![allow(missing_docs, reason = "test support")]

pub mod clock;
pub mod color;
pub mod door;
pub mod faulty;
pub mod filled;
pub mod kill;
pub mod oracle;
pub mod purging;
pub mod scratch;

#[cfg(feature = "mysql")]
#[path = "backend/mysql.rs"]
pub mod mysql;
#[cfg(feature = "postgres")]
#[path = "backend/postgres.rs"]
pub mod postgres;
#[cfg(feature = "sqlite")]
#[path = "backend/sqlite.rs"]
pub mod sqlite;

/// Compiles one file of `tests/suite` once per backend that is switched on; the file sees it as
/// `super::backend`.
#[macro_export]
macro_rules! on_each_backend {
    ($file:literal) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::sqlite as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/", $file));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/", $file));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/", $file));
            }
        }
    };
}
