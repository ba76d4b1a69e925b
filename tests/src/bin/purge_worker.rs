//! What the tests of an interrupted purge kill: `purge_worker BACKEND URL [stay]`.
#![allow(clippy::expect_used, reason = "test support")]

fn main() {
    let mut args = std::env::args().skip(1);
    let backend = args.next().expect("a backend");
    let url = args.next().expect("a URL");
    let stays = args.next().is_some();
    audit_tests::purging::work(&backend, &url, stays);
}
