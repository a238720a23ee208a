//! The exact percentile of a session, from its rows: the nearest rank, which is the value at position ⌈p·n⌉ in ascending order.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use tracon_app::reports::SessionRow;

use crate::store::{
    StoreError,
    sqlite::{cells::Cells, tables::SESSIONS, text::json_list},
};

/// Sets the 95th percentile of the sessions of a page.
pub async fn set_p95(connection: &mut SqliteConnection, sessions: &mut [SessionRow]) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "WITH ranked AS (
             SELECT session_id, duration_ms, ROW_NUMBER() OVER by_duration AS position, COUNT(*) OVER by_duration AS n
             FROM archon_mcp_requests WHERE session_id IN (SELECT value FROM json_each($1))
             WINDOW by_duration AS (PARTITION BY session_id ORDER BY duration_ms
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
         )
         SELECT session_id, MAX(CASE WHEN position = (n * 95 + 99) / 100 THEN duration_ms END) AS p95_ms
         FROM ranked GROUP BY session_id",
    )
    .bind(json_list(sessions.iter().map(|session| &session.session_id)))
    .fetch_all(connection)
    .await?;

    let mut p95 = HashMap::with_capacity(rows.len());
    for row in &rows {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        p95.insert(cells.key().to_owned(), cells.get("p95_ms")?);
    }
    for session in sessions {
        session.p95_ms = p95.remove(&session.session_id);
    }
    Ok(())
}
