//! Retention: what goes, what stays, and that no accident in between loses anything.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

/// Compiles a file of this directory once per backend that is switched on; the file sees it as
/// `super::backend`, and `log.rs` as `super::log`.
macro_rules! on_each_backend {
    ($file:literal) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use audit_tests::sqlite as backend;
            #[allow(dead_code, reason = "each file uses its share")]
            mod log {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/log.rs"
                ));
            }
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/",
                    $file
                ));
            }
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use audit_tests::postgres as backend;
            #[allow(dead_code, reason = "each file uses its share")]
            mod log {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/log.rs"
                ));
            }
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/",
                    $file
                ));
            }
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            use audit_tests::mysql as backend;
            #[allow(dead_code, reason = "each file uses its share")]
            mod log {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/log.rs"
                ));
            }
            mod cases {
                include!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/retention/",
                    $file
                ));
            }
        }
    };
}

mod purge {
    on_each_backend!("purge.rs");
}
mod holds {
    on_each_backend!("holds.rs");
}
mod model {
    on_each_backend!("model.rs");
}
mod interrupted {
    on_each_backend!("interrupted.rs");
}
mod baseline {
    on_each_backend!("baseline.rs");
}
mod job {
    on_each_backend!("job.rs");
}
#[cfg(feature = "postgres")]
mod by_month {
    use audit_tests::postgres as backend;
    #[allow(dead_code, reason = "each file uses its share")]
    mod log {
        include!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/retention/log.rs"
        ));
    }
    mod postgres {
        include!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/retention/by_month.rs"
        ));
    }
    mod becoming {
        include!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/retention/becoming_months.rs"
        ));
    }
}
#[cfg(feature = "postgres")]
mod interrupted_drop {
    mod postgres {
        use audit_tests::postgres as backend;
        #[allow(dead_code, reason = "each file uses its share")]
        mod log {
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/retention/log.rs"
            ));
        }
        mod cases {
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/retention/interrupted_drop.rs"
            ));
        }
    }
}
#[cfg(feature = "sqlite")]
mod one_writer {
    mod sqlite {
        use audit_tests::sqlite as backend;
        #[allow(dead_code, reason = "each file uses its share")]
        mod log {
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/retention/log.rs"
            ));
        }
        mod cases {
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/retention/one_writer.rs"
            ));
        }
    }
}
