//! `/`: the figures of a range.

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::{Bucket, Outcome, Overview, TimeRange, ToolTotals, Totals};

use super::{
    cells::Cells,
    percentiles::percentile,
    requests,
    rows::REQUESTS,
    sessions,
};
use crate::store::{
    StoreError,
    sqlite::{SqliteStore, text::time_text},
    stretch::Stretch,
};

impl SqliteStore {
    pub async fn overview(&self, range: TimeRange, now: DateTime<Utc>) -> Result<Overview, StoreError> {
        let stretch = Stretch::of(range, now);
        let mut snapshot = self.snapshot().await?;
        let (active_sessions, idle_sessions) = sessions::connected(&mut snapshot).await?;
        let overview = Overview {
            range,
            now,
            active_sessions,
            idle_sessions,
            totals: totals(&mut snapshot, stretch).await?,
            previous: totals(&mut snapshot, stretch.previous()).await?,
            buckets: buckets(&mut snapshot, stretch, range).await?,
            top_tools: top_tools(&mut snapshot, stretch).await?,
            connected: sessions::most_recently_active(&mut snapshot).await?,
            newest: requests::newest(&mut snapshot).await?,
        };
        snapshot.commit().await?;
        Ok(overview)
    }
}

async fn totals(connection: &mut SqliteConnection, stretch: Stretch) -> Result<Totals, StoreError> {
    let row = sqlx::query(concat!(
        "WITH ranked AS (
             SELECT status, response_bytes, duration_ms, ROW_NUMBER() OVER by_duration AS position,
                 COUNT(*) OVER by_duration AS n
             FROM archon_mcp_requests WHERE timestamp >= $1 AND timestamp < $2
             WINDOW by_duration AS (ORDER BY duration_ms ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
         )
         SELECT COUNT(*) AS requests, COALESCE(SUM(CASE WHEN status = 'error' THEN 1 ELSE 0 END), 0) AS errors,
             COALESCE(SUM(response_bytes), 0) AS response_bytes, ",
        percentile!("50"), " AS p50_ms, ", percentile!("95"), " AS p95_ms, ", percentile!("99"), " AS p99_ms
         FROM ranked"
    ))
    .bind(time_text(stretch.start))
    .bind(time_text(stretch.end))
    .fetch_one(connection)
    .await?;

    let cells = Cells::of(&row, REQUESTS, "(all of the range)".to_owned());
    Ok(Totals {
        requests: cells.count("requests")?,
        errors: cells.count("errors")?,
        response_bytes: cells.count("response_bytes")?,
        p50_ms: cells.get("p50_ms")?,
        p95_ms: cells.get("p95_ms")?,
        p99_ms: cells.get("p99_ms")?,
    })
}

async fn buckets(
    connection: &mut SqliteConnection,
    stretch: Stretch,
    range: TimeRange,
) -> Result<Vec<Bucket>, StoreError> {
    let stretches = stretch.buckets(range);
    let bounds: Vec<[String; 2]> =
        stretches.iter().map(|bucket| [time_text(bucket.start), time_text(bucket.end)]).collect();
    // CROSS JOIN fixes the order: for each bucket, its part of the index by time.
    let rows = sqlx::query(concat!(
        "WITH bucket (number, starts, ends) AS (SELECT key, value ->> 0, value ->> 1 FROM json_each($1)),
         ranked AS (
             SELECT bucket.number, id, outcome, response_bytes, duration_ms, ROW_NUMBER() OVER by_duration AS position,
                 COUNT(*) OVER by_duration AS n
             FROM bucket CROSS JOIN archon_mcp_requests ON timestamp >= bucket.starts AND timestamp < bucket.ends
             WINDOW by_duration AS (PARTITION BY bucket.number ORDER BY duration_ms
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
         )
         SELECT number, outcome, MIN(id) AS id, COUNT(*) AS requests, SUM(response_bytes) AS response_bytes, ",
        percentile!("50"), " AS p50_ms, ", percentile!("95"), " AS p95_ms, ", percentile!("99"), " AS p99_ms
         FROM ranked GROUP BY number, outcome"
    ))
    .bind(serde_json::json!(bounds).to_string())
    .fetch_all(connection)
    .await?;

    let mut buckets: Vec<Bucket> = stretches
        .iter()
        .map(|bucket| Bucket {
            start: bucket.start,
            outcomes: Vec::new(),
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            response_bytes: 0,
        })
        .collect();
    for row in &rows {
        add_outcome(&mut buckets, row)?;
    }
    for bucket in &mut buckets {
        bucket.outcomes.sort_by_key(|(outcome, _)| Outcome::ALL.iter().position(|known| known == outcome));
    }
    Ok(buckets)
}

/// Adds one outcome of one bucket. The row at a percentile's position is of one outcome, so of the rows of a bucket one
/// has the percentile.
fn add_outcome(buckets: &mut [Bucket], row: &SqliteRow) -> Result<(), StoreError> {
    let cells = Cells::keyed(row, REQUESTS, "id")?;
    let number = usize::try_from(cells.count("number")?).map_err(|error| cells.corrupt("timestamp", error))?;
    let Some(bucket) = buckets.get_mut(number) else { return Ok(()) };
    bucket.outcomes.push((cells.outcome("outcome")?, cells.count("requests")?));
    bucket.response_bytes += cells.count("response_bytes")?;
    bucket.p50_ms = bucket.p50_ms.or(cells.get("p50_ms")?);
    bucket.p95_ms = bucket.p95_ms.or(cells.get("p95_ms")?);
    bucket.p99_ms = bucket.p99_ms.or(cells.get("p99_ms")?);
    Ok(())
}

async fn top_tools(connection: &mut SqliteConnection, stretch: Stretch) -> Result<Vec<ToolTotals>, StoreError> {
    let rows = sqlx::query(concat!(
        "WITH ranked AS (
             SELECT tool_name, status, response_bytes, duration_ms, ROW_NUMBER() OVER by_duration AS position,
                 COUNT(*) OVER by_duration AS n
             FROM archon_mcp_requests WHERE timestamp >= $1 AND timestamp < $2 AND tool_name IS NOT NULL
             WINDOW by_duration AS (PARTITION BY tool_name ORDER BY duration_ms
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
         )
         SELECT tool_name, COUNT(*) AS calls, SUM(CASE WHEN status = 'error' THEN 1 ELSE 0 END) AS errors,
             SUM(response_bytes) AS response_bytes, ",
        percentile!("95"), " AS p95_ms
         FROM ranked GROUP BY tool_name ORDER BY calls DESC, tool_name LIMIT 10"
    ))
    .bind(time_text(stretch.start))
    .bind(time_text(stretch.end))
    .fetch_all(connection)
    .await?;

    let tool = |row: &SqliteRow| {
        let cells = Cells::keyed(row, REQUESTS, "tool_name")?;
        Ok(ToolTotals {
            tool_name: cells.key().to_owned(),
            calls: cells.count("calls")?,
            errors: cells.count("errors")?,
            p95_ms: cells.get("p95_ms")?,
            response_bytes: cells.count("response_bytes")?,
        })
    };
    rows.iter().map(tool).collect()
}
