//! What the pages need, as plain values, and (on the server) the trait that provides it.
//!
//! The pages know nothing of SQL or MCP: they ask [`Reports`], which the server implements over its store.
//! Times are UTC; durations are milliseconds with microseconds kept; sizes are bytes on the wire.

mod health;
mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::{
    health::{Coverage, DatabaseHealth, Health, Readiness, RecorderHealth, Retention},
    words::{Outcome, Presence, TimeRange},
};

/// The figures of one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub requests: u64,
    /// Requests whose outcome is an error.
    pub errors: u64,
    /// Bytes of all answers: what the calls put on the wire towards the clients.
    pub response_bytes: u64,
    /// What the results cost the clients' context, in tokens: an estimate.
    pub response_tokens: u64,
    /// Latency in ms, within 1 % of the exact percentile; `None` when there was no request.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

/// One bucket of the charts over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub start: DateTime<Utc>,
    /// Only outcomes that occurred, in the order of [`Outcome::ALL`].
    pub outcomes: Vec<(Outcome, u64)>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub response_bytes: u64,
    /// An estimate.
    pub response_tokens: u64,
}

/// One tool's figures over the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolTotals {
    pub tool_name: String,
    pub calls: u64,
    pub errors: u64,
    pub p95_ms: Option<f64>,
    pub response_bytes: u64,
    /// An estimate.
    pub response_tokens: u64,
    /// What its definition costs each client that lists it, in tokens: an estimate. `None` when it was never listed.
    pub definition_tokens: Option<u64>,
}

/// A session, as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    pub session_id: String,
    /// What connected, by its known name ("Claude Code"), else as it named itself.
    pub client_type: Option<String>,
    /// As sent.
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    pub protocol_version: Option<String>,
    /// `transport`, `conversation`, `trace` or `window`: what tied the requests to the session.
    pub attribution: String,
    pub presence: Presence,
    /// Why it ended: `client_disconnect`, `timeout`, `server_shutdown`, `server_restart` …
    pub disconnect_reason: Option<String>,
    pub user_agent: Option<String>,
    pub connected_at: DateTime<Utc>,
    pub last_activity: DateTime<Utc>,
    pub disconnected_at: Option<DateTime<Utc>>,
    pub total_requests: u64,
    pub failed_requests: u64,
    pub p95_ms: Option<f64>,
    /// Known to connect only to see whether a server answers, or has never called a tool.
    pub is_probe: bool,
}

/// A request, as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    pub id: String,
    pub session_id: Option<String>,
    pub client_type: Option<String>,
    /// The JSON-RPC method; the HTTP verb where a refused request's body could not be read.
    pub method: String,
    pub tool_name: Option<String>,
    pub outcome: Outcome,
    pub error_code: Option<i64>,
    /// Start of the request.
    pub timestamp: DateTime<Utc>,
    pub duration_ms: f64,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// What the result costs the client's context, in tokens: an estimate. `None` where there was none that a model reads.
    pub response_tokens: Option<u32>,
}

/// What `/` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub range: TimeRange,
    /// The end of the range: when the report was made.
    pub now: DateTime<Utc>,
    /// Sessions connected now, probes left out.
    pub active_sessions: u64,
    pub idle_sessions: u64,
    pub totals: Totals,
    /// The period just before, as long to the nearest minute, hour or day, whichever its figures are kept by.
    pub previous: Totals,
    /// Every bucket of the range, oldest first, empty ones too.
    pub buckets: Vec<Bucket>,
    /// The ten most called.
    pub top_tools: Vec<ToolTotals>,
    /// Connected now, the most recently active first, at most ten, probes left out.
    pub connected: Vec<SessionRow>,
    /// The ten newest requests.
    pub newest: Vec<RequestRow>,
}

/// Which sessions `/sessions` lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionFilter {
    #[serde(default)]
    pub presence: Option<Presence>,
    #[serde(default)]
    pub client: Option<String>,
    /// Probes and sessions without a tool call instead of the others.
    #[serde(default)]
    pub probes: bool,
    /// Where the page starts: `next` of the page before.
    #[serde(default)]
    pub before: Option<String>,
}

/// One page of sessions, the most recently active first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionPage {
    pub now: DateTime<Utc>,
    pub rows: Vec<SessionRow>,
    /// All that match the filter, not only this page.
    pub total: u64,
    /// How many probes there are in all: they are listed apart.
    pub probes: u64,
    /// Client types that occur, for the filter.
    pub clients: Vec<String>,
    /// Start of the next page; `None` on the last.
    pub next: Option<String>,
}

