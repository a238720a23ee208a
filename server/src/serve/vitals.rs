//! What the system tools tell of this server.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rmcp::model::Extensions;
use tokio::time::timeout;

use crate::{
    clock::Clock,
    mcp::tools::system::{RecorderHealth, SessionView, Vitals},
    store::{Engine, SessionSoFar, Store, StoreError},
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

    /// What the database says, where other servers know more than this one; `None` where there are none, and where it does not
    /// answer at once: no call waits for a database that is away.
    async fn asked<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        const PATIENCE: Duration = Duration::from_millis(500);
        let is_away = self.tracker.as_ref().is_some_and(|tracker| tracker.recorder.is_failing());
        if self.store.engine() == Engine::Sqlite || is_away {
            return None;
        }
        timeout(PATIENCE, answer).await.ok()?.ok()
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

    async fn active_sessions(&self) -> u64 {
        let Some(tracker) = &self.tracker else { return 0 };
        let own = tracker.sessions.connected() as u64;
        // What is stored is a moment old.
        let stored = self.asked(self.store.connected_sessions()).await;
        stored.map_or(own, |(active, idle)| own.max(active + idle))
    }

    fn session_timeout_seconds(&self) -> u64 {
        self.limits.session_timeout.as_secs()
    }

    fn client_of(&self, extensions: &Extensions) -> Option<String> {
        let session = current_session(extensions)?;
        let record = &session.record;
        record.client_type.as_deref().or(record.client_name.as_deref()).map(str::to_owned)
    }

    async fn session_of(&self, extensions: &Extensions) -> Option<SessionView> {
        let session = current_session(extensions)?;
        let record = &session.record;
        let own = SessionSoFar {
            session_id: record.session_id,
            connected_at: record.connected_at,
            requests: session.requests.load(Ordering::Relaxed),
            errors: session.errors.load(Ordering::Relaxed),
        };
        let stored = self.asked(self.store.session_so_far(record.session_id, record.key)).await.flatten();
        // What is stored is a moment old.
        let so_far = stored.map_or(own, |stored| SessionSoFar {
            requests: stored.requests.max(own.requests),
            errors: stored.errors.max(own.errors),
            ..stored
        });
        Some(SessionView {
            session_id: so_far.session_id.to_string(),
            client_type: record.client_type.as_deref().map(str::to_owned),
            client_version: record.client_version.clone(),
            protocol_version: record.protocol_version.as_deref().map(str::to_owned),
            attribution: record.attribution.as_str().to_owned(),
            connected_at: so_far.connected_at,
            total_requests: so_far.requests,
            errors: so_far.errors,
        })
    }
}
