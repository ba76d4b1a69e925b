//! A database of its own for every test, gone when the test ends, also when it fails.

use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test, in this process or another, uses at the same time.
#[allow(dead_code, reason = "depends on the backends compiled in")]
pub(crate) fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("audit_test_{}_{n}", std::process::id())
}

/// The server that the tests of a backend run against.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn server_url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// What to say when the server does not answer: a test of a backend that was compiled in never
/// passes unrun.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn no_server(variable: &str, url: &str, error: &dyn std::fmt::Display) -> ! {
    panic!(
        "no server at {url}: {error}\nset {variable}, or run `cargo xtask test`, which finds a \
         server or starts one"
    )
}
