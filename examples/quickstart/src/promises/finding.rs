//! What a check of a promise found.

/// What a check found.
pub(super) struct Finding {
    /// On how much it looked.
    pub(super) evidence: String,
    pub(super) faults: Vec<String>,
}
