//! The kinds of requests that there are, on SQLite: by their method, tool and client there is one index for all three, so that a row
//! has one entry to write instead of three. There are few kinds, mostly some dozens, and they are found by jumping through that
//! index from each to the next. Requests of one tool, say, are those of each kind that has it.

use super::conditions::Conditions;
use crate::store::{
    StoreError,
    connection::{Connection, Engine, Row},
};

/// What kinds are told apart by.
#[derive(Clone, Copy, Debug)]
pub enum KindColumn {
    Method,
    Tool,
    Client,
}

impl KindColumn {
    const fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Tool => "tool_name",
            Self::Client => "client_type",
        }
    }
}

/// A kind: a method, a tool and a client, the last two of which may be none.
const OF_KIND: &str = "method = of_method AND tool_name IS of_tool AND client_type IS of_client";

/// Which kinds: the numbers of the parameters that name their method, tool and client, where one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    method: Option<usize>,
    tool: Option<usize>,
    client: Option<usize>,
}

impl Kinds {
    /// A statement's `WITH`: `kinds`, and `tools`, which are kinds without their clients. As many look-ups as there are kinds,
    /// however many requests; what is asked for is not looked for, and there may be no requests of it.
    ///
    /// In an index `NULL` comes before all texts, and a text with a zero behind it is the next one that there can be.
    pub fn with(self) -> String {
        let methods = self.method.map_or_else(
            || {
                "SELECT MIN(method) FROM archon_mcp_requests
                 UNION ALL
                 SELECT (SELECT MIN(method) FROM archon_mcp_requests WHERE method > of_method)
                 FROM methods WHERE of_method IS NOT NULL"
                    .to_owned()
            },
            |number| format!("SELECT ${number}"),
        );
        let tools = self.tool.map_or_else(
            || {
                "SELECT of_method, (
                     SELECT tool_name FROM archon_mcp_requests WHERE method = of_method ORDER BY tool_name LIMIT 1
                 ) FROM methods WHERE of_method IS NOT NULL
                 UNION ALL
                 SELECT of_method, next.tool_name FROM tools CROSS JOIN archon_mcp_requests AS next ON next.row_id = (
                     SELECT row_id FROM archon_mcp_requests
                     WHERE method = of_method AND tool_name >= COALESCE(of_tool || char(0), '') ORDER BY tool_name LIMIT 1
                 )"
                .to_owned()
            },
            |number| format!("SELECT of_method, ${number} FROM methods WHERE of_method IS NOT NULL"),
        );
        let kinds = self.client.map_or_else(
            || {
                "SELECT of_method, of_tool, (
                     SELECT client_type FROM archon_mcp_requests WHERE method = of_method AND tool_name IS of_tool
                     ORDER BY client_type LIMIT 1
                 ) FROM tools
                 UNION ALL
                 SELECT of_method, of_tool, next.client_type
                 FROM kinds CROSS JOIN archon_mcp_requests AS next ON next.row_id = (
                     SELECT row_id FROM archon_mcp_requests
                     WHERE method = of_method AND tool_name IS of_tool AND client_type >= COALESCE(of_client || char(0), '')
                     ORDER BY client_type LIMIT 1
                 )"
                .to_owned()
            },
            |number| format!("SELECT of_method, of_tool, ${number} FROM tools"),
        );
        format!(
            "WITH RECURSIVE methods (of_method) AS ({methods}), tools (of_method, of_tool) AS ({tools}),
             kinds (of_method, of_tool, of_client) AS ({kinds})"
        )
    }
}

impl Conditions {
    /// That a request's method, tool or client, as the column says, is this one. On SQLite the kinds of requests are asked for it, or
    /// else, where another condition leaves fewer, the rows that those leave: not by the index of kinds, which `+` makes useless.
    pub fn of_kind(&mut self, column: KindColumn, value: &str, others_leave_fewer: bool) {
        let name = column.name();
        match self.engine {
            Engine::Sqlite if others_leave_fewer => self.bind(&format!("+{name} = {{}}"), [value]),
            Engine::Sqlite => {
                self.values.push(value.into());
                let parameter = Some(self.values.len());
                match column {
                    KindColumn::Method => self.of_kinds.method = parameter,
                    KindColumn::Tool => self.of_kinds.tool = parameter,
                    KindColumn::Client => self.of_kinds.client = parameter,
                }
            }
            Engine::Postgres => self.bind(&format!("{name} = {{}}"), [value]),
        }
    }

    /// How many requests match.
    pub async fn count_requests(&self, connection: &mut Connection<'_>) -> Result<u64, StoreError> {
        if self.of_kinds == Kinds::default() {
            return self.count("SELECT COUNT(*) FROM archon_mcp_requests", connection).await;
        }
        let (kinds, others) = (self.of_kinds.with(), self.besides_kinds());
        let statement =
            format!("{kinds} SELECT COUNT(*) FROM kinds CROSS JOIN archon_mcp_requests ON {OF_KIND}{others}");
        connection.count(statement, self.values.clone()).await
    }

    /// The newest requests that match, at most so many.
    pub async fn newest_requests(
        self,
        columns: &str,
        most: usize,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let newest = format!("ORDER BY request_place DESC LIMIT {most}");
        let statement = if self.of_kinds == Kinds::default() {
            format!("SELECT {columns} FROM archon_mcp_requests{} {newest}", self.sql)
        } else {
            // The newest of all are among the newest of each kind.
            let (kinds, others) = (self.of_kinds.with(), self.besides_kinds());
            format!(
                "{kinds} SELECT {columns} FROM kinds CROSS JOIN archon_mcp_requests AS one ON one.row_id IN (
                     SELECT row_id FROM archon_mcp_requests WHERE {OF_KIND}{others} {newest}
                 ) {newest}"
            )
        };
        connection.fetch_all(statement, self.values).await
    }

    /// What is asked of requests besides their kind, to follow the condition for that.
    fn besides_kinds(&self) -> String {
        self.sql.replacen(" WHERE", " AND", 1)
    }
}
