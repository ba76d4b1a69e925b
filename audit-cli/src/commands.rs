//! One module a command.

pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod columns;
pub(crate) mod completions;
pub(crate) mod export;
mod filters;
pub(crate) mod hold;
pub(crate) mod init;
mod known;
pub(crate) mod log;
pub(crate) mod purge;
mod tenants;
