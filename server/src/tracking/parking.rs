//! Sessions of the legacy protocol that are idle are parked: rmcp lets go of them (about 52 kB each), and the database
//! keeps what brings them back under their id, also after a restart.
//!
//! What rmcp needs for that are the parameters of the client's `initialize`. They are recorded like everything else when
//! the handshake has succeeded; a session is parked only once they are in the database.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rmcp::{
    model::InitializeRequestParams,
    transport::streamable_http_server::session::store::{SessionState, SessionStore, SessionStoreError},
};

use tokio::time::timeout;
use uuid::Uuid;

use super::Tracker;
use crate::store::Store;

/// Larger parameters are not kept, bytes: such a session is never parked, and is gone after a restart.
const MAX_STATE: usize = 64 << 10;

/// How long the database is waited for, and how long once it is known to take nothing: all requests of a session wait for the one
/// that brings it back.
const PATIENCE: Duration = Duration::from_secs(5);
const LITTLE_PATIENCE: Duration = Duration::from_millis(500);

/// What brings the session of this handshake back, JSON.
pub(super) fn state_of(handshake: &InitializeRequestParams) -> Option<String> {
    let state = serde_json::to_string(&SessionState::new(handshake.clone())).ok()?;
    (state.len() <= MAX_STATE).then_some(state)
}

/// The parked sessions, as rmcp asks for them.
#[derive(Debug)]
pub struct Parking {
    store: Store,
    tracker: Arc<Tracker>,
    /// The last time that it was asked, the database did not answer.
    is_away: AtomicBool,
}

impl Parking {
    #[must_use]
    pub fn new(store: Store, tracker: Arc<Tracker>) -> Self {
        Self { store, tracker, is_away: AtomicBool::new(false) }
    }

    /// Whether a session that rmcp does not find may be there all the same, in a database that does not answer.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Acquire)
    }
}

#[async_trait]
impl SessionStore for Parking {
    async fn load(&self, session_id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let patience = if self.tracker.recorder.is_failing() { LITTLE_PATIENCE } else { PATIENCE };
        let loaded = timeout(patience, self.store.parked_session(session_id)).await;
        let loaded = loaded.map_err(SessionStoreError::from).and_then(|loaded| Ok(loaded?));
        self.is_away.store(loaded.is_err(), Ordering::Release);
        // Also where that is not written yet, or was not when it was read.
        if self.tracker.sessions.is_forgotten(session_id) {
            return Ok(None);
        }
        Ok(loaded?.map(|state| serde_json::from_str(&state)).transpose()?)
    }

    /// Does nothing: rmcp asks for it also when the handshake was refused. The slot records those that succeeded.
    async fn store(&self, _: &str, _: &SessionState) -> Result<(), SessionStoreError> {
        Ok(())
    }

    /// The client ended its session.
    async fn delete(&self, session_id: &str) -> Result<(), SessionStoreError> {
        // rmcp makes no other ids: what never was one needs no record.
        if Uuid::try_parse(session_id).is_ok() {
            self.tracker.sessions.forget(session_id);
        }
        Ok(())
    }
}
