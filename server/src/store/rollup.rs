//! Figures of requests, added up by minute, hour and day: what the reports read instead of the rows.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use tracon_app::reports::{Outcome, TimeRange, Totals};

use super::{RequestRecord, sketch::Sketch, stretch::floor};

/// How long a rollup's bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub const fn length(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The width that the figures of a range are made of: narrow enough for its charts, and so wide that a few hundred
    /// buckets make it up.
    pub const fn of(range: TimeRange) -> Self {
        match range {
            TimeRange::QuarterHour | TimeRange::Hour | TimeRange::SixHours => Self::Minute,
            TimeRange::Day | TimeRange::Week => Self::Hour,
            TimeRange::Month => Self::Day,
        }
    }

    /// The next one up.
    pub const fn wider(self) -> Option<Self> {
        match self {
            Self::Minute => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day => None,
        }
    }
}

/// What the figures take of one request.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Its start.
    pub at: DateTime<Utc>,
    pub tool_name: Option<&'a str>,
    pub outcome: Outcome,
    pub duration_micros: u64,
    pub request_bytes: u64,
    pub response_bytes: u64,
    pub response_tokens: u64,
    pub has_session: bool,
    pub has_client: bool,
    pub has_user: bool,
}

impl<'a> Measured<'a> {
    /// `has_session`: whether the session that the request names is there.
    pub fn of(request: &'a RequestRecord, has_session: bool) -> Self {
        Self {
            at: request.timestamp,
            tool_name: request.tool_name.as_deref(),
            outcome: request.outcome,
            duration_micros: u64::try_from(request.duration.as_micros()).unwrap_or(u64::MAX),
            request_bytes: request.request_bytes,
            response_bytes: request.response_bytes,
            response_tokens: request.response_tokens.unwrap_or(0).into(),
            has_session,
            has_client: request.client_type.is_some(),
            // No record names one yet.
            has_user: false,
        }
    }
}

/// The figures of a group of requests. Sums stay at the largest number that the database can hold.
#[derive(Clone, Debug, Default)]
pub struct Rollup {
    /// How many there are of each outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// An estimate.
    pub response_tokens: u64,
    pub with_session: u64,
    pub with_client: u64,
    pub with_user: u64,
    pub latency: Sketch,
}

const LARGEST: u64 = i64::MAX.unsigned_abs();

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more).min(LARGEST);
}

impl Rollup {
    pub fn count(&mut self, request: &Measured<'_>) {
        add(&mut self.outcomes[request.outcome as usize], 1);
        add(&mut self.request_bytes, request.request_bytes);
        add(&mut self.response_bytes, request.response_bytes);
        add(&mut self.response_tokens, request.response_tokens);
        add(&mut self.with_session, request.has_session.into());
        add(&mut self.with_client, request.has_client.into());
        add(&mut self.with_user, request.has_user.into());
        self.latency.record(request.duration_micros);
    }

    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.outcomes.iter_mut().zip(other.outcomes) {
            add(sum, more);
        }
        add(&mut self.request_bytes, other.request_bytes);
        add(&mut self.response_bytes, other.response_bytes);
        add(&mut self.response_tokens, other.response_tokens);
        add(&mut self.with_session, other.with_session);
        add(&mut self.with_client, other.with_client);
        add(&mut self.with_user, other.with_user);
        self.latency.merge(&other.latency);
    }

    pub fn requests(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    pub fn errors(&self) -> u64 {
        self.occurring().filter(|(outcome, _)| outcome.is_error()).map(|(_, count)| count).sum()
    }

    /// The outcomes that occurred, in the order of [`Outcome::ALL`].
    pub fn occurring(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.into_iter().zip(self.outcomes).filter(|(_, count)| *count > 0)
    }

    pub fn totals(&self) -> Totals {
        let [p50_ms, p95_ms, p99_ms] = self.latency.percentiles([50, 95, 99]);
        Totals {
            requests: self.requests(),
            errors: self.errors(),
            response_bytes: self.response_bytes,
            response_tokens: self.response_tokens,
            p50_ms,
            p95_ms,
            p99_ms,
        }
    }
}

/// Which requests a rollup is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    pub width: Width,
    pub start: DateTime<Utc>,
    /// Empty: the requests of every tool, and those of none.
    pub tool_name: &'a str,
}

/// The rollups that these requests move, each with what they add to it.
pub fn of<'a>(requests: impl IntoIterator<Item = Measured<'a>>) -> HashMap<Key<'a>, Rollup> {
    // Each request is looked up once; the few minutes and tools of a batch are then added up, not its requests again.
    let mut minutes: HashMap<(i64, &str), Rollup> = HashMap::new();
    for request in requests {
        let minute = request.at.timestamp().div_euclid(60);
        minutes.entry((minute, request.tool_name.unwrap_or_default())).or_default().count(&request);
    }
    let mut rollups = HashMap::with_capacity(minutes.len() * 4);
    for ((minute, tool_name), rollup) in minutes {
        let at = DateTime::from_timestamp(minute * 60, 0).unwrap_or_default();
        for width in Width::ALL {
            let start = floor(at, width.length());
            rollups.entry(Key { width, start, tool_name: "" }).or_insert_with(Rollup::default).merge(&rollup);
            if !tool_name.is_empty() {
                rollups.entry(Key { width, start, tool_name }).or_insert_with(Rollup::default).merge(&rollup);
            }
        }
    }
    rollups
}
