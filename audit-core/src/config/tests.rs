//! Keys stay secret, and the clock has microseconds.

use chrono::TimeZone as _;

use super::*;

#[test]
fn debug_shows_no_key() {
    let builder = AuditConfig::builder().token_key("k1", b"hunter2hunter2hunter2");
    let config = builder.clone().build();
    let shown = format!("{builder:?} {config:?} {:?}", config.token_key());
    assert!(shown.contains("k1") && !shown.contains("hunter2") && !shown.contains("104, 117"));
}

#[test]
fn the_clock_is_cut_to_microseconds() {
    let config = AuditConfig::builder()
        .clock(|| Utc.timestamp_opt(-1, 999_999_999).unwrap())
        .build();
    assert_eq!(config.now(), Utc.timestamp_opt(-1, 999_999_000).unwrap());
    let now = AuditConfig::default().now();
    assert!(now.timestamp_subsec_nanos().is_multiple_of(1000));
    assert!((Utc::now() - now).num_seconds() < 60);
}

#[test]
fn the_first_key_is_the_current_one() {
    let config = AuditConfig::builder()
        .token_key("new", [1; 32])
        .token_key("old", [2; 32])
        .build();
    assert_eq!(config.token_key().map(TokenKey::id), Some("new"));
    let tokens = config.tokens("value");
    assert_eq!(tokens.len(), 2);
    assert!(tokens[0].starts_with("h1:new:") && tokens[1].starts_with("h1:old:"));
    assert_ne!(tokens[0].rsplit(':').next(), tokens[1].rsplit(':').next());
    assert!(AuditConfig::default().tokens("value").is_empty());
}

#[test]
fn defaults_are_as_documented() {
    let config = AuditConfig::default();
    assert_eq!(config.max_value_bytes(), 65_536);
    assert!(config.is_enabled() && config.token_key().is_none());
    assert!(!AuditConfig::builder().enabled(false).build().is_enabled());
}
