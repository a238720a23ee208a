//! The kinds of requests that there are, on SQLite: their methods, tools and clients, which have numbers there. A row has one number,
//! and one entry in an index, instead of three texts. There are few kinds, mostly some dozens. Requests of one tool, say, are those
//! of each kind that has it.

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

/// Which kinds: the numbers of the parameters that name their method, tool and client, where one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    method: Option<usize>,
    tool: Option<usize>,
    client: Option<usize>,
}

impl Kinds {
    /// A statement's `WITH`, of the numbers of these kinds. There may be no requests of one.
    fn with(self) -> String {
        let asked =
            [(KindColumn::Method, self.method), (KindColumn::Tool, self.tool), (KindColumn::Client, self.client)];
        let conditions: Vec<String> = asked
            .into_iter()
            .filter_map(|(column, parameter)| Some(format!("{} = ${}", column.name(), parameter?)))
            .collect();
        format!("WITH kinds (of_kind) AS (SELECT number FROM archon_mcp_kinds WHERE {})", conditions.join(" AND "))
    }
}

impl Conditions {
    /// That a request's method, tool or client, as the column says, is this one. On SQLite the kinds of requests are asked for it, or
    /// else, where another condition leaves fewer, the rows that those leave: not by the index of kinds, which `+` makes useless.
    pub fn of_kind(&mut self, column: KindColumn, value: &str, others_leave_fewer: bool) {
        let name = column.name();
        match self.engine {
            Engine::Sqlite if others_leave_fewer => {
                let these = format!("+kind IN (SELECT number FROM archon_mcp_kinds WHERE {name} = {{}})");
                self.bind(&these, [value]);
            }
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
            format!("{kinds} SELECT COUNT(*) FROM kinds CROSS JOIN archon_mcp_requests ON kind = of_kind{others}");
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
                     SELECT row_id FROM archon_mcp_requests WHERE kind = of_kind{others} {newest}
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
