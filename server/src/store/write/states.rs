//! How changes move the state of a session.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tracon_app::reports::Presence;
use uuid::Uuid;

use crate::store::{
    DisconnectReason, EndedSession, RequestRecord, SessionRecord, StoreError,
    cells::Cells,
    connection::{Connection, Value},
    names::Names,
    tables::SESSIONS,
};

/// How a session ended.
#[derive(Debug)]
pub struct Ended {
    pub reason: &'static str,
    pub at: DateTime<Utc>,
    /// Seconds from its start.
    pub duration: f64,
}

/// What changes of a session. Counts are what is to be added.
#[derive(Debug)]
pub struct State {
    pub session_id: Uuid,
    pub presence: Presence,
    connected_at: DateTime<Utc>,
    /// As exact as it is stored.
    pub last_activity: DateTime<Utc>,
    /// Set when it ended within this batch.
    pub ended: Option<Ended>,
    /// When it ended, if no client said so: a request that began later proves that it did not.
    presumed_over: Option<DateTime<Utc>>,
    pub requests: i64,
    pub failed: i64,
    pub tool_calls: i64,
    is_changed: bool,
}

/// The sessions that a batch names, by the ids of their rows.
#[derive(Debug)]
pub struct States {
    rows: HashMap<Uuid, State>,
    names: Names,
}

impl States {
    /// The states of these rows that are stored.
    pub async fn read(
        connection: &mut Connection<'_>,
        rows: impl IntoIterator<Item = Uuid>,
        names: Names,
    ) -> Result<Self, StoreError> {
        let statement = "SELECT session_id, status, connected_at, last_activity, disconnect_reason, disconnected_at
             FROM archon_mcp_sessions WHERE session_id IN (SELECT value FROM unnest($1) AS list (value))";
        let stored = connection.fetch_all(statement, vec![Value::Ids(rows.into_iter().collect())]).await?;

        let mut rows = HashMap::with_capacity(stored.len());
        for row in &stored {
            let cells = Cells::keyed(row, SESSIONS, "session_id")?;
            let (id, presence) = (cells.id("session_id")?, cells.presence("status")?);
            let mut state = State::new(id, presence, cells.time("connected_at")?, cells.time("last_activity")?);
            let reason: Option<&str> = cells.get("disconnect_reason")?;
            if reason.is_some_and(|reason| PRESUMED.iter().any(|presumed| presumed.as_str() == reason)) {
                state.presumed_over = cells.optional_time("disconnected_at")?;
            }
            rows.insert(id, state);
        }
        Ok(Self { rows, names })
    }

    /// What the sessions are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Takes a session in, active since it connected; `false` when it is known, by this name or another.
    pub fn open(&mut self, session: &SessionRecord) -> bool {
        let mut is_new = false;
        self.rows.entry(self.names.row(session.session_id)).or_insert_with(|| {
            is_new = true;
            let at = session.connected_at;
            State::new(session.session_id, Presence::Active, at, stored(at))
        });
        is_new
    }

    /// The session of a request, where it is there.
    pub fn of(&self, request: &RequestRecord) -> Option<&State> {
        self.rows.get(&self.names.row(request.session.as_ref()?.id()))
    }

    /// Counts a request that was not stored before. It wakes an idle session; one that ended only if that was presumed, and
    /// the request shows that it did not: another server had not written it yet.
    pub fn count(&mut self, request: &RequestRecord) {
        let Some(session) = &request.session else { return };
        let Some(state) = self.rows.get_mut(&self.names.row(session.id())) else { return };
        state.is_changed = true;
        state.requests += 1;
        state.failed += i64::from(request.outcome.is_error());
        state.tool_calls += i64::from(request.method == "tools/call");
        let end = request.timestamp + TimeDelta::from_std(request.duration).unwrap_or_default();
        state.last_activity = state.last_activity.max(stored(end));
        let is_over = match state.presence {
            Presence::Active | Presence::Idle => false,
            Presence::Disconnected => state.presumed_over.is_none_or(|over| request.timestamp <= over),
        };
        if !is_over {
            state.presence = Presence::Active;
            (state.ended, state.presumed_over) = (None, None);
        }
    }

    /// Ends a session, unless it has ended.
    pub fn end(&mut self, ended: &EndedSession) {
        let state = self.rows.get_mut(&self.names.row(ended.session_id));
        if let Some(state) = state.filter(|state| state.presence != Presence::Disconnected) {
            state.end(ended.reason, ended.at);
        }
    }

    /// Whether the session is over for good.
    pub fn is_ended_by_client(&self, name: Uuid) -> bool {
        let state = self.rows.get(&self.names.row(name));
        state.is_some_and(|state| state.presence == Presence::Disconnected && state.presumed_over.is_none())
    }

    /// Those that are not as they are stored.
    pub fn changed(&self) -> impl Iterator<Item = &State> {
        self.rows.values().filter(|state| state.is_changed)
    }
}

/// Of sessions that no client ended. A server that was cut off from the database for a moment may serve them yet.
const PRESUMED: [DisconnectReason; 3] =
    [DisconnectReason::Timeout, DisconnectReason::ServerShutdown, DisconnectReason::ServerRestart];

impl State {
    pub fn new(
        session_id: Uuid,
        presence: Presence,
        connected_at: DateTime<Utc>,
        last_activity: DateTime<Utc>,
    ) -> Self {
        Self {
            session_id,
            presence,
            connected_at,
            last_activity,
            ended: None,
            presumed_over: None,
            requests: 0,
            failed: 0,
            tool_calls: 0,
            is_changed: false,
        }
    }

    pub fn end(&mut self, reason: DisconnectReason, at: DateTime<Utc>) {
        // A wall clock that was set back must not make a session end before it began.
        let lasted = (at - self.connected_at).max(TimeDelta::zero());
        self.is_changed = true;
        self.presence = Presence::Disconnected;
        self.presumed_over = PRESUMED.contains(&reason).then_some(at);
        self.ended = Some(Ended {
            reason: reason.as_str(),
            at,
            duration: lasted.num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6,
        });
    }
}

/// A time as exact as it is stored.
fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}
