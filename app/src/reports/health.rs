//! What the health page, the line on every other page and the probes need.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What `/health` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub now: DateTime<Utc>,
    /// When this server process started.
    pub started_at: DateTime<Utc>,
    pub version: String,
    /// `None` when tracking is off.
    pub recorder: Option<RecorderHealth>,
    pub database: DatabaseHealth,
    /// Of the last 24 hours; `None` when the database did not answer.
    pub coverage: Option<Coverage>,
    pub retention: Retention,
}

/// Where the records are. Counts are since the server started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecorderHealth {
    /// Records that the database has.
    pub written: u64,
    /// Records in the spool that the database has not got yet.
    pub waiting: u64,
    /// Records that could be kept nowhere: the spool was full, or could not be written.
    pub lost: u64,
    /// Records that the database refuses as they are; they are set aside in the spool's folder.
    pub refused: u64,
    /// Bytes in the spool that were no whole record; they are set aside in the spool's folder.
    pub damaged_bytes: u64,
    pub spool_bytes: u64,
    pub spool_quota_bytes: u64,
    pub last_commit: Option<DateTime<Utc>>,
    /// Since when the database has not taken what it was given.
    pub failing_since: Option<DateTime<Utc>>,
    /// The spool could not be written the last time.
    pub spool_failing: bool,
}

/// The database itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseHealth {
    /// `SQLite`.
    pub engine: String,
    pub answers: bool,
    /// With all that lies beside it (the write-ahead log); `None` when it did not answer.
    pub bytes: Option<u64>,
    pub quota_bytes: u64,
}

/// How many requests could be attributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub requests: u64,
    pub with_session: u64,
    pub with_client: u64,
    pub with_user: u64,
}

/// How long what is kept, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    pub requests: u64,
    pub payloads: u64,
    pub sessions: u64,
    pub minute_buckets: u64,
    pub hour_buckets: u64,
}

/// Whether the server can do its work now, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// The database answers.
    pub database: bool,
    /// What is recorded is kept, and the database takes it. True when tracking is off: then there is nothing to write.
    pub writer: bool,
}

impl Readiness {
    /// Whether all of it is.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        self.database && self.writer
    }
}

impl RecorderHealth {
    /// Records reach the database, and could be kept if they did not.
    #[must_use]
    pub const fn works(&self) -> bool {
        self.failing_since.is_none() && !self.spool_failing
    }
}
