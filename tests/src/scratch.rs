//! Names and servers for databases that a test makes and drops.

use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test, in this process or another, uses at the same time.
pub fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("audit_test_{}_{n}", std::process::id())
}

/// The server that the tests of a backend run against.
pub fn server_url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// The same server, another database.
pub fn with_database(url: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, ""), |(rest, query)| (rest, query));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("{scheme}://{host}/{database}{query}")
}

/// What to say when the server does not answer: a test of a backend that was compiled in never
/// passes unrun.
pub fn no_server(variable: &str, url: &str, error: &dyn std::fmt::Display) -> ! {
    panic!(
        "no server at {url}: {error}\nset {variable}, or run `cargo xtask test`, which finds a \
         server or starts one"
    )
}

/// The tables of `schema.sql`, with a backend's types.
pub fn tables(types: &[(&str, &str)]) -> String {
    let sql = include_str!("schema.sql").to_owned();
    types
        .iter()
        .fold(sql, |sql, (word, kind)| sql.replace(word, kind))
}
