//! The rows of each table, as they are written.
//!
//! `OR FAIL`: a statement that fails leaves the rows that it wrote before, and its transaction is rolled back as a whole. The
//! default undoes that one statement: SQLite then notes each page before a statement of many rows changes it, in a file,
//! which took a third of the writer's time.

use std::sync::LazyLock;

use sqlx::SqliteConnection;
use tracon_app::reports::{Captured, Presence};

use super::states::{State, States};
use crate::store::{
    ParkedSession, Payload, RequestRecord, SessionRecord, StoreError, ToolDefinition,
    sqlite::statement::{Statement, Values},
};

static SESSIONS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT OR FAIL INTO archon_mcp_sessions (session_id, client_type, client_name, client_version, protocol_version,
         client_capabilities, attribution, transport_session_id, status, connected_at, last_activity, is_probe, user_agent,
         peer, server_instance) VALUES {} ON CONFLICT (session_id) DO NOTHING",
        15,
    )
});

/// Opens sessions, active since they connected.
pub async fn insert_sessions(connection: &mut SqliteConnection, sessions: &[&SessionRecord]) -> Result<(), StoreError> {
    let bind = |row: &mut Values, session: &&SessionRecord| {
        row.id(session.session_id);
        row.optional_text(session.client_type.as_deref());
        row.optional_text(session.client_name.as_deref());
        row.optional_text(session.client_version.as_deref());
        row.optional_text(session.protocol_version.as_deref());
        row.optional_text(session.client_capabilities.as_deref());
        row.text(session.attribution.as_str());
        row.optional_text(session.transport_session_id.as_deref());
        row.text(Presence::Active.as_str());
        row.time(session.connected_at);
        row.time(session.connected_at);
        row.add(session.is_probe);
        row.optional_text(session.user_agent.as_deref());
        row.optional_text(session.peer.as_deref());
        row.id(session.server_instance);
    };
    SESSIONS.execute(connection, sessions, bind).await
}

static REQUESTS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT OR FAIL INTO archon_mcp_requests (id, session_id, client_type, method, tool_name, status, outcome, error_code,
         error_message, timestamp, duration_ms, request_bytes, response_bytes, response_tokens, http_status, rpc_id,
         protocol_version, conversation_id, turn_id, trace_id, server_instance) VALUES {}",
        21,
    )
});

/// Adds requests that are not there, each with its session where that is there.
pub async fn insert_requests(
    connection: &mut SqliteConnection,
    requests: &[&RequestRecord],
    sessions: &States,
) -> Result<(), StoreError> {
    let bind = |row: &mut Values, request: &&RequestRecord| {
        row.id(request.id);
        row.optional_text(sessions.of(request).map(|session| &*session.session_id));
        row.optional_text(request.client_type.as_deref());
        row.text(&request.method);
        row.optional_text(request.tool_name.as_deref());
        row.text(if request.outcome.is_error() { "error" } else { "success" });
        row.text(request.outcome.as_str());
        row.add(request.error_code);
        row.optional_text(request.error_message.as_deref());
        row.time(request.timestamp);
        row.add(request.duration.as_micros() as f64 / 1e3);
        row.count(request.request_bytes);
        row.count(request.response_bytes);
        row.add(request.response_tokens);
        row.add(request.http_status);
        row.optional_text(request.rpc_id.as_deref());
        row.optional_text(request.protocol_version.as_deref());
        row.optional_text(request.conversation_id.as_deref());
        row.optional_text(request.turn_id.as_deref());
        row.optional_text(request.trace_id.as_deref());
        row.id(request.server_instance);
    };
    REQUESTS.execute(connection, requests, bind).await
}

static PAYLOADS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT OR REPLACE INTO archon_mcp_payloads (request_id, arguments, result, arguments_cut, result_cut) VALUES {}",
        5,
    )
});

/// Adds what was captured of these requests, where something was.
pub async fn insert_payloads(connection: &mut SqliteConnection, requests: &[&RequestRecord]) -> Result<(), StoreError> {
    let captured: Vec<_> =
        requests.iter().filter_map(|request| Some((request.id, request.payload.as_deref()?))).collect();
    let json = |captured: &Option<Captured>| captured.as_ref().map(|captured| captured.json.clone());
    let is_cut = |captured: &Option<Captured>| captured.as_ref().is_some_and(|captured| captured.is_cut);
    let bind = |row: &mut Values, (id, payload): &(_, &Payload)| {
        row.id(*id);
        row.add(json(&payload.arguments));
        row.add(json(&payload.result));
        row.add(is_cut(&payload.arguments));
        row.add(is_cut(&payload.result));
    };
    PAYLOADS.execute(connection, &captured, bind).await
}

static STATES: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "UPDATE OR FAIL archon_mcp_sessions SET status = new.column2, last_activity = new.column3,
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
    let bind = |row: &mut Values, state: &&State| {
        let ended = state.ended.as_ref();
        row.text(&state.session_id);
        row.text(state.presence.as_str());
        row.time(state.last_activity);
        row.optional_text(ended.and_then(|ended| ended.reason));
        row.optional_text(ended.map(|ended| ended.at.as_str()));
        row.add(ended.map(|ended| ended.duration));
        row.add(state.requests);
        row.add(state.failed);
        row.add(state.tool_calls);
    };
    STATES.execute(connection, &states.collect::<Vec<_>>(), bind).await
}

static DEFINITIONS: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT INTO archon_mcp_tool_definitions (tool_name, tokens, listed_at) VALUES {}
         ON CONFLICT (tool_name) DO UPDATE SET tokens = excluded.tokens, listed_at = excluded.listed_at
         WHERE excluded.listed_at >= listed_at",
        3,
    )
});

/// Notes what definitions cost. Of a tool that is named twice, the latest counts.
pub async fn upsert_definitions(
    connection: &mut SqliteConnection,
    definitions: &[&ToolDefinition],
) -> Result<(), StoreError> {
    let bind = |row: &mut Values, definition: &&ToolDefinition| {
        row.text(&definition.tool_name);
        row.add(definition.tokens);
        row.time(definition.at);
    };
    DEFINITIONS.execute(connection, definitions, bind).await
}

static PARKED: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(
        "INSERT INTO archon_mcp_transport_sessions (transport_session_id, state, updated_at) VALUES {}
         ON CONFLICT (transport_session_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        3,
    )
});

/// Keeps what brings sessions back.
pub async fn upsert_parked(connection: &mut SqliteConnection, parked: &[&ParkedSession]) -> Result<(), StoreError> {
    let bind = |row: &mut Values, parked: &&ParkedSession| {
        row.text(&parked.transport_session_id);
        row.text(&parked.state);
        row.time(parked.at);
    };
    PARKED.execute(connection, parked, bind).await
}

static FORGOTTEN: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new("DELETE FROM archon_mcp_transport_sessions WHERE transport_session_id IN (VALUES {})", 1)
});

/// Lets go of what would bring these sessions back.
pub async fn delete_parked(connection: &mut SqliteConnection, forgotten: &[&str]) -> Result<(), StoreError> {
    FORGOTTEN.execute(connection, forgotten, |row: &mut Values, id: &&str| row.text(id)).await
}
