//! The rollups' table: adding to its rows, and building them for a database that has none yet.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Utc};
use tracon_app::reports::Outcome;

use super::{
    rows::statements,
    sink::{Sink, Table},
};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Connection, Engine, Row, Value},
    postgres,
    rollup::{Key, Rollup},
    sketch::Sketch,
    sqlite::{self, Statement},
    tables::ROLLUPS,
};

macro_rules! rollup_columns {
    () => {
        "width, bucket_start, tool_name, ok, input_required, tool_error, protocol_error, denied, rate_limited, timeout, \
         cancelled, disconnected, internal, request_bytes, response_bytes, response_tokens, with_session, with_client, \
         with_user, latency"
    };
}

pub(in crate::store) use rollup_columns;

/// Writes rollups as they now are.
struct NewRollups;

impl Table for NewRollups {
    type Row<'v> = &'v Moved<'v>;

    statements!(20:
        sqlite concat!("INSERT OR REPLACE INTO archon_mcp_rollups (", rollup_columns!(), ") {}"),
        postgres concat!(
            "INSERT INTO archon_mcp_rollups (",
            rollup_columns!(),
            ") {} ON CONFLICT (width, bucket_start, tool_name) DO UPDATE SET
             (ok, input_required, tool_error, protocol_error, denied, rate_limited, timeout, cancelled, disconnected,
              internal, request_bytes, response_bytes, response_tokens, with_session, with_client, with_user, latency)
             = (excluded.ok, excluded.input_required, excluded.tool_error, excluded.protocol_error, excluded.denied,
              excluded.rate_limited, excluded.timeout, excluded.cancelled, excluded.disconnected, excluded.internal,
              excluded.request_bytes, excluded.response_bytes, excluded.response_tokens, excluded.with_session,
              excluded.with_client, excluded.with_user, excluded.latency)"
        )
    );

    fn bind<'v>(moved: &&'v Moved<'v>, row: &mut impl Sink<'v>) {
        row.text(Some(moved.width));
        row.time(Some(moved.start));
        row.text(Some(&moved.tool));
        let rollup = &moved.rollup;
        for count in rollup.outcomes {
            row.count(count);
        }
        row.count(rollup.request_bytes);
        row.count(rollup.response_bytes);
        row.count(rollup.response_tokens);
        row.count(rollup.with_session);
        row.count(rollup.with_client);
        row.count(rollup.with_user);
        row.bytes(Some(rollup.latency.to_bytes()));
    }
}

