//! One batch of changes, within a transaction that the caller began.

mod rows;
mod states;

use std::collections::{HashMap, HashSet};

use futures::future;
use sqlx::SqliteConnection;
use uuid::Uuid;

use self::states::States;
use super::{cells::Cells, rollups, tables::SESSIONS, text::json_list};
use crate::store::{
    Applied, Change, DisconnectReason, ParkedSession, RequestRecord, SessionRecord, SessionRef, StoreError,
    rollup::{self, Measured},
};

/// Writes the rows that are not there yet and folds every change, in order, into the state of its session.
///
/// What is there is read first: the state of the sessions named and the ids that are taken. It cannot change under way,
/// since the transaction holds the write lock.
pub async fn apply(connection: &mut SqliteConnection, changes: &[Change]) -> Result<Applied, StoreError> {
    let opening = sessions_opened(changes);
    let mentioned = changes.iter().filter_map(|change| match change {
        Change::Presence(change) => Some(change.session_id),
        Change::Request(RequestRecord { session: Some(SessionRef::Stored(id)), .. }) => Some(*id),
        _ => None,
    });
    let ids: HashSet<Uuid> = opening.iter().map(|session| session.session_id).chain(mentioned).collect();
    let mut states = States::read(connection, ids).await?;
    let opened: Vec<&SessionRecord> = opening.into_iter().filter(|session| states.open(session)).collect();
    rows::insert_sessions(connection, &opened).await?;

    let requests = requests_not_stored(connection, changes).await?;
    // The sums are made while the connection's thread writes the first rows.
    let moved =
        async { rollup::of(requests.iter().map(|request| Measured::of(request, states.of(request).is_some()))) };
    let (inserted, moved) = future::join(rows::insert_requests(connection, &requests, &states), moved).await;
    inserted?;
    rollups::add(connection, moved).await?;
    rows::insert_payloads(connection, &requests).await?;

    let mut counted = 0;
    let mut definitions = Vec::new();
    // Of each transport session what happened to it last: `None` when it was forgotten.
    let mut parked: HashMap<&str, Option<&ParkedSession>> = HashMap::new();
    for change in changes {
        match change {
            Change::Opened(_) => {}
            // Of two records of one id, the first is stored, and it alone counts.
            Change::Request(request) => {
                if requests.get(counted).is_some_and(|stored| std::ptr::eq(*stored, request)) {
                    states.count(request);
                    counted += 1;
                }
            }
            Change::Presence(change) => states.change_presence(change),
            Change::Defined(definition) => definitions.push(definition),
            Change::Parked(session) => {
                parked.insert(&session.transport_session_id, Some(session));
            }
            Change::Forgotten(id) => {
                parked.insert(id, None);
            }
        }
    }
    rows::update_sessions(connection, states.changed()).await?;
    rows::upsert_definitions(connection, &definitions).await?;
    rows::upsert_parked(connection, &parked.values().copied().flatten().collect::<Vec<_>>()).await?;
    let forgotten: Vec<&str> = parked.iter().filter(|(_, session)| session.is_none()).map(|(id, _)| *id).collect();
    rows::delete_parked(connection, &forgotten).await?;

    Ok(Applied { requests: requests.len() as u64, sessions: opened.len() as u64 })
}

/// Ends every session left open by another server process, at its last activity.
pub async fn close_left_open(connection: &mut SqliteConnection, instance: Uuid) -> Result<u64, StoreError> {
    let left_open = sqlx::query(
        "SELECT session_id, connected_at, last_activity FROM archon_mcp_sessions
         WHERE status <> 'disconnected' AND server_instance <> $1",
    )
    .bind(instance.to_string())
    .fetch_all(&mut *connection)
    .await?;

    let mut ended = Vec::with_capacity(left_open.len());
    for row in &left_open {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        let (connected_at, last_activity) = (cells.time("connected_at")?, cells.time("last_activity")?);
        let reason = Some(DisconnectReason::ServerRestart);
        ended.push(states::ended(cells.key(), reason, connected_at, last_activity));
    }
    rows::update_sessions(connection, ended.iter()).await?;
    Ok(ended.len() as u64)
}

/// Each session that a change opens, once, in the order of the changes.
fn sessions_opened(changes: &[Change]) -> Vec<&SessionRecord> {
    let mut seen = HashSet::new();
    let opened = changes.iter().filter_map(|change| match change {
        Change::Opened(session) | Change::Request(RequestRecord { session: Some(SessionRef::Opens(session)), .. }) => {
            Some(&**session)
        }
        _ => None,
    });
    opened.filter(|session| seen.insert(session.session_id)).collect()
}

/// The requests whose ids are not in the database, each id once. One question a batch costs less than a row back for each
/// row that an `INSERT … RETURNING` writes; and of ids after the last that is stored, which nearly all are, none is asked for.
async fn requests_not_stored<'a>(
    connection: &mut SqliteConnection,
    changes: &'a [Change],
) -> Result<Vec<&'a RequestRecord>, StoreError> {
    let request = |change: &'a Change| if let Change::Request(request) = change { Some(request) } else { None };
    let mut requests: Vec<&RequestRecord> = changes.iter().filter_map(request).collect();
    if requests.is_empty() {
        return Ok(requests);
    }
    let last: Option<String> =
        sqlx::query_scalar("SELECT MAX(id) FROM archon_mcp_requests").fetch_one(&mut *connection).await?;
    let last = last.as_deref().map(|last| Uuid::try_parse(last).unwrap_or(Uuid::max()));
    let uncertain = requests.iter().map(|request| request.id).filter(|id| last.is_some_and(|last| *id <= last));
    let uncertain: Vec<Uuid> = uncertain.collect();
    let mut taken = HashSet::with_capacity(requests.len());
    if !uncertain.is_empty() {
        let stored: Vec<String> =
            sqlx::query_scalar("SELECT id FROM archon_mcp_requests WHERE id IN (SELECT value FROM json_each($1))")
                .bind(json_list(uncertain))
                .fetch_all(connection)
                .await?;
        taken.extend(stored.iter().filter_map(|id| Uuid::try_parse(id).ok()));
    }
    requests.retain(|request| taken.insert(request.id));
    Ok(requests)
}
