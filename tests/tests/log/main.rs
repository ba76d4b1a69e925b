//! Reading the log: queries, pages, cursors, exports, on every database that is switched on.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

mod csv;
mod random;

/// Compiles a file of this directory once per backend.
macro_rules! on_each_backend {
    ($file:literal) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::sqlite as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log/", $file));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log/", $file));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log/", $file));
            }
        }
    };
}

mod queries {
    on_each_backend!("queries.rs");
}
mod paging {
    on_each_backend!("paging.rs");
}
mod mistakes {
    on_each_backend!("mistakes.rs");
}
mod export {
    on_each_backend!("export.rs");
}
mod costs {
    on_each_backend!("costs.rs");
}