/// What `/sessions/{id}` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionDetail {
    pub now: DateTime<Utc>,
    pub session: SessionRow,
    /// `capabilities` as the client declared them, JSON.
    pub client_capabilities: Option<String>,
    pub peer: Option<String>,
    pub server_instance: String,
    /// Its newest requests, newest first, at most 200, without their arguments and results.
    pub requests: Vec<RequestDetail>,
    /// Failed requests by outcome and JSON-RPC code, the most frequent first.
    pub errors: Vec<ErrorKind>,
}

/// How often one kind of failure occurred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorKind {
    pub outcome: Outcome,
    pub error_code: Option<i64>,
    pub count: u64,
}

/// Which requests `/requests` lists. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestFilter {
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub tool: Option<String>,
    #[serde(default)]
    pub client: Option<String>,
    #[serde(default)]
    pub session: Option<String>,
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The JSON-RPC error's code.
    #[serde(default)]
    pub error_code: Option<i64>,
    /// Only failures (every outcome that counts as an error).
    #[serde(default)]
    pub errors_only: bool,
    /// At least this long, ms.
    #[serde(default)]
    pub min_ms: Option<f64>,
    /// Occurs in the error message, letter case ignored.
    #[serde(default)]
    pub text: Option<String>,
    /// Only requests that started in this stretch before now; all when `None`.
    #[serde(default)]
    pub range: Option<TimeRange>,
    /// Where the page starts: `next` of the page before.
    #[serde(default)]
    pub before: Option<String>,
}

/// One page of requests, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestPage {
    pub now: DateTime<Utc>,
    pub rows: Vec<RequestRow>,
    /// All that match the filter, not only this page.
    pub total: u64,
    /// Values that occur, for the filters.
    pub methods: Vec<String>,
    pub tools: Vec<String>,
    pub clients: Vec<String>,
    /// Start of the next page; `None` on the last.
    pub next: Option<String>,
}

/// What `/requests/{id}` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestDetail {
    pub request: RequestRow,
    pub error_message: Option<String>,
    /// Status of the HTTP answer; `None` when the client was gone before one.
    pub http_status: Option<u16>,
    /// The JSON-RPC id as sent, as JSON.
    pub rpc_id: Option<String>,
    pub protocol_version: Option<String>,
    pub conversation_id: Option<String>,
    pub turn_id: Option<String>,
    pub trace_id: Option<String>,
    pub server_instance: String,
    /// What was captured of the arguments; `None` when nothing was, or when it is no longer kept.
    pub arguments: Option<Captured>,
    pub result: Option<Captured>,
    /// The request before and the one after it in the same session.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// What stands in captured text and in error messages where something looked secret.
pub const REDACTED: &str = "[redacted]";

/// JSON as it was captured, with what looks secret replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    pub json: String,
    /// Only the beginning was kept: `json` ends in the middle.
    pub is_cut: bool,
}

/// Why a report could not be made. The detail is in the server's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReportError {
    #[error("{0}")]
    Invalid(String),
    /// What was to be changed is not as whoever asked took it for.
    #[error("{0}")]
    Conflict(String),
    #[error("the database did not answer; the server's log says why")]
    Unavailable,
}

/// Where the pages get their figures from; the server implements it over its store.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Reports: Send + Sync + 'static {
    async fn overview(&self, range: TimeRange) -> Result<Overview, ReportError>;
    async fn sessions(&self, filter: SessionFilter) -> Result<SessionPage, ReportError>;
    /// `None` when there is no such session.
    async fn session(&self, session_id: &str) -> Result<Option<SessionDetail>, ReportError>;
    async fn requests(&self, filter: RequestFilter) -> Result<RequestPage, ReportError>;
    /// `None` when there is no such request.
    async fn request(&self, id: &str) -> Result<Option<RequestDetail>, ReportError>;
    /// Never fails: what does not answer is part of it.
    async fn health(&self) -> Health;

    /// The recorder's part of [`Self::health`]; `None` when tracking is off. Every page asks for it, so an implementation
    /// that has it at hand gives it without asking the database.
    async fn recorder(&self) -> Option<RecorderHealth> {
        self.health().await.recorder
    }

    /// What probes ask, every few seconds: an implementation asks the database the cheapest question there is.
    async fn readiness(&self) -> Readiness {
        let health = self.health().await;
        Readiness { database: health.database.answers, writer: health.recorder.is_none_or(|recorder| recorder.works()) }
    }
}
