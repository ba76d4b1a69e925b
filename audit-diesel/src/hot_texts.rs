//! Which statements stay prepared.

use core::sync::atomic::{AtomicU64, Ordering};

/// How many column sets of an entity's UPDATE stay prepared. Diesel's cache of statements never
/// forgets, and MySQL counts prepared statements server-wide: what comes later is sent unprepared.
const HOT: usize = 16;

/// The column sets whose UPDATE stays prepared: the first sixteen that the process met.
pub struct HotTexts {
    slots: [AtomicU64; HOT],
}

impl HotTexts {
    /// None yet.
    #[allow(clippy::new_without_default, reason = "made in a static")]
    pub const fn new() -> Self {
        Self {
            slots: [const { AtomicU64::new(0) }; HOT],
        }
    }

    /// True where the statement with this set of columns may stay prepared.
    pub(crate) fn admit(&self, signature: u64) -> bool {
        let signature = signature.max(1);
        self.slots.iter().any(|slot| {
            let held = slot.load(Ordering::Relaxed);
            held == signature
                || (held == 0
                    && slot
                        .compare_exchange(0, signature, Ordering::Relaxed, Ordering::Relaxed)
                        .map_or_else(|now| now == signature, |_| true))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_column_sets_stay_prepared() {
        let hot = HotTexts::new();
        for signature in 1..=HOT as u64 {
            assert!(hot.admit(signature));
        }
        assert!(!hot.admit(99));
        assert!(hot.admit(7), "a set once admitted stays");
    }
}