/// Adds to the rollups what requests, which were not stored before, moved. What is stored is read first and written back as a
/// whole: sketches are not added up by SQL, and sums that are stop at the largest number instead of failing.
pub async fn add(connection: &mut Connection<'_>, moved: HashMap<Key<'_>, Rollup>) -> Result<(), StoreError> {
    let engine = connection.engine();
    let mut rows: Vec<Moved<'_>> = moved
        .into_iter()
        .map(|(key, rollup)| Moved {
            width: key.width.as_str(),
            start: key.start,
            tool: match engine {
                Engine::Sqlite => key.tool_name.into(),
                Engine::Postgres => postgres::storable(key.tool_name),
            },
            is_stored: false,
            rollup,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // In the order of the table's key.
    rows.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
    // Two names may be stored as one.
    rows.dedup_by(|later, row| {
        let is_same = later.key() == row.key();
        if is_same {
            row.rollup.merge(&later.rollup);
        }
        is_same
    });

    for row in stored(connection, &rows).await? {
        let number = Cells::of(&row, ROLLUPS, "?".to_owned()).count::<usize>("number")?;
        if let Some(moved) = rows.get_mut(number) {
            match rollup_of(&row) {
                Ok(rollup) => moved.rollup.merge(&rollup),
                // The records that are added to it are not at fault: to refuse them would lose them, too.
                Err(error) => tracing::error!(%error, "a sum cannot be read: it begins anew"),
            }
            moved.is_stored = true;
        }
    }
    leave_out_too_many(connection, &mut rows).await?;
    connection.insert::<NewRollups>(&rows.iter().collect::<Vec<_>>()).await
}

/// Those of the rows that are stored, each with its number.
async fn stored(connection: &mut Connection<'_>, rows: &[Moved<'_>]) -> Result<Vec<Row>, StoreError> {
    match connection.engine() {
        Engine::Sqlite => {
            let keys: Vec<_> = rows.iter().map(|row| (row.width, sqlite::time_text(row.start), &*row.tool)).collect();
            let statement = concat!(
                "WITH named (number, in_width, starts, of_tool) AS (
                     SELECT key, value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)
                 )
                 SELECT number, ",
                rollup_columns!(),
                " FROM named CROSS JOIN archon_mcp_rollups
                     ON width = in_width AND bucket_start = starts AND tool_name = of_tool"
            );
            connection.fetch_all(statement, vec![Value::Text(serde_json::json!(keys).to_string())]).await
        }
        Engine::Postgres => {
            let statement = concat!(
                "SELECT number - 1 AS number, ",
                rollup_columns!(),
                " FROM unnest($1, $2, $3) WITH ORDINALITY AS named (in_width, starts, of_tool, number)
                     JOIN archon_mcp_rollups ON width = in_width AND bucket_start = starts AND tool_name = of_tool"
            );
            let values = vec![
                Value::Texts(rows.iter().map(|row| row.width.to_owned()).collect()),
                Value::Times(rows.iter().map(|row| row.start).collect()),
                Value::Texts(rows.iter().map(|row| row.tool.clone().into_owned()).collect()),
            ];
            connection.fetch_all(statement, values).await
        }
    }
}

#[derive(Debug)]
struct Moved<'a> {
    width: &'static str,
    start: DateTime<Utc>,
    tool: Cow<'a, str>,
    is_stored: bool,
    rollup: Rollup,
}

impl Moved<'_> {
    fn key(&self) -> (&'static str, DateTime<Utc>, &str) {
        (self.width, self.start, &self.tool)
    }
}

/// The most tools of one bucket. Names of tools are whatever a client sends: those that it makes up must not fill a table
/// that outlives the requests. What is beyond counts in the figures of all, and has none of its own.
const MOST_TOOLS: u64 = 256;

async fn leave_out_too_many(connection: &mut Connection<'_>, rows: &mut Vec<Moved<'_>>) -> Result<(), StoreError> {
    let is_new = |row: &Moved<'_>| !row.is_stored && !row.tool.is_empty();
    let mut buckets: HashMap<(&'static str, DateTime<Utc>), u64> = HashMap::new();
    for row in rows.iter().filter(|row| is_new(row)) {
        buckets.entry((row.width, row.start)).or_default();
    }
    for ((width, start), tools) in &mut buckets {
        let statement =
            "SELECT COUNT(*) FROM archon_mcp_rollups WHERE width = $1 AND bucket_start = $2 AND tool_name <> ''";
        *tools = connection.count(statement, vec![(*width).into(), (*start).into()]).await?;
    }
    rows.retain(|row| {
        let tools = if is_new(row) { buckets.get_mut(&(row.width, row.start)) } else { None };
        tools.is_none_or(|tools| {
            *tools += 1;
            *tools <= MOST_TOOLS
        })
    });
    Ok(())
}

/// A row of `rollup_columns!`.
pub fn rollup_of(row: &Row) -> Result<Rollup, StoreError> {
    let unnamed = Cells::of(row, ROLLUPS, String::new());
    let part = |column| unnamed.get::<&str>(column).unwrap_or("?");
    let start = unnamed.time("bucket_start").map_or_else(|_| "?".to_owned(), sqlite::time_text);
    let cells = Cells::of(row, ROLLUPS, [part("width"), &start, part("tool_name")].join(" "));
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
