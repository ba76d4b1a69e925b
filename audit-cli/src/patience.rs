//! Trying again what lost a race for a lock, as the library does in a purge and a baseline of its own.

use std::thread::sleep;
use std::time::Duration;

use crate::failure::{Failure, Result};

/// How often: over two and a half seconds in all.
const TRIES: u32 = 8;

/// Runs what is a transaction of its own, and again where the database says that this may help.
pub(crate) fn patiently<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    for tries in 0..TRIES {
        match attempt() {
            Err(Failure::Audit(error)) if error.is_retryable() => {
                sleep(Duration::from_millis(10 << tries));
            }
            result => return result,
        }
    }
    attempt()
}
