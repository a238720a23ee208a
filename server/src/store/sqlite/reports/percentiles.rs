//! The exact percentile of a session, from its rows: the nearest rank, which is the value at position ⌈p·n⌉ in ascending
//! order.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use tracon_app::reports::SessionRow;

use crate::store::{
    StoreError,
    sqlite::{cells::Cells, tables::SESSIONS, text::json_list},
};

/// Sets the 95th percentile of the sessions of a page.
///
/// From the top, it is among the first twentieth: the engine keeps no more of the durations than that while it goes through
/// them, where ranking all of them sorts all of them, which for ten busy sessions took most of the time of an overview.
pub async fn set_p95(connection: &mut SqliteConnection, sessions: &mut [SessionRow]) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "SELECT session_id, COUNT(*) AS n FROM archon_mcp_requests
         WHERE session_id IN (SELECT value FROM json_each($1)) GROUP BY session_id",
    )
    .bind(json_list(sessions.iter().map(|session| &session.session_id)))
    .fetch_all(&mut *connection)
    .await?;
    let mut counts = HashMap::with_capacity(rows.len());
    for row in &rows {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        counts.insert(cells.key().to_owned(), cells.get::<i64>("n")?);
    }
    for session in sessions {
        let Some(n) = counts.get(&session.session_id) else { continue };
        session.p95_ms = sqlx::query_scalar(
            "SELECT duration_ms FROM archon_mcp_requests WHERE session_id = $1
             ORDER BY duration_ms DESC LIMIT 1 OFFSET $2",
        )
        .bind(&session.session_id)
        .bind(n - (n * 95 + 99) / 100)
        .fetch_optional(&mut *connection)
        .await?;
    }
    Ok(())
}
