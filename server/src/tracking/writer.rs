//! The one task that writes: batches from the spool, a transaction each, and between them what keeps the database small.

use std::{ops::Range, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{codec, estimates::Estimates, recorder::Books};
use crate::{
    clock::Clock,
    spool::Reader,
    store::{Change, RetentionPolicy, StoreError, Writer},
};

/// No more changes a transaction: as many as a server of two cores takes in while a batch is gathered.
pub(super) const BATCH: usize = 4_000;
/// As many as a step of deleting takes away, while there is more of that to do: what waits in the spool, as after an outage, must not
/// come into a database that is past its quota faster than the oldest goes.
const BATCH_BESIDE_DELETING: usize = 250;
/// Records with what was captured of them are larger: no more than this a transaction, bytes.
const BATCH_BYTES: usize = 8 << 20;
/// How long a batch that is not full is gathered: a transaction has its own cost, and a page is not looked at more often.
const GATHER: Duration = Duration::from_millis(100);
/// A server that records more than this a second is busy.
const BUSY: f64 = 3_000.0;
/// How long a batch of a busy server is gathered. Each of its sessions moves once a batch, with a page of the index that lists
/// its requests: the fewer batches, the less.
const GATHER_BUSY: Duration = Duration::from_millis(300);
/// Waits between attempts while the database fails: doubled each time up to the last, and of that between a half and all, by lot, so
/// that servers whose database went away together do not come back to it together.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// How long what still waits is tried to be written once the server stops; what then waits is in the spool at the next
/// start.
const DRAIN: Duration = Duration::from_secs(10);
/// How often it is looked for what is too old or too much.
const HOUSEKEEPING: TimeDelta = TimeDelta::minutes(1);
/// How often the clock is asked whether it is time for that.
const TICK: Duration = Duration::from_secs(5);
/// Where records go that the database refuses, a line each.
const REFUSED: &str = "refused.jsonl";

/// What the writer task works with.
#[derive(Debug)]
pub(super) struct Task {
    pub writer: Writer,
    pub spool: Reader,
    pub books: Arc<Books>,
    pub estimates: Estimates,
    /// How many records were in the spool at the start: once they are written, the sessions that another process left open
    /// are closed.
    pub found: u64,
    pub instance: Uuid,
    pub policy: RetentionPolicy,
    pub clock: Arc<dyn Clock>,
    /// Moves after each commit.
    pub changes: watch::Sender<u64>,
    pub stop: CancellationToken,
}

/// The server stops, and the database has taken nothing for too long.
struct Stopped;

impl Task {
    /// Writes until `stop` is cancelled and the spool is empty; then gives the writer back.
    ///
    /// A batch that fails is repeated, with growing pauses, while the spool fills behind it.
    pub async fn run(mut self) -> Writer {
        self.writer.announce(self.instance);
        let mut batch = Batch::default();
        let mut pace = Pace::default();
        // Starts with the first attempt that fails after `stop`.
        let mut deadline = None;
        let mut retry = Retry::default();
        let mut is_closed = self.found == 0 && self.close_left_open(&mut deadline).await;
        let mut kept_at: Option<DateTime<Utc>> = None;
        let mut has_more_to_delete = false;
        loop {
            if !has_more_to_delete {
                // More of what did not fit into the last one may wait already.
                let gather = if batch.is_full { Duration::ZERO } else { pace.gather() };
                self.wait(gather).await;
            }
            // What another process left open is closed behind what it recorded, and before anything else.
            let most = if is_closed { BATCH as u64 } else { self.found.saturating_sub(self.books.settled()) };
            let fits = if has_more_to_delete { BATCH_BESIDE_DELETING } else { BATCH };
            match batch.read(&mut self.spool, usize::try_from(most).unwrap_or(BATCH).min(fits)) {
                Ok(()) => {}
                Err(error) => {
                    self.books.failed();
                    tracing::error!(%error, "the spool cannot be read; it will be tried again");
                    if retry.pause(&self.stop, &mut deadline).await.is_err() {
                        return self.writer;
                    }
                    continue;
                }
            }
            pace.read(batch.taken);
            if batch.taken == 0 {
                self.spool.commit();
                if self.stop.is_cancelled() {
                    return self.writer;
                }
            } else {
                (self, batch) = self.estimate(batch).await;
                let Ok(is_changed) = self.write(&batch, &mut deadline).await else {
                    let waiting = self.books.waiting();
                    tracing::warn!(waiting, "the server stops; what waits is written at the next start");
                    return self.writer;
                };
                self.settle(&batch, is_changed);
            }
            if !is_closed && self.books.settled() >= self.found {
                is_closed = self.close_left_open(&mut deadline).await;
            }
            // What waits is written first when the server stops: the next one keeps house.
            has_more_to_delete = !self.stop.is_cancelled() && self.keep_house(&mut kept_at).await;
        }
    }

    /// Sleeps until there is something to do, and a little longer, so that it becomes a batch.
    async fn wait(&mut self, gather: Duration) {
        self.books.will_sleep();
        if self.books.waiting() == 0 {
            tokio::select! {
                () = self.books.woken() => {}
                () = self.stop.cancelled() => {}
                () = sleep(TICK) => {}
            }
        }
        self.books.is_awake();
        let _ = timeout(gather, self.is_gathered()).await;
    }

    /// Waits until the batch is full, somebody waits for it, or the server stops. Asks again each time that it is woken: that may
    /// have been meant for the batch before.
    async fn is_gathered(&self) {
        while self.books.waiting() < BATCH as u64 && !self.books.hurries() && !self.stop.is_cancelled() {
            tokio::select! {
                () = self.books.woken() => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Estimates tokens, on a thread for that: to load the vocabulary and to count what has gathered while nothing was called takes
    /// tenths of a second, and whoever is called meanwhile would wait for the thread.
    async fn estimate(mut self, mut batch: Batch) -> (Self, Batch) {
        let estimating = tokio::task::spawn_blocking(move || {
            self.estimates.add_to(&mut batch.changes);
            (self, batch)
        });
        match estimating.await {
            Ok(done) => done,
            // It panicked, or the runtime ends. So does the writer, which stops the server; what was read is still in the spool.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => panic!("{error}"),
            },
        }
    }

    fn settle(&mut self, batch: &Batch, is_changed: bool) {
        self.spool.commit();
        self.books.damaged(self.spool.damaged_bytes());
        self.books.settle(batch.taken);
        if is_changed {
            self.changes.send_modify(|revision| *revision += 1);
        }
    }

    /// Writes a batch, whole, except for what the database refuses for what it is: that is set aside, alone. Gives whether some
    /// page shows something else now.
    async fn write(&mut self, batch: &Batch, deadline: &mut Option<Instant>) -> Result<bool, Stopped> {
        for record in &batch.unknown {
            tracing::error!("a record of the spool is of another version: it is set aside");
            self.set_aside("unknown.bin", record);
        }
        let whole: Range<usize> = 0..batch.changes.len();
        let mut parts = Vec::from([whole]);
        let mut retry = Retry::default();
        let mut is_changed = !batch.unknown.is_empty();
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.writer.apply(&batch.changes[part.clone()]).await {
                Ok(applied) => {
                    is_changed |= applied.changed;
                    let records = batch.changes[part].iter().filter(|change| change.is_record());
                    self.books.written(records.count() as u64);
                }
                Err(error) if error.is_transient() => {
                    let since = self.books.failed();
                    tracing::error!(%error, %since, changes = part.len(), "the database did not take a batch; it will be repeated");
                    // It may have been committed, and only the answer be lost.
                    is_changed = true;
                    retry.pause(&self.stop, deadline).await?;
                    parts.push(part);
                }
                Err(error) if part.len() == 1 => {
                    is_changed = true;
                    self.refuse(&batch.changes[part.start], &error);
                }
                Err(_) => {
                    let middle = part.start + part.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                }
            }
        }
        Ok(is_changed)
    }

    fn refuse(&self, change: &Change, error: &StoreError) {
        tracing::error!(%error, "the database refuses a record: it is set aside");
        if !change.is_record() {
            return;
        }
        let mut line = serde_json::to_vec(change).unwrap_or_default();
        line.push(b'\n');
        self.set_aside(REFUSED, &line);
    }

    /// Keeps a record beside the spool. Where it cannot be kept, it is lost.
    fn set_aside(&self, name: &str, record: &[u8]) {
        match self.spool.set_aside(name, record) {
            Ok(()) => self.books.refused(1),
            Err(error) => self.books.lost(&error),
        }
    }

    /// Closes what another process left open, once all that it recorded is there. Gives whether that is done.
    async fn close_left_open(&mut self, deadline: &mut Option<Instant>) -> bool {
        let mut retry = Retry::default();
        loop {
            match self.writer.close_left_open(self.instance).await {
                Ok(0) => break,
                Ok(_) => {
                    self.changes.send_modify(|revision| *revision += 1);
                    break;
                }
                // It will not be otherwise the next time, and what waits behind it must be written.
                Err(error) if !error.is_transient() => {
                    tracing::error!(%error, "sessions that were left open cannot be closed; they stay open");
                    break;
                }
                Err(error) => {
                    self.books.failed();
                    tracing::error!(%error, "sessions that were left open could not be closed; it will be repeated");
                    if retry.pause(&self.stop, deadline).await.is_err() {
                        return false;
                    }
                }
            }
        }
        // It stands in the books as one change, so that whoever waits for all waits for this too.
        self.books.settle(1);
        true
    }

    /// One small step, when it is time: what waits to be written goes before the next. Gives whether there is one.
    async fn keep_house(&mut self, kept_at: &mut Option<DateTime<Utc>>) -> bool {
        let now = self.clock.now();
        if kept_at.is_some_and(|at| (at..at + HOUSEKEEPING).contains(&now)) {
            return false;
        }
        match self.writer.retain(&self.policy, now).await {
            Ok(retained) if retained.more => return true,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "what is too old could not be deleted; it will be tried again"),
        }
        *kept_at = Some(now);
        false
    }
}

/// What is written at once.
#[derive(Debug, Default)]
struct Batch {
    changes: Vec<Change>,
    /// Whole records that this version does not understand.
    unknown: Vec<Vec<u8>>,
    taken: u64,
    /// There may be more.
    is_full: bool,
}

impl Batch {
    fn read(&mut self, spool: &mut Reader, most: usize) -> std::io::Result<()> {
        let Self { changes, unknown, .. } = self;
        changes.clear();
        unknown.clear();
        let mut size = 0;
        let read = spool.take(most, BATCH_BYTES, |bytes| {
            size += bytes.len();
            match codec::decode(bytes) {
                Some(change) => changes.push(change),
                None => unknown.push(bytes.to_vec()),
            }
        });
        let taken = changes.len() + unknown.len();
        self.is_full = taken > 0 && (taken >= most || size >= BATCH_BYTES);
        self.taken = taken as u64;
        // What was read before an error is written first; it comes again.
        if self.taken > 0 { Ok(()) } else { read }
    }
}

/// How fast the server records.
#[derive(Debug)]
struct Pace {
    /// When a batch was read last.
    at: Instant,
    is_busy: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at: Instant::now(), is_busy: false }
    }
}

