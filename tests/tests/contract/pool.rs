// A pool's connections are checked once each.

use audit_diesel::CheckOnConnect;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::backend::{Conn, Database};

fn pool(
    database: &Database,
    customizer: impl CustomizeConnection<Conn, Error>,
    patience: Duration,
) -> Result<Pool<ConnectionManager<Conn>>, diesel::r2d2::PoolError> {
    Pool::builder()
        .max_size(2)
        .connection_timeout(patience)
        .error_handler(Box::new(diesel::r2d2::NopErrorHandler))
        .connection_customizer(Box::new(customizer))
        .build(ConnectionManager::new(database.url()))
}

#[derive(Debug)]
struct Counts(Arc<AtomicU32>);

impl CustomizeConnection<Conn, Error> for Counts {
    fn on_acquire(&self, _: &mut Conn) -> Result<(), Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn a_fit_database_fills_the_pool_and_the_inner_customizer_runs() {
    let database = Database::new();
    // SQLite's first reader of a write-ahead log recovers it, and turns away whoever comes meanwhile;
    // the pool would open another connection in its place.
    let mut first = database.connect();
    audit_diesel::check(&mut first).unwrap();
    let opened = Arc::new(AtomicU32::new(0));
    let customizer = CheckOnConnect::after(Counts(opened.clone()));
    let pool = pool(&database, customizer, Duration::from_secs(60)).unwrap();
    for _ in 0..5 {
        pool.get().unwrap().batch_execute("SELECT 1").unwrap();
    }
    assert_eq!(opened.load(Ordering::Relaxed), 2);
}

#[test]
fn an_unfit_database_never_fills_the_pool() {
    let database = Database::bare();
    let error = pool(&database, CheckOnConnect::new(), Duration::from_secs(5))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("there is no table `audit_log`"), "{error}");
}
