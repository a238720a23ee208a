//! The numbers of the rows of requests, on SQLite.

use std::collections::HashSet;

use super::rows::NewRequest;
use crate::store::{
    RequestRecord, StoreError, cells::Cells, connection::Connection, sqlite::row_ids, tables::REQUESTS,
};

/// Gives each request that is not stored, each id once, the first number from its id's own on that is free. The
/// transaction holds the write lock: what is free stays so.
///
/// Of what comes after the last row, which is nearly all, nothing has to be asked.
pub async fn assign<'a>(
    connection: &mut Connection<'_>,
    requests: Vec<&'a RequestRecord>,
) -> Result<Vec<NewRequest<'a>>, StoreError> {
    let last = connection.count("SELECT COALESCE(MAX(row_id), 0) FROM archon_mcp_requests", vec![]).await?;
    let is_uncertain = |first: i64| first.unsigned_abs() <= last;
    let uncertain: Vec<_> = requests
        .iter()
        .map(|request| (row_ids::first(request.id), row_ids::last(request.id), request.id))
        .filter(|(first, ..)| is_uncertain(*first))
        .collect();
    let (mut stored, mut taken) = (HashSet::with_capacity(requests.len()), HashSet::with_capacity(requests.len()));
    if !uncertain.is_empty() {
        let statement = "WITH named (first, last, of) AS (
                 SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)
             )
             SELECT row_id, id FROM named CROSS JOIN archon_mcp_requests ON row_id = first
             UNION ALL
             SELECT row_id, id FROM named CROSS JOIN archon_mcp_requests ON row_id = (
                 SELECT row_id FROM archon_mcp_requests WHERE row_id >= first AND row_id <= last AND id = of
                 ORDER BY row_id LIMIT 1
             )";
        let named = serde_json::json!(uncertain).to_string();
        for row in connection.fetch_all(statement, vec![named.into()]).await? {
            let cells = Cells::of(&row, REQUESTS, String::new());
            taken.insert(cells.get::<i64>("row_id")?);
            stored.extend(cells.id("id").ok());
        }
    }
    let mut new = Vec::with_capacity(requests.len());
    for request in requests {
        if !stored.insert(request.id) {
            continue;
        }
        let first = row_ids::first(request.id);
        if taken.contains(&first) && is_uncertain(first) {
            let statement = "SELECT row_id FROM archon_mcp_requests WHERE row_id >= $1 AND row_id <= $2";
            let rows = connection.fetch_all(statement, vec![first.into(), row_ids::last(request.id).into()]).await?;
            let row_id = |row| Cells::of(row, REQUESTS, String::new()).get::<i64>("row_id");
            taken.extend(rows.iter().map(row_id).collect::<Result<Vec<_>, _>>()?);
        }
        let row_id = (first..=i64::MAX).find(|row_id| taken.insert(*row_id)).unwrap_or(first);
        new.push(NewRequest { request, row_id });
    }
    Ok(new)
}
