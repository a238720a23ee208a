//! One batch of changes, within a transaction that the caller began.

pub mod rollups;
mod rows;
mod sink;
mod states;

use std::collections::{HashMap, HashSet};

use futures::future;
use uuid::Uuid;

pub use self::sink::{Sink, Table};
use self::{
    rows::{Definitions, NewPayloads, NewRequests, NewSessions, NewStates, Parked},
    states::States,
};
use super::{
    Applied, Change, DisconnectReason, ParkedSession, RequestRecord, SessionRecord, SessionRef, StoreError,
    ToolDefinition,
    cells::Cells,
    connection::{Connection, Engine, Value},
    rollup::{self, Measured},
    tables::{REQUESTS, SESSIONS},
};

/// Writes the rows that are not there yet and folds every change, in order, into the state of its session.
///
/// What is there is read first: the state of the sessions named and the ids that are taken. It cannot change under way,
/// since the transaction holds the write lock.
pub async fn apply(connection: &mut Connection<'_>, changes: &[Change]) -> Result<Applied, StoreError> {
    let opening = sessions_opened(changes);
    let mentioned = changes.iter().filter_map(|change| match change {
        Change::Presence(change) => Some(change.session_id),
        Change::Request(RequestRecord { session: Some(SessionRef::Stored(id)), .. }) => Some(*id),
        _ => None,
    });
    let ids: HashSet<Uuid> = opening.iter().map(|session| session.session_id).chain(mentioned).collect();
    let mut states = States::read(connection, ids).await?;
    let opened: Vec<&SessionRecord> = opening.into_iter().filter(|session| states.open(session)).collect();
    connection.insert::<NewSessions>(&opened).await?;

    let requests = requests_not_stored(connection, changes).await?;
    // The sums are made while the connection's thread writes the first rows.
    let moved =
        async { rollup::of(requests.iter().map(|request| Measured::of(request, states.of(request).is_some()))) };
    let rows: Vec<_> =
        requests.iter().map(|request| (*request, states.of(request).map(|session| session.session_id))).collect();
    let (inserted, moved) = future::join(connection.insert::<NewRequests>(&rows), moved).await;
    inserted?;
    rollups::add(connection, moved).await?;
    let captured: Vec<_> =
        requests.iter().filter_map(|request| Some((request.id, request.payload.as_deref()?))).collect();
    connection.insert::<NewPayloads>(&captured).await?;

    let mut counted = 0;
    // Of each tool the latest, of two of one time the second.
    let mut definitions: HashMap<&str, &ToolDefinition> = HashMap::new();
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
            Change::Defined(definition) => {
                let latest = definitions.entry(&definition.tool_name).or_insert(definition);
                if definition.at >= latest.at {
                    *latest = definition;
                }
            }
            Change::Parked(session) => {
                parked.insert(&session.transport_session_id, Some(session));
            }
            Change::Forgotten(id) => {
                parked.insert(id, None);
            }
        }
    }
    connection.insert::<NewStates>(&states.changed().collect::<Vec<_>>()).await?;
    connection.insert::<Definitions>(&definitions.into_values().collect::<Vec<_>>()).await?;
    connection.insert::<Parked>(&parked.values().copied().flatten().collect::<Vec<_>>()).await?;
    let forgotten = parked.iter().filter(|(_, session)| session.is_none()).map(|(id, _)| (*id).to_owned());
    let forgotten: Vec<String> = forgotten.collect();
    if !forgotten.is_empty() {
        let statement = "DELETE FROM archon_mcp_transport_sessions
             WHERE transport_session_id IN (SELECT value FROM unnest($1) AS list (value))";
        connection.execute(statement, vec![Value::Texts(forgotten)]).await?;
    }

    Ok(Applied { requests: requests.len() as u64, sessions: opened.len() as u64 })
}

/// Ends every session that was left open by a server process that is none of these, at its last activity.
pub async fn close_left_open(connection: &mut Connection<'_>, alive: &[Uuid]) -> Result<u64, StoreError> {
    let statement = "SELECT session_id, connected_at, last_activity FROM archon_mcp_sessions
         WHERE status <> 'disconnected'
             AND server_instance NOT IN (SELECT value FROM unnest($1) AS list (value))";
    let left_open = connection.fetch_all(statement, vec![Value::Ids(alive.to_vec())]).await?;

    let mut ended = Vec::with_capacity(left_open.len());
    for row in &left_open {
        let cells = Cells::keyed(row, SESSIONS, "session_id")?;
        let (connected_at, last_activity) = (cells.time("connected_at")?, cells.time("last_activity")?);
        let reason = Some(DisconnectReason::ServerRestart);
        ended.push(states::ended(cells.id("session_id")?, reason, connected_at, last_activity));
    }
    connection.insert::<NewStates>(&ended.iter().collect::<Vec<_>>()).await?;
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
/// row that an `INSERT … RETURNING` writes; and where nobody else writes, none is asked for of ids after the last that is
/// stored, which nearly all are.
async fn requests_not_stored<'a>(
    connection: &mut Connection<'_>,
    changes: &'a [Change],
) -> Result<Vec<&'a RequestRecord>, StoreError> {
    let request = |change: &'a Change| if let Change::Request(request) = change { Some(request) } else { None };
    let mut requests: Vec<&RequestRecord> = changes.iter().filter_map(request).collect();
    if requests.is_empty() {
        return Ok(requests);
    }
    let last = match connection.engine() {
        Engine::Sqlite => {
            let statement = "SELECT id FROM archon_mcp_requests ORDER BY id DESC LIMIT 1";
            let last = connection.fetch_optional(statement, vec![]).await?;
            last.map(|row| Cells::of(&row, REQUESTS, "(the latest)".to_owned()).id("id").unwrap_or(Uuid::max()))
        }
        // Other servers write, too; and to ask for the last, every day is opened.
        Engine::Postgres => Some(Uuid::max()),
    };
    let uncertain = requests.iter().map(|request| request.id).filter(|id| last.is_some_and(|last| *id <= last));
    let uncertain: Vec<Uuid> = uncertain.collect();
    let mut taken = HashSet::with_capacity(requests.len());
    if let (Some(first), Some(last)) = (uncertain.iter().min().copied(), uncertain.iter().max().copied()) {
        // The range says of which days they are.
        let statement = "SELECT id FROM archon_mcp_requests
             WHERE id >= $1 AND id <= $2 AND id IN (SELECT value FROM unnest($3) AS list (value))";
        let stored = connection.fetch_all(statement, vec![first.into(), last.into(), Value::Ids(uncertain)]).await?;
        taken.extend(stored.iter().filter_map(|row| Cells::of(row, REQUESTS, String::new()).id("id").ok()));
    }
    requests.retain(|request| taken.insert(request.id));
    Ok(requests)
}
