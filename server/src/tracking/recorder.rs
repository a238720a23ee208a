//! Takes what is to be written, and its books.
//!
//! A change is in the spool when [`Recorder::record`] returns. It never waits for the database: the writer task reads the
//! spool in its own time, and what the spool cannot take is lost, counted and shown.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tracon_app::reports::RecorderHealth;
use uuid::Uuid;

use super::{codec, texts::Texts, writer::BATCH};
use crate::{clock::Clock, spool::Spool, store::Change};

thread_local! {
    /// Where a record becomes bytes: one a thread saves an allocation a call.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The end of the spool that the calls see. Clones share it.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Books>);

/// How many changes there were, and where they are.
#[derive(Debug)]
pub(super) struct Books {
    spool: Spool,
    clock: Arc<dyn Clock>,
    /// Changes before the first that is recorded: those found in the spool at the start, and what the writer makes by itself.
    found: u64,
    /// How many changes wait no more, with those: they are written, or refused. Every call asks, so that it is no lock.
    settled: AtomicU64,
    /// Moves after it did, for those who wait.
    settled_moved: watch::Sender<()>,
    written: AtomicU64,
    lost: AtomicU64,
    refused: AtomicU64,
    damaged_bytes: AtomicU64,
    spool_failing: AtomicBool,
    commits: watch::Sender<Commits>,
    texts: Texts,
    /// Wakes the writer.
    wake: Notify,
    /// The writer has nothing to do and wants to be woken by the next change.
    asleep: AtomicBool,
    /// Somebody waits: the writer is not to gather a larger batch first.
    hurry: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Commits {
    last: Option<DateTime<Utc>>,
    failing_since: Option<DateTime<Utc>>,
}

impl Recorder {
    /// `found`: changes that are in the spool already, or that the writer makes by itself at its start.
    pub(super) fn new(spool: Spool, found: u64, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Books {
            spool,
            clock,
            found,
            settled: AtomicU64::new(0),
            settled_moved: watch::Sender::default(),
            written: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            damaged_bytes: AtomicU64::new(0),
            spool_failing: AtomicBool::new(false),
            commits: watch::Sender::default(),
            texts: Texts::default(),
            wake: Notify::new(),
            asleep: AtomicBool::new(false),
            hurry: AtomicBool::new(false),
        }))
    }

    /// Puts a change into the spool. Gives its position, which [is settled](Self::is_settled) once it is written; `None` when
    /// it is lost.
    pub fn record(&self, change: &Change) -> Option<u64> {
        let books = &self.0;
        let appended =
            SCRATCH.with_borrow_mut(|scratch| books.spool.append(scratch, |bytes| codec::encode(change, bytes)));
        match appended {
            Ok(number) => {
                if books.spool_failing.load(Ordering::Relaxed) {
                    books.spool_failing.store(false, Ordering::Relaxed);
                }
                let position = books.found + number;
                if (books.asleep.load(Ordering::SeqCst) && books.asleep.swap(false, Ordering::SeqCst))
                    || position.saturating_sub(books.settled()) == BATCH as u64
                {
                    books.wake.notify_one();
                }
                Some(position)
            }
            Err(error) => {
                books.spool_failing.store(true, Ordering::Relaxed);
                if !change.is_record() {
                    return None;
                }
                books.lost(&error);
                None
            }
        }
    }

    /// Keeps the frame that answers a request until its record is written, for the estimate of its tokens. `defines`: it is a list of
    /// tools.
    pub(super) fn keep_text(&self, id: Uuid, frame: &Bytes, defines: bool) {
        self.0.texts.offer(id, frame, defines);
    }

    /// The state right now.
    #[must_use]
    pub fn health(&self) -> RecorderHealth {
        let books = &self.0;
        let commits = *books.commits.borrow();
        RecorderHealth {
            written: books.written.load(Ordering::Acquire),
            waiting: books.waiting(),
            lost: books.lost.load(Ordering::Acquire),
            refused: books.refused.load(Ordering::Acquire),
            damaged_bytes: books.damaged_bytes.load(Ordering::Acquire),
            spool_bytes: books.spool.bytes(),
            spool_quota_bytes: books.spool.quota(),
            last_commit: commits.last,
            failing_since: commits.failing_since,
            spool_failing: books.spool_failing.load(Ordering::Relaxed),
        }
    }

    /// Whether what was recorded at this position is in the database, or was refused by it.
    #[must_use]
    pub fn is_settled(&self, position: u64) -> bool {
        self.0.settled() >= position
    }

    /// Waits until everything recorded so far is in the database, or was refused by it; for ever when the writer has ended
    /// before. For tests and benches.
    pub async fn settled(&self) {
        let books = &self.0;
        let position = books.position();
        books.hurry.store(true, Ordering::Release);
        books.wake.notify_one();
        // No error: the sender is in these books.
        let _ = books.settled_moved.subscribe().wait_for(|()| books.settled() >= position).await;
    }

    /// Whether the database takes nothing right now.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.0.commits.borrow().failing_since.is_some()
    }

    /// Waits until what was recorded at this position is in the database, or was refused by it; not for long, and not at all while
    /// the database takes nothing.
    pub(super) async fn settled_soon(&self, position: u64) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let books = &self.0;
        if self.is_failing() {
            return;
        }
        books.hurry.store(true, Ordering::Release);
        books.wake.notify_one();
        let mut moved = books.settled_moved.subscribe();
        let _ = tokio::time::timeout(PATIENCE, moved.wait_for(|()| books.settled() >= position)).await;
    }

    /// Waits until the database does not take what it is given.
    pub async fn failing(&self) {
        let _ = self.0.commits.subscribe().wait_for(|commits| commits.failing_since.is_some()).await;
    }

    pub(super) fn books(&self) -> Arc<Books> {
        Arc::clone(&self.0)
    }
}

