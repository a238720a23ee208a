//! The store on SQLite: one file, write-ahead log, one connection that writes and a few that read.

mod backfill;
mod location;
mod migrate;
pub mod numbers;
mod retain;
pub mod row_ids;
mod source;
mod statement;
mod text;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, Connection as _, SqliteConnection,
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

pub use self::{
    location::sqlite_url,
    source::{SqliteSource, folder_of},
    statement::Statement,
    text::{json_list, parse_time, time_text},
};
use super::{
    Applied, Change, Retained, RetentionPolicy, StoreError,
    connection::{Connection, Snapshot},
    write::{self, Duties, presence},
};

/// Reports at the same time. More would only share the same cores; a report beyond waits for one to end.
const READERS: u32 = 4;

/// How long a statement waits for a lock, and a report for a connection, before it fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// The log is folded into the file each time it is this long, and kept no longer. At SQLite's default of 4 MiB that is every
/// few batches of a thousand, and costs a fifth of the writer's time. Half as long where the pages are those of an earlier version.
const LOG_BYTES: u64 = 16 << 20;

/// Of a new file. With SQLite's default, half of this, rows with a payload of 1 KiB take a tenth longer to write, a half longer to
/// delete, and a tenth more space.
const PAGE_BYTES: u32 = 8192;

/// The reading half: connections that are opened read-only and, with the write-ahead log, see the last commit without
/// waiting for the next one.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    readers: SqlitePool,
    /// Of the one connection that writes what the workspace changes; opened when it is first needed.
    worker: SqlitePool,
    turns: Turns,
}

/// Who writes next. SQLite itself lets whoever waits ask again and again, with growing pauses: beside a writer that hardly
/// pauses he would not get in.
type Turns = Arc<Mutex<()>>;

/// Somebody's turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

/// The writing half, with the one connection that writes.
#[derive(Debug)]
pub struct SqliteWriter {
    path: PathBuf,
    turns: Turns,
    /// `None` after a transaction that did not end well. SQLite rolls some of them back by itself (disk full, I/O error)
    /// and sqlx does not notice: it would refuse every later transaction on that connection as a nested one.
    connection: Option<SqliteConnection>,
}

/// Opens the file that `url` names: checks it without writing, creates it if missing, brings it up to date.
pub async fn open(url: &str) -> Result<(SqliteStore, SqliteWriter), StoreError> {
    let path = location::path_of(url)?;
    migrate::check(&path).await?;

    let mut connection = connect_first(&path).await.map_err(|error| migrate::open_error(&path, error))?;
    migrate::run(&path, &mut connection).await?;
    migrate::prepare_for_giving_back(&path, &mut connection).await;

    let readers = pool_of(READERS)
        .connect_with(options(&path).read_only(true))
        .await
        .map_err(|error| migrate::open_error(&path, error))?;
    let worker = pool_of(1).connect_lazy_with(writer_options(&path));
    let turns = Turns::default();

    let store = SqliteStore { path: path.clone(), readers, worker, turns: Arc::clone(&turns) };
    Ok((store, SqliteWriter { path, turns, connection: Some(connection) }))
}

/// Whoever has a connection ends his transaction; one that comes back within one had an error and is not to be trusted.
fn pool_of(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
}

/// With the default cache of 2 MiB, a writer that inserts into a dozen B-trees reads most pages again for each batch, and
/// a reader sorts on disk.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).pragma("cache_size", "-16384")
}

/// `NORMAL` syncs the log at checkpoints, not at commits: a power cut may take the last commits, a crash of the process
/// takes none, and the file stays sound either way.
fn writer_options(path: &Path) -> SqliteConnectOptions {
    options(path)
        // What a batch touches has room in half the cache of a reader, and it stays filled for good.
        .pragma("cache_size", "-8192")
        .synchronous(SqliteSynchronous::Normal)
        // A batch reads the sessions that its rows name, and none with a request is deleted: to look each of them up once more
        // takes a fifth of the writer's time.
        .foreign_keys(false)
        // Each statement that writes rows is prepared for nine numbers of them.
        .statement_cache_capacity(200)
        // Of a new file: these two count only before the first table. What retention deletes can then be given back in steps.
        .page_size(PAGE_BYTES)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .pragma("wal_autocheckpoint", (LOG_BYTES / u64::from(PAGE_BYTES)).to_string())
        .pragma("journal_size_limit", LOG_BYTES.to_string())
}

/// Creates the file if it is missing and gives it its write-ahead log, which it keeps.
async fn connect_first(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = writer_options(path).create_if_missing(true).connect().await?;
    loop {
        match sqlx::query_scalar::<_, String>("PRAGMA journal_mode = WAL").fetch_one(&mut connection).await {
            Ok(mode) if mode == "wal" => return Ok(connection),
            Ok(mode) => {
                tracing::warn!(path = %path.display(), mode, "no write-ahead log on this file system: reports wait for writes");
                return Ok(connection);
            }
            // Another process is starting with the same file. Of all statements this one does not wait for a lock, so
            // wait with one that does; it fails when its patience ends.
            Err(error) if migrate::is_busy(&error) => {
                connection.begin_with("BEGIN EXCLUSIVE").await?.rollback().await?;
            }
            Err(error) => return Err(error),
        }
    }
}

impl SqliteStore {
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    pub async fn size(&self) -> Result<u64, StoreError> {
        let space = retain::Space::of(&mut *self.readers.acquire().await?).await?;
        Ok(space.used_bytes() + retain::log_bytes(&self.path))
    }

    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::Sqlite(self.readers.begin().await?))
    }

    /// A transaction that writes, and the turn that goes with it.
    pub async fn begin_write(&self) -> Result<(Snapshot, Turn), StoreError> {
        let turn = Arc::clone(&self.turns).lock_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok((Snapshot::Sqlite(self.worker.begin_with("BEGIN IMMEDIATE").await?), turn))
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.worker.close().await;
    }
}

impl SqliteWriter {
    pub async fn apply(&mut self, changes: &[Change]) -> Result<Applied, StoreError> {
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        let _turn = Arc::clone(&self.turns).lock_owned().await;
        let mut connection = self.take().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let applied = write::apply(&mut Connection::Sqlite(&mut transaction), changes, Duties::ALL).await?;
        transaction.commit().await?;
        self.connection = Some(connection);
        Ok(applied)
    }

    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        let _turn = Arc::clone(&self.turns).lock_owned().await;
        let mut connection = self.take().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let closed = presence::close_left_open(&mut Connection::Sqlite(&mut transaction), instance).await?;
        transaction.commit().await?;
        self.connection = Some(connection);
        Ok(closed)
    }

    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        let _turn = Arc::clone(&self.turns).lock_owned().await;
        let mut connection = self.take().await?;
        let retained = retain::step(&mut connection, &self.path, policy, now).await?;
        self.connection = Some(connection);
        Ok(retained)
    }

    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(connection) = self.connection {
            connection.close().await?;
        }
        Ok(())
    }

    /// The connection, out of its place: whoever takes it puts it back only after a transaction that ended well.
    async fn take(&mut self) -> Result<SqliteConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(writer_options(&self.path).connect().await?),
        }
    }
}
