//! What both formats are written out by.

use std::io;

use crate::error::AuditError;

/// Bytes that are collected before the writer is called.
pub(super) const BUFFER: usize = 64 * 1024;

pub(super) fn failed(error: impl Into<io::Error>) -> AuditError {
    AuditError::Export(error.into())
}
