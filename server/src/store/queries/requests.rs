//! `/requests`, and the requests of the overview.

use chrono::{DateTime, TimeDelta, Utc};
use tracon_app::reports::{Outcome, RequestFilter, RequestPage, RequestRow};
use uuid::Uuid;

use super::{
    conditions::Conditions,
    facets,
    kinds::KindColumn,
    rows::{request_columns, request_row},
};
use crate::store::{
    Store, StoreError,
    connection::{Connection, Engine, Value},
    cursor::{PAGE, RequestCursor},
    stretch::{Stretch, first_id},
    tables::REQUESTS,
};

impl Store {
    /// One page of the requests that match.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when `before` is not the `next` of a page, `session` not an id or `min_ms` not a number.
    pub async fn requests(&self, filter: &RequestFilter, now: DateTime<Utc>) -> Result<RequestPage, StoreError> {
        let before = given(filter.before.as_deref()).map(RequestCursor::decode).transpose()?;
        let mut conditions = conditions_of(self.engine(), filter, now)?;

        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let total = conditions.count_requests(connection).await?;
        if let Some(RequestCursor(id)) = before {
            stands_before(&mut conditions, id);
        }
        let rows = conditions.newest_requests(request_columns!(), PAGE + 1, connection).await?;
        let mut rows = rows.iter().map(request_row).collect::<Result<Vec<_>, _>>()?;
        let page = RequestPage {
            now,
            next: next_page(&mut rows)?,
            rows,
            total,
            methods: facets::of_requests(connection, KindColumn::Method).await?,
            tools: facets::of_requests(connection, KindColumn::Tool).await?,
            clients: facets::of_requests(connection, KindColumn::Client).await?,
        };
        snapshot.end().await?;
        Ok(page)
    }
}

/// That a request stands before the one of this id. Where that is gone, before where it stood.
fn stands_before(conditions: &mut Conditions, id: Uuid) {
    let places = [Value::FirstPlace(id), Value::LastPlace(id), Value::Id(id), Value::FirstPlace(id)];
    match conditions.engine {
        Engine::Sqlite => conditions.bind(
            "row_id < COALESCE((
                 SELECT row_id FROM archon_mcp_requests WHERE row_id >= {} AND row_id <= {} AND id = {}
                 ORDER BY row_id LIMIT 1
             ), {})",
            places,
        ),
        Engine::Postgres => conditions.bind("id < {}", [id]),
    }
}

/// The time that an id is made from may differ by less than this from the start that is stored beside it.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// Of that stretch. Ids begin with their time, so that a stretch is a range of them; only of those near its ends is the row
/// asked for the exact time.
fn within(conditions: &mut Conditions, stretch: Stretch) {
    let Stretch { start, end } = stretch;
    let place = |time| Value::FirstPlace(first_id(time));
    conditions.bind("request_place >= {} AND request_place < {}", [start - SLACK, end + SLACK].map(place));
    conditions.bind("(request_place >= {} OR request_start >= {})", [place(start + SLACK), Value::Start(start)]);
    conditions.bind("(request_place < {} OR request_start < {})", [place(end - SLACK), Value::Start(end)]);
}

fn conditions_of(engine: Engine, filter: &RequestFilter, now: DateTime<Utc>) -> Result<Conditions, StoreError> {
    let mut conditions = Conditions::new(engine);
    if let Some(session) = given(filter.session.as_deref()) {
        let id = Uuid::try_parse(session).map_err(|_| StoreError::Invalid {
            parameter: "session",
            reason: "is not the id of a session".to_owned(),
        })?;
        conditions.bind("of_session({})", [id]);
    }
    // The outcome of an error says this too; said again, it lets the index of the failed be used.
    let errors_only = filter.errors_only || filter.outcome.is_some_and(Outcome::is_error);
    let few = errors_only || given(filter.session.as_deref()).is_some();
    for (column, value) in
        [(KindColumn::Tool, &filter.tool), (KindColumn::Method, &filter.method), (KindColumn::Client, &filter.client)]
    {
        if let Some(value) = given(value.as_deref()) {
            conditions.of_kind(column, value, few);
        }
    }
    if let Some(outcome) = filter.outcome {
        conditions.bind("outcome = {}", [outcome.as_str()]);
    }
    if errors_only {
        conditions.add("is_failed");
    }
    if let Some(code) = filter.error_code {
        conditions.bind("error_code = {}", [code]);
    }
    if let Some(min_ms) = filter.min_ms {
        if !min_ms.is_finite() {
            return Err(StoreError::Invalid { parameter: "min_ms", reason: "is not a number".to_owned() });
        }
        conditions.bind("duration_ms >= {}", [min_ms]);
    }
    if let Some(text) = given(filter.text.as_deref()) {
        conditions.contains(&["error_message"], text);
    }
    if let Some(range) = filter.range {
        within(&mut conditions, Stretch::of(range, now));
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
pub async fn newest(connection: &mut Connection<'_>) -> Result<Vec<RequestRow>, StoreError> {
    let statement =
        concat!("SELECT ", request_columns!(), " FROM archon_mcp_requests ORDER BY request_place DESC LIMIT 10");
    connection.fetch_all(statement, vec![]).await?.iter().map(request_row).collect()
}
