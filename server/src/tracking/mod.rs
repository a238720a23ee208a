//! Who called what, how long it took and how it ended: exactly one record a request, whatever happens to it.
//!
//! Two halves share a [`slot::Slot`] a request: the [`layer`] outside sees every HTTP request, also the refused ones,
//! sizes, status and disconnects; the [`handler`] wrapper inside sees method, client, exact start and end, and how the
//! handler ended. Records go through the bounded [`recorder`] to the one writer task. The tracker knows no tool.

pub mod attribution;
pub mod client;
pub mod conversation;
pub mod handler;
pub mod layer;
pub mod recorder;
pub mod sessions;
pub mod slot;
mod verdict;
mod writer;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::{recorder::Recorder, sessions::Sessions};
use crate::{
    clock::{Clock, Ids},
    store::Writer,
};

/// What the halves of the tracker share.
#[derive(Debug)]
pub struct Tracker {
    pub sessions: Sessions,
    pub recorder: Recorder,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    instance: Uuid,
    /// Holds a token for each request that runs.
    calls: TaskTracker,
    stopping: AtomicBool,
}

impl Tracker {
    /// The server stops: what is cut off from now on is not the clients' doing.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits until no request runs any more.
    pub async fn calls_ended(&self) {
        self.calls.close();
        self.calls.wait().await;
    }
}

/// A tracker that runs.
#[derive(Debug)]
pub struct Tracking {
    pub tracker: Arc<Tracker>,
    /// Moves after each commit.
    pub changes: watch::Receiver<u64>,
    /// The writer task; it ends only after [`Self::stop`], with everything written that could be.
    pub writer: JoinHandle<Writer>,
    /// Tells the writer to write what it has and end.
    pub stop: CancellationToken,
}

/// Starts the writer task and gives the tracker that feeds it. `queue_capacity` is in changes.
#[must_use]
pub fn start(
    writer: Writer,
    limits: sessions::Limits,
    queue_capacity: usize,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    instance: Uuid,
) -> Tracking {
    let (recorder, queue) = Recorder::new(queue_capacity);
    let (revision, changes) = watch::channel(0);
    let stop = CancellationToken::new();
    let writer = tokio::spawn(writer::run(writer, queue, recorder.books(), revision, stop.clone()));
    let sessions = Sessions::new(limits, Arc::clone(&clock), Arc::clone(&ids), recorder.clone(), instance);
    let tracker = Tracker {
        sessions,
        recorder,
        clock,
        ids,
        instance,
        calls: TaskTracker::new(),
        stopping: AtomicBool::new(false),
    };
    Tracking { tracker: Arc::new(tracker), changes, writer, stop }
}
