//! The rollups' table: adding to its rows, and building them for a database that has none yet.

use std::{collections::HashMap, sync::LazyLock};

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::Outcome;

use super::{
    cells::Cells,
    statement::{Statement, Values},
    tables::ROLLUPS,
    text::{parse_time, time_text},
};
use crate::store::{
    StoreError,
    rollup::{self, Key, Measured, Rollup},
    sketch::Sketch,
};

macro_rules! rollup_columns {
    () => {
        "width, bucket_start, tool_name, ok, input_required, tool_error, protocol_error, denied, rate_limited, timeout, \
         cancelled, disconnected, internal, request_bytes, response_bytes, response_tokens, with_session, with_client, \
         with_user, latency"
    };
}

pub(super) use rollup_columns;

static INSERT: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(concat!("INSERT OR REPLACE INTO archon_mcp_rollups (", rollup_columns!(), ") VALUES {}"), 20)
});

/// Adds to the rollups what requests, which were not stored before, moved. What is stored is read first and written back as a
/// whole: sketches are not added up by SQL, and sums that are stop at the largest number instead of failing.
pub async fn add(connection: &mut SqliteConnection, moved: HashMap<Key<'_>, Rollup>) -> Result<(), StoreError> {
    let mut rows: Vec<Moved<'_>> = moved
        .into_iter()
        .map(|(key, rollup)| Moved {
            width: key.width.as_str(),
            start: time_text(key.start),
            tool: key.tool_name,
            is_stored: false,
            rollup,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // In the order of the table's key.
    rows.sort_unstable_by(|a, b| (a.width, &a.start, a.tool).cmp(&(b.width, &b.start, b.tool)));

    let keys: Vec<_> = rows.iter().map(|row| (row.width, &row.start, row.tool)).collect();
    let stored = sqlx::query(concat!(
        "WITH named (number, in_width, starts, of_tool) AS (
             SELECT key, value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)
         )
         SELECT number, ",
        rollup_columns!(),
        " FROM named CROSS JOIN archon_mcp_rollups ON width = in_width AND bucket_start = starts AND tool_name = of_tool"
    ))
    .bind(serde_json::json!(keys).to_string())
    .fetch_all(&mut *connection)
    .await?;
    for row in &stored {
        let number: i64 = row.try_get("number")?;
        if let Some(moved) = usize::try_from(number).ok().and_then(|number| rows.get_mut(number)) {
            moved.rollup.merge(&rollup_of(row)?);
            moved.is_stored = true;
        }
    }
    leave_out_too_many(connection, &mut rows).await?;

    let bind = |values: &mut Values, row: &Moved<'_>| {
        values.text(row.width);
        values.text(&row.start);
        values.text(row.tool);
        let rollup = &row.rollup;
        for count in rollup.outcomes {
            values.count(count);
        }
        values.count(rollup.request_bytes);
        values.count(rollup.response_bytes);
        values.count(rollup.response_tokens);
        values.count(rollup.with_session);
        values.count(rollup.with_client);
        values.count(rollup.with_user);
        values.add(rollup.latency.to_bytes());
    };
    INSERT.execute(connection, &rows, bind).await
}

#[derive(Debug)]
struct Moved<'a> {
    width: &'static str,
    start: String,
    tool: &'a str,
    is_stored: bool,
    rollup: Rollup,
}

/// The most tools of one bucket. Names of tools are whatever a client sends: those that it makes up must not fill a table
/// that outlives the requests. What is beyond counts in the figures of all, and has none of its own.
const MOST_TOOLS: i64 = 256;

async fn leave_out_too_many(connection: &mut SqliteConnection, rows: &mut Vec<Moved<'_>>) -> Result<(), StoreError> {
    let is_new = |row: &Moved<'_>| !row.is_stored && !row.tool.is_empty();
    let mut buckets: HashMap<(&'static str, String), i64> = HashMap::new();
    for row in rows.iter().filter(|row| is_new(row)) {
        buckets.entry((row.width, row.start.clone())).or_default();
    }
    for ((width, start), tools) in &mut buckets {
        *tools = sqlx::query_scalar(
            "SELECT COUNT(*) FROM archon_mcp_rollups WHERE width = $1 AND bucket_start = $2 AND tool_name <> ''",
        )
        .bind(*width)
        .bind(start.as_str())
        .fetch_one(&mut *connection)
        .await?;
    }
    rows.retain(|row| {
        let tools = if is_new(row) { buckets.get_mut(&(row.width, row.start.clone())) } else { None };
        tools.is_none_or(|tools| {
            *tools += 1;
            *tools <= MOST_TOOLS
        })
    });
    Ok(())
}

/// A row of `rollup_columns!`.
pub fn rollup_of(row: &SqliteRow) -> Result<Rollup, StoreError> {
    let part = |column| row.try_get::<&str, _>(column).unwrap_or("?");
    let key = || [part("width"), part("bucket_start"), part("tool_name")].join(" ");
    let cells = Cells::of(row, ROLLUPS, key());
    let mut outcomes = [0; Outcome::ALL.len()];
    for (count, outcome) in outcomes.iter_mut().zip(Outcome::ALL) {
        *count = cells.count(outcome.as_str())?;
    }
    Ok(Rollup {
        outcomes,
        request_bytes: cells.count("request_bytes")?,
        response_bytes: cells.count("response_bytes")?,
        response_tokens: cells.count("response_tokens")?,
        with_session: cells.count("with_session")?,
        with_client: cells.count("with_client")?,
        with_user: cells.count("with_user")?,
        latency: Sketch::from_bytes(cells.get("latency")?).map_err(|error| cells.corrupt("latency", error))?,
    })
}

/// Rows read at once when rollups are built from them.
const PAGE: usize = 10_000;

/// Builds the rollups of a database that has requests but, being of a version before them, no rollups. To be called within
/// the transaction that made their table, so that it is done once.
pub async fn build_if_missing(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let is_built: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM archon_mcp_rollups)").fetch_one(&mut *connection).await?;
    if is_built {
        return Ok(());
    }
    let (mut after, mut counted, mut unreadable) = (String::new(), 0, 0);
    loop {
        let rows = sqlx::query(
            "SELECT id, timestamp, tool_name, outcome, duration_ms, request_bytes, response_bytes, response_tokens,
                 session_id IS NOT NULL AS has_session, client_type IS NOT NULL AS has_client,
                 user_id IS NOT NULL AS has_user
             FROM archon_mcp_requests WHERE id > $1 ORDER BY id LIMIT 10000",
        )
        .bind(&after)
        .fetch_all(&mut *connection)
        .await?;
        let measured: Vec<Measured<'_>> = rows.iter().filter_map(measured).collect();
        unreadable += rows.len() - measured.len();
        counted += measured.len();
        add(connection, rollup::of(measured)).await?;
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.try_get("id")?,
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
