//! Sessions and requests as lists show them: which columns are read, and what becomes of them.

use tracon_app::reports::{RequestRow, SessionRow};

use crate::store::{
    StoreError,
    cells::Cells,
    connection::Row,
    tables::{REQUESTS, SESSIONS},
};

/// What lists set apart: known probes, and sessions that ended without ever calling a tool. One that is connected may
/// still call its first. Never NULL.
macro_rules! is_apart {
    () => {
        "(is_probe = TRUE OR (status = 'disconnected' AND tool_calls = 0))"
    };
}

macro_rules! session_columns {
    () => {
        concat!(
            "session_id, client_type, client_name, client_version, protocol_version, attribution, status, \
             disconnect_reason, user_agent, connected_at, last_activity, disconnected_at, total_requests, \
             failed_requests, ",
            is_apart!(),
            " AS is_apart"
        )
    };
}

macro_rules! request_columns {
    () => {
        "id, session_id, client_type, method, tool_name, outcome, error_code, timestamp, duration_ms, request_bytes, \
         response_bytes, response_tokens"
    };
}

pub(super) use {is_apart, request_columns, session_columns};

/// A row of `session_columns!`. Its percentile comes from elsewhere.
pub fn session_row(row: &Row) -> Result<SessionRow, StoreError> {
    let cells = Cells::keyed(row, SESSIONS, "session_id")?;
    Ok(SessionRow {
        session_id: cells.key().to_owned(),
        client_type: cells.get("client_type")?,
        client_name: cells.get("client_name")?,
        client_version: cells.get("client_version")?,
        protocol_version: cells.get("protocol_version")?,
        attribution: cells.get("attribution")?,
        presence: cells.presence("status")?,
        disconnect_reason: cells.get("disconnect_reason")?,
        user_agent: cells.get("user_agent")?,
        connected_at: cells.time("connected_at")?,
        last_activity: cells.time("last_activity")?,
        disconnected_at: cells.optional_time("disconnected_at")?,
        total_requests: cells.count("total_requests")?,
        failed_requests: cells.count("failed_requests")?,
        p95_ms: None,
        is_probe: cells.get("is_apart")?,
    })
}

/// A row of `request_columns!`.
pub fn request_row(row: &Row) -> Result<RequestRow, StoreError> {
    let cells = Cells::keyed(row, REQUESTS, "id")?;
    Ok(RequestRow {
        id: cells.key().to_owned(),
        session_id: cells.optional_id_text("session_id")?,
        client_type: cells.get("client_type")?,
        method: cells.get("method")?,
        tool_name: cells.get("tool_name")?,
        outcome: cells.outcome("outcome")?,
        error_code: cells.get("error_code")?,
        timestamp: cells.time("timestamp")?,
        duration_ms: cells.get("duration_ms")?,
        request_bytes: cells.count("request_bytes")?,
        response_bytes: cells.count("response_bytes")?,
        response_tokens: cells.optional_count("response_tokens")?,
    })
}
