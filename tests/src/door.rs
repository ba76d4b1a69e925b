//! A background writer whose worker gets no connection, so that its queue stays full and its callers
//! write: without locks and without waiting for a thread to get there in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{ThreadId, current, sleep};
use std::time::Duration;

/// Shut for the worker until [`Self::open`], open for the callers always.
#[derive(Clone, Default)]
pub struct Door {
    open: Arc<AtomicBool>,
    knocks: Arc<AtomicUsize>,
}

impl Door {
    /// The factory of a writer: `make` behind this door. The first to call it must be the worker.
    pub fn guard<C, F: FnMut() -> C + Send>(
        &self,
        mut make: F,
    ) -> impl FnMut() -> Result<C, &'static str> + Send + use<C, F> {
        let door = self.clone();
        let mut worker: Option<ThreadId> = None;
        move || {
            let this = current().id();
            let is_worker = *worker.get_or_insert(this) == this;
            door.knocks.fetch_add(1, Ordering::SeqCst);
            if is_worker && !door.open.load(Ordering::SeqCst) {
                return Err("shut");
            }
            Ok(make())
        }
    }

    /// Waits until the worker has called the factory.
    pub fn wait_for_worker(&self) {
        while self.knocks.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(1));
        }
    }

    /// Lets the worker in.
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}
