//! One batch of changes, within a transaction that the caller began.

mod rows;
mod states;

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;
use uuid::Uuid;

use self::states::States;
use super::text::{json_list, parse_time};
use crate::store::{Applied, Change, DisconnectReason, RequestRecord, SessionRecord, StoreError};

/// Writes the rows that are not there yet and folds every change, in order, into the state of its session.
///
/// What is there is read first: the state of the sessions named and the ids that are taken. It cannot change under way,
/// since the transaction holds the write lock.
pub async fn apply(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Applied, StoreError> {
    let sessions = sessions_named(changes);
    let mut states = States::read(connection, sessions.iter().map(|session| session.session_id)).await?;
    let opened: Vec<&SessionRecord> = sessions.into_iter().filter(|session| states.open(session)).collect();
    rows::insert_sessions(connection, &opened).await?;

    let requests = requests_not_stored(connection, changes).await?;
    rows::insert_requests(connection, &requests).await?;

    let new: HashMap<Uuid, &RequestRecord> = requests.iter().map(|request| (request.id, *request)).collect();
    for change in changes {
        match change {
            Change::Opened(_) | Change::Defined(_) | Change::Parked(_) | Change::Forgotten(_) => {}
            // Of two records of one id, the first is stored, and it alone counts.
            Change::Request(request) => {
                if new.get(&request.id).is_some_and(|stored| std::ptr::eq(*stored, request)) {
                    states.count(request);
                }
            }
            Change::Presence(change) => states.change_presence(change),
        }
    }
    rows::update_sessions(connection, states.changed()).await?;

    Ok(Applied { requests: requests.len() as u64, sessions: opened.len() as u64 })
}

/// Ends every session left open by another server process, at its last activity.
pub async fn close_left_open(connection: &mut SqliteConnection, instance: Uuid) -> Result<u64, StoreError> {
    let left_open: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT session_id, connected_at, last_activity FROM archon_mcp_sessions
         WHERE status <> 'disconnected' AND server_instance <> $1",
    )
    .bind(instance.to_string())
    .fetch_all(&mut *connection)
    .await?;

    let corrupt = |column, row: &str, value: &str| StoreError::Corrupt {
        table: "archon_mcp_sessions",
        column,
        row: row.to_owned(),
        reason: format!("`{value}` is not a time"),
    };
    let mut ended = Vec::with_capacity(left_open.len());
    for (session_id, connected_at, last_activity) in left_open {
        let from = parse_time(&connected_at).ok_or_else(|| corrupt("connected_at", &session_id, &connected_at))?;
        let to = parse_time(&last_activity).ok_or_else(|| corrupt("last_activity", &session_id, &last_activity))?;
        ended.push(states::ended(session_id, Some(DisconnectReason::ServerRestart), from, to, last_activity));
    }
    rows::update_sessions(connection, ended.iter()).await?;
    Ok(ended.len() as u64)
}

/// Each session that a change names, once, in the order of the changes.
fn sessions_named(changes: &[Change]) -> Vec<&SessionRecord> {
    let mut seen = HashSet::new();
    changes.iter().filter_map(session_of).filter(|session| seen.insert(session.session_id)).collect()
}

fn session_of(change: &Change) -> Option<&SessionRecord> {
    match change {
        Change::Opened(session) => Some(session),
        Change::Request(request) => request.session.as_deref(),
        _ => None,
    }
}

/// The requests whose ids are not in the database, each id once. One question a batch costs less than a row back for each
/// row that an `INSERT … RETURNING` writes.
async fn requests_not_stored<'a>(
    connection: &mut SqliteConnection,
    changes: &'a [Change],
) -> Result<Vec<&'a RequestRecord>, StoreError> {
    let request = |change: &'a Change| if let Change::Request(request) = change { Some(request) } else { None };
    let mut requests: Vec<&RequestRecord> = changes.iter().filter_map(request).collect();
    if requests.is_empty() {
        return Ok(requests);
    }
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT id FROM archon_mcp_requests WHERE id IN (SELECT value FROM json_each($1))")
            .bind(json_list(requests.iter().map(|request| request.id)))
            .fetch_all(connection)
            .await?;
    let mut taken: HashSet<Uuid> = stored.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
    requests.retain(|request| taken.insert(request.id));
    Ok(requests)
}
