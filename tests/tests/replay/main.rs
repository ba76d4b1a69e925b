//! Replay: a record as it was, what changed in between, and the way back, on every database that is
//! switched on.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]
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
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay/", $file));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay/", $file));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            mod cases {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay/", $file));
            }
        }
    };
}

mod hand;
#[macro_use]
mod round_trip;

mod as_of {
    on_each_backend!("as_of.rs");
}
mod histories {
    on_each_backend!("histories.rs");
}
mod former {
    on_each_backend!("former.rs");
}
mod kinds {
    on_each_backend!("kinds.rs");
}
#[cfg(feature = "postgres")]
mod postgres_only;
mod revert {
    on_each_backend!("revert.rs");
}
