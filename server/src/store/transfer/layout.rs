//! What is moved: every table with every column.

use crate::store::{
    StoreError,
    cells::Cells,
    connection::Row,
    tables::{
        PAYLOADS, PROJECT_SOURCES, PROJECTS, REQUESTS, ROLLUPS, SESSIONS, TASK_HISTORY, TASKS, TOOL_DEFINITIONS,
        TRANSPORT_SESSIONS, VERSIONS,
    },
    write::Sink,
};

/// What a column holds; each engine has its own type for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Id,
    Text,
    Json,
    Time,
    Integer,
    Real,
    Flag,
    Bytes,
}

/// A table with its columns, in the order in which they are read, written and compared.
#[derive(Debug)]
pub struct Layout {
    pub table: &'static str,
    /// Texts in SQLite.
    pub key: &'static [&'static str],
    pub columns: &'static [(Kind, &'static str)],
}

macro_rules! columns {
    ($($kind:ident: $($name:ident)+;)+) => {
        &[$($((Kind::$kind, stringify!($name)),)+)+]
    };
}

/// What is named comes before what names it: sessions before requests, projects before tasks.
pub const LAYOUTS: [Layout; 11] = [
    Layout {
        table: SESSIONS,
        key: &["session_id"],
        columns: columns! {
            Id: session_id server_instance;
            Text: client_type client_name client_version protocol_version attribution transport_session_id status
                disconnect_reason user_id user_email user_agent peer;
            Json: client_capabilities;
            Time: connected_at last_activity disconnected_at seen_at;
            Real: total_duration;
            Integer: total_requests failed_requests tool_calls;
            Flag: is_probe;
        },
    },
    Layout {
        table: REQUESTS,
        key: &["id"],
        columns: columns! {
            Id: id session_id server_instance;
            Text: client_type method tool_name status outcome error_message rpc_id protocol_version conversation_id turn_id
                trace_id user_id;
            Time: timestamp;
            Real: duration_ms;
            Integer: error_code request_bytes response_bytes response_tokens http_status;
        },
    },
    Layout {
        table: PAYLOADS,
        key: &["request_id"],
        columns: columns! {
            Id: request_id;
            Text: arguments result;
            Bytes: arguments_lz4 result_lz4;
            Flag: arguments_cut result_cut;
        },
    },
    Layout {
        table: TOOL_DEFINITIONS,
        key: &["tool_name"],
        columns: columns! {
            Text: tool_name;
            Integer: tokens;
            Time: listed_at;
        },
    },
    Layout {
        table: TRANSPORT_SESSIONS,
        key: &["transport_session_id"],
        columns: columns! {
            Text: transport_session_id state;
            Time: updated_at;
        },
    },
    Layout {
        table: ROLLUPS,
        key: &["width", "bucket_start", "tool_name"],
        columns: columns! {
            Text: width tool_name;
            Time: bucket_start;
            Integer: ok input_required tool_error protocol_error denied rate_limited timeout cancelled disconnected internal
                request_bytes response_bytes response_tokens with_session with_client with_user;
            Bytes: latency;
        },
    },
    Layout {
        table: PROJECTS,
        key: &["id"],
        columns: columns! {
            Id: id;
            Text: title github_repo archived_by description;
            Flag: pinned archived;
            Time: archived_at created_at updated_at;
            Json: features data prd docs;
        },
    },
    Layout {
        table: TASKS,
        key: &["id"],
        columns: columns! {
            Id: id project_id parent_task_id;
            Text: title status assignee priority feature archived_by completed_by description;
            Integer: task_order;
            Flag: archived archived_with_project;
            Time: archived_at completed_at created_at updated_at;
            Json: sources code_examples;
        },
    },
    Layout {
        table: TASK_HISTORY,
        key: &["id"],
        columns: columns! {
            Id: id task_id project_id;
            Text: field_name changed_by change_reason old_value new_value;
            Time: changed_at;
        },
    },
    Layout {
        table: VERSIONS,
        key: &["id"],
        columns: columns! {
            Id: id project_id task_id;
            Text: field_name change_type change_summary document_id created_by;
            Integer: version_number;
            Time: created_at;
            Json: content;
        },
    },
    Layout {
        table: PROJECT_SOURCES,
        key: &["id"],
        columns: columns! {
            Id: id project_id;
            Text: source_id notes created_by;
            Time: linked_at;
        },
    },
];

