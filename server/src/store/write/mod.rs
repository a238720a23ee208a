//! One batch of changes, within a transaction that the caller began.

pub mod presence;
pub mod rollups;
mod rows;
mod sink;
mod states;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures::future;
use uuid::Uuid;

pub use self::{
    rows::NewRequest,
    sink::{Sink, Table},
};
use self::{
    rows::{Definitions, LastSeen, NewPayloads, NewRequests, NewSessions, NewStates, Parked},
    states::States,
};
use super::{
    Applied, Change, DisconnectReason, EndedSession, ParkedSession, RequestRecord, SessionRecord, SessionRef,
    StoreError, ToolDefinition,
    cells::Cells,
    connection::{Connection, Engine, Value},
    names::{self, Names},
    rollup::{self, Measured},
    sqlite,
    tables::REQUESTS,
};

/// What the server that writes a batch does for all that write to its database.
#[derive(Clone, Copy, Debug)]
pub struct Duties {
    /// It says who is idle and who is gone.
    pub presence: bool,
    /// Its end is the end of all sessions: no other server is there.
    pub is_last: bool,
}

impl Duties {
    /// Of the only server.
    pub const ALL: Self = Self { presence: true, is_last: true };
}

/// Writes a batch, in order.
pub async fn apply(connection: &mut Connection<'_>, changes: &[Change], duties: Duties) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let mut parts = parts(changes).into_iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            // As after an outage: the next one sees all that this one would.
            [Change::Swept(_)] if matches!(parts.peek(), Some([Change::Swept(_)])) => {}
            [Change::Swept(silence)] => {
                applied.changed |= duties.presence && presence::sweep(connection, *silence).await?;
            }
            [Change::Stopped { at, .. }] => {
                applied.changed |= duties.is_last && presence::end_all(connection, *at).await?;
            }
            changes => {
                let part = fold(connection, changes).await?;
                applied.requests += part.requests;
                applied.sessions += part.sessions;
                applied.changed |= part.changed;
                applied.forgotten.extend(part.forgotten);
            }
        }
    }
    Ok(applied)
}

