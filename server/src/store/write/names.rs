//! A session that several servers serve is one row: the first server's. What the others call it is a name of that row.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::store::{
    SessionRecord, StoreError,
    cells::Cells,
    connection::{Connection, Engine, Row, Value},
};

const NAMES: &str = "archon_mcp_session_names";

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
            let cells = Cells::keyed(&row, NAMES, "name")?;
            let name = cells.id("name")?;
            known.insert(name);
            names.add(name, cells.id("session_id")?);
        }
        let unknown: Vec<&SessionRecord> =
            opening.iter().copied().filter(|session| !known.contains(&session.session_id)).collect();
        if unknown.is_empty() {
            return Ok(names);
        }
        // Of two of one key, the one that was heard of last.
        let statement = "SELECT key, session_id, GREATEST(last_activity, seen_at) AS heard
             FROM archon_mcp_session_names JOIN archon_mcp_sessions USING (session_id)
             WHERE key IN (SELECT value FROM unnest($1) AS list (value)) AND status <> 'disconnected' ORDER BY heard";
        let keys = unknown.iter().map(|session| session.key.key).collect();
        let mut open = HashMap::new();
        for row in connection.fetch_all(statement, vec![Value::Ids(keys)]).await? {
            let cells = Cells::keyed(&row, NAMES, "session_id")?;
            open.insert(cells.id("key")?, (cells.id("session_id")?, cells.time("heard")?));
        }
        for session in unknown {
            names.new.push((session.session_id, session.key.key));
            if let Some((row, _)) = open.get(&session.key.key).filter(|(_, heard)| *heard > session.key.since) {
                names.add(session.session_id, *row);
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

/// The open sessions of these keys. None on SQLite, where the server that ends a session knows its id.
pub async fn of_keys(connection: &mut Connection<'_>, keys: Vec<Uuid>) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    if keys.is_empty() || connection.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let statement =
        "SELECT DISTINCT key, session_id FROM archon_mcp_session_names JOIN archon_mcp_sessions USING (session_id)
         WHERE key IN (SELECT value FROM unnest($1) AS list (value)) AND status <> 'disconnected'";
    let pair = |row: &Row| {
        let cells = Cells::keyed(row, NAMES, "session_id")?;
        Ok((cells.id("key")?, cells.id("session_id")?))
    };
    connection.fetch_all(statement, vec![Value::Ids(keys)]).await?.iter().map(pair).collect()
}
