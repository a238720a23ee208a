//! Where a server under test is: a folder of its own, and a database of its own of the engine that the run is for.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use sqlx::{
    AssertSqlSafe, FromRow, PgPool, SqlitePool,
    postgres::{PgPoolOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tempfile::TempDir;
use tracon::{config::Config, store::sqlite_url};

use crate::postgres::Database;

/// `sqlite`, as where it is not set, or `postgres`: what the whole run is for.
const ENGINE: &str = "TRACON_TEST_ENGINE";

/// Gone with this value.
#[derive(Debug)]
pub struct Site {
    directory: TempDir,
    postgres: Option<Database>,
}

impl Site {
    pub async fn new() -> Self {
        match std::env::var(ENGINE).as_deref() {
            Err(_) | Ok("sqlite") => Self::with(None),
            Ok("postgres") => Self::on_postgres().await,
            Ok(other) => panic!("{ENGINE} is {other:?}: it may be sqlite or postgres"),
        }
    }

    /// Whatever the run is for.
    pub async fn on_postgres() -> Self {
        Self::with(Some(Database::new().await))
    }

    fn with(postgres: Option<Database>) -> Self {
        Self { directory: TempDir::new().expect("a temporary directory"), postgres }
    }

    /// Waits until a process that was killed is gone for the database, too.
    pub async fn alone(&self) {
        if let Some(database) = &self.postgres {
            database.alone().await;
        }
    }

    /// PostgreSQL ends all connections and takes no more, as when it is stopped.
    pub async fn refuse_connections(&self, refuse: bool) {
        self.postgres.as_ref().expect("PostgreSQL").refuse_connections(refuse).await;
    }

    pub fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Names the database.
    pub fn url(&self) -> String {
        match &self.postgres {
            Some(database) => database.url.clone(),
            None => sqlite_url(&self.data_dir().join("tracon.db")),
        }
    }

    /// A server on a free port.
    pub fn config(&self) -> Config {
        let database_url = self.postgres.as_ref().map(|database| database.url.as_str().into());
        Config { bind: ([127, 0, 0, 1], 0).into(), data_dir: self.data_dir(), database_url, ..Config::default() }
    }

    fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The database that a server has made, as a stranger sees it.
    pub async fn open(&self) -> Peek {
        if let Some(database) = &self.postgres {
            let options = PgPoolOptions::new().max_connections(4);
            return Peek::Postgres(options.connect(&database.url).await.expect("the database opens"));
        }
        let options: SqliteConnectOptions = self.url().parse().expect("a URL");
        Peek::Sqlite(SqlitePool::connect_with(options).await.expect("the database opens"))
    }
}

/// A look into a server's database.
#[derive(Clone, Debug)]
pub enum Peek {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Peek {
    pub async fn rows<T>(&self, statement: &str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_as(statement).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_as(statement).fetch_all(pool).await,
        }
        .expect("it can be read")
    }

    /// The one row that there is.
    pub async fn row<T>(&self, statement: &str) -> T
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut rows = self.rows(statement).await;
        assert_eq!(rows.len(), 1, "{statement}");
        rows.remove(0)
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