impl Books {
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    pub(super) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Acquire)
    }

    pub(super) fn waiting(&self) -> u64 {
        self.position().saturating_sub(self.settled())
    }

    /// Of the latest change that was recorded.
    fn position(&self) -> u64 {
        self.found + self.spool.appended()
    }

    /// Returns at once after a change that came since [`Self::will_sleep`].
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// From now on the next change wakes the writer; it must look once more before it sleeps.
    pub(super) fn will_sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_awake(&self) {
        self.asleep.store(false, Ordering::Release);
    }

    /// Whether somebody waits; asked once.
    pub(super) fn hurries(&self) -> bool {
        self.hurry.swap(false, Ordering::AcqRel)
    }

    pub(super) fn written(&self, changes: u64) {
        self.written.fetch_add(changes, Ordering::AcqRel);
        self.commits.send_replace(Commits { last: Some(self.clock.now()), failing_since: None });
    }

    /// One record is nowhere.
    pub(super) fn lost(&self, error: &dyn std::error::Error) {
        let lost = self.lost.fetch_add(1, Ordering::AcqRel) + 1;
        // Each doubling once: the log must not become the next thing that is full.
        if lost.is_power_of_two() {
            tracing::error!(lost, %error, "records are being lost");
        }
    }

    pub(super) fn refused(&self, changes: u64) {
        self.refused.fetch_add(changes, Ordering::AcqRel);
    }

    /// So many bytes of the spool were no record, in all.
    pub(super) fn damaged(&self, bytes: u64) {
        self.damaged_bytes.store(bytes, Ordering::Release);
    }

    /// These wait no more.
    pub(super) fn settle(&self, changes: u64) {
        self.settled.fetch_add(changes, Ordering::AcqRel);
        self.settled_moved.send_replace(());
    }

    /// The database did not take what it was given. Gives since when.
    pub(super) fn failed(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        let mut since = now;
        self.commits.send_modify(|commits| since = *commits.failing_since.get_or_insert(now));
        since
    }
}
