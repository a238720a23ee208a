//! What stands in the tables behind the tools.

use chrono::{DateTime, Utc};

use crate::database::Peek;

/// The tables of the workspace.
pub const TABLES: [&str; 5] =
    ["archon_projects", "archon_tasks", "archon_task_history", "archon_document_versions", "archon_project_sources"];

/// Every row of the workspace, as text.
pub async fn dump(database: &Peek) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        let statement = match database {
            Peek::Postgres(_) => format!("SELECT CAST(whole AS TEXT) FROM {table} AS whole ORDER BY id"),
            Peek::Sqlite(_) => {
                let columns: Vec<(String,)> =
                    database.rows(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<String> = columns.iter().map(|(name,)| format!("quote({name})")).collect();
                format!("SELECT {} FROM {table} ORDER BY id", quoted.join(" || ',' || "))
            }
        };
        let rows: Vec<(String,)> = database.rows(&statement).await;
        all.extend(rows.into_iter().map(|(row,)| format!("{table}: {row}")));
    }
    all
}

/// How many rows there are.
pub async fn count(database: &Peek, table: &str, condition: &str) -> i64 {
    let (count,): (i64,) = database.row(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}")).await;
    count
}

/// Does to the database what no tool does.
pub async fn execute(database: &Peek, statement: String) {
    let statement = sqlx::AssertSqlSafe(statement);
    let changed = match database {
        Peek::Sqlite(pool) => sqlx::query(statement).execute(pool).await.expect("it is done").rows_affected(),
        Peek::Postgres(pool) => sqlx::query(statement).execute(pool).await.expect("it is done").rows_affected(),
    };
    assert_eq!(changed, 1);
}

/// A time of an answer.
pub fn time(value: &serde_json::Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("a time: {value}"))
}
