//! The store as the pages see it.

use std::sync::Arc;

use async_trait::async_trait;
use tracon_app::reports::{
    Overview, ReportError, Reports, RequestDetail, RequestFilter, RequestPage, SessionDetail, SessionFilter,
    SessionPage, TimeRange,
};

use super::{Store, StoreError};
use crate::clock::Clock;

/// Gives the pages their figures as of the clock's time.
#[derive(Clone, Debug)]
pub struct StoreReports {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl StoreReports {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
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
}
