//! Who is there, idle or gone, decided over all sessions of the database: several servers may have heard of one client.

use chrono::{DateTime, Utc};
use tracon_app::reports::Presence;
use uuid::Uuid;

use super::{rows::NewStates, states::State};
use crate::store::{
    DisconnectReason, Silence, StoreError,
    cells::Cells,
    connection::{Connection, Row, Value},
    tables::SESSIONS,
};

/// Ends sessions that are silent for too long, when they were last heard of, and notes which are idle. Whether there was one.
pub async fn sweep(connection: &mut Connection<'_>, silence: Silence) -> Result<bool, StoreError> {
    // Said twice, so that SQLite takes the index of open sessions and not that of all by their activity.
    let statement = "SELECT session_id, connected_at, last_activity, seen_at FROM archon_mcp_sessions
         WHERE status <> 'disconnected' AND status IN ('active', 'idle') AND last_activity <= $1
             AND (seen_at IS NULL OR seen_at <= $1)";
    let silent = connection.fetch_all(statement, vec![silence.gone_before.into()]).await?;
    let ended = end(connection, &silent, DisconnectReason::Timeout, None).await?;
    let statement = "UPDATE archon_mcp_sessions SET status = 'idle' 
         WHERE status <> 'disconnected' AND status = 'active' AND last_activity <= $1";
    let idle = connection.execute(statement, vec![silence.idle_before.into()]).await?;
    Ok(ended + idle > 0)
}

/// Ends every session: the last server stops.
pub async fn end_all(connection: &mut Connection<'_>, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let statement = "SELECT session_id, connected_at, last_activity, seen_at FROM archon_mcp_sessions
         WHERE status <> 'disconnected'";
    let open = connection.fetch_all(statement, vec![]).await?;
    Ok(end(connection, &open, DisconnectReason::ServerShutdown, Some(at)).await? > 0)
}

/// Ends every session that a server process left open, at its last activity, except those of `instance`. Gives how many.
pub async fn close_left_open(connection: &mut Connection<'_>, instance: Uuid) -> Result<u64, StoreError> {
    let statement = "SELECT session_id, connected_at, last_activity, seen_at FROM archon_mcp_sessions
         WHERE status <> 'disconnected' AND server_instance <> $1";
    let left_open = connection.fetch_all(statement, vec![Value::Id(instance)]).await?;
    end(connection, &left_open, DisconnectReason::ServerRestart, None).await
}

/// Ends sessions: all at one time, or, where they were heard of later than that, each when it was last heard of. Gives how many.
async fn end(
    connection: &mut Connection<'_>,
    rows: &[Row],
    reason: DisconnectReason,
    at: Option<DateTime<Utc>>,
) -> Result<u64, StoreError> {
    let mut ended: Vec<State> = Vec::with_capacity(rows.len());
    for row in rows {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        let last_activity = cells.time("last_activity")?;
        let heard = cells.optional_time("seen_at")?.map_or(last_activity, |seen| seen.max(last_activity));
        let mut state =
            State::new(cells.id("session_id")?, Presence::Active, cells.time("connected_at")?, last_activity);
        state.end(reason, at.map_or(heard, |at| at.max(heard)));
        ended.push(state);
    }
    connection.insert::<NewStates>(&ended.iter().collect::<Vec<_>>()).await?;
    Ok(ended.len() as u64)
}
