//! The store as the pages see it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tracon_app::reports::{
    DatabaseHealth, Health, Overview, Readiness, RecorderHealth, ReportError, Reports, RequestDetail, RequestFilter,
    RequestPage, Retention, SessionDetail, SessionFilter, SessionPage, TimeRange,
};

use super::{Store, StoreError};
use crate::clock::Clock;

/// What says where the records are that are not in the store yet.
pub trait Recording: std::fmt::Debug + Send + Sync + 'static {
    /// `None` when tracking is off.
    fn health(&self) -> Option<RecorderHealth>;
}

/// What does not change while the server runs.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    pub version: &'static str,
    pub started_at: DateTime<Utc>,
    pub retention: Retention,
    pub database_quota_bytes: u64,
}

/// Gives the pages their figures as of the clock's time.
#[derive(Clone, Debug)]
pub struct StoreReports {
    store: Store,
    clock: Arc<dyn Clock>,
    facts: ServerFacts,
    recording: Arc<dyn Recording>,
}

impl StoreReports {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, facts: ServerFacts, recording: Arc<dyn Recording>) -> Self {
        Self { store, clock, facts, recording }
    }
}

/// What was asked wrongly goes to whoever asked; everything else to the log, because it may name paths and rows.
fn report_error(error: StoreError) -> ReportError {
    match error {
        StoreError::Invalid { .. } => ReportError::Invalid(error.to_string()),
        error => {
            tracing::error!(%error, "a report could not be made");
            ReportError::Unavailable
        }
    }
}

#[async_trait]
impl Reports for StoreReports {
    async fn overview(&self, range: TimeRange) -> Result<Overview, ReportError> {
        self.store.overview(range, self.clock.now()).await.map_err(report_error)
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<SessionPage, ReportError> {
        self.store.sessions(&filter, self.clock.now()).await.map_err(report_error)
    }

    async fn session(&self, session_id: &str) -> Result<Option<SessionDetail>, ReportError> {
        self.store.session(session_id, self.clock.now()).await.map_err(report_error)
    }

    async fn requests(&self, filter: RequestFilter) -> Result<RequestPage, ReportError> {
        self.store.requests(&filter, self.clock.now()).await.map_err(report_error)
    }

    async fn request(&self, id: &str) -> Result<Option<RequestDetail>, ReportError> {
        self.store.request(id).await.map_err(report_error)
    }

    async fn recorder(&self) -> Option<RecorderHealth> {
        self.recording.health()
    }

    async fn readiness(&self) -> Readiness {
        let database = self.store.ping().await;
        Readiness {
            database: database.inspect_err(|error| tracing::error!(%error, "the database does not answer")).is_ok(),
            writer: self.recording.health().is_none_or(|recorder| recorder.works()),
        }
    }

    async fn health(&self) -> Health {
        let now = self.clock.now();
        let unanswered = |error: StoreError| tracing::error!(%error, "the database did not answer");
        let size = self.store.size().await.map_err(unanswered).ok();
        let coverage = self.store.coverage(now).await.map_err(unanswered).ok();
        Health {
            now,
            started_at: self.facts.started_at,
            version: self.facts.version.to_owned(),
            recorder: self.recording.health(),
            database: DatabaseHealth {
                engine: self.store.engine().name().to_owned(),
                answers: size.is_some() && coverage.is_some(),
                bytes: size,
                quota_bytes: self.facts.database_quota_bytes,
            },
            coverage,
            retention: self.facts.retention,
        }
    }
}
