//! Events off the request path: a bounded queue, and a thread that writes it in batches.

mod attempt;
mod gap;
mod state;
mod told;
mod worker;

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use uuid::Uuid;

use super::Event;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::error::{AuditError, QueueError};

pub use told::{LossCause, LostEvent, ShutdownReport, WriterCounters};

use attempt::{Inline, InlineConnection};
use state::{Limits, OnLoss, Shared};
use worker::Worker;

/// What happens to an event for which the queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The caller waits for room, up to [`BackgroundWriterBuilder::block_timeout`]; then as
    /// [`Overflow::Fail`].
    #[default]
    Block,
    /// The caller gets [`AuditError::NotQueued`] at once.
    Fail,
    /// The caller writes the event itself, on a second connection of the factory's that all callers
    /// share. It then overtakes what is queued.
    WriteInline,
}

/// Writes events off the request path, in batches, on a connection of its own.
///
/// For events alone: the changes of entities are written with the entity, or not at all.
///
/// # What is promised
/// - An event that was queued is written once, in the order of the queue, or counted: as *failed*
///   where the database refuses it and takes others, as *dropped* where a shutdown ran out of time.
///   Lost connections, deadlocks, a database that is away or refuses everything (no room, a
///   standby) are waited for, and the same rows tried again under the same ids; rows of a commit
///   whose answer was lost are looked up before.
/// - `queued = written + failed + dropped + waiting`, in every [`WriterCounters`].
/// - What is lost is told to [`BackgroundWriterBuilder::on_loss`], and once the database answers, the
///   log itself says so: the event `audit.gap` counts the losses of each tenant (events that were
///   refused at the queue's door, failed, dropped) and names the time of the first and the last.
/// - A panic of the factory, of a connection or of the hook ends neither the worker nor what is
///   queued.
///
/// # What is not
/// **What is in memory when the process dies is lost**: killed, aborted, or ended by
/// [`std::process::exit`], which runs no `Drop`. So is the last [`BackgroundWriterBuilder::batch_delay`]
/// of events of a process that is not shut down. An event that must not be lost is written with
/// [`EventBuilder::write`](crate::EventBuilder::write). A connection that hangs for ever holds up the
/// worker: have the factory set timeouts.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::time::Duration;
/// use audit_diesel::prelude::*;
/// use audit_diesel::{BackgroundWriter, Overflow};
/// use diesel::prelude::*;
/// # let file = std::env::temp_dir().join(format!("audit_doc_writer_{}.sqlite", std::process::id()));
/// # let _ = std::fs::remove_file(&file);
/// # let url = file.display().to_string();
/// # let mut conn = SqliteConnection::establish(&url).unwrap();
/// # audit_diesel::migrate(&mut conn).unwrap();
///
/// let writer = BackgroundWriter::builder()
///     .max_rows(10_000)
///     .overflow(Overflow::Block)
///     .on_loss(|lost| eprintln!("event {} ({}) is lost: {}", lost.id(), lost.name(), lost.cause()))
///     .start(move || SqliteConnection::establish(&url))?;
///
/// let ctx = AuditContext::new(Actor::user("u_42")).tenant("acme");
/// AuditLog::event("auth.login.succeeded").queue(&writer, &ctx)?;
///
/// let report = writer.shutdown(Duration::from_secs(10));
/// assert!(report.is_complete());
/// assert_eq!(report.counters.written, 1);
/// # drop(conn); let _ = std::fs::remove_file(&file);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BackgroundWriter {
    shared: Arc<Shared>,
    inline: Option<Arc<dyn Inline>>,
    overflow: Overflow,
    block_timeout: Duration,
    drop_timeout: Duration,
    dialect: Dialect,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for BackgroundWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWriter")
            .field("overflow", &self.overflow)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl BackgroundWriter {
    /// Starts from the defaults.
    pub fn builder() -> BackgroundWriterBuilder {
        BackgroundWriterBuilder::default()
    }

    /// What was done so far; one look at all of them.
    pub fn counters(&self) -> WriterCounters {
        self.shared.counters()
    }

    /// What keeps the writer from writing, where its last attempt failed: for a health check. It
    /// holds no value of an event.
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble()
    }

    /// Waits until all that is queued now is written or counted as lost. False where the time was
    /// not enough; nothing is given up then.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.shared.flush(timeout)
    }

    /// Takes no more events, writes what is queued, and ends the worker. What is not written after
    /// `timeout` is dropped and counted. A second call waits again.
    ///
    /// Not to be called from [`BackgroundWriterBuilder::on_loss`], for whose end it waits.
    pub fn shutdown(&self, timeout: Duration) -> ShutdownReport {
        let report = self.shared.shutdown(timeout);
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        // A worker that is still in a call of the database's is left to itself.
        if let Some(handle) =
            worker.take_if(|_| report.unfinished == 0 && self.shared.is_finished())
        {
            let _ = handle.join();
        }
        report
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn take(&self, event: Event) -> Result<Uuid, AuditError> {
        let id = event.row.id;
        let wait = (self.overflow == Overflow::Block).then_some(self.block_timeout);
        let Err((event, source)) = self.shared.push(event, wait) else {
            return Ok(id);
        };
        let error = match &self.inline {
            Some(inline) if source == QueueError::Full => match inline.write(&event) {
                Ok(()) => {
                    self.shared.wrote_inline();
                    return Ok(id);
                }
                Err(error) => error,
            },
            _ => AuditError::NotQueued { id, source },
        };
        self.shared.refused(&event);
        Err(error)
    }
}

