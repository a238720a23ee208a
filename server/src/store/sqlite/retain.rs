//! Letting go of what is old, and giving its space back, in small steps between which the writer writes.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, Row, SqliteConnection};

use super::{LOG_BYTES, PATIENCE, row_ids};
use crate::store::{Retained, RetentionPolicy, StoreError, connection::Connection, retain, stretch::first_id};

/// Pages that are kept free for what comes next, 2 MiB (1 MiB in a file of an earlier version): giving them back only to take them
/// again costs twice.
const FREE_PAGES: u64 = 256;

/// What the log may have of a quota, bytes; of a small one it has a quarter.
const LOG_SHARE: u64 = LOG_BYTES + LOG_BYTES / 4;

/// The first of these that has something to do does it; the quota comes after what is too old.
pub async fn step(
    connection: &mut SqliteConnection,
    path: &Path,
    policy: &RetentionPolicy,
    now: DateTime<Utc>,
) -> Result<Retained, StoreError> {
    let deleted = delete_old(connection, policy, now).await?;
    if deleted > 0 {
        return Ok(Retained { deleted, more: true });
    }
    let space = Space::of(connection).await?;
    // The log has its share of the quota whether it needs it right now or not: what is deleted goes through the log too,
    // and must not look as if more had to be deleted.
    let share = LOG_SHARE.min(policy.quota_bytes / 4);
    let room = policy.quota_bytes - share;
    if space.used_bytes() > room {
        let deleted = delete_oldest(connection, room, now).await?;
        if deleted > 0 {
            return Ok(Retained { deleted, more: true });
        }
    }
    let more = give_back(connection, path, &space, share).await?;
    Ok(Retained { deleted: 0, more })
}

/// Deletes some of what is too old.
async fn delete_old(
    connection: &mut SqliteConnection,
    policy: &RetentionPolicy,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let first_kept = |kept| row_ids::first(first_id(retain::minute_before(now, kept)));
    let mut deleted = payloads_before(connection, first_kept(policy.payloads)).await?;
    if deleted == 0 {
        deleted = requests_before(connection, first_kept(policy.requests)).await?;
    }
    if deleted == 0 {
        deleted = retain::delete_old(&mut Connection::Sqlite(connection), policy, now).await?;
    }
    if deleted == 0 {
        deleted = sqlx::query(KINDS).execute(connection).await?.rows_affected();
    }
    Ok(deleted)
}

/// Deletes some of the oldest payloads; when there are no more, of the oldest requests; when there are none of these either, of the
/// sessions that have ended: where each request has a session of its own, these alone would fill the file. No more than to have
/// `room` enough.
async fn delete_oldest(connection: &mut SqliteConnection, room: u64, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut deleted = payloads_before(connection, i64::MAX).await?;
    // Fewer than there may be were all that there are. A writer that never pauses brings some more before each step: one that
    // first wanted to find none would never come to what is next.
    if deleted < PAYLOADS_AT_ONCE && Space::of(connection).await?.used_bytes() > room {
        let requests = requests_before(connection, i64::MAX).await?;
        deleted += requests;
        if requests < REQUESTS_AT_ONCE && Space::of(connection).await?.used_bytes() > room {
            deleted += retain::delete_ended(&mut Connection::Sqlite(connection), now).await?;
        }
    }
    Ok(deleted)
}

/// A payload may lie on a dozen pages, so that there are fewer of them to a step.
const PAYLOADS_AT_ONCE: u64 = 250;
const REQUESTS_AT_ONCE: u64 = 500;
const PAYLOADS: &str = "DELETE FROM archon_mcp_payloads WHERE row_id IN (
         SELECT row_id FROM archon_mcp_payloads WHERE row_id < $1 ORDER BY row_id LIMIT $2
     )";
/// Clients make up as many tools as they like.
const KINDS: &str = "DELETE FROM archon_mcp_kinds WHERE number IN (
         SELECT number FROM archon_mcp_kinds AS kinds
         WHERE NOT EXISTS (SELECT 1 FROM archon_mcp_request_rows WHERE kind = kinds.number) LIMIT 500
     )";

async fn delete(connection: &mut SqliteConnection, statement: &'static str, row_id: i64) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(row_id).execute(connection).await?.rows_affected())
}

async fn payloads_before(connection: &mut SqliteConnection, row_id: i64) -> Result<u64, StoreError> {
    let payloads = sqlx::query(PAYLOADS).bind(row_id).bind(PAYLOADS_AT_ONCE.cast_signed());
    Ok(payloads.execute(connection).await?.rows_affected())
}

/// Deletes the oldest requests, each with its payload.
async fn requests_before(connection: &mut SqliteConnection, row_id: i64) -> Result<u64, StoreError> {
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(row_id) FROM (SELECT row_id FROM archon_mcp_request_rows WHERE row_id < $1 ORDER BY row_id LIMIT $2)",
    )
    .bind(row_id)
    .bind(REQUESTS_AT_ONCE.cast_signed())
    .fetch_one(&mut *connection)
    .await?;
    let Some(last) = last else { return Ok(0) };
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut deleted = 0;
    for statement in
        ["DELETE FROM archon_mcp_payloads WHERE row_id <= $1", "DELETE FROM archon_mcp_request_rows WHERE row_id <= $1"]
    {
        deleted += delete(&mut transaction, statement, last).await?;
    }
    transaction.commit().await?;
    Ok(deleted)
}

/// What the database takes, in pages of `page_bytes`.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    pages: u64,
    free_pages: u64,
    page_bytes: u64,
}

impl Space {
    pub async fn of(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "SELECT page_count, freelist_count, page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(connection)
        .await?;
        let cell = |column| row.try_get::<i64, _>(column).map(|count| count.max(0).unsigned_abs());
        Ok(Self { pages: cell("page_count")?, free_pages: cell("freelist_count")?, page_bytes: cell("page_size")? })
    }

    /// Without the pages that are free.
    pub fn used_bytes(&self) -> u64 {
        self.pages.saturating_sub(self.free_pages) * self.page_bytes
    }
}

/// What the write-ahead log takes, bytes.
pub fn log_bytes(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |file| file.len())
}

/// Gives some free pages back to the file system, and a log that grew too long, with its `share` of the quota in mind; whether there
/// is more.
async fn give_back(
    connection: &mut SqliteConnection,
    path: &Path,
    space: &Space,
    share: u64,
) -> Result<bool, StoreError> {
    if space.free_pages > FREE_PAGES {
        sqlx::query("PRAGMA incremental_vacuum(128)").execute(&mut *connection).await?;
        let left = Space::of(connection).await?.free_pages;
        // It gives nothing back in a database that could not be rewritten for it.
        if left > FREE_PAGES && left < space.free_pages {
            return Ok(true);
        }
        // The file itself gets shorter when the log is folded into it.
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *connection).await?;
    }
    // It is folded and begun anew all the time, and cut to its limit then, unless a report was being read each time.
    // Of a small quota, its usual length would be all that there is.
    let longest = if share < LOG_SHARE { share } else { 2 * LOG_BYTES };
    if log_bytes(path) > longest {
        // Waits for reports to end; they are done in a few ms.
        set_patience(connection, Duration::from_millis(100)).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
        set_patience(connection, PATIENCE).await?;
    }
    Ok(false)
}

async fn set_patience(connection: &mut SqliteConnection, patience: Duration) -> Result<(), StoreError> {
    let pragma = format!("PRAGMA busy_timeout = {}", patience.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(pragma)).execute(connection).await?;
    Ok(())
}
