//! `/requests`, and the requests of the overview.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use tracon_app::reports::{RequestFilter, RequestPage, RequestRow};
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
        let before = given(&filter.before).map(RequestCursor::decode).transpose()?;
        let mut conditions = conditions_of(filter, now)?;

        let mut snapshot = self.snapshot().await?;
        let total = conditions.count("SELECT COUNT(*) FROM archon_mcp_requests", &mut snapshot).await?;
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

fn conditions_of(filter: &RequestFilter, now: DateTime<Utc>) -> Result<Conditions, StoreError> {
    let mut conditions = Conditions::new();
    if let Some(session) = given(&filter.session) {
        let id = Uuid::try_parse(session)
            .map_err(|_| StoreError::Invalid { parameter: "session", reason: "is not the id of a session".to_owned() })?;
        conditions.bind("session_id = {}", [id.to_string()])?;
    }
    if let Some(tool) = given(&filter.tool) {
        // Only calls have a tool; naming their method lets the index by method and tool be used.
        conditions.bind("method = 'tools/call' AND tool_name = {}", [tool])?;
    }
    if let Some(method) = given(&filter.method) {
        conditions.bind("method = {}", [method])?;
    }
    if let Some(client) = given(&filter.client) {
        conditions.bind("client_type = {}", [client])?;
    }
    if let Some(outcome) = filter.outcome {
        conditions.bind("outcome = {}", [outcome.as_str()])?;
    }
    if filter.errors_only {
        conditions.add("status = 'error'");
    }
    if let Some(min_ms) = filter.min_ms {
        if !min_ms.is_finite() {
            return Err(StoreError::Invalid { parameter: "min_ms", reason: "is not a number".to_owned() });
        }
        conditions.bind("duration_ms >= {}", [min_ms])?;
    }
    if let Some(text) = given(&filter.text) {
        conditions.bind("error_message GLOB {}", [contains(text)])?;
    }
    if let Some(range) = filter.range {
        let stretch = Stretch::of(range, now);
        conditions.bind("timestamp >= {}", [time_text(stretch.start)])?;
        conditions.bind("timestamp < {}", [time_text(stretch.end)])?;
    }
    Ok(conditions)
}

/// A field that is there and not empty: an empty one is what a form sends where nothing was chosen.
fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.is_empty())
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
