//! The values that occur in a column, for the filters.

use super::kinds::Kinds;
use crate::store::{
    StoreError,
    connection::{Connection, Engine},
};

/// Jumps from each value of an indexed column to the next: as many look-ups as there are values, however many rows.
/// `SELECT DISTINCT` would read the whole index. `IS NOT NULL` is what PostgreSQL's partial indexes ask for.
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
const TOOLS: &str = distinct!("tool_name", "archon_mcp_requests");
const CLIENTS: &str = distinct!("client_type", "archon_mcp_requests");
pub const SESSION_CLIENTS: &str = distinct!("client_type", "archon_mcp_sessions");

/// The first 200 values of one of the statements above, in their order.
pub async fn values(connection: &mut Connection<'_>, statement: &'static str) -> Result<Vec<String>, StoreError> {
    connection.texts(statement, vec![]).await
}

/// Of the first five thousand: clients may make up as many names of tools as they like, and what comes behind those is not offered.
fn of_kinds(column: &str, kinds: &str) -> String {
    format!(
        "{} SELECT DISTINCT value FROM (SELECT {column} AS value FROM {kinds} LIMIT 5000) WHERE value IS NOT NULL
         ORDER BY value LIMIT 200",
        Kinds::default().with()
    )
}

/// The tools that requests name.
pub async fn tools(connection: &mut Connection<'_>) -> Result<Vec<String>, StoreError> {
    match connection.engine() {
        Engine::Sqlite => connection.texts(of_kinds("of_tool", "tools"), vec![]).await,
        Engine::Postgres => values(connection, TOOLS).await,
    }
}

/// The clients that requests are of.
pub async fn clients(connection: &mut Connection<'_>) -> Result<Vec<String>, StoreError> {
    match connection.engine() {
        Engine::Sqlite => connection.texts(of_kinds("of_client", "kinds"), vec![]).await,
        Engine::Postgres => values(connection, CLIENTS).await,
    }
}
