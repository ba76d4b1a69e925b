//! Secrets are planted in every masked, server and skipped field, every helper runs, every kind of
//! error is provoked. Then none of them may be found, beyond what its mask shows: not in the audit
//! table, nor in SQLite's files, an error, a `Debug` or a text for people. A leak on purpose is.
//!
//! Diesel's own `debug_query` and instrumentation print what is bound; that is Diesel's, and the
//! framework never passes it on.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![allow(
    unreachable_pub,
    reason = "entities are written as an app would write them"
)]

/// Compiles a file of this directory once per backend that is switched on; the file sees it as
/// `super::backend`.
macro_rules! on_each_backend {
    ($file:literal) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::sqlite as backend;
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/secrets/",
                    $file
                ));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/secrets/",
                    $file
                ));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/secrets/",
                    $file
                ));
            }
        }
    };
}

mod vaults {
    on_each_backend!("vaults.rs");
}
