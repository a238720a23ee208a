//! `/requests`, and the requests of the overview.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use tracon_app::reports::{Outcome, RequestFilter, RequestPage, RequestRow};
use uuid::Uuid;

use super::{
    conditions::{Conditions, contains},
    facets,
    rows::{REQUESTS, request_columns, request_row},
};
use crate::store::{
    StoreError,
    cursor::{PAGE, RequestCursor},
    sqlite::{SqliteStore, text::time_text},
    stretch::Stretch,
};

impl SqliteStore {
    pub async fn requests(&self, filter: &RequestFilter, now: DateTime<Utc>) -> Result<RequestPage, StoreError> {
        let before = given(filter.before.as_deref()).map(RequestCursor::decode).transpose()?;
        let counted = conditions_of(filter, now, TimeIndex::Used)?;

        let mut snapshot = self.snapshot().await?;
        let total = counted.count("SELECT COUNT(*) FROM archon_mcp_requests", &mut snapshot).await?;
        let index = if total <= FEW { TimeIndex::Used } else { TimeIndex::NotUsed };
        let mut conditions = conditions_of(filter, now, index)?;
        if let Some(RequestCursor(id)) = before {
            conditions.bind("id < {}", [id.to_string()])?;
        }
        let rows = conditions
            .fetch(
                concat!("SELECT ", request_columns!(), " FROM archon_mcp_requests"),
                "ORDER BY id DESC LIMIT 51",
                &mut snapshot,
            )
            .await?;
        let mut rows = rows.iter().map(request_row).collect::<Result<Vec<_>, _>>()?;
        let page = RequestPage {
            now,
            next: next_page(&mut rows)?,
            rows,
            total,
            methods: facets::values(&mut snapshot, facets::METHODS).await?,
            tools: facets::values(&mut snapshot, facets::TOOLS).await?,
            clients: facets::values(&mut snapshot, facets::CLIENTS).await?,
        };
        snapshot.commit().await?;
        Ok(page)
    }
}

/// So many rows are found by time and sorted by id; when there are more, it is faster to go from the newest id down and
/// drop those that do not match.
const FEW: u64 = 5_000;

/// Whether rows may be found through the index by time. The engine would always use it, and sort what it finds.
#[derive(Clone, Copy, Debug)]
enum TimeIndex {
    Used,
    NotUsed,
}

fn conditions_of(filter: &RequestFilter, now: DateTime<Utc>, index: TimeIndex) -> Result<Conditions, StoreError> {
    let mut conditions = Conditions::new();
    if let Some(session) = given(filter.session.as_deref()) {
        let id = Uuid::try_parse(session).map_err(|_| StoreError::Invalid {
            parameter: "session",
            reason: "is not the id of a session".to_owned(),
        })?;
        conditions.bind("session_id = {}", [id.to_string()])?;
    }
    if let Some(tool) = given(filter.tool.as_deref()) {
        conditions.bind("tool_name = {}", [tool])?;
    }
    if let Some(method) = given(filter.method.as_deref()) {
        conditions.bind("method = {}", [method])?;
    }
    if let Some(client) = given(filter.client.as_deref()) {
        conditions.bind("client_type = {}", [client])?;
    }
    if let Some(outcome) = filter.outcome {
        conditions.bind("outcome = {}", [outcome.as_str()])?;
    }
    // The outcome of an error says this too; said again, it lets the index of the failed be used.
    if filter.errors_only || filter.outcome.is_some_and(Outcome::is_error) {
        conditions.add("status = 'error'");
    }
    if let Some(code) = filter.error_code {
        conditions.bind("error_code = {}", [code])?;
    }
    if let Some(min_ms) = filter.min_ms {
        if !min_ms.is_finite() {
            return Err(StoreError::Invalid { parameter: "min_ms", reason: "is not a number".to_owned() });
        }
        conditions.bind("duration_ms >= {}", [min_ms])?;
    }
    if let Some(text) = given(filter.text.as_deref()) {
        conditions.bind("error_message GLOB {}", [contains(text)])?;
    }
    if let Some(range) = filter.range {
        let stretch = Stretch::of(range, now);
        let condition = match index {
            TimeIndex::Used => "timestamp >= {} AND timestamp < {}",
            // A plus sign changes nothing but that no index has the column.
            TimeIndex::NotUsed => "+timestamp >= {} AND +timestamp < {}",
        };
        conditions.bind(condition, [stretch.start, stretch.end].map(time_text))?;
    }
    Ok(conditions)
}

/// A field that is there and not empty: an empty one is what a form sends where nothing was chosen.
pub fn given(field: Option<&str>) -> Option<&str> {
    field.filter(|text| !text.is_empty())
}

/// Cuts off the row that was read to see whether there are more, and says where they start.
fn next_page(rows: &mut Vec<RequestRow>) -> Result<Option<String>, StoreError> {
    if rows.len() <= PAGE {
        return Ok(None);
    }
    rows.truncate(PAGE);
    let cursor = |last: &RequestRow| {
        let id = last.id.parse().map_err(|error: uuid::Error| StoreError::Corrupt {
            table: REQUESTS,
            column: "id",
            row: last.id.clone(),
            reason: error.to_string(),
        })?;
        Ok(RequestCursor(id).encode())
    };
    rows.last().map(cursor).transpose()
}

/// The ten newest requests.
pub async fn newest(connection: &mut SqliteConnection) -> Result<Vec<RequestRow>, StoreError> {
    let rows =
        sqlx::query(concat!("SELECT ", request_columns!(), " FROM archon_mcp_requests ORDER BY id DESC LIMIT 10"))
            .fetch_all(connection)
            .await?;
    rows.iter().map(request_row).collect()
}
