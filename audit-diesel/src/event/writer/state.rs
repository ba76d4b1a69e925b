//! What the writer's threads share: the queue, its counters, and who waits for what. Counters change
//! under the same lock as the queue, so they add up at every moment.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::gap::{Gap, Gaps, Way};
use super::told::{LossCause, LostEvent, ShutdownReport, WriterCounters};
use crate::error::QueueError;
use crate::event::Event;

/// Most bytes in one batch: well under MariaDB's default `max_allowed_packet` of 16 MB.
const BATCH_BYTES: usize = 4 << 20;

pub(super) struct Limits {
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) batch_rows: usize,
    pub(super) batch_delay: Duration,
    pub(super) back_off: (Duration, Duration),
    pub(super) gap_interval: Duration,
}

pub(super) type OnLoss = dyn Fn(&LostEvent<'_>) + Send + Sync;

pub(super) struct Shared {
    state: Mutex<State>,
    /// For the worker: something to do.
    work: Condvar,
    /// For everybody else: room in the queue, rows dealt with, the end.
    news: Condvar,
    pub(super) limits: Limits,
    on_loss: Option<Box<OnLoss>>,
}

#[derive(Default)]
struct State {
    /// The first `in_flight` are with the database; they leave when it is known what became of
    /// them.
    queue: VecDeque<Waiting>,
    in_flight: usize,
    bytes: usize,
    counters: WriterCounters,
    gaps: Gaps,
    /// Callers that wait for the queue to be dealt with.
    hurry: usize,
    trouble: Option<String>,
    closed: bool,
    /// The time for the shutdown is over.
    abandoned: bool,
    finished: bool,
}

struct Waiting {
    event: Arc<Event>,
    bytes: usize,
    since: Instant,
}

/// What the worker is to do next.
pub(super) enum Next {
    Batch(Vec<Arc<Event>>),
    /// Tell of losses.
    Gaps,
    End,
}

impl State {
    fn has_room(&self, bytes: usize, limits: &Limits) -> bool {
        // One event larger than the whole queue may be must not wait for ever.
        self.queue.is_empty()
            || (self.queue.len() < limits.rows && self.bytes.saturating_add(bytes) <= limits.bytes)
    }

    /// There is enough for a batch, or no room for more.
    fn is_batch(&self, limits: &Limits) -> bool {
        self.queue.len() >= limits.batch_rows.min(limits.rows)
            || self.bytes >= limits.bytes.min(BATCH_BYTES)
    }

    fn pop(&mut self) -> Option<Arc<Event>> {
        let waiting = self.queue.pop_front()?;
        self.bytes -= waiting.bytes;
        self.in_flight = self.in_flight.saturating_sub(1);
        Some(waiting.event)
    }

    /// Gives up the rows behind the first `keep`.
    fn drop_behind(&mut self, keep: usize) -> Vec<Arc<Event>> {
        let dropped = self.queue.split_off(keep.min(self.queue.len()));
        let dropped: Vec<_> = dropped
            .into_iter()
            .map(|waiting| {
                self.bytes -= waiting.bytes;
                self.gaps.lost(&waiting.event, Way::Dropped);
                waiting.event
            })
            .collect();
        self.counters.dropped += dropped.len() as u64;
        dropped
    }
}

impl Shared {
    pub(super) fn new(limits: Limits, on_loss: Option<Box<OnLoss>>) -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            news: Condvar::new(),
            limits,
            on_loss,
        }
    }

    /// No code of the app's runs under the lock, and each change of the state is whole before
    /// anything can panic: a poisoned lock guards nothing that is half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // For those who queue.

    /// Takes an event, waiting for room as long as `wait` says.
    pub(super) fn push(
        &self,
        event: Event,
        wait: Option<Duration>,
    ) -> Result<(), (Arc<Event>, QueueError)> {
        let (bytes, event) = (event.bytes(), Arc::new(event));
        let until = wait.map(|wait| Instant::now().checked_add(wait));
        let mut state = self.lock();
        loop {
            if state.closed {
                return Err((event, QueueError::Closed));
            }
            if state.has_room(bytes, &self.limits) {
                break;
            }
            state = match until {
                None => return Err((event, QueueError::Full)),
                Some(None) => self
                    .news
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Some(until)) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err((event, QueueError::Full));
                    }
                    self.wait(&self.news, state, left)
                }
            };
        }
        state.queue.push_back(Waiting {
            event,
            bytes,
            since: Instant::now(),
        });
        state.bytes += bytes;
        state.counters.queued += 1;
        // It sleeps until there is a first event, and again until there is a batch.
        let wake = state.queue.len() == 1 || state.is_batch(&self.limits);
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(())
    }

    fn wait<'s>(
        &self,
        on: &Condvar,
        state: MutexGuard<'s, State>,
        time: Duration,
    ) -> MutexGuard<'s, State> {
        on.wait_timeout(state, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    pub(super) fn refused(&self, event: &Event) {
        let mut state = self.lock();
        state.counters.refused += 1;
        state.gaps.lost(event, Way::Refused);
        drop(state);
        self.work.notify_one();
    }

    pub(super) fn wrote_inline(&self) {
        self.lock().counters.inline += 1;
    }

    pub(super) fn counters(&self) -> WriterCounters {
        let state = self.lock();
        WriterCounters {
            waiting: state.queue.len() as u64,
            waiting_bytes: state.bytes as u64,
            ..state.counters
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.lock().finished
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Waits until all that is in the queue now has been dealt with.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        let wanted = state.counters.queued;
        let until = Instant::now().checked_add(timeout);
        state.hurry += 1;
        self.work.notify_one();
        let done = |c: &WriterCounters| c.written + c.failed + c.dropped >= wanted;
        while !done(&state.counters) && !state.finished {
            let left = until.map_or(timeout, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                break;
            }
            state = self.wait(&self.news, state, left);
        }
        state.hurry -= 1;
        done(&state.counters)
    }

    /// Takes no more events, and waits until the queue is empty or the time is over; gives up what
    /// is then left.
    pub(super) fn shutdown(&self, timeout: Duration) -> ShutdownReport {
        let mut state = self.lock();
        state.closed = true;
        let dropped_before = state.counters.dropped;
        self.work.notify_all();
        self.news.notify_all();
        let until = Instant::now().checked_add(timeout);
        while !state.finished {
            let left = until.map_or(timeout, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                break;
            }
            state = self.wait(&self.news, state, left);
        }
        let mut lost = Vec::new();
        if !state.finished {
            state.abandoned = true;
            let in_flight = state.in_flight;
            lost = state.drop_behind(in_flight);
            self.work.notify_all();
        }
        let report = ShutdownReport {
            dropped: state.counters.dropped - dropped_before,
            unfinished: state.queue.len() as u64,
            counters: WriterCounters {
                waiting: state.queue.len() as u64,
                waiting_bytes: state.bytes as u64,
                ..state.counters
            },
        };
        drop(state);
        self.news.notify_all();
        self.tell_lost(&lost, &LossCause::ShutDown);
        report
    }

    // For the worker.

    /// Waits for something to do. `untold` says that the worker itself has losses to tell of.
    pub(super) fn next(&self, untold: bool, gap_due: Instant) -> Next {
        let mut state = self.lock();
        loop {
            let gaps = untold || !state.gaps.is_empty();
            let now = Instant::now();
            if state.abandoned || (state.closed && state.queue.is_empty() && !gaps) {
                return Next::End;
            }
            if gaps && (now >= gap_due || (state.closed && state.queue.is_empty())) {
                return Next::Gaps;
            }
            let mut sleep = gaps.then(|| gap_due - now);
            if let Some(first) = state.queue.front() {
                let due = first.since + self.limits.batch_delay;
                if state.is_batch(&self.limits) || state.closed || state.hurry > 0 || now >= due {
                    return Next::Batch(self.batch(&mut state));
                }
                sleep = Some(sleep.map_or(due - now, |sleep| sleep.min(due - now)));
            }
            state = match sleep {
                Some(time) => self.wait(&self.work, state, time),
                None => self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn batch(&self, state: &mut State) -> Vec<Arc<Event>> {
        let mut bytes = 0;
        let batch: Vec<_> = state
            .queue
            .iter()
            .take(self.limits.batch_rows)
            .enumerate()
            .take_while(|(place, waiting)| {
                bytes += waiting.bytes;
                *place == 0 || bytes <= BATCH_BYTES
            })
            .map(|(_, waiting)| waiting.event.clone())
            .collect();
        state.in_flight = batch.len();
        batch
    }

    pub(super) fn retrying(&self) {
        self.lock().counters.retried += 1;
    }

    /// The first `rows` are in the log.
    pub(super) fn written(&self, rows: usize) {
        let mut state = self.lock();
        for _ in 0..rows {
            state.pop();
        }
        state.counters.written += rows as u64;
        state.trouble = None;
        drop(state);
        self.news.notify_all();
    }

    /// The first one is refused by a database that takes others.
    pub(super) fn failed(&self, cause: &LossCause) {
        let mut state = self.lock();
        let event = state.pop();
        if let Some(event) = &event {
            state.counters.failed += 1;
            state.gaps.lost(event, Way::Failed);
        }
        drop(state);
        self.news.notify_all();
        self.tell_lost(event.as_slice(), cause);
    }

    /// No row is with the database any more: what is left of the batch waits for another attempt.
    /// Once the time for the shutdown is over there is none.
    pub(super) fn landed(&self, trouble: Option<String>) {
        let mut state = self.lock();
        state.in_flight = 0;
        if trouble.is_some() {
            state.trouble = trouble;
        }
        let lost = if state.abandoned {
            state.drop_behind(0)
        } else {
            Vec::new()
        };
        drop(state);
        self.news.notify_all();
        self.tell_lost(&lost, &LossCause::ShutDown);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// Sleeps between two attempts; less where a shutdown has begun, not at all once its time is
    /// over.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.lock();
        let mut hurried = false;
        while !state.abandoned {
            let mut left = until.saturating_duration_since(Instant::now());
            if state.closed {
                if hurried {
                    return;
                }
                hurried = true;
                left = left.min(self.limits.back_off.0);
            }
            if left.is_zero() {
                return;
            }
            state = self.wait(&self.work, state, left);
        }
    }

    pub(super) fn take_gaps(&self) -> Vec<(Option<String>, Gap)> {
        self.lock().gaps.take()
    }

    pub(super) fn add_gap(&self, tenant: Option<String>, gap: &Gap) {
        self.lock().gaps.add(tenant, gap);
    }

    pub(super) fn told_gap(&self) {
        let mut state = self.lock();
        state.counters.gaps += 1;
        state.trouble = None;
    }

    pub(super) fn finish(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.in_flight = 0;
        let lost = state.drop_behind(0);
        state.finished = true;
        drop(state);
        self.news.notify_all();
        self.tell_lost(&lost, &LossCause::ShutDown);
    }

    fn tell_lost(&self, events: &[Arc<Event>], cause: &LossCause) {
        let Some(on_loss) = &self.on_loss else {
            return;
        };
        for event in events {
            let lost = LostEvent { event, cause };
            // A hook that panics must not end the worker, nor keep the others from being told.
            let _ = catch_unwind(AssertUnwindSafe(|| on_loss(&lost)));
        }
    }
}
