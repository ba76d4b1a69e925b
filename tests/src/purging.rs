//! A purge that is to be killed: it tells through its standard output how far it is. It dwells before a
//! commit, for long enough that a kill often comes there, or stays there until it is killed.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use audit_diesel::retention::{Purge, Retention};
use audit_diesel::{Actor, AuditConfig, AuditConnection};
use chrono::DateTime;
use diesel::connection::InstrumentationEvent;

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("a reader");
    out.flush().expect("a reader");
}

fn purge<C: AuditConnection>(url: &str, stays: bool) {
    let mut conn = C::establish(url).expect("connect");
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        // Between the deletion and its commit.
        let deleted = match event {
            InstrumentationEvent::FinishQuery { query, .. } => {
                let query = query.to_string();
                query.starts_with("DELETE FROM audit_log WHERE audit_log.seq")
                    || query.starts_with("SELECT audit_log_drop_month(")
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                query.to_string().starts_with("DELETE FROM audit_log_gate")
            }
            _ => false,
        };
        if deleted {
            say("open");
            if stays {
                let _ = std::io::stdin().read_line(&mut String::new());
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    });
    let now = DateTime::from_timestamp_micros(1_709_251_199_000_001).expect("in range");
    let config = AuditConfig::builder().clock(move || now).build();
    let report = Purge::new(Retention::default())
        .within_months()
        .batch_time(Duration::from_millis(3))
        .progress(|p| {
            if p.deleted > 0 {
                say(&format!("deleted {}", p.deleted));
            }
            ControlFlow::Continue(())
        })
        .run(
            &mut conn,
            &config.context(Actor::job("purge")).all_tenants(),
        )
        .expect("a purge");
    assert!(report.finished);
    say("done");
}

/// Purges the database at `url`, until it is killed.
pub fn work(backend: &str, url: &str, stays: bool) {
    match backend {
        #[cfg(feature = "mysql")]
        crate::mysql::NAME => purge::<crate::mysql::Conn>(url, stays),
        #[cfg(feature = "postgres")]
        crate::postgres::NAME => purge::<crate::postgres::Conn>(url, stays),
        #[cfg(feature = "sqlite")]
        crate::sqlite::NAME => purge::<crate::sqlite::Conn>(url, stays),
        other => panic!("no backend `{other}` is compiled in"),
    }
}
