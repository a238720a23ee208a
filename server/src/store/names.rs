//! A session that several servers serve is one row: the first server's. What the others call it is a name of that row.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    SessionKey, SessionRecord, StoreError,
    cells::Cells,
    connection::{Connection, Engine, Row, Value},
    tables::SESSION_NAMES,
};

/// Which rows the sessions of a batch are.
#[derive(Debug, Default)]
pub struct Names {
    /// Of ids that are not those of rows.
    rows: HashMap<Uuid, Uuid>,
    /// Name and key of those that open with this batch.
    new: Vec<(Uuid, Uuid)>,
}

impl Names {
    /// Looks up every id that a batch names, and for those that it opens, whether a session of the same key is there already. On
    /// SQLite, which one server writes to, each id is that of its row.
    pub async fn read(
        connection: &mut Connection<'_>,
        ids: &HashSet<Uuid>,
        opening: &[&SessionRecord],
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        if connection.engine() == Engine::Sqlite || ids.is_empty() {
            return Ok(names);
        }
        let statement = "SELECT name, session_id FROM archon_mcp_session_names
             WHERE name IN (SELECT value FROM unnest($1) AS list (value))";
        let mut known = HashSet::new();
        for row in connection.fetch_all(statement, vec![Value::Ids(ids.iter().copied().collect())]).await? {
            let cells = Cells::keyed(&row, SESSION_NAMES, "name")?;
            let name = cells.id("name")?;
            known.insert(name);
            names.add(name, cells.id("session_id")?);
        }
        let unknown: Vec<&SessionRecord> =
            opening.iter().copied().filter(|session| !known.contains(&session.session_id)).collect();
        if unknown.is_empty() {
            return Ok(names);
        }
        let open = open_of(connection, unknown.iter().map(|session| session.key.key).collect()).await?;
        for session in unknown {
            names.new.push((session.session_id, session.key.key));
            if let Some(row) = going_on(&open, session.key) {
                names.add(session.session_id, row);
            }
        }
        Ok(names)
    }

    /// The row of a session, by what a server calls it.
    pub fn row(&self, name: Uuid) -> Uuid {
        self.rows.get(&name).copied().unwrap_or(name)
    }

    /// Keeps the new ones. Their rows must be there.
    pub async fn write(&self, connection: &mut Connection<'_>) -> Result<(), StoreError> {
        if self.new.is_empty() {
            return Ok(());
        }
        let statement = "INSERT INTO archon_mcp_session_names (name, key, session_id)
             SELECT * FROM unnest($1, $2, $3) ON CONFLICT (name) DO NOTHING";
        let (names, keys): (Vec<Uuid>, Vec<Uuid>) = self.new.iter().copied().unzip();
        let rows = names.iter().map(|name| self.row(*name)).collect();
        connection.execute(statement, vec![Value::Ids(names), Value::Ids(keys), Value::Ids(rows)]).await?;
        Ok(())
    }

    fn add(&mut self, name: Uuid, row: Uuid) {
        if name != row {
            self.rows.insert(name, row);
        }
    }
}

/// The row of a session by what a server calls it, else the open one of its key; `None` when it is not there yet.
pub async fn row_of(
    connection: &mut Connection<'_>,
    name: Uuid,
    key: Option<SessionKey>,
) -> Result<Option<Uuid>, StoreError> {
    if connection.engine() == Engine::Sqlite {
        return Ok(Some(name));
    }
    let statement = "SELECT name, session_id FROM archon_mcp_session_names WHERE name = $1";
    if let Some(row) = connection.fetch_optional(statement, vec![name.into()]).await? {
        return Ok(Some(Cells::keyed(&row, SESSION_NAMES, "name")?.id("session_id")?));
    }
    let Some(key) = key else { return Ok(None) };
    Ok(going_on(&open_of(connection, vec![key.key]).await?, key))
}

/// The open sessions of these keys. None on SQLite, where the server that ends a session knows its id.
pub async fn forgotten(connection: &mut Connection<'_>, keys: Vec<Uuid>) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    if keys.is_empty() || connection.engine() == Engine::Sqlite {
        return Ok(HashMap::new());
    }
    let open = open_of(connection, keys).await?;
    Ok(open.into_iter().map(|(key, open)| (key, open.row)).collect())
}

/// The open row of each key, and when its client was last heard of; of two of one key, the one that was heard of last.
async fn open_of(connection: &mut Connection<'_>, keys: Vec<Uuid>) -> Result<HashMap<Uuid, Open>, StoreError> {
    let statement = "SELECT key, session_id, connected_at, GREATEST(last_activity, seen_at) AS heard
         FROM archon_mcp_session_names JOIN archon_mcp_sessions USING (session_id)
         WHERE key IN (SELECT value FROM unnest($1) AS list (value)) AND status <> 'disconnected' ORDER BY heard";
    let open = |row: &Row| {
        let cells = Cells::keyed(row, SESSION_NAMES, "session_id")?;
        let (row, connected_at, heard) = (cells.id("session_id")?, cells.time("connected_at")?, cells.time("heard")?);
        Ok((cells.id("key")?, Open { row, connected_at, heard }))
    };
    connection.fetch_all(statement, vec![Value::Ids(keys)]).await?.iter().map(open).collect()
}

/// A session that has not ended.
#[derive(Debug)]
struct Open {
    row: Uuid,
    connected_at: DateTime<Utc>,
    heard: DateTime<Utc>,
}

/// The row that a session of this key is, unless that was silent for too long, or began much later.
fn going_on(open: &HashMap<Uuid, Open>, key: SessionKey) -> Option<Uuid> {
    let is_the_same = |open: &&Open| open.heard > key.since && open.connected_at < key.until;
    open.get(&key.key).filter(is_the_same).map(|open| open.row)
}