/// [`BackgroundWriter::shutdown`], within [`BackgroundWriterBuilder::drop_timeout`].
impl Drop for BackgroundWriter {
    fn drop(&mut self) {
        let _ = self.shutdown(self.drop_timeout);
    }
}

/// Builds a [`BackgroundWriter`].
#[must_use]
pub struct BackgroundWriterBuilder {
    limits: Limits,
    overflow: Overflow,
    block_timeout: Duration,
    drop_timeout: Duration,
    on_loss: Option<Box<OnLoss>>,
}

impl fmt::Debug for BackgroundWriterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWriterBuilder")
            .field("max_rows", &self.limits.rows)
            .field("max_bytes", &self.limits.bytes)
            .field("overflow", &self.overflow)
            .finish_non_exhaustive()
    }
}

impl Default for BackgroundWriterBuilder {
    fn default() -> Self {
        Self {
            limits: Limits {
                rows: 10_000,
                bytes: 16 << 20,
                batch_rows: 200,
                batch_delay: Duration::from_millis(50),
                back_off: (Duration::from_millis(100), Duration::from_secs(30)),
                gap_interval: Duration::from_secs(10),
            },
            overflow: Overflow::default(),
            block_timeout: Duration::from_secs(5),
            drop_timeout: Duration::from_secs(5),
            on_loss: None,
        }
    }
}

impl BackgroundWriterBuilder {
    /// Sets the most events that wait. Default 10,000.
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.limits.rows = rows;
        self
    }

    /// Sets the most bytes of events that wait, about. Default 16 MiB. One event that is larger
    /// than that is taken when none waits.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets what happens when the queue is full. Default [`Overflow::Block`].
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sets how long [`Overflow::Block`] waits for room. Default 5 s.
    pub fn block_timeout(mut self, timeout: Duration) -> Self {
        self.block_timeout = timeout;
        self
    }

    /// Sets the most events in one transaction. Default 200; at least 1, at most 1,000.
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.limits.batch_rows = rows.clamp(1, 1_000);
        self
    }

    /// Sets how long an event waits for others to be written with. Default 50 ms, at most 1 minute.
    pub fn batch_delay(mut self, delay: Duration) -> Self {
        self.limits.batch_delay = delay.min(Duration::from_secs(60));
        self
    }

    /// Sets how long to wait after a failed attempt: first, and at most, doubling in between.
    /// Default 100 ms and 30 s. At least 1 ms, at most 1 hour.
    pub fn back_off(mut self, first: Duration, most: Duration) -> Self {
        let first = first.clamp(Duration::from_millis(1), Duration::from_secs(3_600));
        self.limits.back_off = (first, most.clamp(first, Duration::from_secs(3_600)));
        self
    }

    /// Sets how long after an `audit.gap` the next one may come, so that a storm of losses does not
    /// become one of rows. Default 10 s, at most 1 hour.
    pub fn gap_interval(mut self, interval: Duration) -> Self {
        self.limits.gap_interval = interval.min(Duration::from_secs(3_600));
        self
    }

    /// Sets how long `Drop` waits for the queue to be written. Default 5 s.
    pub fn drop_timeout(mut self, timeout: Duration) -> Self {
        self.drop_timeout = timeout;
        self
    }

    /// Sets what is told of each event that was queued and is lost: to log it, or to put it aside.
    /// It runs on the worker's thread, or on that of a shutdown. Events that were not taken in the
    /// first place are their callers' errors.
    pub fn on_loss(mut self, hook: impl Fn(&LostEvent<'_>) + Send + Sync + 'static) -> Self {
        self.on_loss = Some(Box::new(hook));
        self
    }

    /// Starts the worker. `factory` makes its connection, again after each that was lost, and with
    /// [`Overflow::WriteInline`] a second one. Its errors are not shown anywhere, since they may
    /// quote the URL: log them in the factory.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start<C, E, F>(self, factory: F) -> std::io::Result<BackgroundWriter>
    where
        C: AuditConnection + Send + 'static,
        F: FnMut() -> Result<C, E> + Send + 'static,
        E: 'static,
    {
        let shared = Arc::new(Shared::new(self.limits, self.on_loss));
        let factory = Arc::new(Mutex::new(factory));
        let inline = InlineConnection {
            conn: Mutex::new(None),
            factory: factory.clone(),
        };
        let worker = Worker::new(shared.clone(), factory);
        let handle = std::thread::Builder::new()
            .name("audit-events".to_owned())
            .spawn(move || worker.run())?;
        Ok(BackgroundWriter {
            shared,
            inline: (self.overflow == Overflow::WriteInline).then(|| Arc::new(inline) as _),
            overflow: self.overflow,
            block_timeout: self.block_timeout,
            drop_timeout: self.drop_timeout,
            dialect: C::Backend::DIALECT,
            worker: Mutex::new(Some(handle)),
        })
    }
}
