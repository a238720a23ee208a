//! Letting go of what is old: of requests and payloads whole days at once, which gives their space back and costs next to
//! nothing. So they are kept for up to a day longer than they must be.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::days::{self, Days};
use crate::store::{
    Retained, RetentionPolicy, StoreError,
    connection::Connection,
    retain,
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
    for (table, kept) in [(PAYLOADS, payloads), (REQUESTS, policy.requests)] {
        let before = first_id(retain::before(now, kept));
        let oldest = days::of(connection, table).await?.first().copied();
        if let Some(day) = oldest.filter(|day| days::start_of(days::after(*day)) <= before)
            && days.drop(connection, table, day).await?
        {
            return Ok(1);
        }
    }
    retain::delete_old(&mut Connection::Postgres(connection), policy, now).await
}

/// Drops the oldest day of payloads or, when there are none, of requests. What is written now stays: of rows that are deleted
/// within a day, the space is not given back but taken by what comes next, so that one would delete for ever.
async fn drop_oldest(connection: &mut PgConnection, days: &mut Days, now: DateTime<Utc>) -> Result<u64, StoreError> {
    for table in [PAYLOADS, REQUESTS] {
        let oldest = days::of(connection, table).await?.first().copied();
        let Some(day) = oldest.filter(|day| *day < now.date_naive()) else { continue };
        // Where somebody reads the oldest payloads, no requests go in their place: another time, then.
        let dropped = days.drop(connection, table, day).await?;
        if dropped {
            tracing::info!(table, %day, "dropped the oldest day: the database was larger than its quota");
        }
        return Ok(dropped.into());
    }
    Ok(0)
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
