//! The rules of projects, their tasks, documents and versions. They know neither MCP nor HTTP nor SQL: tools and pages ask
//! them, and they ask the store.
//!
//! Every change is one transaction with the history and the versions that it leaves behind, and no other change of any server
//! runs beside it. So a rule reads what it needs, decides, and writes.

pub mod diff;
mod documents;
mod error;
mod excerpt;
mod history;
mod input;
pub mod markdown;
mod pages;
mod projects;
mod tasks;
mod versions;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::watch;
use uuid::Uuid;

pub use self::{
    documents::{DocumentChanges, DocumentWritten, content_size},
    error::WorkspaceError,
    excerpt::cut,
    history::Statistics,
    input::terms,
    projects::{ProjectChanges, ProjectView},
    tasks::TaskChanges,
    versions::{NewVersion, Restoration},
};
use crate::{
    clock::{Clock, Ids},
    store::{
        Store,
        workspace::{Reading, Writing},
    },
};

/// What came of a question or a change.
pub type Result<T> = std::result::Result<T, WorkspaceError>;

/// The workspace of one server.
#[derive(Clone, Debug)]
pub struct Workspace {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    /// The server process, by which other servers know its changes from their own.
    instance: Uuid,
    /// Moves after each change.
    changes: watch::Sender<()>,
}

/// Who changes something, and when: what history and versions are signed with.
#[derive(Clone, Copy, Debug)]
struct Signature<'a> {
    actor: &'a str,
    at: DateTime<Utc>,
}

impl Workspace {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, ids: Arc<Ids>, instance: Uuid) -> Self {
        Self { store, clock, ids, instance, changes: watch::Sender::new(()) }
    }

    /// Moves whenever something was changed here, so that pages show it.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// The clock's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Reads what is of one moment.
    async fn read<T>(&self, read: impl AsyncFnOnce(&mut Reading) -> Result<T>) -> Result<T> {
        let mut reading = self.store.read_workspace().await?;
        let result = read(&mut reading).await;
        // A reading that failed leaves nothing behind that its end could tell.
        let ended = reading.end().await;
        let result = result?;
        ended?;
        Ok(result)
    }

    /// Changes something, as a whole or not at all.
    async fn change<T>(&self, change: impl AsyncFnOnce(&mut Writing) -> Result<T>) -> Result<T> {
        let mut writing = self.store.write_workspace(self.instance).await?;
        match change(&mut writing).await {
            Ok(done) => {
                writing.commit().await.map_err(WorkspaceError::Unsure)?;
                self.changes.send_replace(());
                Ok(done)
            }
            Err(error) => {
                // Its connection may be gone, and the change with it.
                if let Err(error) = writing.roll_back().await {
                    tracing::debug!(%error, "a change that failed could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// Within the transaction: what waited for another is signed after it.
    fn sign<'a>(&self, actor: &'a str) -> Signature<'a> {
        // Both engines keep microseconds: what is answered is what is kept.
        Signature { actor, at: self.clock.now().trunc_subsecs(6) }
    }

    fn id(&self, signature: Signature<'_>) -> Uuid {
        self.ids.next(signature.at)
    }
}
