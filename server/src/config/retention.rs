//! How long what is kept, and how much of it.

use super::{Invalid, duration};
use serde::{Deserialize, Serialize};
use std::{ops::RangeInclusive, time::Duration};

const DAY: Duration = Duration::from_hours(24);
/// Ten years at most: any longer is "for ever", which the quota ends all the same.
const KEPT: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(24 * 3_650);

/// The ages at which rows are deleted, each 1 h to ten years, and the size of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    #[serde(with = "duration")]
    pub requests: Duration,
    /// Captured arguments and results.
    #[serde(with = "duration")]
    pub payloads: Duration,
    /// Sessions that have ended, counted from their last activity.
    #[serde(with = "duration")]
    pub sessions: Duration,
    /// Figures by the minute: what charts of up to 6 hours are made of.
    #[serde(with = "duration")]
    pub minute_buckets: Duration,
    /// Figures by the hour: what charts of up to 7 days are made of. Those by the day are kept.
    #[serde(with = "duration")]
    pub hour_buckets: Duration,
    /// What the database may take on disk, in bytes; 16 MiB to 64 TiB. Past it the oldest payloads, then the oldest requests
    /// are deleted, and on SQLite at last the oldest sessions that have ended.
    pub database_quota_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            requests: 30 * DAY,
            payloads: 7 * DAY,
            sessions: 90 * DAY,
            minute_buckets: 2 * DAY,
            hour_buckets: 90 * DAY,
            database_quota_bytes: 10 << 30,
        }
    }
}

impl Retention {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        let ages = [
            ("retention.requests", self.requests),
            ("retention.payloads", self.payloads),
            ("retention.sessions", self.sessions),
            ("retention.minute_buckets", self.minute_buckets),
            ("retention.hour_buckets", self.hour_buckets),
        ];
        if let Some((key, _)) = ages.iter().find(|(_, age)| !KEPT.contains(age)) {
            return Err(Invalid::value(key));
        }
        if !(16 << 20..=64 << 40).contains(&self.database_quota_bytes) {
            return Err(Invalid::value("retention.database_quota_bytes"));
        }
        Ok(())
    }
}
