//! What is recorded, and when a session counts as idle or gone.

use super::{Invalid, duration};
use humantime::format_duration;
use serde::{Deserialize, Serialize};
use std::{ops::RangeInclusive, time::Duration};

/// The longest is a year: any longer is "never", and would overflow the calendar when added to a time.
const SILENCE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(365 * 24);

/// The recorder and the presence of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracking {
    /// Off turns all recording off; the tools go on.
    pub enabled: bool,
    /// Silence after which a session counts as idle; 1 s to a year, and shorter than `session_timeout`.
    #[serde(with = "duration")]
    pub idle_after: Duration,
    /// Silence after which a session counts as gone; 1 s to a year.
    #[serde(with = "duration")]
    pub session_timeout: Duration,
    /// What is kept of the arguments and results of calls.
    pub capture: Capture,
    /// What may wait on disk for the database, in bytes; 1 MiB to 1 TiB. Past it records are dropped and counted.
    pub spool_quota_bytes: u64,
}

/// What is kept of arguments and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// Nothing.
    Off,
    /// At most 16 KiB each, with what looks secret replaced.
    Redacted,
    /// At most 16 KiB each, as they are.
    Full,
}

impl Default for Tracking {
    fn default() -> Self {
        Self {
            enabled: true,
            idle_after: Duration::from_mins(5),
            session_timeout: Duration::from_mins(30),
            capture: Capture::Redacted,
            spool_quota_bytes: 1 << 30,
        }
    }
}

impl Tracking {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if !SILENCE.contains(&self.idle_after) {
            return Err(Invalid::value("tracking.idle_after"));
        }
        if !SILENCE.contains(&self.session_timeout) {
            return Err(Invalid::value("tracking.session_timeout"));
        }
        if !(1 << 20..=1 << 40).contains(&self.spool_quota_bytes) {
            return Err(Invalid::value("tracking.spool_quota_bytes"));
        }
        if self.idle_after >= self.session_timeout {
            let (idle, gone) = (format_duration(self.idle_after), format_duration(self.session_timeout));
            return Err(Invalid::pair(
                ["tracking.idle_after", "tracking.session_timeout"],
                format!("tracking.idle_after ({idle}) to be shorter than tracking.session_timeout ({gone})"),
            ));
        }
        Ok(())
    }
}
