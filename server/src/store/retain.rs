//! What both engines let go of in the same way: all but requests and payloads.

use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::{
    RetentionPolicy, StoreError,
    connection::{Connection, Value},
    rollup::Width,
};

// Few rows to a statement: the caller writes between two.
const SESSIONS: &str = "DELETE FROM archon_mcp_sessions WHERE session_id IN (
         SELECT session_id FROM archon_mcp_sessions AS ended
         WHERE last_activity < $1 AND status = 'disconnected' AND disconnected_at < $1
             AND NOT EXISTS (SELECT 1 FROM archon_mcp_requests WHERE of_session(ended.session_id))
         ORDER BY last_activity LIMIT 250
     )";
const ROLLUPS: &str = "DELETE FROM archon_mcp_rollups WHERE (width, bucket_start, tool_name) IN (
         SELECT width, bucket_start, tool_name FROM archon_mcp_rollups WHERE width = $2 AND bucket_start < $1 LIMIT 500
     )";
const TRANSPORT_SESSIONS: &str = "DELETE FROM archon_mcp_transport_sessions WHERE transport_session_id IN (
         SELECT transport_session_id FROM archon_mcp_transport_sessions WHERE updated_at < $1
             AND transport_session_id NOT IN (
                 SELECT transport_session_id FROM archon_mcp_sessions
                 WHERE status <> 'disconnected' AND transport_session_id IS NOT NULL
             )
         ORDER BY updated_at LIMIT 500
     )";

/// Deletes some of the sessions, rollups and parked sessions that are too old. Gives how many.
pub async fn delete_old(
    connection: &mut Connection<'_>,
    policy: &RetentionPolicy,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let deleted = delete_ended(connection, minute_before(now, policy.sessions)).await?;
    if deleted > 0 {
        return Ok(deleted);
    }
    for (width, kept) in [(Width::Minute, policy.minute_buckets), (Width::Hour, policy.hour_buckets)] {
        let values = vec![Value::Time(before(now, kept)), width.as_str().into()];
        let deleted = connection.execute(ROLLUPS, values).await?;
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    Ok(0)
}

/// Deletes some of the oldest sessions that ended before then and have no request or, when there are none, of what would bring
/// sessions back that are not open. Gives how many.
pub async fn delete_ended(connection: &mut Connection<'_>, before: DateTime<Utc>) -> Result<u64, StoreError> {
    for statement in [SESSIONS, TRANSPORT_SESSIONS] {
        let deleted = connection.execute(statement, vec![Value::Time(before)]).await?;
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    Ok(0)
}

/// What is kept so long is as old as this at the most.
pub fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    let kept = TimeDelta::from_std(kept).unwrap_or(TimeDelta::MAX);
    now.checked_sub_signed(kept).unwrap_or(DateTime::UNIX_EPOCH).max(DateTime::UNIX_EPOCH)
}

/// The minute in which that was. What gets too old goes a minute at a time: each step would find some more, else, where a busy server
/// once wrote it, and what is to be done after it would never be.
pub fn minute_before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    let before = before(now, kept);
    before.duration_trunc(TimeDelta::minutes(1)).unwrap_or(before)
}
