//! `check` and the contract kit: each of their promises is broken once, and they see it.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![allow(
    unreachable_pub,
    reason = "entities are written as an app would write them"
)]

mod check;

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
                    "/tests/contract/",
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
                    "/tests/contract/",
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
                    "/tests/contract/",
                    $file
                ));
            }
        }
    };
}

mod pool {
    on_each_backend!("pool.rs");
}

mod kit {
    on_each_backend!("kit.rs");
}

mod blind {
    on_each_backend!("blind.rs");
}
