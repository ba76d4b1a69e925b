//! What the kill tests kill: `kill_worker BACKEND URL SEED`. See `audit_tests::kill`.
#![allow(clippy::expect_used, reason = "test support")]

fn main() {
    let mut args = std::env::args().skip(1);
    let backend = args.next().expect("a backend");
    let url = args.next().expect("a URL");
    let seed = args.next().expect("a seed").parse().expect("a number");
    audit_tests::kill::work(&backend, &url, seed);
}
