//! What the derives generate, one file per attribute: the side that compiles. The other side is
//! in `tests/ui`.
#![cfg(feature = "sqlite")]
#![deny(warnings)]
#![allow(unreachable_pub, reason = "a test crate reaches nothing")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod support;

mod audited_form;
mod core_only;
mod crate_path;
mod debug;
mod embed;
mod eq;
mod exempt;
mod form;
mod generics;
mod hide_null;
mod hygiene;
mod id;
mod ignore;
mod kinds;
mod mask;
mod mask_at;
mod name;
mod new_and_changes;
mod no_form;
mod not_a_stamp;
mod plain;
mod require_reason;
mod roles;
mod serde_names;
mod server_and_input;
mod skip;
mod strict;
mod version;
mod via;
mod was;
