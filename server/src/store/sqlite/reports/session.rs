//! `/sessions/{id}`.

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::{ErrorKind, RequestDetail, SessionDetail};
use uuid::Uuid;

use super::{
    percentiles,
    request::{detail_columns, request_detail},
    rows::{is_apart, request_columns, session_columns, session_row},
};
use crate::store::{
    StoreError,
    sqlite::{
        SqliteStore,
        cells::Cells,
        tables::{REQUESTS, SESSIONS},
    },
};

/// The most requests that are listed with their session.
const NEWEST: usize = 200;

impl SqliteStore {
    pub async fn session(&self, session_id: &str, now: DateTime<Utc>) -> Result<Option<SessionDetail>, StoreError> {
        let Ok(session_id) = Uuid::try_parse(session_id) else { return Ok(None) };
        let session_id = session_id.to_string();
        let mut snapshot = self.snapshot().await?;
        let row = sqlx::query(concat!(
            "SELECT ",
            session_columns!(),
            ", client_capabilities, peer, server_instance FROM archon_mcp_sessions WHERE session_id = $1"
        ))
        .bind(&session_id)
        .fetch_optional(&mut *snapshot)
        .await?;
        let detail = match row {
            Some(row) => Some(detail(&mut snapshot, &row, &session_id, now).await?),
            None => None,
        };
        snapshot.commit().await?;
        Ok(detail)
    }
}

async fn detail(
    connection: &mut SqliteConnection,
    row: &SqliteRow,
    session_id: &str,
    now: DateTime<Utc>,
) -> Result<SessionDetail, StoreError> {
    let mut session = [session_row(row)?];
    percentiles::set_p95(connection, &mut session).await?;
    let [session] = session;
    let cells = Cells::of(row, SESSIONS, session_id.to_owned());
    Ok(SessionDetail {
        now,
        session,
        client_capabilities: cells.get("client_capabilities")?,
        peer: cells.get("peer")?,
        server_instance: cells.get("server_instance")?,
        requests: newest(connection, session_id).await?,
        errors: errors(connection, session_id).await?,
    })
}

async fn newest(connection: &mut SqliteConnection, session_id: &str) -> Result<Vec<RequestDetail>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        detail_columns!(),
        " FROM archon_mcp_requests WHERE session_id = $1 ORDER BY id DESC LIMIT 201"
    ))
    .bind(session_id)
    .fetch_all(connection)
    .await?;

    // Neighbours in the list are neighbours in the session; the row beyond the last is only read to be one.
    let mut requests = rows.iter().map(request_detail).collect::<Result<Vec<_>, _>>()?;
    for newer in 1..requests.len() {
        requests[newer].next = Some(requests[newer - 1].request.id.clone());
        requests[newer - 1].previous = Some(requests[newer].request.id.clone());
    }
    requests.truncate(NEWEST);
    Ok(requests)
}

async fn errors(connection: &mut SqliteConnection, session_id: &str) -> Result<Vec<ErrorKind>, StoreError> {
    let rows = sqlx::query(
        "SELECT outcome, error_code, COUNT(*) AS count, MIN(id) AS id FROM archon_mcp_requests
         WHERE session_id = $1 AND status = 'error' GROUP BY outcome, error_code
         ORDER BY COUNT(*) DESC, outcome, error_code",
    )
    .bind(session_id)
    .fetch_all(connection)
    .await?;
    let kind = |row: &SqliteRow| {
        let cells = Cells::keyed(row, REQUESTS, "id")?;
        Ok(ErrorKind {
            outcome: cells.outcome("outcome")?,
            error_code: cells.get("error_code")?,
            count: cells.count("count")?,
        })
    };
    rows.iter().map(kind).collect()
}
