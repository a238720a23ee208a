//! The kinds of requests that there are, on SQLite: by their method, tool and client there is one index for all three, so that a row
//! has one entry to write instead of three. There are few kinds, mostly some dozens, and they are found by jumping through that
//! index from each to the next. Requests of one tool, say, are those of each kind that has it.

/// A statement's `WITH`: the kinds, as many look-ups as there are, however many requests. In an index `NULL` comes before all texts,
/// and a text with a zero behind it is the next one that there can be.
macro_rules! with_kinds {
    () => {
        "WITH RECURSIVE kinds (of_method, of_tool, of_client) AS (
             SELECT * FROM (
                 SELECT method, tool_name, client_type FROM archon_mcp_requests
                 ORDER BY method, tool_name, client_type LIMIT 1
             )
             UNION ALL
             SELECT next.method, next.tool_name, next.client_type
             FROM kinds CROSS JOIN archon_mcp_requests AS next ON next.row_id = COALESCE(
                 (
                     SELECT row_id FROM archon_mcp_requests
                     WHERE method = of_method AND tool_name IS of_tool AND client_type >= COALESCE(of_client || char(0), '')
                     ORDER BY client_type LIMIT 1
                 ),
                 (
                     SELECT row_id FROM archon_mcp_requests
                     WHERE method = of_method AND tool_name >= COALESCE(of_tool || char(0), '')
                     ORDER BY tool_name, client_type LIMIT 1
                 ),
                 (
                     SELECT row_id FROM archon_mcp_requests WHERE method >= of_method || char(0)
                     ORDER BY method, tool_name, client_type LIMIT 1
                 )
             )
         )"
    };
}

/// A kind: a method, a tool and a client, the last two of which may be none.
pub const OF_KIND: &str = "method = of_method AND tool_name IS of_tool AND client_type IS of_client";

pub(super) use with_kinds;
