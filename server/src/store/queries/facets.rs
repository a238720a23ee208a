//! The values that occur in a column, for the filters.

use crate::store::{StoreError, connection::Connection};

/// Jumps from each value of an indexed column to the next: as many look-ups as there are values, however many rows.
/// `SELECT DISTINCT` would read the whole index. `IS NOT NULL` is what the partial indexes ask for.
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

pub const METHODS: &str = distinct!("method", "archon_mcp_requests");
pub const TOOLS: &str = distinct!("tool_name", "archon_mcp_requests");
pub const CLIENTS: &str = distinct!("client_type", "archon_mcp_requests");
pub const SESSION_CLIENTS: &str = distinct!("client_type", "archon_mcp_sessions");

/// The first 200 values of one of the statements above, in their order.
pub async fn values(connection: &mut Connection<'_>, statement: &'static str) -> Result<Vec<String>, StoreError> {
    connection.texts(statement, vec![]).await
}
