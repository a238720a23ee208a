//! How changes move the state of a session.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tracon_app::reports::Presence;
use uuid::Uuid;

use crate::store::{
    DisconnectReason, PresenceChange, RequestRecord, SessionRecord, StoreError,
    cells::Cells,
    connection::{Connection, Value},
    tables::SESSIONS,
};

/// How a session ended.
#[derive(Debug)]
pub struct Ended {
    pub reason: Option<&'static str>,
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
    pub requests: i64,
    pub failed: i64,
    pub tool_calls: i64,
    is_changed: bool,
}

/// The sessions that a batch names, by id.
#[derive(Debug)]
pub struct States(HashMap<Uuid, State>);

impl States {
    /// The states that are stored.
    pub async fn read(
        connection: &mut Connection<'_>,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, StoreError> {
        let statement = "SELECT session_id, status, connected_at, last_activity FROM archon_mcp_sessions
             WHERE session_id IN (SELECT value FROM unnest($1) AS list (value))";
        let rows = connection.fetch_all(statement, vec![Value::Ids(ids.into_iter().collect())]).await?;

        let mut states = HashMap::with_capacity(rows.len());
        for row in &rows {
            let cells = Cells::keyed(row, SESSIONS, "session_id")?;
            let (id, presence) = (cells.id("session_id")?, cells.presence("status")?);
            states.insert(id, State::new(id, presence, cells.time("connected_at")?, cells.time("last_activity")?));
        }
        Ok(Self(states))
    }

    /// Takes a session in, active since it connected; `false` when it is known.
    pub fn open(&mut self, session: &SessionRecord) -> bool {
        let mut is_new = false;
        self.0.entry(session.session_id).or_insert_with(|| {
            is_new = true;
            let at = session.connected_at;
            State::new(session.session_id, Presence::Active, at, stored(at))
        });
        is_new
    }

    /// The session of a request, where it is there.
    pub fn of(&self, request: &RequestRecord) -> Option<&State> {
        self.0.get(&request.session.as_ref()?.id())
    }

    /// Counts a request that was not stored before. It wakes an idle session, and never one that ended.
    pub fn count(&mut self, request: &RequestRecord) {
        let Some(state) = request.session.as_ref().and_then(|session| self.0.get_mut(&session.id())) else {
            return;
        };
        state.is_changed = true;
        state.requests += 1;
        state.failed += i64::from(request.outcome.is_error());
        state.tool_calls += i64::from(request.method == "tools/call");
        let end = request.timestamp + TimeDelta::from_std(request.duration).unwrap_or_default();
        state.last_activity = state.last_activity.max(stored(end));
        if state.presence == Presence::Idle {
            state.presence = Presence::Active;
        }
    }

    /// Follows a change of presence, unless the session has ended.
    ///
    /// `Active` and `Idle` from before the last activity are ignored: they come from a batch that is applied again, and
    /// following them would undo what the requests after them did.
    pub fn change_presence(&mut self, change: &PresenceChange) {
        let Some(state) = self.0.get_mut(&change.session_id) else { return };
        match (state.presence, change.presence) {
            (Presence::Disconnected, _) => {}
            (_, Presence::Disconnected) => state.end(change.reason, change.at),
            (_, presence) => {
                if stored(change.at) >= state.last_activity {
                    state.is_changed |= state.presence != presence;
                    state.presence = presence;
                }
            }
        }
    }

    /// Those that are not as they are stored.
    pub fn changed(&self) -> impl Iterator<Item = &State> {
        self.0.values().filter(|state| state.is_changed)
    }
}

impl State {
    fn new(session_id: Uuid, presence: Presence, connected_at: DateTime<Utc>, last_activity: DateTime<Utc>) -> Self {
        Self {
            session_id,
            presence,
            connected_at,
            last_activity,
            ended: None,
            requests: 0,
            failed: 0,
            tool_calls: 0,
            is_changed: false,
        }
    }

    fn end(&mut self, reason: Option<DisconnectReason>, at: DateTime<Utc>) {
        // A wall clock that was set back must not make a session end before it began.
        let lasted = (at - self.connected_at).max(TimeDelta::zero());
        self.is_changed = true;
        self.presence = Presence::Disconnected;
        self.ended = Some(Ended {
            reason: reason.map(DisconnectReason::as_str),
            at,
            duration: lasted.num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6,
        });
    }
}

/// A time as exact as it is stored.
fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// A stored session, ended at its last activity.
pub fn ended(
    session_id: Uuid,
    reason: Option<DisconnectReason>,
    connected_at: DateTime<Utc>,
    last_activity: DateTime<Utc>,
) -> State {
    let mut state = State::new(session_id, Presence::Active, connected_at, last_activity);
    state.end(reason, last_activity);
    state
}
