//! Many rows in few statements.

use std::{
    fmt::Write,
    sync::{Arc, LazyLock},
};

use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, error::BoxDynError, sqlite::SqliteArguments};
use tracon_app::reports::Presence;

use super::states::State;
use crate::store::{RequestRecord, SessionRecord, StoreError, sqlite::text::time_text};

/// The most rows of one statement, a power of two: what is left over is written by statements of half the size, and half
/// of that …, so that a handful of prepared statements serves every batch.
const MOST: usize = 64;

/// A statement with `{}` where the rows go, in every size.
struct Statement([Arc<str>; MOST.ilog2() as usize + 1]);

impl Statement {
    /// Placeholders are `?`: to find the name of a numbered one, as sqlx does for each value it binds, SQLite goes through
    /// the names of all before it, and here they are more than a thousand.
    fn new(template: &str, columns: usize) -> Self {
        let row = format!("({}?)", "?, ".repeat(columns - 1));
        Self(std::array::from_fn(|size| {
            let mut rows = row.clone();
            for _ in 1..(1 << size) {
                // Writing to a string cannot fail.
                let _ = write!(rows, ", {row}");
            }
            template.replace("{}", &rows).into()
        }))
    }

    async fn execute<T>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &[T],
        bind: impl Fn(&mut SqliteArguments, &T) -> Result<(), BoxDynError>,
    ) -> Result<(), StoreError> {
        while !rows.is_empty() {
            let size = rows.len().min(MOST).ilog2() as usize;
            let (now, later) = rows.split_at(1 << size);
            let mut arguments = SqliteArguments::default();
            now.iter().try_for_each(|row| bind(&mut arguments, row)).map_err(sqlx::Error::Encode)?;
            let statement = AssertSqlSafe(Arc::clone(&self.0[size]));
            sqlx::query_with(statement, arguments).execute(&mut *connection).await?;
            rows = later;
        }
        Ok(())
    }
}

static SESSIONS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT INTO archon_mcp_sessions (session_id, client_type, client_name, client_version, protocol_version,
         client_capabilities, attribution, transport_session_id, status, connected_at, last_activity, is_probe, user_agent,
         peer, server_instance) VALUES {} ON CONFLICT (session_id) DO NOTHING",
        15,
    )
});

/// Opens sessions, active since they connected.
pub async fn insert_sessions(connection: &mut SqliteConnection, sessions: &[&SessionRecord]) -> Result<(), StoreError> {
    let bind = |row: &mut SqliteArguments, session: &&SessionRecord| {
        let connected_at: Arc<str> = time_text(session.connected_at).into();
        row.add(session.session_id.to_string())?;
        row.add(session.client_type.as_deref())?;
        row.add(session.client_name.as_deref())?;
        row.add(session.client_version.as_deref())?;
        row.add(session.protocol_version.as_deref())?;
        row.add(session.client_capabilities.as_deref())?;
        row.add(session.attribution.as_str())?;
        row.add(session.transport_session_id.as_deref())?;
        row.add(Presence::Active.as_str())?;
        row.add(Arc::clone(&connected_at))?;
        row.add(connected_at)?;
        row.add(session.is_probe)?;
        row.add(session.user_agent.as_deref())?;
        row.add(session.peer.as_deref())?;
        row.add(session.server_instance.to_string())?;
        Ok(())
    };
    SESSIONS.execute(connection, sessions, bind).await
}

static REQUESTS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT INTO archon_mcp_requests (id, session_id, client_type, method, tool_name, status, outcome, error_code,
         error_message, timestamp, duration_ms, request_bytes, response_bytes, http_status, rpc_id, protocol_version,
         conversation_id, turn_id, trace_id, server_instance) VALUES {} ON CONFLICT (id) DO NOTHING",
        20,
    )
});

/// Adds requests, whose sessions are there.
pub async fn insert_requests(connection: &mut SqliteConnection, requests: &[&RequestRecord]) -> Result<(), StoreError> {
    let bind = |row: &mut SqliteArguments, request: &&RequestRecord| {
        row.add(request.id.to_string())?;
        row.add(request.session.as_ref().map(|session| session.session_id.to_string()))?;
        row.add(request.client_type.as_deref())?;
        row.add(&*request.method)?;
        row.add(request.tool_name.as_deref())?;
        row.add(if request.outcome.is_error() { "error" } else { "success" })?;
        row.add(request.outcome.as_str())?;
        row.add(request.error_code)?;
        row.add(request.error_message.as_deref())?;
        row.add(time_text(request.timestamp))?;
        row.add(request.duration.as_micros() as f64 / 1e3)?;
        row.add(count(request.request_bytes))?;
        row.add(count(request.response_bytes))?;
        row.add(request.http_status)?;
        row.add(request.rpc_id.as_deref())?;
        row.add(request.protocol_version.as_deref())?;
        row.add(request.conversation_id.as_deref())?;
        row.add(request.turn_id.as_deref())?;
        row.add(request.trace_id.as_deref())?;
        row.add(request.server_instance.to_string())?;
        Ok(())
    };
    REQUESTS.execute(connection, requests, bind).await
}

static STATES: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "UPDATE archon_mcp_sessions SET status = new.column2, last_activity = new.column3,
         disconnect_reason = COALESCE(new.column4, disconnect_reason),
         disconnected_at = COALESCE(new.column5, disconnected_at),
         total_duration = COALESCE(new.column6, total_duration), total_requests = total_requests + new.column7,
         failed_requests = failed_requests + new.column8, tool_calls = tool_calls + new.column9
         FROM (VALUES {}) AS new WHERE session_id = new.column1",
        9,
    )
});

/// Moves sessions, which are there, to their new state.
pub async fn update_sessions(
    connection: &mut SqliteConnection,
    states: impl Iterator<Item = &State>,
) -> Result<(), StoreError> {
    let bind = |row: &mut SqliteArguments, state: &&State| {
        let ended = state.ended.as_ref();
        row.add(state.session_id.as_str())?;
        row.add(state.presence.as_str())?;
        row.add(state.last_activity.as_str())?;
        row.add(ended.and_then(|ended| ended.reason))?;
        row.add(ended.map(|ended| ended.at.as_str()))?;
        row.add(ended.map(|ended| ended.duration))?;
        row.add(state.requests)?;
        row.add(state.failed)?;
        row.add(state.tool_calls)?;
        Ok(())
    };
    STATES.execute(connection, &states.collect::<Vec<_>>(), bind).await
}

/// SQLite integers are signed; no body has 2^63 bytes.
fn count(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