/// Cuts a batch where what comes after must see what was before as rows: at what concerns all sessions, which stands alone, and
/// where a second session opens for a key.
fn parts(changes: &[Change]) -> Vec<&[Change]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut keys = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        let is_alone = matches!(change, Change::Swept(_) | Change::Stopped { .. });
        let is_second = opens(change).is_some_and(|session| {
            let first = keys.insert(session.key.key, session.session_id);
            first.is_some_and(|first| first != session.session_id)
        });
        if is_alone || is_second {
            parts.push(&changes[start..at]);
            start = at;
        }
        if is_alone {
            parts.push(&changes[at..=at]);
            start = at + 1;
        }
    }
    parts.push(&changes[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Writes the rows that are not there yet and folds every change, in order, into the state of its session.
///
/// What is there is read first: the state of the sessions named and the ids that are taken. It cannot change under way,
/// since the transaction holds the write lock.
async fn fold(connection: &mut Connection<'_>, changes: &[Change]) -> Result<Applied, StoreError> {
    let opening = sessions_opened(changes);
    let mentioned = changes.iter().filter_map(|change| match change {
        Change::Ended(EndedSession { session_id, .. })
        | Change::Seen { session_id, .. }
        | Change::Parked(ParkedSession { session_id, .. }) => Some(*session_id),
        Change::Request(RequestRecord { session: Some(SessionRef::Stored(id)), .. }) => Some(*id),
        _ => None,
    });
    let ids: HashSet<Uuid> = opening.iter().map(|session| session.session_id).chain(mentioned).collect();
    let names = Names::read(connection, &ids, &opening).await?;
    let keys = changes.iter().filter_map(|change| match change {
        Change::Forgotten(session) => Some(session.key),
        _ => None,
    });
    // Of whichever server.
    let ended = names::forgotten(connection, keys.collect()).await?;
    let rows: HashSet<Uuid> = ids.into_iter().map(|id| names.row(id)).chain(ended.values().copied()).collect();
    let mut states = States::read(connection, rows, names).await?;
    let opened: Vec<&SessionRecord> = opening.into_iter().filter(|session| states.open(session)).collect();
    connection.insert::<NewSessions>(&opened).await?;
    states.names().write(connection).await?;

    let requests = requests_not_stored(connection, changes).await?;
    // The sums are made while the connection's thread writes the first rows.
    let moved =
        async { rollup::of(requests.iter().map(|new| Measured::of(new.request, states.of(new.request).is_some()))) };
    let session = |new: &NewRequest<'_>| states.of(new.request).map(|session| session.session_id);
    let mut rows: Vec<_> = requests.iter().map(|new| (*new, session(new))).collect();
    // What is written in the order of the table goes to its end.
    rows.sort_unstable_by_key(|(new, _)| new.row_id);
    if let Connection::Sqlite(connection) = connection {
        sqlite::numbers::assign(connection, &mut rows).await?;
    }
    let (inserted, moved) = future::join(connection.insert::<NewRequests>(&rows), moved).await;
    inserted?;
    rollups::add(connection, moved).await?;
    let captured: Vec<_> = rows.iter().filter_map(|(new, _)| Some((*new, new.request.payload.as_deref()?))).collect();
    connection.insert::<NewPayloads>(&captured).await?;

    let mut counted = 0;
    // Of each tool the latest, of two of one time the second.
    let mut definitions: HashMap<&str, &ToolDefinition> = HashMap::new();
    // Of each transport session what happened to it last: `None` when it was forgotten.
    let mut parked: HashMap<&str, Option<&ParkedSession>> = HashMap::new();
    let mut seen: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for change in changes {
        match change {
            Change::Opened(_) | Change::Swept(_) | Change::Stopped { .. } => {}
            // Of two records of one id, the first is stored, and it alone counts.
            Change::Request(request) => {
                if requests.get(counted).is_some_and(|new| std::ptr::eq(new.request, request)) {
                    states.count(request);
                    counted += 1;
                }
            }
            Change::Ended(ended) => states.end(ended),
            Change::Defined(definition) => {
                let latest = definitions.entry(&definition.tool_name).or_insert(definition);
                if definition.at >= latest.at {
                    *latest = definition;
                }
            }
            // As after a crash, when the batch comes again: meanwhile its client may have ended it at another server.
            Change::Parked(session) if states.is_ended_by_client(session.session_id) => {}
            Change::Parked(session) => {
                parked.insert(&session.transport_session_id, Some(session));
            }
            Change::Forgotten(session) => {
                parked.insert(&session.transport_session_id, None);
                if let Some(row) = ended.get(&session.key) {
                    let (session_id, reason) = (*row, DisconnectReason::ClientDisconnect);
                    states.end(&EndedSession { session_id, reason, at: session.at });
                }
            }
            Change::Seen { session_id, at } => {
                let last = seen.entry(states.names().row(*session_id)).or_insert(*at);
                *last = (*last).max(*at);
            }
        }
    }
    let moved: Vec<_> = states.changed().collect();
    connection.insert::<NewStates>(&moved).await?;
    connection.insert::<LastSeen>(&seen.into_iter().collect::<Vec<_>>()).await?;
    let definitions: Vec<_> = definitions.into_values().collect();
    connection.insert::<Definitions>(&definitions).await?;
    connection.insert::<Parked>(&parked.values().copied().flatten().collect::<Vec<_>>()).await?;
    let forgotten = parked.iter().filter(|(_, session)| session.is_none()).map(|(id, _)| (*id).to_owned());
    let forgotten = forget(connection, forgotten.collect()).await?;
    let of_a_session = |change: &Change| match change {
        Change::Forgotten(session)
            if ended.contains_key(&session.key) || forgotten.contains(&session.transport_session_id) =>
        {
            Some(session.key)
        }
        _ => None,
    };
    let nothing = requests.is_empty() && moved.is_empty() && opened.is_empty() && definitions.is_empty();
    Ok(Applied {
        requests: requests.len() as u64,
        sessions: opened.len() as u64,
        changed: !nothing,
        forgotten: changes.iter().filter_map(of_a_session).collect(),
    })
}

/// Deletes what would bring the sessions of these transport ids back. Gives those that were there.
async fn forget(connection: &mut Connection<'_>, ids: Vec<String>) -> Result<HashSet<String>, StoreError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let statement = "DELETE FROM archon_mcp_transport_sessions
         WHERE transport_session_id IN (SELECT value FROM unnest($1) AS list (value)) RETURNING transport_session_id";
    Ok(connection.texts(statement, vec![Value::Texts(ids)]).await?.into_iter().collect())
}

/// Each session that a change opens, once, in the order of the changes.
fn sessions_opened(changes: &[Change]) -> Vec<&SessionRecord> {
    let mut seen = HashSet::new();
    changes.iter().filter_map(opens).filter(|session| seen.insert(session.session_id)).collect()
}

/// The session that a change opens if it is not there.
fn opens(change: &Change) -> Option<&SessionRecord> {
    match change {
        Change::Opened(session) | Change::Request(RequestRecord { session: Some(SessionRef::Opens(session)), .. }) => {
            Some(&**session)
        }
        _ => None,
    }
}

/// The requests whose ids are not in the database, each id once. One question a batch costs less than a row back for each
/// row that an `INSERT … RETURNING` writes.
async fn requests_not_stored<'a>(
    connection: &mut Connection<'_>,
    changes: &'a [Change],
) -> Result<Vec<NewRequest<'a>>, StoreError> {
    let request = |change: &'a Change| if let Change::Request(request) = change { Some(request) } else { None };
    let requests: Vec<&RequestRecord> = changes.iter().filter_map(request).collect();
    let ids = || requests.iter().map(|request| request.id);
    let Some((first, last)) = ids().min().zip(ids().max()) else { return Ok(Vec::new()) };
    match connection.engine() {
        Engine::Sqlite => sqlite::row_ids::assign(connection, requests).await,
        Engine::Postgres => {
            // The range says of which days they are.
            let statement = "SELECT id FROM archon_mcp_requests
                 WHERE id >= $1 AND id <= $2 AND id IN (SELECT value FROM unnest($3) AS list (value))";
            let values = vec![first.into(), last.into(), Value::Ids(ids().collect())];
            let stored = connection.fetch_all(statement, values).await?;
            let id = |row| Cells::of(row, REQUESTS, String::new()).id("id").ok();
            let mut taken: HashSet<Uuid> = stored.iter().filter_map(id).collect();
            let new = requests.into_iter().filter(|request| taken.insert(request.id));
            Ok(new.map(|request| NewRequest { request, row_id: 0, numbers: None }).collect())
        }
    }
}
