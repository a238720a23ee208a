//! The one task that writes: batches from the queue, a transaction each.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::recorder::Books;
use crate::store::{Change, Writer};

/// From about this size on, a larger transaction writes no faster.
const BATCH: usize = 1_000;
/// Waits between attempts while the database fails: doubled each time up to the last.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// Attempts for what still waits once the server stops.
const LAST_ATTEMPTS: u32 = 5;

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
        if write(&mut writer, &batch, &books, &stop).await {
            books.written(received as u64);
            changes.send_modify(|revision| *revision += 1);
        } else {
            books.lose(received as u64);
        }
        batch.clear();
    }
}

async fn write(writer: &mut Writer, batch: &[Change], books: &Books, stop: &CancellationToken) -> bool {
    let mut pause = FIRST_RETRY;
    let mut attempts_left = LAST_ATTEMPTS;
    loop {
        match writer.apply(batch).await {
            Ok(_) => return true,
            Err(error) => {
                books.failed();
                tracing::error!(%error, changes = batch.len(), "the database did not take a batch; it will be repeated");
            }
        }
        if stop.is_cancelled() {
            attempts_left -= 1;
            if attempts_left == 0 {
                return false;
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_RETRY);
    }
}
