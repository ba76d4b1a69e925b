//! Why a mask did not work, and of which field.

use core::fmt;

/// Why a mask did not work. Its message is fixed text, so it cannot hold a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskError(&'static str);

impl MaskError {
    /// An error with a message for the developer, lowercase, saying what to do.
    pub const fn new(message: &'static str) -> Self {
        Self(message)
    }
}

impl fmt::Display for MaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for MaskError {}

/// A field whose mask failed, so that its record was not written. Holds no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaskFailure {
    /// The field's name.
    pub field: &'static str,
    /// The name of the mask.
    pub mask: &'static str,
    /// What went wrong.
    pub error: MaskError,
}

impl MaskFailure {
    pub(crate) const fn new(field: &'static str, mask: &'static str, error: MaskError) -> Self {
        Self { field, mask, error }
    }
}

impl fmt::Display for MaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "mask `{}` of field `{}` failed: {}",
            self.mask, self.field, self.error
        )
    }
}

impl core::error::Error for MaskFailure {}
