//! Clocks that tests can foretell.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that stands still, for `AuditConfig::builder().clock(..)`.
///
/// ```
/// use audit_diesel::AuditConfig;
/// use audit_diesel::testing::fixed_clock;
/// let noon = "2026-01-31T12:00:00Z".parse().unwrap();
/// let config = AuditConfig::builder().clock(fixed_clock(noon)).build();
/// assert_eq!(config.now(), noon);
/// assert_eq!(config.now(), noon);
/// ```
pub fn fixed_clock(at: DateTime<Utc>) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
    move || at
}

/// A clock that is `step` later each time it is read; the first reading is `start`.
///
/// ```
/// use audit_diesel::AuditConfig;
/// use audit_diesel::testing::stepping_clock;
/// use chrono::TimeDelta;
/// let start = "2026-01-31T12:00:00Z".parse().unwrap();
/// let step = TimeDelta::seconds(1);
/// let config = AuditConfig::builder().clock(stepping_clock(start, step)).build();
/// assert_eq!(config.now(), start);
/// assert_eq!(config.now(), start + step);
/// ```
pub fn stepping_clock(
    start: DateTime<Utc>,
    step: TimeDelta,
) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
    let first = start.timestamp_micros();
    let step = step.num_microseconds().unwrap_or(i64::MAX);
    let read = AtomicI64::new(0);
    move || {
        let steps = read.fetch_add(1, Ordering::Relaxed);
        let now = first.saturating_add(step.saturating_mul(steps));
        DateTime::from_timestamp_micros(now).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
