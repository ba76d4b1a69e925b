//! Trying again what lost a race for a lock.

use std::thread::sleep;
use std::time::Duration;

use crate::error::AuditError;

/// How often: over two and a half seconds in all.
const TRIES: u32 = 8;

/// Runs what is a transaction of its own, and again where the database says that this may help.
pub(crate) fn patiently<T>(
    attempt: impl FnMut() -> Result<T, AuditError>,
) -> Result<T, AuditError> {
    patiently_where(AuditError::is_retryable, attempt)
}

/// The same with errors of another kind, of which `may_help` tells whether to try again. For the
/// program `audit`: no promise of stability.
pub fn patiently_where<T, E>(
    may_help: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    for tries in 0..TRIES {
        match attempt() {
            Err(error) if may_help(&error) => sleep(Duration::from_millis(10 << tries)),
            result => return result,
        }
    }
    attempt()
}
