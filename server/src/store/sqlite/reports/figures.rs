//! Sums of rollups.

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::ToolTotals;

use crate::store::{
    StoreError,
    rollup::{Rollup, Width},
    sqlite::{
        cells::Cells,
        rollups::{rollup_columns, rollup_of},
        tables::ROLLUPS,
        text::{json_list, time_text},
    },
    stretch::Stretch,
};

/// The rollups of all requests of a stretch, by their start. Those in which nothing happened are left out.
pub async fn of_all(
    connection: &mut SqliteConnection,
    width: Width,
    stretch: Stretch,
) -> Result<Vec<(DateTime<Utc>, Rollup)>, StoreError> {
    // One look-up each: between two of them lie those of every tool.
    let rows = sqlx::query(concat!(
        "SELECT ",
        rollup_columns!(),
        " FROM json_each($1) AS starts CROSS JOIN archon_mcp_rollups
             ON width = $2 AND bucket_start = starts.value AND tool_name = ''"
    ))
    .bind(json_list(stretch.starts(width).map(time_text)))
    .bind(width.as_str())
    .fetch_all(connection)
    .await?;
    let started = |row: &SqliteRow| {
        let cells = Cells::keyed(row, ROLLUPS, "bucket_start")?;
        Ok((cells.time("bucket_start")?, rollup_of(row)?))
    };
    rows.iter().map(started).collect()
}

/// The sum of the rollups of all requests of a stretch.
pub async fn sum_of_all(
    connection: &mut SqliteConnection,
    width: Width,
    stretch: Stretch,
) -> Result<Rollup, StoreError> {
    let mut sum = Rollup::default();
    for (width, piece) in stretch.cover(width) {
        for (_, rollup) in of_all(connection, width, piece).await? {
            sum.merge(&rollup);
        }
    }
    Ok(sum)
}

/// What the statements below read: the rollups of tools in the pieces that cover a stretch.
macro_rules! of_tools {
    () => {
        " FROM (SELECT value ->> 0 AS in_width, value ->> 1 AS starts, value ->> 2 AS ends FROM json_each($1))
          CROSS JOIN archon_mcp_rollups ON width = in_width AND bucket_start >= starts AND bucket_start < ends "
    };
}

/// The ten most called tools of a stretch with their figures, the most called first, those called as often by name.
pub async fn of_top_tools(
    connection: &mut SqliteConnection,
    width: Width,
    stretch: Stretch,
) -> Result<Vec<ToolTotals>, StoreError> {
    let cover = stretch.cover(width).into_iter();
    let pieces: Vec<_> =
        cover.map(|(width, piece)| (width.as_str(), time_text(piece.start), time_text(piece.end))).collect();
    let pieces = serde_json::json!(pieces).to_string();
    let top: Vec<String> = sqlx::query_scalar(concat!(
        "SELECT tool_name",
        of_tools!(),
        "WHERE tool_name <> '' GROUP BY tool_name
         ORDER BY SUM(ok + input_required + tool_error + protocol_error + denied + rate_limited + timeout + cancelled
                      + disconnected + internal) DESC, tool_name LIMIT 10"
    ))
    .bind(&pieces)
    .fetch_all(&mut *connection)
    .await?;

    let rows = sqlx::query(concat!(
        "SELECT ",
        rollup_columns!(),
        of_tools!(),
        "WHERE tool_name IN (SELECT value FROM json_each($2))"
    ))
    .bind(&pieces)
    .bind(serde_json::json!(top).to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut sums: Vec<(String, Rollup)> = top.into_iter().map(|tool| (tool, Rollup::default())).collect();
    for row in &rows {
        let tool: &str = Cells::keyed(row, ROLLUPS, "bucket_start")?.get("tool_name")?;
        if let Some((_, sum)) = sums.iter_mut().find(|(of, _)| of == tool) {
            sum.merge(&rollup_of(row)?);
        }
    }

    let mut tools = Vec::with_capacity(sums.len());
    for (tool_name, sum) in sums {
        let [p95_ms] = sum.latency.percentiles([95]);
        tools.push(ToolTotals {
            calls: sum.requests(),
            errors: sum.errors(),
            p95_ms,
            response_bytes: sum.response_bytes,
            response_tokens: sum.response_tokens,
            definition_tokens: definition_tokens(connection, &tool_name).await?,
            tool_name,
        });
    }
    Ok(tools)
}

async fn definition_tokens(connection: &mut SqliteConnection, tool_name: &str) -> Result<Option<u64>, StoreError> {
    let tokens: Option<i64> = sqlx::query_scalar("SELECT tokens FROM archon_mcp_tool_definitions WHERE tool_name = $1")
        .bind(tool_name)
        .fetch_optional(connection)
        .await?;
    Ok(tokens.map(|tokens| tokens.max(0).unsigned_abs()))
}
