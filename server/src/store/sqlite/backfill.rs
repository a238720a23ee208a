//! Rollups for a database that has requests but, being of a version before them, no rollups.

use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::Outcome;

use super::text::parse_time;
use crate::store::{
    StoreError,
    connection::Connection,
    rollup::{self, Measured},
    write::rollups,
};

/// Rows read at once when rollups are built from them.
const PAGE: usize = 10_000;

/// Builds them. To be called within the transaction that made their table, so that it is done once.
pub async fn build_if_missing(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let is_built: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM archon_mcp_rollups)").fetch_one(&mut *connection).await?;
    if is_built {
        return Ok(());
    }
    let (mut after, mut counted, mut unreadable) = (i64::MIN, 0, 0);
    loop {
        let rows = sqlx::query(
            "SELECT row_id, timestamp, tool_name, outcome, duration_ms, request_bytes, response_bytes, response_tokens,
                 session_id IS NOT NULL AS has_session, client_type IS NOT NULL AS has_client,
                 user_id IS NOT NULL AS has_user
             FROM archon_mcp_requests WHERE row_id > $1 ORDER BY row_id LIMIT 10000",
        )
        .bind(after)
        .fetch_all(&mut *connection)
        .await?;
        let measured: Vec<Measured<'_>> = rows.iter().filter_map(measured).collect();
        unreadable += rows.len() - measured.len();
        counted += measured.len();
        rollups::add(&mut Connection::Sqlite(connection), rollup::of(measured)).await?;
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.try_get("row_id")?,
            _ => break,
        }
    }
    if counted + unreadable > 0 {
        tracing::info!(counted, unreadable, "built the figures by minute, hour and day from the requests");
    }
    Ok(())
}

/// What a stored request adds to the figures; `None` when a cell of it is corrupt, which must not keep the database shut.
fn measured(row: &SqliteRow) -> Option<Measured<'_>> {
    let count =
        |column| row.try_get::<Option<i64>, _>(column).ok().map(|count| count.unwrap_or(0).max(0).unsigned_abs());
    let millis: f64 = row.try_get("duration_ms").ok()?;
    Some(Measured {
        at: parse_time(row.try_get("timestamp").ok()?)?,
        tool_name: row.try_get("tool_name").ok()?,
        outcome: Outcome::parse(row.try_get("outcome").ok()?)?,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        duration_micros: (millis * 1e3).round() as u64,
        request_bytes: count("request_bytes")?,
        response_bytes: count("response_bytes")?,
        response_tokens: count("response_tokens")?,
        has_session: row.try_get("has_session").ok()?,
        has_client: row.try_get("has_client").ok()?,
        has_user: row.try_get("has_user").ok()?,
    })
}
