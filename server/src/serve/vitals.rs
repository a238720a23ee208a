//! What the system tools tell of this server.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rmcp::model::Extensions;

use crate::{
    clock::Clock,
    mcp::tools::system::{RecorderHealth, SessionView, Vitals},
    store::Store,
    tracking::{Tracker, handler::current_session, sessions::Limits},
};

/// This server, as its tools see it.
#[derive(Debug)]
pub(super) struct ServerVitals {
    clock: Arc<dyn Clock>,
    started: Instant,
    store: Store,
    tracker: Option<Arc<Tracker>>,
    limits: Limits,
}

impl ServerVitals {
    pub(super) fn new(clock: Arc<dyn Clock>, store: Store, tracker: Option<Arc<Tracker>>, limits: Limits) -> Self {
        Self { clock, started: Instant::now(), store, tracker, limits }
    }
}

#[async_trait]
impl Vitals for ServerVitals {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn uptime_seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    async fn database_answers(&self) -> bool {
        self.store.ping().await.inspect_err(|error| tracing::error!(%error, "the database does not answer")).is_ok()
    }

    fn recorder(&self) -> Option<RecorderHealth> {
        let health = self.tracker.as_ref()?.recorder.health();
        Some(RecorderHealth { writing: health.failing_since.is_none(), waiting: health.waiting, lost: health.lost })
    }

    fn active_sessions(&self) -> u64 {
        self.tracker.as_ref().map_or(0, |tracker| tracker.sessions.connected() as u64)
    }

    fn session_timeout_seconds(&self) -> u64 {
        self.limits.session_timeout.as_secs()
    }

    fn session_of(&self, extensions: &Extensions) -> Option<SessionView> {
        let session = current_session(extensions)?;
        let record = &session.record;
        Some(SessionView {
            session_id: record.session_id.to_string(),
            client_type: record.client_type.clone(),
            client_version: record.client_version.clone(),
            protocol_version: record.protocol_version.clone(),
            attribution: record.attribution.as_str().to_owned(),
            connected_at: record.connected_at,
            total_requests: session.requests.load(Ordering::Relaxed),
            errors: session.errors.load(Ordering::Relaxed),
        })
    }
}
