//! A database of its own for each measurement of the store.

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/postgres.rs"]
mod postgres;

use tempfile::TempDir;
use tracon::store::{Engine, sqlite_url};

/// Names a PostgreSQL server, and a database on it that is there.
const SERVER: &str = "TRACON_BENCH_POSTGRES_URL";

/// The engines that can be measured here: PostgreSQL only where a server is named.
pub fn engines() -> Vec<Engine> {
    if std::env::var(SERVER).is_ok_and(|server| !server.is_empty()) {
        return vec![Engine::Sqlite, Engine::Postgres];
    }
    println!("PostgreSQL is left out: set {SERVER} to a server's URL, such as postgres://user@127.0.0.1:5432/postgres");
    vec![Engine::Sqlite]
}

/// Gone with this value, also when a measurement fails: the server may be one that has other databases.
pub enum Database {
    /// In the system's temporary folder.
    Sqlite(TempDir),
    Postgres(postgres::Database),
}

impl Database {
    /// A new one, empty.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(TempDir::new().unwrap()),
            Engine::Postgres => Self::Postgres(postgres::Database::on(std::env::var(SERVER).unwrap()).await),
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => sqlite_url(&folder.path().join("tracon.db")),
            Self::Postgres(database) => database.url.clone(),
        }
    }
}