impl Layout {
    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(_, name)| *name).collect()
    }

    /// All rows, of either engine.
    pub fn select(&self) -> String {
        let column = |(kind, name): &(Kind, &str)| match kind {
            Kind::Json => format!("CAST({name} AS TEXT) AS {name}"),
            _ => (*name).to_owned(),
        };
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.table)
    }

    /// The rows in the order of their keys, from the first or from behind the key that is given as `$1`, `$2` ….
    pub fn select_sorted(&self, behind: bool) -> String {
        let (select, key) = (self.select(), self.key.join(", "));
        if matches!(self.table, REQUESTS | PAYLOADS) {
            // By the numbers of their rows, which are in the order of their ids: of these there is no index.
            let rest = format!(" WHERE row_id > (SELECT row_id FROM {} WHERE {key} = $1)", self.table);
            return format!("{select}{} ORDER BY row_id", if behind { &rest } else { "" });
        }
        if !behind {
            return format!("{select} ORDER BY {key}");
        }
        let numbers: Vec<String> = (1..=self.key.len()).map(|number| format!("${number}")).collect();
        format!("{select} WHERE ({key}) > ({}) ORDER BY {key}", numbers.join(", "))
    }

    /// Writes rows; `{}` is where they go.
    pub fn insert(&self) -> String {
        format!("INSERT INTO {} ({}) {{}}", self.table, self.names().join(", "))
    }

    /// Hands over the values of a row of either engine.
    pub fn bind<'v>(&self, row: &'v Row, into: &mut impl Sink<'v>) -> Result<(), StoreError> {
        self.bind_cells(&Cells::of(row, self.table, String::new()), into).map_err(|error| match error {
            StoreError::Corrupt { table, column, reason, .. } => {
                let row = self.key_of(row).map_or_else(|_| "?".to_owned(), |key| key.join(" "));
                StoreError::Corrupt { table, column, row, reason }
            }
            error => error,
        })
    }

    fn bind_cells<'v>(&self, cells: &Cells<'v>, into: &mut impl Sink<'v>) -> Result<(), StoreError> {
        for (kind, column) in self.columns {
            match kind {
                Kind::Id => into.id(cells.optional_id(column)?),
                Kind::Text => into.text(cells.get(column)?),
                Kind::Json => into.json(cells.get(column)?),
                Kind::Time => into.time(cells.optional_time(column)?),
                Kind::Integer => into.integer(cells.get(column)?),
                Kind::Real => into.real(cells.get(column)?),
                Kind::Flag => into.flag(cells.get(column)?),
                Kind::Bytes => into.bytes(cells.get(column)?),
            }
        }
        Ok(())
    }

    /// The key of one of SQLite's rows, as it is there.
    pub fn key_of(&self, row: &Row) -> Result<Vec<String>, StoreError> {
        let cells = Cells::of(row, self.table, "?".to_owned());
        self.key.iter().map(|column| cells.get(column)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::{Connection, SqliteConnection, migrate::Migrator};

    use super::*;

    static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

    /// What is made of tasks where they are written, and what the view of requests is made of.
    const MADE: [&str; 9] = [
        "archon_task_counts",
        "archon_task_search",
        "archon_task_texts",
        "archon_task_words",
        "archon_word",
        "archon_mcp_session_numbers",
        "archon_mcp_kinds",
        "archon_mcp_instances",
        "archon_mcp_request_rows",
    ];
    /// What the view of requests has besides, for SQLite's own statements.
    const NUMBERS: [&str; 5] = ["row_id", "session_number", "kind", "outcome_number", "started"];

    #[tokio::test]
    async fn every_column_of_every_table_is_moved() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        MIGRATOR.run_direct(None, &mut connection, false).await.unwrap();
        let there: Vec<(String, String)> = sqlx::query_as(
            r"SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
              WHERE tables.type IN ('table', 'view') AND tables.name LIKE 'archon\_%' ESCAPE '\'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let there = there.into_iter().filter(|(table, column)| {
            !MADE.iter().any(|made| table.starts_with(made)) && !NUMBERS.contains(&&**column)
        });
        let moved = LAYOUTS.iter().flat_map(|layout| {
            layout.columns.iter().map(|(_, column)| (layout.table.to_owned(), (*column).to_owned()))
        });
        assert_eq!(moved.collect::<BTreeSet<_>>(), there.collect());
    }
}
