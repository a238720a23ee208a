//! The exact percentile of a session, from its rows: the nearest rank, which is the value at position ⌈p·n⌉ in ascending
//! order.

use std::collections::HashMap;

use tracon_app::reports::SessionRow;
use uuid::Uuid;

use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Connection, Value},
    tables::{REQUESTS, SESSIONS},
};

/// Sets the 95th percentile of the sessions of a page.
///
/// From the top, it is among the first twentieth: the engine keeps no more of the durations than that while it goes through
/// them, where ranking all of them sorts all of them, which for ten busy sessions took most of the time of an overview.
pub async fn set_p95(connection: &mut Connection<'_>, sessions: &mut [SessionRow]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = sessions.iter().filter_map(|session| Uuid::try_parse(&session.session_id).ok()).collect();
    let statement =
        "SELECT session_id, (SELECT COUNT(*) FROM archon_mcp_requests WHERE of_session(named.session_id)) AS n
         FROM archon_mcp_sessions AS named WHERE session_id IN (SELECT value FROM unnest($1) AS list (value))";
    let rows = connection.fetch_all(statement, vec![Value::Ids(ids)]).await?;
    let mut counts = HashMap::with_capacity(rows.len());
    for row in &rows {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        counts.insert(cells.key().to_owned(), (cells.id("session_id")?, cells.get::<i64>("n")?));
    }
    for session in sessions {
        let Some((id, n)) = counts.get(&session.session_id).copied() else { continue };
        let statement = "SELECT duration_ms FROM archon_mcp_requests WHERE of_session($1)
             ORDER BY duration_ms DESC LIMIT 1 OFFSET $2";
        let rank = n - (n * 95 + 99) / 100;
        let row = connection.fetch_optional(statement, vec![id.into(), rank.into()]).await?;
        session.p95_ms =
            row.map(|row| Cells::of(&row, REQUESTS, session.session_id.clone()).get("duration_ms")).transpose()?;
    }
    Ok(())
}
