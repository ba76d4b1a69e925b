//! What the framework promises, on every database that is switched on.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

mod write {
    audit_tests::on_each_backend!("write.rs");
}
mod keys {
    audit_tests::on_each_backend!("keys.rs");
}
mod versions {
    audit_tests::on_each_backend!("versions.rs");
}
mod tenancy {
    audit_tests::on_each_backend!("tenancy.rs");
}
mod noop {
    audit_tests::on_each_backend!("noop.rs");
}
mod stamps {
    audit_tests::on_each_backend!("stamps.rs");
}
mod edit {
    audit_tests::on_each_backend!("edit.rs");
}
mod triggers {
    audit_tests::on_each_backend!("triggers.rs");
}
#[cfg(feature = "postgres")]
mod postgres_only;
mod types {
    audit_tests::on_each_backend!("types.rs");
}
mod inserts {
    audit_tests::on_each_backend!("inserts.rs");
}
mod context {
    audit_tests::on_each_backend!("context.rs");
}
mod transactions {
    audit_tests::on_each_backend!("transactions.rs");
}
mod bulk {
    audit_tests::on_each_backend!("bulk.rs");
}
mod model {
    audit_tests::on_each_backend!("model.rs");
}
