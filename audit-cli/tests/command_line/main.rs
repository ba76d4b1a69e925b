//! The program itself, run as a process, on real databases.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod baseline;
mod busy;
mod columns;
mod columns_by_backend;
mod emptying_keys;
mod export;
mod files;
mod in_the_way;
mod init_and_check;
mod odd_types;
mod reading;
mod retention;
mod support;
mod terminal;
mod text_times;
mod usage;
