//! What does not compile, and what the compiler says then: see `compile_fail.rs`.
