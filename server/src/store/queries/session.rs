//! `/sessions/{id}`.

use chrono::{DateTime, Utc};
use tracon_app::reports::{ErrorKind, RequestDetail, SessionDetail};
use uuid::Uuid;

use super::{
    percentiles,
    request::{detail_columns, request_detail},
    rows::{is_apart, request_columns, session_columns, session_row},
};
use crate::store::{
    SessionKey, Store, StoreError,
    cells::Cells,
    connection::{Connection, Row},
    names,
    tables::{REQUESTS, SESSIONS},
};

/// The most requests that are listed with their session.
const NEWEST: usize = 200;

/// A session as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSoFar {
    pub session_id: Uuid,
    pub connected_at: DateTime<Utc>,
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
}

impl Store {
    /// What is known of a session by the id that any server gave it, else by its key; `None` when it is not there yet.
    pub async fn session_so_far(&self, name: Uuid, key: SessionKey) -> Result<Option<SessionSoFar>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let session_id = names::row_of(connection, name, Some(key)).await?.unwrap_or(name);
        let statement =
            "SELECT connected_at, total_requests, failed_requests FROM archon_mcp_sessions WHERE session_id = $1";
        let row = connection.fetch_optional(statement, vec![session_id.into()]).await?;
        snapshot.end().await?;
        let so_far = |row: &Row| {
            let cells = Cells::of(row, SESSIONS, session_id.to_string());
            let connected_at = cells.time("connected_at")?;
            let (requests, errors) = (cells.count("total_requests")?, cells.count("failed_requests")?);
            Ok(SessionSoFar { session_id, connected_at, requests, errors })
        };
        row.as_ref().map(so_far).transpose()
    }

    /// One session with its newest requests; `None` when there is none of that id, whatever the id looks like.
    pub async fn session(&self, session_id: &str, now: DateTime<Utc>) -> Result<Option<SessionDetail>, StoreError> {
        let Ok(session_id) = Uuid::try_parse(session_id) else { return Ok(None) };
        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let statement = concat!(
            "SELECT ",
            session_columns!(),
            ", client_capabilities, peer, server_instance FROM archon_mcp_sessions WHERE session_id = $1"
        );
        let session_id = names::row_of(connection, session_id, None).await?.unwrap_or(session_id);
        let detail = match connection.fetch_optional(statement, vec![session_id.into()]).await? {
            Some(row) => Some(detail(connection, &row, session_id, now).await?),
            None => None,
        };
        snapshot.end().await?;
        Ok(detail)
    }
}

async fn detail(
    connection: &mut Connection<'_>,
    row: &Row,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<SessionDetail, StoreError> {
    let mut session = [session_row(row)?];
    percentiles::set_p95(connection, &mut session).await?;
    let [session] = session;
    let cells = Cells::of(row, SESSIONS, session_id.to_string());
    Ok(SessionDetail {
        now,
        session,
        client_capabilities: cells.optional_json("client_capabilities")?,
        peer: cells.get("peer")?,
        server_instance: cells.id_text("server_instance")?,
        requests: newest(connection, session_id).await?,
        errors: errors(connection, session_id).await?,
    })
}

async fn newest(connection: &mut Connection<'_>, session_id: Uuid) -> Result<Vec<RequestDetail>, StoreError> {
    let statement = concat!(
        "SELECT ",
        detail_columns!(),
        " FROM archon_mcp_requests WHERE of_session($1) ORDER BY request_place DESC LIMIT 201"
    );
    let rows = connection.fetch_all(statement, vec![session_id.into()]).await?;

    // Neighbours in the list are neighbours in the session; the row beyond the last is only read to be one.
    let mut requests = rows.iter().map(request_detail).collect::<Result<Vec<_>, _>>()?;
    for newer in 1..requests.len() {
        requests[newer].next = Some(requests[newer - 1].request.id.clone());
        requests[newer - 1].previous = Some(requests[newer].request.id.clone());
    }
    requests.truncate(NEWEST);
    Ok(requests)
}

async fn errors(connection: &mut Connection<'_>, session_id: Uuid) -> Result<Vec<ErrorKind>, StoreError> {
    let statement = "SELECT outcome, error_code, COUNT(*) AS count FROM archon_mcp_requests
         WHERE of_session($1) AND is_failed GROUP BY outcome, error_code
         ORDER BY COUNT(*) DESC, outcome, error_code NULLS FIRST";
    let rows = connection.fetch_all(statement, vec![session_id.into()]).await?;
    let kind = |row: &Row| {
        let cells = Cells::of(row, REQUESTS, format!("(a failure of session {session_id})"));
        Ok(ErrorKind {
            outcome: cells.outcome("outcome")?,
            error_code: cells.get("error_code")?,
            count: cells.count("count")?,
        })
    };
    rows.iter().map(kind).collect()
}
