//! The values that occur in a column, for the filters.

use super::kinds::KindColumn;
use crate::store::{
    StoreError,
    connection::{Connection, Engine},
};

/// Jumps from each value of an indexed column to the next: as many look-ups as there are values, however many rows.
/// `SELECT DISTINCT` would read the whole index. `IS NOT NULL` is what partial indexes ask for.
macro_rules! distinct {
    ($column:literal, $table:literal) => {
        concat!(
            "WITH RECURSIVE found (value) AS (
                 SELECT MIN(",
            $column,
            ") FROM ",
            $table,
            " WHERE ",
            $column,
            " IS NOT NULL
                 UNION ALL
                 SELECT (SELECT MIN(",
            $column,
            ") FROM ",
            $table,
            " WHERE ",
            $column,
            " > found.value)
                 FROM found WHERE found.value IS NOT NULL
             )
             SELECT value FROM found WHERE value IS NOT NULL LIMIT 200"
        )
    };
}

pub const SESSION_CLIENTS: &str = distinct!("client_type", "archon_mcp_sessions");

/// The first 200 values of the statement above, in their order.
pub async fn values(connection: &mut Connection<'_>, statement: &'static str) -> Result<Vec<String>, StoreError> {
    connection.texts(statement, vec![]).await
}

/// What requests have in this column. On SQLite that is what their kinds have, of which none outlives its requests for long.
pub async fn of_requests(connection: &mut Connection<'_>, column: KindColumn) -> Result<Vec<String>, StoreError> {
    let statement = match (connection.engine(), column) {
        (Engine::Sqlite, KindColumn::Method) => distinct!("method", "archon_mcp_kinds"),
        (Engine::Sqlite, KindColumn::Tool) => distinct!("tool_name", "archon_mcp_kinds"),
        (Engine::Sqlite, KindColumn::Client) => distinct!("client_type", "archon_mcp_kinds"),
        (Engine::Postgres, KindColumn::Method) => distinct!("method", "archon_mcp_requests"),
        (Engine::Postgres, KindColumn::Tool) => distinct!("tool_name", "archon_mcp_requests"),
        (Engine::Postgres, KindColumn::Client) => distinct!("client_type", "archon_mcp_requests"),
    };
    values(connection, statement).await
}
