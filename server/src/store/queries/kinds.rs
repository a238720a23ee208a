//! The kinds of requests that there are, on SQLite: by their method, tool and client there is one index for all three, so that a row
//! has one entry to write instead of three. There are few kinds, mostly some dozens, and they are found by jumping through that
//! index from each to the next. Requests of one tool, say, are those of each kind that has it.

/// What kinds are told apart by.
#[derive(Clone, Copy, Debug)]
pub enum KindColumn {
    Method,
    Tool,
    Client,
}

impl KindColumn {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Tool => "tool_name",
            Self::Client => "client_type",
        }
    }
}

/// A kind: a method, a tool and a client, the last two of which may be none.
pub const OF_KIND: &str = "method = of_method AND tool_name IS of_tool AND client_type IS of_client";

/// Which kinds: the numbers of the parameters that name their method, tool and client, where one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    pub method: Option<usize>,
    pub tool: Option<usize>,
    pub client: Option<usize>,
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
