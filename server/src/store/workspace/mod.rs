//! Projects, tasks, documents and their versions: what rules read and write, on both engines.
//!
//! [`Reading`] sees the last commit. [`Writing`] is one transaction, and the only one of all servers that write here at that
//! moment: what it reads is what it changes, so that the place of a task, the next number of a version and the one pinned
//! project need no more than to be read first. Nothing of it is there before [`Writing::commit`].

mod history;
mod model;
mod projects;
mod rows;
mod search;
mod tasks;
mod versions;

use std::ops::{Deref, DerefMut};

use uuid::Uuid;

pub use self::{
    history::{CompletionStats, HistoryQuery, ProjectEvent},
    model::{Owner, Project, ProjectSummary, Task, TaskChange, Version, VersionHead},
    projects::{LinkedSource, ProjectQuery},
    search::TaskQuery,
    versions::VersionQuery,
};
use super::{
    Store, StoreError,
    connection::{Connection, Row, Snapshot},
    queries::Conditions,
    sqlite::Turn,
};

/// A transaction that reads.
#[derive(Debug)]
pub struct Reading(Snapshot);

/// A transaction that writes; it reads what it wrote.
#[derive(Debug)]
pub struct Writing {
    reading: Reading,
    /// The server process that writes.
    instance: Uuid,
    /// Held until the end: no other writer of this process waits for the database's own lock.
    _turn: Option<Turn>,
}

/// So many of a list, from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub limit: u32,
    pub offset: u64,
}

/// The rows of a list that its window shows, in an order that this program says, and how many match in all.
async fn listed(
    connection: &mut Connection<'_>,
    conditions: Conditions,
    count: &'static str,
    select: &'static str,
    order: &str,
    window: Window,
) -> Result<(Vec<Row>, u64), StoreError> {
    let total = conditions.count(count, connection).await?;
    if total <= window.offset {
        return Ok((Vec::new(), total));
    }
    let tail = format!("{order} LIMIT {} OFFSET {}", window.limit, window.offset);
    Ok((conditions.fetch(select, &tail, connection).await?, total))
}

impl Store {
    /// Begins to read.
    pub async fn read_workspace(&self) -> Result<Reading, StoreError> {
        Ok(Reading(self.snapshot().await?))
    }

    /// Begins to write, once nobody else does.
    ///
    /// # Errors
    /// The database is away, or somebody else has been writing for seconds.
    pub async fn write_workspace(&self, instance: Uuid) -> Result<Writing, StoreError> {
        let (snapshot, turn) = match self {
            Self::Sqlite(store) => {
                let (snapshot, turn) = store.begin_write().await?;
                (snapshot, Some(turn))
            }
            Self::Postgres(store) => (store.begin_write().await?, None),
        };
        Ok(Writing { reading: Reading(snapshot), instance, _turn: turn })
    }
}

impl Reading {
    /// Ends it.
    pub async fn end(self) -> Result<(), StoreError> {
        self.0.end().await
    }

    fn connection(&mut self) -> Connection<'_> {
        self.0.connection()
    }
}

impl Writing {
    /// Makes all of it last, and tells the other servers.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let instance = self.instance;
        if let Connection::Postgres(connection) = self.connection() {
            super::postgres::notify_changed(connection, instance).await?;
        }
        self.reading.end().await
    }

    /// Leaves everything as it was.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        self.reading.0.roll_back().await
    }
}

impl Deref for Writing {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Reading {
        &mut self.reading
    }
}
