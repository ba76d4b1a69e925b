//! The program itself, run as a process, on real databases.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod baseline;
mod columns;
mod columns_by_backend;
mod export;
mod files;
mod init_and_check;
mod reading;
mod retention;
mod support;
mod terminal;
mod usage;
