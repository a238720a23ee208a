//! What the tools and other servers on the same database do, and what follows from it here.

use std::{collections::HashSet, sync::Arc};

use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    mcp::endpoint::Endpoint,
    store::{Notice, Store},
    tracking::{Tracker, attribution::transport_key},
};

/// Hears what the other servers tell.
#[derive(Debug)]
pub(super) struct Follower {
    pub store: Store,
    /// Moves after each commit, also those of others.
    pub changes: watch::Sender<u64>,
    /// Moves when a tool or a page changed something.
    pub worked: watch::Receiver<()>,
    pub tracker: Option<Arc<Tracker>>,
    pub endpoint: Endpoint,
}

impl Follower {
    /// Runs as long as the server.
    pub async fn follow(self, instance: Uuid) {
        tokio::join!(self.follow_tools(), self.follow_others(instance));
    }

    async fn follow_tools(&self) {
        let mut worked = self.worked.clone();
        while worked.changed().await.is_ok() {
            self.changes.send_modify(|revision| *revision += 1);
        }
    }

    async fn follow_others(&self, instance: Uuid) {
        let Some(mut listener) = self.store.listen(instance) else {
            // There can be no other. Pages that wait for changes wait on.
            return std::future::pending().await;
        };
        loop {
            match listener.next().await {
                Notice::Changed => {}
                Notice::Forgotten(keys) => {
                    let keys = keys.into_iter().collect();
                    if let Some(tracker) = &self.tracker {
                        let ended = tracker.sessions.let_go(&keys).into_iter().map(Into::into).collect();
                        self.endpoint.sessions.end(ended, |_| true).await;
                    }
                }
                Notice::Missed => self.catch_up().await,
            }
            self.changes.send_modify(|revision| *revision += 1);
        }
    }

    /// Ends the sessions that were forgotten while nobody listened.
    async fn catch_up(&self) {
        let Some(tracker) = &self.tracker else { return };
        let ids = tracker.sessions.restorable();
        match self.store.parked_among(ids.clone()).await {
            Ok(there) => {
                let there: HashSet<String> = there.into_iter().collect();
                let keys: HashSet<Uuid> =
                    ids.iter().filter(|id| !there.contains(*id)).map(|id| transport_key(id)).collect();
                let ended = tracker.sessions.let_go(&keys).into_iter().map(Into::into).collect();
                self.endpoint.sessions.end(ended, |_| true).await;
            }
            Err(error) => tracing::warn!(%error, "sessions that ended at another server may go on at this one"),
        }
    }
}
