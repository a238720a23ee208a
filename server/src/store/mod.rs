//! The only place that knows SQL: takes what the tracker recorded, gives the figures that the dashboard shows.
//!
//! [`Store::open`] gives two halves. [`Store`] reads; it is cheap to clone, and its connections never wait for a write.
//! [`Writer`] owns the one connection that writes, so whoever holds it is the only writer of this process.
//!
//! Both are closed enums over the engines, not generic parameters: one `match` here, and nothing above knows which engine
//! it talks to. To add one: a module with the same two halves, a variant in each enum, its scheme in [`Store::open`],
//! and its name in the list of engines of `tests/store/`, which runs the whole story on it.

mod cursor;
mod error;
mod record;
mod reports;
mod rollup;
mod sketch;
mod sqlite;
mod stretch;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracon_app::reports::{
    Coverage, Overview, RequestDetail, RequestFilter, RequestPage, SessionDetail, SessionFilter, SessionPage, TimeRange,
};
use uuid::Uuid;

pub use self::{
    error::StoreError,
    record::{
        Attribution, Change, DisconnectReason, ParkedSession, Payload, PresenceChange, RequestRecord, SessionRecord,
        SessionRef, ToolDefinition,
    },
    reports::{Recording, ServerFacts, StoreReports},
    sqlite::{SqliteStore, SqliteWriter, sqlite_url},
};

/// What one call of [`Writer::apply`] added. Rows that were there already are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub requests: u64,
    pub sessions: u64,
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
    /// Of the database with all that lies beside it, bytes. Past it the oldest payloads go first, then the oldest requests.
    pub quota_bytes: u64,
}

/// What one step of [`Writer::retain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Rows that are gone, of all tables.
    pub deleted: u64,
    /// There is more to do right now.
    pub more: bool,
}

/// The reading half. Clones share one pool of connections.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(SqliteStore),
}

/// The writing half.
#[derive(Debug)]
pub enum Writer {
    Sqlite(SqliteWriter),
}

impl Store {
    /// Opens the database that `url` names, creates it if it is missing (but not its folder), and brings its schema up to
    /// date.
    ///
    /// `url` is `sqlite:` and a path, absolute or relative to the working directory; `%25`, `%3F` and `%23` stand for
    /// `%`, `?` and `#` in it (see [`sqlite_url`]).
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
            Some(scheme) => Err(StoreError::UnsupportedScheme { scheme: scheme.to_owned() }),
            None => Err(StoreError::InvalidUrl { reason: "it has no scheme".to_owned() }),
        }
    }

    /// Whether the database answers: the cheapest question there is.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.ping().await,
        }
    }

    /// The engine's name, for people.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
        }
    }

    /// What the database takes, with the log beside it, bytes. Free pages do not count: they are given back, or taken by what
    /// is written next. This is what a quota is compared with.
    pub async fn size(&self) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(store) => store.size().await,
        }
    }

    /// How many of the requests of the last 24 hours have a session, a client, a user.
    pub async fn coverage(&self, now: DateTime<Utc>) -> Result<Coverage, StoreError> {
        match self {
            Self::Sqlite(store) => store.coverage(now).await,
        }
    }

    /// What brings the session of that transport id back; `None` when there is none, or when its client ended it.
    pub async fn parked_session(&self, transport_session_id: &str) -> Result<Option<String>, StoreError> {
        match self {
            Self::Sqlite(store) => store.parked_session(transport_session_id).await,
        }
    }

    /// Ends the reading connections. Close the [`Writer`] after it: the last to leave folds the write-ahead log into the
    /// database file, which a reader may not.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
        }
    }

    /// How many requests a session has made, and how many of them failed; `None` when there is no such session.
    pub async fn session_totals(&self, session_id: Uuid) -> Result<Option<(u64, u64)>, StoreError> {
        match self {
            Self::Sqlite(store) => store.session_totals(session_id).await,
        }
    }

    /// How many sessions are active and how many idle, probes left out: the figures of the overview.
    pub async fn connected_sessions(&self) -> Result<(u64, u64), StoreError> {
        match self {
            Self::Sqlite(store) => store.connected_sessions().await,
        }
    }

    /// The figures of the stretch that [`TimeRange`] names, ending `now`. All of them from one snapshot, so that they
    /// agree with each other to the row.
    pub async fn overview(&self, range: TimeRange, now: DateTime<Utc>) -> Result<Overview, StoreError> {
        match self {
            Self::Sqlite(store) => store.overview(range, now).await,
        }
    }

    /// One page of the sessions that match.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when `before` is not the `next` of a page.
    pub async fn sessions(&self, filter: &SessionFilter, now: DateTime<Utc>) -> Result<SessionPage, StoreError> {
        match self {
            Self::Sqlite(store) => store.sessions(filter, now).await,
        }
    }

    /// One session with its newest requests; `None` when there is none of that id, whatever the id looks like.
    pub async fn session(&self, session_id: &str, now: DateTime<Utc>) -> Result<Option<SessionDetail>, StoreError> {
        match self {
            Self::Sqlite(store) => store.session(session_id, now).await,
        }
    }

    /// One page of the requests that match.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when `before` is not the `next` of a page, `session` not an id or `min_ms` not a number.
    pub async fn requests(&self, filter: &RequestFilter, now: DateTime<Utc>) -> Result<RequestPage, StoreError> {
        match self {
            Self::Sqlite(store) => store.requests(filter, now).await,
        }
    }

    /// One request; `None` when there is none of that id, whatever the id looks like.
    pub async fn request(&self, id: &str) -> Result<Option<RequestDetail>, StoreError> {
        match self {
            Self::Sqlite(store) => store.request(id).await,
        }
    }
}

impl Writer {
    /// Writes what happened, in one transaction: all of it or, on an error, nothing. The writer stays usable either way.
    ///
    /// Applying the same changes again changes nothing. A request that is there already moves no counter; one that
    /// carries a session which is missing opens it first, one that only names it stands alone, and a presence change of a
    /// session that is missing says nothing. A session that has
    /// ended never comes back: a late request still counts, a late presence change does not. `Active` and `Idle` older than
    /// the session's last activity are late as well.
    pub async fn apply(&mut self, changes: &[Change]) -> Result<Applied, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.apply(changes).await,
        }
    }

    /// Ends, at its last activity and as `server_restart`, every session that an earlier server process left open: all
    /// that are not of `instance`. Gives how many there were.
    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.close_left_open(instance).await,
        }
    }

    /// Takes one small step towards what `policy` allows: deletes what is oldest of what is too old or too much, and gives
    /// space back. The caller writes between two steps.
    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.retain(policy, now).await,
        }
    }

    /// Ends the connection; what was applied is on disk already.
    pub async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(writer) => writer.close().await,
        }
    }
}
