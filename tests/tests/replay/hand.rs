//! A clock that is set to any instant, and what it makes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_diesel::AuditConfig;
use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

#[derive(Clone)]
pub struct Hand {
    seconds: Arc<AtomicI64>,
    config: AuditConfig,
}

/// So many seconds into the test.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

impl Hand {
    pub fn new() -> Self {
        let seconds = Arc::new(AtomicI64::new(0));
        let hand = seconds.clone();
        let config = AuditConfig::builder()
            .clock(move || at(hand.load(Ordering::SeqCst)))
            .build();
        Self { seconds, config }
    }

    /// A context of `user` at that time.
    pub fn ctx(&self, seconds: i64, user: u32) -> AuditContext {
        self.seconds.store(seconds, Ordering::SeqCst);
        self.config.context(Actor::user(user)).tenant("acme")
    }
}
