//! The only place that knows SQL: takes what the tracker recorded, gives the figures that the dashboard shows.
//!
//! [`Store::open`] gives two halves. [`Store`] reads; it is cheap to clone, and its connections never wait for a write.
//! [`Writer`] owns the one connection that writes, so whoever holds it is the only writer of this process.
//!
//! Both are closed enums over the engines, not generic parameters: one `match` here, and nothing above knows which engine
//! it talks to. What is asked ([`queries`]) and what is written ([`write`]) is said once, through [`connection`]; an engine's
//! own module has how it is opened, how many rows go in at once, and how it lets go of what is old. `tests/store/` tells
//! one story, and runs it on each engine.

mod cells;
mod connection;
mod cursor;
mod error;
mod kept;
mod names;
mod postgres;
mod queries;
mod record;
mod reports;
mod retain;
mod rollup;
mod sketch;
mod sqlite;
mod stretch;
mod tables;
pub mod transfer;
pub mod workspace;
mod write;

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::connection::Snapshot;
pub use self::{
    connection::Engine,
    error::StoreError,
    kept::{Kept, UnpackError},
    postgres::{PostgresListener, PostgresStore, PostgresWriter},
    queries::SessionSoFar,
    record::{
        Attribution, Change, DisconnectReason, EndedSession, ForgottenSession, ParkedSession, Payload, RequestRecord,
        SessionKey, SessionRecord, SessionRef, Silence, ToolDefinition,
    },
    reports::{Recording, ServerFacts, StoreReports},
    sqlite::{SqliteStore, SqliteWriter, sqlite_url},
};

/// What one call of [`Writer::apply`] added. Rows that were there already are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub requests: u64,
    pub sessions: u64,
    /// Some page may show something else now.
    pub changed: bool,
    /// The keys of sessions that were there and that their clients ended.
    pub forgotten: Vec<Uuid>,
}

/// What another server on the same database did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It wrote something.
    Changed,
    /// Clients of the legacy protocol ended the sessions of these [keys](SessionKey::key).
    Forgotten(Vec<Uuid>),
    /// Notices may have been missed, as at the beginning.
    Missed,
}

/// How long what is kept, and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    pub requests: Duration,
    pub payloads: Duration,
    /// Sessions that have ended; none goes before its last request.
    pub sessions: Duration,
    pub minute_buckets: Duration,
    pub hour_buckets: Duration,
    /// Of the database with all that lies beside it, bytes. Past it the oldest payloads go first, then the oldest requests, and on
    /// SQLite at last the oldest sessions that have ended.
    pub quota_bytes: u64,
}

/// What one step of [`Writer::retain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Rows that are gone, of all tables; a day that was dropped as a whole counts as one.
    pub deleted: u64,
    /// There is more to do right now.
    pub more: bool,
}

/// The reading half. Clones share one pool of connections.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// The writing half.
#[derive(Debug)]
pub enum Writer {
    Sqlite(SqliteWriter),
    Postgres(PostgresWriter),
}

impl Store {
    /// Opens the database that `url` names, and brings its schema up to date.
    ///
    /// `url` is `sqlite:` and a path, absolute or relative to the working directory; `%25`, `%3F` and `%23` stand for
    /// `%`, `?` and `#` in it (see [`sqlite_url`]). The file is created if it is missing, but not its folder. Or it is
    /// `postgres://user:password@host:port/database`, with parameters behind `?` that `docs/OPERATING.md` lists; that
    /// database must be there.
    ///
    /// # Errors
    ///
    /// One line that names the database and what to do. Nothing was written then, not even beside the file.
    pub async fn open(url: &str) -> Result<(Self, Writer), StoreError> {
        // What stands before the first colon is shown only if it can be a scheme: else it may be part of a password.
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme.filter(|scheme| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            Some("sqlite") => {
                let (store, writer) = sqlite::open(url).await?;
                Ok((Self::Sqlite(store), Writer::Sqlite(writer)))
            }
            Some("postgres" | "postgresql") => {
                let (store, writer) = postgres::open(url).await?;
                Ok((Self::Postgres(store), Writer::Postgres(writer)))
            }
            Some(scheme) => Err(StoreError::UnsupportedScheme { scheme: scheme.to_owned() }),
            None => Err(StoreError::InvalidUrl { reason: "it has no scheme".to_owned() }),
        }
    }

    /// Whether the database answers: the cheapest question there is.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.ping().await,
            Self::Postgres(store) => store.ping().await,
        }
    }

    /// Which database it is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// The file that is being moved here and of which not all is there yet, or was not compared.
    pub async fn half_moved(&self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(store) => store.half_moved().await,
        }
    }

    /// What the database takes, with the log beside it, bytes. Free pages do not count: they are given back, or taken by what
    /// is written next. This is what a quota is compared with.
    pub async fn size(&self) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(store) => store.size().await,
            Self::Postgres(store) => store.size().await,
        }
    }

    /// What the other servers on the same database tell this one; `None` where there can be no other.
    #[must_use]
    pub fn listen(&self, instance: Uuid) -> Option<PostgresListener> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.listen(instance)),
        }
    }

    /// Ends the reading connections. Close the [`Writer`] after it: the last to leave folds the write-ahead log into the
    /// database file, which a reader may not.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }

    /// A transaction that sees the last commit and, until it ends, no later one.
    async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match self {
            Self::Sqlite(store) => store.snapshot().await,
            Self::Postgres(store) => store.snapshot().await,
        }
    }
}

impl Writer {
    /// Writes what happened, in one transaction: all of it or, on an error, nothing. The writer stays usable either way.
    ///
    /// Applying the same changes again changes nothing. A request that is there already moves no counter; one that
    /// carries a session which is missing opens it first, one that only names it stands alone, and the end of a session that
    /// is missing says nothing. Where a session of the same [key](SessionKey) is open, another server's, a new one
    /// is that one. A session that has ended never comes back: a late request still counts. Only
    /// where its end was concluded from silence, a request that began later shows that there was none.
    pub async fn apply(&mut self, changes: &[Change]) -> Result<Applied, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.apply(changes).await,
            Self::Postgres(writer) => writer.apply(changes).await,
        }
    }

    /// Ends, at its last activity and as `server_restart`, every session that an earlier server process left open: all
    /// that are not of `instance`, unless, on PostgreSQL, another server [is there](Self::announce), with which they go on. Gives
    /// how many there were.
    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.close_left_open(instance).await,
            Self::Postgres(writer) => writer.close_left_open(instance).await,
        }
    }

    /// Says, from now on, to whoever writes to the same database that this server process is there.
    pub fn announce(&mut self, instance: Uuid) {
        match self {
            // Nobody else does.
            Self::Sqlite(_) => {}
            Self::Postgres(writer) => writer.announce(instance),
        }
    }

    /// Whether other servers may write to the same database.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// Takes one small step towards what `policy` allows: deletes what is oldest of what is too old or too much, and gives
    /// space back. The caller writes between two steps.
    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.retain(policy, now).await,
            Self::Postgres(writer) => writer.retain(policy, now).await,
        }
    }

    /// Ends the connection; what was applied is on disk already.
    pub async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(writer) => writer.close().await,
            Self::Postgres(writer) => writer.close().await,
        }
    }
}
