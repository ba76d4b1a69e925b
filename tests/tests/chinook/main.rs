//! A whole music store (the Chinook sample database) through audited writes: customers, employees,
//! tracks, invoices and their lines are inserted, a tenth of them edited, a hundredth
//! soft-deleted; then the entities and every row of the trail are compared with a model that is
//! made of the data alone.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

mod data;
mod entities;
mod model;
mod schema;

#[cfg(feature = "sqlite")]
mod sqlite {
    use audit_tests::sqlite as backend;
    include!("run.rs");
}
#[cfg(feature = "postgres")]
mod postgres {
    use audit_tests::postgres as backend;
    include!("run.rs");
}
#[cfg(feature = "mysql")]
mod mysql {
    use audit_tests::mysql as backend;
    include!("run.rs");
}
