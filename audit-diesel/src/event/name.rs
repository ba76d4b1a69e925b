//! What an event may be called, and what it may be about.

use crate::error::{EventError, MAX_EVENT_NAME, MAX_TARGET_KIND};

/// Names that only the framework gives.
const RESERVED: &str = "audit.";

/// `[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+`, and none of the framework's names unless it is the
/// framework that asks.
pub(crate) fn check_name(name: &str, framework: bool) -> Result<(), EventError> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !name.contains('.') || !name.split('.').all(is_word) {
        return Err(EventError::Name);
    }
    if name.len() > MAX_EVENT_NAME {
        return Err(EventError::NameTooLong);
    }
    if !framework && name.starts_with(RESERVED) {
        return Err(EventError::NameReserved);
    }
    Ok(())
}

/// A name that may be anything, for a message: it cannot forge a line of a log.
pub(crate) fn shown(name: &str) -> String {
    let escaped = name.chars().take(60).flat_map(char::escape_debug);
    escaped.collect()
}

pub(crate) fn check_target(kind: Option<&str>, id: Option<&str>) -> Result<(), EventError> {
    if let Some(kind) = kind {
        if kind.is_empty() {
            return Err(EventError::TargetKindEmpty);
        }
        if kind.chars().nth(MAX_TARGET_KIND).is_some() {
            return Err(EventError::TargetKindTooLong);
        }
        if kind.chars().any(char::is_control) {
            return Err(EventError::TargetKindControl);
        }
    }
    if let Some(id) = id {
        if id.is_empty() {
            return Err(EventError::TargetIdEmpty);
        }
        if id.chars().nth(audit_core::MAX_RECORD_ID).is_some() {
            return Err(EventError::TargetIdTooLong);
        }
    }
    Ok(())
}
