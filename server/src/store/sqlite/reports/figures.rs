//! Counts, bytes and percentiles of any number of groups of requests, each as one figure and in one pass.

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracon_app::reports::{Outcome, Totals};

use super::{cells::Cells, percentiles::percentile, rows::REQUESTS};
use crate::store::{StoreError, sqlite::text::time_text, stretch::Stretch};

/// What is known of a group of requests.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// How many of each outcome that occurred, in the order of [`Outcome::ALL`].
    pub outcomes: Vec<(Outcome, u64)>,
    pub response_bytes: u64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

impl Figures {
    pub fn requests(&self) -> u64 {
        self.outcomes.iter().map(|(_, count)| count).sum()
    }

    pub fn errors(&self) -> u64 {
        self.outcomes.iter().filter(|(outcome, _)| outcome.is_error()).map(|(_, count)| count).sum()
    }

    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.requests(),
            errors: self.errors(),
            response_bytes: self.response_bytes,
            response_tokens: 0,
            p50_ms: self.p50_ms,
            p95_ms: self.p95_ms,
            p99_ms: self.p99_ms,
        }
    }

    /// Adds the row of one outcome. The request at a percentile's position has one outcome, so that one row of a group
    /// brings the percentile and the others bring none.
    fn add(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        let cells = Cells::keyed(row, REQUESTS, "id")?;
        self.outcomes.push((cells.outcome("outcome")?, cells.count("requests")?));
        self.outcomes.sort_unstable_by_key(|(outcome, _)| *outcome);
        self.response_bytes += cells.count("response_bytes")?;
        self.p50_ms = self.p50_ms.or(cells.get("p50_ms")?);
        self.p95_ms = self.p95_ms.or(cells.get("p95_ms")?);
        self.p99_ms = self.p99_ms.or(cells.get("p99_ms")?);
        Ok(())
    }
}

/// A statement that gives a row for each outcome of each group. `$source` is what follows `FROM`, and `$group` the
/// number of the group a request is in. Position and number of rows share one window, or the rows are sorted twice.
macro_rules! figures_of {
    ($with:literal, $group:literal, $source:literal) => {
        concat!(
            "WITH ",
            $with,
            ", ranked AS (
                 SELECT ",
            $group,
            " AS part, id, outcome, response_bytes, duration_ms,
                     ROW_NUMBER() OVER by_duration AS position, COUNT(*) OVER by_duration AS n
                 FROM ",
            $source,
            "
                 WINDOW by_duration AS (PARTITION BY ",
            $group,
            " ORDER BY duration_ms
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
             )
             SELECT part, outcome, MIN(id) AS id, COUNT(*) AS requests, SUM(response_bytes) AS response_bytes, ",
            percentile!("50"),
            ", ",
            percentile!("95"),
            ", ",
            percentile!("99"),
            " FROM ranked GROUP BY part, outcome"
        )
    };
}

/// The figures of each stretch, in their order.
pub async fn of_stretches(
    connection: &mut SqliteConnection,
    stretches: &[Stretch],
) -> Result<Vec<Figures>, StoreError> {
    let bounds: Vec<[String; 2]> =
        stretches.iter().map(|stretch| [time_text(stretch.start), time_text(stretch.end)]).collect();
    // CROSS JOIN fixes the order: for each stretch, its part of the index by time.
    let rows = sqlx::query(figures_of!(
        "stretch (number, starts, ends) AS (SELECT key, value ->> 0, value ->> 1 FROM json_each($1))",
        "stretch.number",
        "stretch CROSS JOIN archon_mcp_requests ON timestamp >= stretch.starts AND timestamp < stretch.ends"
    ))
    .bind(serde_json::json!(bounds).to_string())
    .fetch_all(connection)
    .await?;

    let mut figures = vec![Figures::default(); stretches.len()];
    for row in &rows {
        let cells = Cells::keyed(row, REQUESTS, "id")?;
        let number = usize::try_from(cells.count("part")?).ok();
        let of_stretch = number.and_then(|number| figures.get_mut(number));
        of_stretch.ok_or_else(|| cells.corrupt("timestamp", "it is in no stretch"))?.add(row)?;
    }
    Ok(figures)
}

/// The ten most called tools of a stretch with their figures, the most called first, those called as often by name.
pub async fn of_top_tools(
    connection: &mut SqliteConnection,
    stretch: Stretch,
) -> Result<Vec<(String, Figures)>, StoreError> {
    // The plus sign keeps the engine from reading all that these tools were ever asked, through the index by tool.
    let rows = sqlx::query(figures_of!(
        "top (tool) AS (
             SELECT tool_name FROM archon_mcp_requests
             WHERE timestamp >= $1 AND timestamp < $2 AND tool_name IS NOT NULL
             GROUP BY tool_name ORDER BY COUNT(*) DESC, tool_name LIMIT 10
         )",
        "tool_name",
        "archon_mcp_requests WHERE timestamp >= $1 AND timestamp < $2 AND +tool_name IN (SELECT tool FROM top)"
    ))
    .bind(time_text(stretch.start))
    .bind(time_text(stretch.end))
    .fetch_all(connection)
    .await?;

    let mut tools: Vec<(String, Figures)> = Vec::new();
    for row in &rows {
        let name: String = Cells::keyed(row, REQUESTS, "id")?.get("part")?;
        // Rows of one tool follow each other.
        if tools.last().is_none_or(|(last, _)| *last != name) {
            tools.push((name, Figures::default()));
        }
        if let Some((_, figures)) = tools.last_mut() {
            figures.add(row)?;
        }
    }
    tools.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.requests()));
    Ok(tools)
}
