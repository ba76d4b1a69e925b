//! What does not compile, and what the compiler says then. `TRYBUILD=overwrite` refreshes the
//! `.stderr` files; read each as a user would before it is kept.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("*/*.rs");
}
