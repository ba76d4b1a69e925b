//! A form is checked against a concrete entity.

use audit_diesel::prelude::*;

struct Boxed<T> {
    content: T,
}

#[derive(AuditedForm)]
#[audit(entity = Boxed<T>)]
struct Refill<T> {
    content: T,
}

fn content(boxed: Boxed<u8>) -> u8 {
    boxed.content
}

fn main() {}
