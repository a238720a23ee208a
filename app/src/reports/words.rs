//! The words that rows, filters and URLs share: how a request ended, whether a session is there, which stretch of time.

use chrono::Duration;
use serde::{Deserialize, Serialize};

/// How a request ended. The one definition that rows, tiles, filters and exports share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered with a result.
    Ok,
    /// Answered with a round that asks the client for more input: not a failure.
    InputRequired,
    /// The tool answered `isError: true`.
    ToolError,
    /// Answered with a JSON-RPC error.
    ProtocolError,
    /// Refused with 401 or 403.
    Denied,
    /// Refused because a limit was reached.
    RateLimited,
    /// Ran past its time-out.
    Timeout,
    /// The client sent `notifications/cancelled`.
    Cancelled,
    /// The client was gone before the answer.
    Disconnected,
    /// A panic or a bug of the server.
    Internal,
}

impl Outcome {
    /// Every outcome, the successes first: the order in which charts stack and filters list them.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::InputRequired,
        Self::ToolError,
        Self::ProtocolError,
        Self::Denied,
        Self::RateLimited,
        Self::Timeout,
        Self::Cancelled,
        Self::Disconnected,
        Self::Internal,
    ];

    /// The name in the database and in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InputRequired => "input_required",
            Self::ToolError => "tool_error",
            Self::ProtocolError => "protocol_error",
            Self::Denied => "denied",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Disconnected => "disconnected",
            Self::Internal => "internal",
        }
    }

    /// The outcome of that name, if it is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// What the error rate counts: everything but `ok` and `input_required`.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::Ok | Self::InputRequired)
    }
}

/// Whether a session is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Active,
    Idle,
    Disconnected,
}

impl Presence {
    pub const ALL: [Self; 3] = [Self::Active, Self::Idle, Self::Disconnected];

    /// The name in the database's `status` column and in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Disconnected => "disconnected",
        }
    }

    /// The presence of that name, if it is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|presence| presence.as_str() == name)
    }
}

/// The stretch of time that a page looks at, as the URL names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeRange {
    #[serde(rename = "15m")]
    QuarterHour,
    #[default]
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "6h")]
    SixHours,
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
}

impl TimeRange {
    pub const ALL: [Self; 6] = [Self::QuarterHour, Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::Month];

    /// The name in the URL, which is also its label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The range of that name, if it is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.as_str() == name)
    }

    /// How far back from now the range reaches.
    #[must_use]
    pub const fn length(self) -> Duration {
        match self {
            Self::QuarterHour => Duration::minutes(15),
            Self::Hour => Duration::hours(1),
            Self::SixHours => Duration::hours(6),
            Self::Day => Duration::hours(24),
            Self::Week => Duration::days(7),
            Self::Month => Duration::days(30),
        }
    }

    /// The width of one bucket of its charts: 16 to 85 buckets a range, the last of them not over yet. They are made of
    /// rollups, so that none is narrower than a minute, nor those of the longer ranges than an hour or a day.
    #[must_use]
    pub const fn bucket(self) -> Duration {
        match self {
            Self::QuarterHour | Self::Hour => Duration::minutes(1),
            Self::SixHours => Duration::minutes(5),
            Self::Day => Duration::hours(1),
            Self::Week => Duration::hours(2),
            Self::Month => Duration::days(1),
        }
    }
}
