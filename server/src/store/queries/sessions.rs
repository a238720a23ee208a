//! `/sessions`, and the sessions of the overview.

use chrono::{DateTime, Utc};
use tracon_app::reports::{SessionFilter, SessionPage, SessionRow};

use super::{
    conditions::Conditions,
    facets, percentiles,
    requests::given,
    rows::{is_apart, session_columns, session_row},
};
use crate::store::{
    Store, StoreError,
    cells::Cells,
    connection::{Connection, Value},
    cursor::{PAGE, SessionCursor},
    tables::SESSIONS,
};

impl Store {
    /// One page of the sessions that match.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when `before` is not the `next` of a page.
    pub async fn sessions(&self, filter: &SessionFilter, now: DateTime<Utc>) -> Result<SessionPage, StoreError> {
        let before = given(filter.before.as_deref()).map(SessionCursor::decode).transpose()?;
        let mut conditions = Conditions::new(self.engine());
        conditions.add(if filter.probes { is_apart!() } else { concat!("NOT ", is_apart!()) });
        if let Some(presence) = filter.presence {
            conditions.bind("status = {}", [presence.as_str()]);
        }
        if let Some(client) = given(filter.client.as_deref()) {
            conditions.bind("client_type = {}", [client]);
        }

        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let total = conditions.count("SELECT COUNT(*) FROM archon_mcp_sessions", connection).await?;
        if let Some(before) = before {
            let key = [Value::Time(before.last_activity), before.session_id.into()];
            conditions.bind("(last_activity, session_id) < ({}, {})", key);
        }
        let rows = conditions
            .fetch(
                concat!("SELECT ", session_columns!(), " FROM archon_mcp_sessions"),
                "ORDER BY last_activity DESC, session_id DESC LIMIT 51",
                connection,
            )
            .await?;
        let mut rows = rows.iter().map(session_row).collect::<Result<Vec<_>, _>>()?;
        let next = next_page(&mut rows)?;
        percentiles::set_p95(connection, &mut rows).await?;

        let mut apart = Conditions::new(self.engine());
        apart.add(is_apart!());
        let page = SessionPage {
            now,
            rows,
            total,
            probes: apart.count("SELECT COUNT(*) FROM archon_mcp_sessions", connection).await?,
            clients: facets::values(connection, facets::SESSION_CLIENTS).await?,
            next,
        };
        snapshot.end().await?;
        Ok(page)
    }
}

/// Cuts off the row that was read to see whether there are more, and says where they start.
fn next_page(rows: &mut Vec<SessionRow>) -> Result<Option<String>, StoreError> {
    if rows.len() <= PAGE {
        return Ok(None);
    }
    rows.truncate(PAGE);
    let cursor = |last: &SessionRow| {
        let session_id = last.session_id.parse().map_err(|error: uuid::Error| StoreError::Corrupt {
            table: SESSIONS,
            column: "session_id",
            row: last.session_id.clone(),
            reason: error.to_string(),
        })?;
        Ok(SessionCursor { last_activity: last.last_activity, session_id }.encode())
    };
    rows.last().map(cursor).transpose()
}

/// How many sessions are active and how many idle, probes left out.
pub async fn connected(connection: &mut Connection<'_>) -> Result<(u64, u64), StoreError> {
    let statement = "SELECT COUNT(CASE WHEN status = 'active' THEN 1 END) AS active,
             COUNT(CASE WHEN status = 'idle' THEN 1 END) AS idle
         FROM archon_mcp_sessions WHERE status <> 'disconnected' AND is_probe = FALSE";
    let row = connection.fetch_one(statement, vec![]).await?;
    let cells = Cells::of(&row, SESSIONS, "(all that are connected)".to_owned());
    Ok((cells.count("active")?, cells.count("idle")?))
}

/// The ten connected sessions that were active last, probes left out.
pub async fn most_recently_active(connection: &mut Connection<'_>) -> Result<Vec<SessionRow>, StoreError> {
    let statement = concat!(
        "SELECT ",
        session_columns!(),
        " FROM archon_mcp_sessions WHERE status <> 'disconnected' AND is_probe = FALSE
         ORDER BY last_activity DESC, session_id DESC LIMIT 10"
    );
    let rows = connection.fetch_all(statement, vec![]).await?;
    let mut rows = rows.iter().map(session_row).collect::<Result<Vec<_>, _>>()?;
    percentiles::set_p95(connection, &mut rows).await?;
    Ok(rows)
}
