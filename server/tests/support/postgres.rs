//! A PostgreSQL database of its own for each test, on the server that `cargo xtask test` starts.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, postgres::PgConnectOptions};
use tracon::clock::{Clock, Ids, SystemClock};

/// Names the server, and a database on it that is there: `postgres://user@host:port/postgres`.
const SERVER: &str = "TRACON_TEST_POSTGRES_URL";

static IDS: LazyLock<Ids> = LazyLock::new(Ids::default);

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    /// Names it, as the product is told.
    pub url: String,
}

impl Database {
    /// A new one, empty.
    ///
    /// # Panics
    /// There is no server: the test fails, it is not skipped.
    pub async fn new() -> Self {
        Self::on(std::env::var(SERVER).unwrap_or_else(|_| {
            panic!("{SERVER} is not set: run `cargo xtask test`, which starts a PostgreSQL for the tests")
        }))
        .await
    }

    /// A new one on that server.
    pub async fn on(server: String) -> Self {
        let name = format!("tracon_test_{}", IDS.next(SystemClock.now()).simple());
        let mut url = url::Url::parse(&server).expect("a URL");
        url.set_path(&name);
        // From the template that nobody is ever connected to.
        run(&server, format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { server, name, url: url.into() }
    }

    /// Ends all connections to it and takes no more, or takes them again.
    pub async fn refuse_connections(&self, refuse: bool) {
        let name = &self.name;
        run(&self.server, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {}", !refuse)).await;
        if refuse {
            let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            run(&self.server, end).await;
        }
    }

    /// Waits until nobody is connected to it any more: the server notices a little later that a process is gone.
    pub async fn alone(&self) {
        let options: PgConnectOptions = self.server.parse().expect("a URL");
        let mut connection = options.connect().await.expect("PostgreSQL answers");
        loop {
            let others: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = $1")
                .bind(&self.name)
                .fetch_one(&mut connection)
                .await
                .expect("it can be asked");
            if others == 0 {
                return;
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        // On a thread of its own: a test's runtime cannot wait within itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(run(&server, statement));
        });
        let _ = dropping.join();
    }
}

async fn run(server: &str, statement: String) {
    let options: PgConnectOptions = server.parse().expect("a URL");
    let mut connection = options.connect().await.expect("PostgreSQL answers");
    connection.execute(AssertSqlSafe(statement)).await.expect("it is done");
    connection.close().await.expect("it closes");
}
