//! Who called what, how long it took and how it ended: exactly one record a request, whatever happens to it.
//!
//! Two halves share a [`slot::Slot`] a request: the [`layer`] outside sees every HTTP request, also the refused ones,
//! sizes, status and disconnects; the [`handler`] wrapper inside sees method, client, exact start and end, and how the
//! handler ended. Records go through the [`recorder`] into the spool, from which the one writer task takes them. The tracker knows no tool.

pub mod attribution;
mod capture;
pub mod client;
mod codec;
pub mod conversation;
mod estimates;
pub mod handler;
pub mod layer;
pub mod legacy;
pub mod parking;
pub mod recorder;
pub mod sessions;
pub mod slot;
mod texts;
mod verdict;
mod writer;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::{estimates::Estimates, recorder::Recorder, sessions::Sessions};
use crate::{
    clock::{Clock, Ids},
    config::Capture,
    spool::{Reader, Spool},
    store::{RetentionPolicy, Writer},
};

/// What the halves of the tracker share.
#[derive(Debug)]
pub struct Tracker {
    pub sessions: Sessions,
    pub recorder: Recorder,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    instance: Uuid,
    capture: Capture,
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
    /// The writer task; it ends only after [`Self::stop`], with everything written that could be.
    pub writer: JoinHandle<Writer>,
    /// Tells the writer to write what it has and end.
    pub stop: CancellationToken,
}

/// What a tracker is made of.
#[derive(Debug)]
pub struct Setup {
    pub writer: Writer,
    pub spool: Spool,
    pub reader: Reader,
    /// Moves after each commit.
    pub changes: watch::Sender<u64>,
    pub limits: sessions::Limits,
    pub retention: RetentionPolicy,
    pub capture: Capture,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<Ids>,
    pub instance: Uuid,
}

/// Starts the writer task, which first writes what it finds in the spool, and gives the tracker that feeds it.
///
/// # Errors
/// The spool cannot be read.
pub fn start(setup: Setup) -> io::Result<Tracking> {
    let Setup { writer, spool, reader, changes, limits, retention, capture, clock, ids, instance } = setup;
    let found = reader.count()?;
    // One more: the closing of sessions that were left open, which comes after what was found.
    let recorder = Recorder::new(spool, found + 1, Arc::clone(&clock));
    let is_shared = writer.is_shared();
    let stop = CancellationToken::new();
    let task = writer::Task {
        writer,
        spool: reader,
        estimates: Estimates::new(recorder.books()),
        books: recorder.books(),
        found,
        instance,
        policy: retention,
        clock: Arc::clone(&clock),
        changes,
        stop: stop.clone(),
    };
    let writer = tokio::spawn(task.run());
    let sessions = Sessions::new(limits, Arc::clone(&clock), Arc::clone(&ids), recorder.clone(), instance, is_shared);
    let tracker = Tracker {
        sessions,
        recorder,
        clock,
        ids,
        instance,
        capture,
        calls: TaskTracker::new(),
        stopping: AtomicBool::new(false),
    };
    Ok(Tracking { tracker: Arc::new(tracker), writer, stop })
}
