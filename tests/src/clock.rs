//! A clock that stands still until it is told to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_diesel::{AuditConfig, AuditContext, prelude::Actor};
use chrono::{DateTime, TimeDelta, Utc};

/// Shows more than microseconds, so that a stamp which keeps them would not equal what is stored.
const SURPLUS: TimeDelta = TimeDelta::nanoseconds(789);

#[derive(Clone)]
pub struct Clock {
    micros: Arc<AtomicI64>,
    config: AuditConfig,
}

impl Clock {
    pub fn new() -> Self {
        // 2024-02-29T23:59:59.000001Z
        let micros = Arc::new(AtomicI64::new(1_709_251_199_000_001));
        let hand = micros.clone();
        let config = AuditConfig::builder()
            .clock(move || at(hand.load(Ordering::SeqCst)) + SURPLUS)
            .token_key("k1", [7; 32])
            .build();
        Self { micros, config }
    }

    /// The instant that writes see now, to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        at(self.micros.load(Ordering::SeqCst))
    }

    /// Goes on by an odd number of microseconds; the new instant.
    pub fn tick(&self) -> DateTime<Utc> {
        self.micros.fetch_add(61_000_037, Ordering::SeqCst);
        self.now()
    }

    /// A context of the tests' tenant on this clock.
    pub fn ctx(&self, user: u32) -> AuditContext {
        self.config.context(Actor::user(user)).tenant("acme")
    }

    pub fn config(&self) -> AuditConfig {
        self.config.clone()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("in range")
}
