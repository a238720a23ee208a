//! What reports ask, one file each, once for both engines. Every report reads within one snapshot, so that its figures are of
//! one moment.

mod conditions;
mod facets;
mod figures;
mod kinds;
mod overview;
mod percentiles;
mod request;
mod requests;
mod rows;
mod session;
mod sessions;

pub use self::{
    conditions::{Conditions, like},
    session::SessionSoFar,
};

use super::{Store, StoreError, connection::Value};

impl Store {
    /// How many sessions are active and how many idle, probes left out: the figures of the overview.
    pub async fn connected_sessions(&self) -> Result<(u64, u64), StoreError> {
        let mut snapshot = self.snapshot().await?;
        let connected = sessions::connected(&mut snapshot.connection()).await?;
        snapshot.end().await?;
        Ok(connected)
    }

    /// What brings the session of that transport id back; `None` when there is none, or when its client ended it.
    pub async fn parked_session(&self, transport_session_id: &str) -> Result<Option<String>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let statement = "SELECT state FROM archon_mcp_transport_sessions WHERE transport_session_id = $1";
        let state = snapshot.connection().texts(statement, vec![transport_session_id.into()]).await?;
        snapshot.end().await?;
        Ok(state.into_iter().next())
    }

    /// Those of these transport ids whose sessions can be brought back.
    pub async fn parked_among(&self, transport_session_ids: Vec<String>) -> Result<Vec<String>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let statement = "SELECT transport_session_id FROM archon_mcp_transport_sessions
             WHERE transport_session_id IN (SELECT value FROM unnest($1) AS list (value))";
        let there = snapshot.connection().texts(statement, vec![Value::Texts(transport_session_ids)]).await?;
        snapshot.end().await?;
        Ok(there)
    }
}
