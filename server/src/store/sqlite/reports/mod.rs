//! The reports, one file each. Every report reads within one transaction, so that its figures are of one moment.

mod conditions;
mod facets;
mod figures;
mod overview;
mod percentiles;
mod request;
mod requests;
mod rows;
mod session;
mod sessions;

use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, cells::Cells, tables::SESSIONS};
use crate::store::StoreError;

impl SqliteStore {
    /// A transaction that sees the last commit and, until it ends, no later one.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    pub async fn session_totals(&self, session_id: Uuid) -> Result<Option<(u64, u64)>, StoreError> {
        let row = sqlx::query("SELECT total_requests, failed_requests FROM archon_mcp_sessions WHERE session_id = $1")
            .bind(session_id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            let cells = Cells::of(&row, SESSIONS, session_id.to_string());
            Ok((cells.count("total_requests")?, cells.count("failed_requests")?))
        })
        .transpose()
    }

    pub async fn connected_sessions(&self) -> Result<(u64, u64), StoreError> {
        let mut snapshot = self.snapshot().await?;
        let connected = sessions::connected(&mut snapshot).await?;
        snapshot.commit().await?;
        Ok(connected)
    }
}
