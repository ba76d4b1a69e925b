//! Why an event was not queued.

use core::fmt;

/// Why a background writer did not take an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueError {
    /// The queue has no room.
    Full,
    /// The writer is being shut down.
    Closed,
    /// The queue has no room, and the factory gave no connection to write it at once.
    NoConnection,
    /// The queue has no room, and writing it at once panicked.
    Panicked,
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => {
                "the background writer's queue is full: the database is away or too slow, see \
                 `BackgroundWriter::trouble`"
            }
            Self::Closed => "the background writer is shut down: write the event directly",
            Self::NoConnection => "the background writer's factory gave no connection",
            Self::Panicked => "writing it on the caller's thread panicked",
        })
    }
}

impl std::error::Error for QueueError {}
