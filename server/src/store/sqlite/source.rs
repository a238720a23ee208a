//! A database that is only read: to be moved elsewhere.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions, SqliteConnection};

use super::{location, migrate, options};
use crate::store::{StoreError, connection::Connection};

/// Rows that the connection's thread reads ahead.
const AHEAD: usize = 500;

/// A database of this version's schema, opened such that nothing in it or beside it changes.
#[derive(Debug)]
pub struct SqliteSource {
    path: PathBuf,
    connection: SqliteConnection,
}

/// Moves when somebody else writes to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    number: i64,
    is_open: bool,
}

/// The folder of the database that `url` names.
pub fn folder_of(url: &str) -> Result<PathBuf, StoreError> {
    let path = location::path_of(url)?;
    Ok(path.parent().unwrap_or(Path::new("/")).to_owned())
}

impl SqliteSource {
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let path = location::path_of(url)?;
        migrate::check_source(&path)?;
        // A connection to a database that nobody has open would make the log's files, and leave them behind.
        let immutable = !migrate::is_open(&path);
        let options = options(&path).read_only(true).immutable(immutable).row_buffer_size(AHEAD);
        let mut connection = options.connect().await.map_err(|error| migrate::open_error(&path, error))?;
        migrate::check_current(&path, &mut connection).await?;
        Ok(Self { path, connection })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn connection(&mut self) -> Connection<'_> {
        Connection::Sqlite(&mut self.connection)
    }

    pub async fn version(&mut self) -> Result<Version, StoreError> {
        let number = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.connection).await?;
        Ok(Version { number, is_open: migrate::is_open(&self.path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Change, ParkedSession, Store, sqlite_url};

    #[tokio::test]
    async fn what_somebody_writes_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("tracon.db"));
        let parked = |id: &str| {
            let (transport_session_id, state) = (id.to_owned(), "{}".to_owned());
            let (session_id, at) = (uuid::Uuid::nil(), chrono::DateTime::UNIX_EPOCH);
            [Change::Parked(ParkedSession { session_id, transport_session_id, state, at })]
        };
        let (store, writer) = Store::open(&url).await.unwrap();
        store.close().await;
        writer.close().await.unwrap();
        // By one that was not there when it was opened, and by one that was.
        let mut closed = SqliteSource::open(&url).await.unwrap();
        let version = closed.version().await.unwrap();
        assert_eq!(closed.version().await.unwrap(), version);
        let (_store, mut writer) = Store::open(&url).await.unwrap();
        writer.apply(&parked("a")).await.unwrap();
        assert_ne!(closed.version().await.unwrap(), version);

        let mut open = SqliteSource::open(&url).await.unwrap();
        let version = open.version().await.unwrap();
        assert_eq!(open.version().await.unwrap(), version);
        writer.apply(&parked("b")).await.unwrap();
        assert_ne!(open.version().await.unwrap(), version);
    }
}
