//! The one task that writes: batches from the queue, a transaction each.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::recorder::Books;
use crate::store::{Change, Writer};

/// From about this size on, a larger transaction writes no faster.
const BATCH: usize = 1_000;
/// Waits between attempts while the database fails: doubled each time up to the last.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// How long what still waits is tried to be written once the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Writes until `stop` is cancelled and the queue is empty; then gives the writer back.
///
/// A batch that fails is repeated, whole and with growing pauses, while the queue fills behind it; past the queue's
/// capacity the recorder drops and counts. `changes` moves after each commit.
pub(super) async fn run(
    mut writer: Writer,
    mut queue: mpsc::Receiver<Change>,
    books: Arc<Books>,
    changes: watch::Sender<u64>,
    stop: CancellationToken,
) -> Writer {
    let mut batch = Vec::with_capacity(BATCH);
    // Starts with the first attempt that fails after `stop`.
    let mut deadline = None;
    loop {
        let received = tokio::select! {
            biased;
            received = queue.recv_many(&mut batch, BATCH) => received,
            () = stop.cancelled(), if !queue.is_closed() => {
                // Nothing new is taken; what is in the queue is still written.
                queue.close();
                continue;
            }
        };
        if received == 0 {
            return writer;
        }
        if write(&mut writer, &batch, &books, &stop, &mut deadline).await {
            books.written(received as u64);
            changes.send_modify(|revision| *revision += 1);
        } else {
            let lost = books.lose(received as u64);
            tracing::error!(lost, "the server stops and the database takes nothing: records are lost");
        }
        batch.clear();
    }
}

async fn write(
    writer: &mut Writer,
    batch: &[Change],
    books: &Books,
    stop: &CancellationToken,
    deadline: &mut Option<Instant>,
) -> bool {
    let mut pause = FIRST_RETRY;
    loop {
        match writer.apply(batch).await {
            Ok(_) => return true,
            Err(error) => {
                books.failed();
                tracing::error!(%error, changes = batch.len(), "the database did not take a batch; it will be repeated");
            }
        }
        if stop.is_cancelled() {
            // One deadline for all that waits: an operator's own time-out would otherwise end it in the middle.
            if Instant::now() >= *deadline.get_or_insert_with(|| Instant::now() + DRAIN) {
                return false;
            }
            sleep(FIRST_RETRY).await;
            continue;
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.cancelled() => {}
        }
        pause = (pause * 2).min(LAST_RETRY);
    }
}
