//! What is left when something goes wrong in the middle: an error, a panic or a lost connection at
//! any statement, errors that a caller swallows, two writers at once, a process that is killed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

/// Compiles a file of this directory once per backend that is a server, which it sees as
/// `super::backend`.
macro_rules! on_each_server {
    ($file:literal) => {
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            use audit_tests::oracle::mysql as oracle;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/", $file));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::oracle::postgres as oracle;
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/", $file));
            }
        }
    };
}

/// The same, and SQLite.
macro_rules! on_each_backend {
    ($file:literal) => {
        on_each_server!($file);
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::oracle::sqlite as oracle;
            use audit_tests::sqlite as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/", $file));
            }
        }
    };
}

mod every_statement {
    on_each_backend!("every_statement.rs");
}

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

mod commit_unknown {
    on_each_backend!("commit_unknown.rs");
}

mod data_does_not_fit;

mod kill {
    on_each_backend!("kill.rs");
}

mod swallowed {
    on_each_backend!("swallowed.rs");
}

mod writers {
    on_each_backend!("writers.rs");
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod wire {
    on_each_server!("wire.rs");
}
