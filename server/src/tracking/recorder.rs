//! The bounded queue between the calls and the writer, and its books.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{mpsc, watch};

use crate::store::Change;

/// Takes what is to be written. Never waits: what does not fit is dropped, counted and shown.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Change>,
    books: Arc<Books>,
}

/// How many changes there were, and where they are.
#[derive(Debug)]
pub(super) struct Books {
    accepted: AtomicU64,
    settled: watch::Sender<u64>,
    lost: AtomicU64,
    failing: std::sync::atomic::AtomicBool,
}

/// The recorder's state, for the health of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecorderState {
    /// Changes that wait for the database.
    pub waiting: u64,
    /// Changes that were dropped because the queue was full, or that could not be written before the server stopped.
    pub lost: u64,
    /// The last attempt to write failed; it is being repeated.
    pub failing: bool,
}

impl Recorder {
    /// A recorder and the queue's other end. `capacity` is in changes: a larger one rides out a longer stall of the
    /// database, and costs about 1 KiB of memory each.
    pub(super) fn new(capacity: usize) -> (Self, mpsc::Receiver<Change>) {
        let (queue, receiver) = mpsc::channel(capacity);
        let books = Books {
            accepted: AtomicU64::new(0),
            settled: watch::Sender::new(0),
            lost: AtomicU64::new(0),
            failing: false.into(),
        };
        (Self { queue, books: Arc::new(books) }, receiver)
    }

    /// Hands a change to the writer.
    pub fn record(&self, change: Change) {
        // Counted before it is sent: the writer may be done with it before this thread goes on.
        self.books.accepted.fetch_add(1, Ordering::Release);
        if self.queue.try_send(change).is_err() {
            let lost = self.books.lose(1);
            // Each doubling once: the log must not become the next thing that is full.
            if lost.is_power_of_two() {
                tracing::error!(lost, "the database is behind and the queue is full: records are being lost");
            }
        }
    }

    /// The state right now.
    #[must_use]
    pub fn state(&self) -> RecorderState {
        let settled = *self.books.settled.borrow();
        RecorderState {
            waiting: self.books.accepted.load(Ordering::Acquire).saturating_sub(settled),
            lost: self.books.lost.load(Ordering::Acquire),
            failing: self.books.failing.load(Ordering::Acquire),
        }
    }

    /// Waits until everything recorded so far is in the database (or counted as lost).
    pub async fn settled(&self) {
        let accepted = self.books.accepted.load(Ordering::Acquire);
        // An error means that the writer is gone: nothing more will come.
        let _ = self.books.settled.subscribe().wait_for(|settled| *settled >= accepted).await;
    }

    pub(super) fn books(&self) -> Arc<Books> {
        Arc::clone(&self.books)
    }
}

impl Books {
    pub(super) fn written(&self, changes: u64) {
        self.failing.store(false, Ordering::Release);
        self.settled.send_modify(|settled| *settled += changes);
    }

    /// Gives how many are lost now.
    pub(super) fn lose(&self, changes: u64) -> u64 {
        let lost = self.lost.fetch_add(changes, Ordering::AcqRel) + changes;
        self.settled.send_modify(|settled| *settled += changes);
        lost
    }

    pub(super) fn failed(&self) {
        self.failing.store(true, Ordering::Release);
    }
}
