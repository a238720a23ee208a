//! Sums of rollups.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use tracon_app::reports::ToolTotals;

use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Connection, Row, Value},
    rollup::{Rollup, Width},
    stretch::Stretch,
    tables::{ROLLUPS, TOOL_DEFINITIONS},
    write::rollups::{rollup_columns, rollup_of},
};

/// The rollups of all requests of a stretch, by their start. Those in which nothing happened are left out.
pub async fn of_all(
    connection: &mut Connection<'_>,
    width: Width,
    stretch: Stretch,
) -> Result<Vec<(DateTime<Utc>, Rollup)>, StoreError> {
    // One look-up each: between two of them lie those of every tool.
    let statement = concat!(
        "SELECT ",
        rollup_columns!(),
        " FROM archon_mcp_rollups WHERE width = $2 AND tool_name = ''
             AND bucket_start IN (SELECT value FROM unnest($1) AS starts (value)) ORDER BY bucket_start"
    );
    let values = vec![Value::Times(stretch.starts(width).collect()), width.as_str().into()];
    let rows = connection.fetch_all(statement, values).await?;
    let started = |row: &Row| Ok((Cells::of(row, ROLLUPS, "?".to_owned()).time("bucket_start")?, rollup_of(row)?));
    rows.iter().map(started).collect()
}

/// The sum of the rollups of all requests of a stretch.
pub async fn sum_of_all(connection: &mut Connection<'_>, width: Width, stretch: Stretch) -> Result<Rollup, StoreError> {
    let mut sum = Rollup::default();
    for (width, piece) in stretch.cover(width) {
        for (_, rollup) in of_all(connection, width, piece).await? {
            sum.merge(&rollup);
        }
    }
    Ok(sum)
}

/// The ten most called tools of a stretch with their figures, the most called first, those called as often by name.
pub async fn of_top_tools(
    connection: &mut Connection<'_>,
    width: Width,
    stretch: Stretch,
) -> Result<Vec<ToolTotals>, StoreError> {
    // The rollups of the few pieces that cover it.
    let (mut pieces, mut values) = (String::new(), Vec::new());
    for (width, piece) in stretch.cover(width) {
        let at = values.len();
        let or = if at == 0 { "" } else { " OR " };
        // Writing to a string cannot fail.
        let _ =
            write!(pieces, "{or}(width = ${} AND bucket_start >= ${} AND bucket_start < ${})", at + 1, at + 2, at + 3);
        values.extend([width.as_str().into(), piece.start.into(), piece.end.into()]);
    }
    let statement = format!(
        "SELECT tool_name FROM archon_mcp_rollups WHERE ({pieces}) AND tool_name <> '' GROUP BY tool_name
         ORDER BY SUM(ok + input_required + tool_error + protocol_error + denied + rate_limited + timeout + cancelled
                      + disconnected + internal) DESC, tool_name LIMIT 10"
    );
    let top = connection.texts(statement, values.clone()).await?;

    let list = values.len() + 1;
    let statement = format!(
        "SELECT {} FROM archon_mcp_rollups
         WHERE ({pieces}) AND tool_name IN (SELECT value FROM unnest(${list}) AS list (value))",
        rollup_columns!()
    );
    values.push(Value::Texts(top.clone()));
    let rows = connection.fetch_all(statement, values).await?;
    let mut sums: Vec<(String, Rollup)> = top.into_iter().map(|tool| (tool, Rollup::default())).collect();
    for row in &rows {
        let tool: &str = Cells::of(row, ROLLUPS, "?".to_owned()).get("tool_name")?;
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

async fn definition_tokens(connection: &mut Connection<'_>, tool_name: &str) -> Result<Option<u64>, StoreError> {
    let statement = "SELECT tokens FROM archon_mcp_tool_definitions WHERE tool_name = $1";
    let row = connection.fetch_optional(statement, vec![tool_name.into()]).await?;
    row.map(|row| Cells::of(&row, TOOL_DEFINITIONS, tool_name.to_owned()).count("tokens")).transpose()
}
