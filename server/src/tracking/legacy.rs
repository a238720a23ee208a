//! The legacy protocol's sessions as rmcp keeps them, and an end of them that harms none which comes back under its id.
//!
//! rmcp's task of a session takes its id out of the list once more when it ends, which is a moment after the session was ended.
//! Where the client has brought the session back within that moment, that would take the new one away under its call.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        RestoreOutcome, ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionHandle, LocalSessionManager},
    },
};

type Local = LocalSessionManager;
type Result<T> = std::result::Result<T, <Local as SessionManager>::Error>;

/// See the [module](self).
#[derive(Debug, Default)]
pub struct LegacySessions {
    rmcp: Local,
    /// How many tasks of sessions that were ended have not ended yet, by their ids. Locked within the list's own lock.
    ending: Mutex<HashMap<SessionId, u32>>,
}

impl LegacySessions {
    /// No sessions. `keep_alive`: silence after which rmcp drops one by itself.
    #[must_use]
    pub fn new(keep_alive: Duration) -> Self {
        let mut rmcp = Local::default();
        rmcp.session_config.keep_alive = Some(keep_alive);
        // With a priming event Gemini CLI never lists a tool.
        rmcp.session_config.sse_retry = None;
        Self { rmcp, ending: Mutex::default() }
    }

    /// How many there are, also those whose handshake runs.
    pub async fn count(&self) -> usize {
        self.rmcp.sessions.read().await.len()
    }

    /// Their ids.
    pub async fn ids(&self) -> Vec<SessionId> {
        self.rmcp.sessions.read().await.keys().cloned().collect()
    }

    /// Ends sessions, those that `may_end` says of, asked when no request can reach the session any more. A client that comes back finds
    /// its session again where it was parked; else it gets 404 and starts anew.
    pub async fn end(&self, ids: Vec<SessionId>, may_end: impl Fn(&str) -> bool) {
        for id in ids {
            let handle = {
                // While this is held rmcp finds no session for a request: one that was there before holds its session, and one that
                // comes now has it brought back. Asked before, it would have its session ended under its call.
                let mut sessions = self.rmcp.sessions.write().await;
                if !may_end(&id) {
                    continue;
                }
                let handle = sessions.remove(&id);
                if handle.is_some() {
                    *self.ending().entry(id).or_default() += 1;
                }
                handle
            };
            close(handle).await;
        }
    }

    /// Whether it is the task of a session which was ended before that takes this id out of the list.
    fn is_ended(&self, id: &SessionId) -> bool {
        let mut ending = self.ending();
        let Some(tasks) = ending.get_mut(id) else { return false };
        *tasks -= 1;
        if *tasks == 0 {
            ending.remove(id);
            // Thousands may have been ended at once.
            if ending.is_empty() {
                ending.shrink_to_fit();
            }
        }
        true
    }

    fn ending(&self) -> MutexGuard<'_, HashMap<SessionId, u32>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the session's task, where it still runs, to end.
async fn close(handle: Option<LocalSessionHandle>) {
    if let Some(handle) = handle
        && let Err(error) = handle.close().await
    {
        tracing::debug!(%error, "a session that is ended had ended by itself");
    }
}

/// All as rmcp does it, but for the end.
impl SessionManager for LegacySessions {
    type Error = <Local as SessionManager>::Error;
    type Transport = <Local as SessionManager>::Transport;

    async fn close_session(&self, id: &SessionId) -> Result<()> {
        let handle = {
            let mut sessions = self.rmcp.sessions.write().await;
            if self.is_ended(id) {
                return Ok(());
            }
            sessions.remove(id)
        };
        close(handle).await;
        Ok(())
    }

    async fn create_session(&self) -> Result<(SessionId, Self::Transport)> {
        self.rmcp.create_session().await
    }

    async fn initialize_session(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<ServerJsonRpcMessage> {
        self.rmcp.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool> {
        self.rmcp.has_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        self.rmcp.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<()> {
        self.rmcp.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        self.rmcp.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        self.rmcp.resume(id, last_event_id).await
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>> {
        self.rmcp.restore_session(id).await
    }
}
