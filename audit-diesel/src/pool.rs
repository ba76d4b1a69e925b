//! Pools of connections that are checked once each.

use diesel::r2d2::{CustomizeConnection, Error, NopConnectionCustomizer};

use crate::backend::AuditConnection;
use crate::check::check;

/// Runs [`check`] once on each connection that a pool opens, so that no audited write meets a
/// database or a session that is unfit.
///
/// Such a connection never enters the pool: building a pool, or taking a connection out of it,
/// then fails with the findings. A customizer of the app's own goes inside, and runs first.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use audit_diesel::CheckOnConnect;
/// use diesel::SqliteConnection;
/// use diesel::connection::SimpleConnection;
/// use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};
///
/// #[derive(Debug)]
/// struct Pragmas;
/// impl CustomizeConnection<SqliteConnection, Error> for Pragmas {
///     fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), Error> {
///         conn.batch_execute("PRAGMA busy_timeout = 5000").map_err(Error::QueryError)
///     }
/// }
///
/// # let file = std::env::temp_dir().join(format!("audit_doc_pool_{}.sqlite", std::process::id()));
/// # let url = file.display().to_string();
/// # let _ = std::fs::remove_file(&file);
/// let manager = ConnectionManager::<SqliteConnection>::new(url);
/// # audit_diesel::migrate(&mut diesel::r2d2::ManageConnection::connect(&manager).unwrap()).unwrap();
/// let pool = Pool::builder()
///     .max_size(4)
///     .connection_customizer(Box::new(CheckOnConnect::after(Pragmas)))
///     .build(manager)
///     .unwrap();
/// # drop(pool); let _ = std::fs::remove_file(&file);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckOnConnect<I = NopConnectionCustomizer> {
    inner: I,
}

impl CheckOnConnect {
    /// Checks, and nothing else.
    pub fn new() -> Self {
        Self {
            inner: NopConnectionCustomizer,
        }
    }
}

impl<I> CheckOnConnect<I> {
    /// Checks what `inner` has made of a connection.
    pub fn after(inner: I) -> Self {
        Self { inner }
    }
}

impl<C, I> CustomizeConnection<C, Error> for CheckOnConnect<I>
where
    C: AuditConnection + 'static,
    I: CustomizeConnection<C, Error>,
{
    fn on_acquire(&self, conn: &mut C) -> Result<(), Error> {
        self.inner.on_acquire(conn)?;
        check(conn).map_err(|error| {
            Error::ConnectionError(diesel::ConnectionError::BadConnection(error.to_string()))
        })
    }

    fn on_release(&self, conn: C) {
        self.inner.on_release(conn);
    }
}