impl Pace {
    /// So many changes came since the last batch was read.
    fn read(&mut self, changes: u64) {
        let now = Instant::now();
        let passed = now.duration_since(std::mem::replace(&mut self.at, now));
        // A few at once are no pace.
        self.is_busy = changes as f64 > BUSY * passed.max(GATHER).as_secs_f64();
    }

    /// How long the next batch is gathered.
    fn gather(&self) -> Duration {
        if self.is_busy { GATHER_BUSY } else { GATHER }
    }
}

/// Growing pauses between attempts.
#[derive(Debug)]
struct Retry(Duration);

impl Default for Retry {
    fn default() -> Self {
        Self(FIRST_RETRY)
    }
}

impl Retry {
    async fn pause(&mut self, stop: &CancellationToken, deadline: &mut Option<Instant>) -> Result<(), Stopped> {
        if stop.is_cancelled() {
            // One deadline for all that waits: an operator's own time-out would otherwise end it in the middle.
            if Instant::now() >= *deadline.get_or_insert_with(|| Instant::now() + DRAIN) {
                return Err(Stopped);
            }
            sleep(FIRST_RETRY).await;
            return Ok(());
        }
        tokio::select! {
            () = sleep(self.0.mul_f64(0.5 + fastrand::f64() / 2.0)) => {}
            () = stop.cancelled() => {}
        }
        self.0 = (self.0 * 2).min(LAST_RETRY);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_are_not_alike() {
        let stop = CancellationToken::new();
        let mut shares = Vec::new();
        for _ in 0..8 {
            let (mut retry, mut whole) = (Retry::default(), FIRST_RETRY);
            for _ in 0..10 {
                let before = Instant::now();
                assert!(retry.pause(&stop, &mut None).await.is_ok());
                shares.push(before.elapsed().as_secs_f64() / whole.as_secs_f64());
                whole = (whole * 2).min(LAST_RETRY);
            }
        }
        // The timer counts in milliseconds.
        assert!(shares.iter().all(|share| (0.5..1.05).contains(share)), "{shares:?}");
        let (least, most) = (shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max));
        assert!(most - least > 0.2, "{shares:?}");
    }
}
