//! A whole server on a free port with a database of its own, tools that misbehave on demand, and a clock that the test
//! moves.

pub mod http;
pub mod load;
pub mod lock;
pub mod process;
pub mod tools;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use tracon::{
    clock::ManualClock,
    config::Config,
    serve::{Running, ServeError, Setup},
};

use self::tools::{Gate, TestTools};
use crate::database::{Peek, Site};

/// No event that a test waits for takes this long.
pub const BOUND: Duration = Duration::from_secs(20);

pub struct TestServer {
    pub running: Running,
    pub clock: ManualClock,
    /// What the waiting tools of this server wait for.
    pub gate: Arc<Gate>,
    pub database: Peek,
    pub site: Arc<Site>,
}

/// Where a server was that has stopped.
pub struct Place {
    config: Config,
    pub clock: ManualClock,
    site: Arc<Site>,
}

/// A request as it stands in the database.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Row {
    pub session_id: Option<String>,
    pub client_type: Option<String>,
    pub method: String,
    pub tool_name: Option<String>,
    pub status: String,
    pub outcome: String,
    pub error_code: Option<i64>,
    pub error_message: Option<String>,
    pub duration_ms: f64,
    pub request_bytes: i64,
    pub response_bytes: i64,
    pub http_status: Option<i64>,
    pub conversation_id: Option<String>,
    pub turn_id: Option<String>,
    pub trace_id: Option<String>,
}

/// A session as it stands in the database.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct SessionRow {
    pub session_id: String,
    pub client_type: Option<String>,
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    pub protocol_version: Option<String>,
    pub attribution: String,
    pub status: String,
    pub disconnect_reason: Option<String>,
    pub total_requests: i64,
    pub failed_requests: i64,
    pub total_duration: Option<f64>,
    pub is_probe: bool,
}

impl Place {
    /// Where nobody was before, or a process that is gone.
    pub fn at(site: Site) -> Self {
        let start: DateTime<Utc> = "2026-01-09T14:40:00.123456Z".parse().expect("a time");
        Self { config: site.config(), clock: ManualClock::at(start), site: Arc::new(site) }
    }

    /// With the same database and the same clock.
    pub fn beside(server: &TestServer) -> Self {
        let (clock, site) = (server.clock.clone(), Arc::clone(&server.site));
        Self { config: Config { data_dir: site.directory().join("beside"), ..site.config() }, clock, site }
    }

    /// Waits until the server that has stopped is gone for the database, too.
    pub async fn alone(&self) {
        self.site.alone().await;
    }

    pub async fn database(&self) -> Peek {
        self.site.open().await
    }

    pub async fn start(self) -> TestServer {
        let Self { config, clock, site } = self;
        let gate = Arc::new(Gate::default());
        let setup = Setup { config, clock: Arc::new(clock.clone()) };
        let running = setup.start_with(|_| TestTools::new(Arc::clone(&gate))).await.expect("the server starts");
        let database = site.open().await;
        TestServer { running, clock, gate, database, site }
    }
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With the test's tools behind the product's own guard, layer and wrapper.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut place = Place::at(Site::new().await);
        change(&mut place.config);
        place.start().await
    }

    /// Stops it; gives how that went and where it can be started again.
    pub async fn stop(self) -> (Result<(), ServeError>, Place) {
        let place = Place { config: self.running.config.clone(), clock: self.clock, site: self.site };
        self.database.close().await;
        (self.running.stop().await, place)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    /// All requests, oldest first, once everything recorded is in the database.
    pub async fn rows(&self) -> Vec<Row> {
        self.settled().await;
        let statement =
            "SELECT CAST(session_id AS TEXT) AS session_id, client_type, method, tool_name, status, outcome,
                 error_code, error_message, duration_ms, request_bytes, response_bytes, http_status, conversation_id,
                 turn_id, trace_id
             FROM archon_mcp_requests ORDER BY id";
        self.database.rows(statement).await
    }

    /// Waits until there are that many requests in the database; there may be more later, so a test that wants exactly
    /// as many asks again when it is done.
    pub async fn rows_when(&self, count: usize) -> Vec<Row> {
        let mut changes = self.running.changes.clone();
        let wait = async {
            loop {
                let rows = self.rows().await;
                if rows.len() >= count {
                    return rows;
                }
                changes.changed().await.expect("the writer runs");
            }
        };
        tokio::time::timeout(BOUND, wait).await.unwrap_or_else(|_| panic!("there never were {count} rows"))
    }

    /// The one request of that tool.
    pub async fn row_of(&self, tool: &str) -> Row {
        let mut rows: Vec<Row> = self.rows().await;
        rows.retain(|row| row.tool_name.as_deref() == Some(tool));
        assert_eq!(rows.len(), 1, "one row for {tool}: {rows:#?}");
        rows.remove(0)
    }

    /// All sessions, oldest first, once everything recorded is in the database.
    pub async fn sessions(&self) -> Vec<SessionRow> {
        self.settled().await;
        let statement = "SELECT CAST(session_id AS TEXT) AS session_id, client_type, client_name, client_version,
                 protocol_version, attribution, status, disconnect_reason, total_requests, failed_requests,
                 total_duration, is_probe
             FROM archon_mcp_sessions ORDER BY archon_mcp_sessions.session_id";
        self.database.rows(statement).await
    }

    async fn settled(&self) {
        if let Some(tracker) = self.running.tracker() {
            tracker.recorder.settled().await;
        }
    }
}
