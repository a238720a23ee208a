//! Letting go of what is old: whole days at once, which gives their space back; of what is old within a day, a few rows at a
//! time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::days::{self, Days};
use crate::store::{
    Retained, RetentionPolicy, StoreError,
    rollup::Width,
    stretch::first_id,
    tables::{PAYLOADS, REQUESTS},
};

/// The first of these that has something to do does it; the quota comes after what is too old.
pub async fn step(
    connection: &mut PgConnection,
    days: &mut Days,
    policy: &RetentionPolicy,
    now: DateTime<Utc>,
) -> Result<Retained, StoreError> {
    let mut deleted = delete_old(connection, days, policy, now).await?;
    if deleted == 0 && size(connection).await? > policy.quota_bytes {
        deleted = drop_oldest(connection, days, now).await?;
    }
    Ok(Retained { deleted, more: deleted > 0 })
}

/// Deletes some of what is too old.
async fn delete_old(
    connection: &mut PgConnection,
    days: &mut Days,
    policy: &RetentionPolicy,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    // None outlives its request.
    let payloads = policy.payloads.min(policy.requests);
    for (table, rows, kept) in [(PAYLOADS, PAYLOADS_BEFORE, payloads), (REQUESTS, REQUESTS_BEFORE, policy.requests)] {
        let before = first_id(before(now, kept));
        let oldest = days::of(connection, table).await?.first().copied();
        if let Some(day) = oldest.filter(|day| days::start_of(days::after(*day)) <= before) {
            days.drop(connection, table, day).await?;
            return Ok(1);
        }
        let deleted = delete_ids(connection, rows, before).await?;
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    let mut deleted = delete(connection, SESSIONS_BEFORE, before(now, policy.sessions)).await?;
    for (width, kept) in [(Width::Minute, policy.minute_buckets), (Width::Hour, policy.hour_buckets)] {
        if deleted == 0 {
            let deletion = sqlx::query(ROLLUPS_BEFORE).bind(before(now, kept)).bind(width.as_str());
            deleted = deletion.execute(&mut *connection).await?.rows_affected();
        }
    }
    if deleted == 0 {
        deleted = delete(connection, TRANSPORT_SESSIONS_BEFORE, before(now, policy.sessions)).await?;
    }
    Ok(deleted)
}

/// Drops the oldest day of payloads or, when there are none, of requests. What is written now stays: of rows that are deleted
/// within a day, the space is not given back but taken by what comes next, so that one would delete for ever.
async fn drop_oldest(connection: &mut PgConnection, days: &mut Days, now: DateTime<Utc>) -> Result<u64, StoreError> {
    for table in [PAYLOADS, REQUESTS] {
        let oldest = days::of(connection, table).await?.first().copied();
        if let Some(day) = oldest.filter(|day| *day < now.date_naive()) {
            days.drop(connection, table, day).await?;
            tracing::info!(table, %day, "dropped the oldest day: the database was larger than its quota");
            return Ok(1);
        }
    }
    Ok(0)
}

fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    let kept = TimeDelta::from_std(kept).unwrap_or(TimeDelta::MAX);
    now.checked_sub_signed(kept).unwrap_or(DateTime::UNIX_EPOCH).max(DateTime::UNIX_EPOCH)
}

const PAYLOADS_BEFORE: &str = "DELETE FROM archon_mcp_payloads WHERE request_id IN (
         SELECT request_id FROM archon_mcp_payloads WHERE request_id < $1 ORDER BY request_id LIMIT 500
     )";
const REQUESTS_BEFORE: &str = "DELETE FROM archon_mcp_requests WHERE id IN (
         SELECT id FROM archon_mcp_requests WHERE id < $1 ORDER BY id LIMIT 500
     )";
const SESSIONS_BEFORE: &str = "DELETE FROM archon_mcp_sessions WHERE session_id IN (
         SELECT session_id FROM archon_mcp_sessions AS ended
         WHERE last_activity < $1 AND status = 'disconnected' AND disconnected_at < $1
             AND NOT EXISTS (SELECT 1 FROM archon_mcp_requests AS own WHERE own.session_id = ended.session_id)
         ORDER BY last_activity LIMIT 250
     )";
const ROLLUPS_BEFORE: &str = "DELETE FROM archon_mcp_rollups WHERE (width, bucket_start, tool_name) IN (
         SELECT width, bucket_start, tool_name FROM archon_mcp_rollups WHERE width = $2 AND bucket_start < $1 LIMIT 500
     )";
const TRANSPORT_SESSIONS_BEFORE: &str = "DELETE FROM archon_mcp_transport_sessions WHERE transport_session_id IN (
         SELECT transport_session_id FROM archon_mcp_transport_sessions WHERE updated_at < $1 LIMIT 500
     )";

async fn delete(
    connection: &mut PgConnection,
    statement: &'static str,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(before).execute(connection).await?.rows_affected())
}

async fn delete_ids(connection: &mut PgConnection, statement: &'static str, before: Uuid) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(before).execute(connection).await?.rows_affected())
}

/// What the tables take with their indexes, bytes.
pub async fn size(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let bytes: i64 = sqlx::query_scalar(
        r"SELECT COALESCE(SUM(pg_total_relation_size(pg_class.oid)), 0)::bigint
          FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE nspname = current_schema() AND relkind = 'r' AND relname LIKE 'archon\_mcp\_%'",
    )
    .fetch_one(connection)
    .await?;
    Ok(bytes.max(0).unsigned_abs())
}
