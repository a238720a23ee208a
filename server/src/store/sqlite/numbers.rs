//! The numbers that requests have in place of what many of them say alike: their session, their kind (method, tool and client), their
//! server. A row takes a third of the room so, and its entries in the indexes are numbers, of which the next one is found in
//! half the time.

use std::collections::{BTreeSet, HashMap};

use sqlx::SqliteConnection;
use tracon_app::reports::Outcome;
use uuid::{Uuid, fmt::Hyphenated};

use super::json_list;
use crate::store::{RequestRecord, StoreError, write::NewRequest};

/// What a row has numbers for. On PostgreSQL it has the names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    pub session: Option<i64>,
    pub kind: i64,
    pub instance: i64,
}

/// The number that stands for an outcome in a row, for good: the view of requests says the same.
pub const fn of_outcome(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Ok => 0,
        Outcome::InputRequired => 1,
        Outcome::ToolError => 2,
        Outcome::ProtocolError => 3,
        Outcome::Denied => 4,
        Outcome::RateLimited => 5,
        Outcome::Timeout => 6,
        Outcome::Cancelled => 7,
        Outcome::Disconnected => 8,
        Outcome::Internal => 9,
    }
}

/// Gives each request, whose session is beside it, its numbers: those that are there, and new ones. The transaction holds the write
/// lock: nobody else gives any.
pub async fn assign(
    connection: &mut SqliteConnection,
    rows: &mut [(NewRequest<'_>, Option<Uuid>)],
) -> Result<(), StoreError> {
    // A batch may have a session for each of its requests, but only a few kinds, and mostly one server.
    let sessions = of_ids(connection, &SESSIONS, rows.iter().filter_map(|(_, session)| *session).collect()).await?;
    let servers = rows.iter().map(|(new, _)| new.request.server_instance).collect();
    let instances = of_ids(connection, &INSTANCES, servers).await?;
    let mut kinds = HashMap::new();
    for (new, session) in rows {
        let request = new.request;
        // All that were asked for have one.
        let Some(&instance) = instances.get(&request.server_instance) else { continue };
        let session = session.and_then(|session| sessions.get(&session).copied());
        new.numbers = Some(Numbers { session, kind: of_kind(connection, &mut kinds, request).await?, instance });
    }
    Ok(())
}

/// How the numbers of a list of ids are looked for, and given.
struct Names {
    find: &'static str,
    add: &'static str,
}

const SESSIONS: Names = Names {
    find: "SELECT session_id, number FROM archon_mcp_session_numbers
           WHERE session_id IN (SELECT value FROM json_each($1))",
    add: "INSERT INTO archon_mcp_session_numbers (session_id) SELECT value FROM json_each($1)
          RETURNING session_id, number",
};
const INSTANCES: Names = Names {
    find: "SELECT server_instance, number FROM archon_mcp_instances
           WHERE server_instance IN (SELECT value FROM json_each($1))",
    add: "INSERT INTO archon_mcp_instances (server_instance) SELECT value FROM json_each($1)
          RETURNING server_instance, number",
};

async fn of_ids(
    connection: &mut SqliteConnection,
    names: &Names,
    ids: BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, i64>, StoreError> {
    let mut numbers = HashMap::with_capacity(ids.len());
    for statement in [names.find, names.add] {
        if numbers.len() == ids.len() {
            break;
        }
        let unknown = json_list(ids.iter().filter(|id| !numbers.contains_key(*id)));
        let rows: Vec<(Hyphenated, i64)> = sqlx::query_as(statement).bind(unknown).fetch_all(&mut *connection).await?;
        numbers.extend(rows.into_iter().map(|(id, number)| (Uuid::from(id), number)));
    }
    Ok(numbers)
}

const FIND_KIND: &str =
    "SELECT number FROM archon_mcp_kinds WHERE method = $1 AND tool_name IS $2 AND client_type IS $3";
const ADD_KIND: &str =
    "INSERT INTO archon_mcp_kinds (method, tool_name, client_type) VALUES ($1, $2, $3) RETURNING number";

type Kind<'r> = (&'r str, Option<&'r str>, Option<&'r str>);

async fn of_kind<'r>(
    connection: &mut SqliteConnection,
    known: &mut HashMap<Kind<'r>, i64>,
    request: &'r RequestRecord,
) -> Result<i64, StoreError> {
    let kind = (&*request.method, request.tool_name.as_deref(), request.client_type.as_deref());
    if let Some(number) = known.get(&kind) {
        return Ok(*number);
    }
    let (method, tool, client) = kind;
    let found =
        sqlx::query_scalar(FIND_KIND).bind(method).bind(tool).bind(client).fetch_optional(&mut *connection).await?;
    let number = match found {
        Some(number) => number,
        None => sqlx::query_scalar(ADD_KIND).bind(method).bind(tool).bind(client).fetch_one(connection).await?,
    };
    known.insert(kind, number);
    Ok(number)
}
