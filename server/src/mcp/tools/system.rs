//! `health_check` and `session_info`.

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rmcp::{RoleServer, model::Extensions, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::Serialize;

use super::{answer::Answer, schema};
use crate::mcp::handler::Tracon;

/// What the tools ask of the server that they run in.
#[async_trait]
pub trait Vitals: Debug + Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
    fn uptime_seconds(&self) -> u64;
    /// Whether the database answers a query.
    async fn database_answers(&self) -> bool;
    /// The state of what records calls; `None` when tracking is off.
    fn recorder(&self) -> Option<RecorderHealth>;
    /// Sessions that are connected now.
    async fn active_sessions(&self) -> u64;
    fn session_timeout_seconds(&self) -> u64;
    /// What the client of a request is, by its extensions; `None` where that is not tracked.
    fn client_of(&self, extensions: &Extensions) -> Option<String>;
    /// The session that a request belongs to, by its extensions.
    async fn session_of(&self, extensions: &Extensions) -> Option<SessionView>;
}

/// What records the calls.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct RecorderHealth {
    /// The database takes what is recorded.
    pub writing: bool,
    /// Records that wait for the database.
    pub waiting: u64,
    /// Records that could not be kept since the server started.
    pub lost: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Healthy,
    Degraded,
    Unhealthy,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    status: Status,
    /// The server answers.
    api_service: bool,
    /// An embedding provider is configured and answers.
    agents_service: bool,
    /// The database answers.
    database: bool,
    /// Absent when tracking is off.
    recorder: Option<RecorderHealth>,
    last_health_check: DateTime<Utc>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct HealthCheck {
    health: Health,
    uptime_seconds: u64,
    timestamp: DateTime<Utc>,
}

/// The session that asks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionView {
    pub session_id: String,
    pub client_type: Option<String>,
    pub client_version: Option<String>,
    pub protocol_version: Option<String>,
    /// What ties the requests to the session: transport, conversation, trace or window.
    pub attribution: String,
    pub connected_at: DateTime<Utc>,
    /// Requests recorded before this one.
    pub total_requests: u64,
    /// Those of them that failed.
    pub errors: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SessionManagement {
    active_sessions: u64,
    /// Seconds of silence after which a session ends.
    session_timeout: u64,
    server_uptime_seconds: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionInfo {
    session_management: SessionManagement,
    /// Absent when tracking is off, or nothing ties the request to a session.
    session: Option<SessionView>,
    timestamp: DateTime<Utc>,
}

#[tool_router(router = system_tools, vis = "pub(in crate::mcp)")]
impl Tracon {
    /// Whether the server, its database and its recorder work.
    #[tool(
        output_schema = schema::output::<HealthCheck>(),
        annotations(title = "Health check", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn health_check(&self) -> Answer {
        let database = self.vitals.database_answers().await;
        let recorder = self.vitals.recorder();
        let records_all = recorder.is_none_or(|recorder| recorder.writing && recorder.lost == 0);
        let status = match (database, records_all) {
            (true, true) => Status::Healthy,
            (true, false) => Status::Degraded,
            (false, _) => Status::Unhealthy,
        };
        let now = self.vitals.now();
        Answer::of(HealthCheck {
            health: Health {
                status,
                api_service: true,
                // This version has nothing that embeds.
                agents_service: false,
                database,
                recorder,
                last_health_check: now,
            },
            uptime_seconds: self.vitals.uptime_seconds(),
            timestamp: now,
        })
    }

    /// Which session this is, and what it has done so far.
    #[tool(
        output_schema = schema::output::<SessionInfo>(),
        annotations(title = "Session info", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn session_info(&self, context: RequestContext<RoleServer>) -> Answer {
        let (active_sessions, session) =
            tokio::join!(self.vitals.active_sessions(), self.vitals.session_of(&context.extensions));
        Answer::of(SessionInfo {
            session_management: SessionManagement {
                active_sessions,
                session_timeout: self.vitals.session_timeout_seconds(),
                server_uptime_seconds: self.vitals.uptime_seconds(),
            },
            session,
            timestamp: self.vitals.now(),
        })
    }
}
