//! The command, between a SQLite database and a PostgreSQL database of the test's own.

use std::{process::Stdio, time::Duration};

use sqlx::{AssertSqlSafe, PgPool, SqlitePool, postgres::PgRow, sqlite::SqliteRow};
use tempfile::TempDir;
use tokio::process::Command;
use tracon::store::Store;

use crate::{fixture::Fixture, postgres::Database};

/// How long a command may take, in a build that is not optimised, beside others.
pub const BOUND: Duration = Duration::from_mins(2);

/// From where to where.
pub struct Move {
    pub from: String,
    pub to: String,
    /// Where it is started, with the data directory below.
    pub folder: TempDir,
    _target: Database,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Move {
    pub async fn of(source: &Fixture) -> Self {
        let target = Database::new().await;
        Self { from: source.url.clone(), to: target.url.clone(), folder: TempDir::new().unwrap(), _target: target }
    }

    /// Killed with its value.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracon"));
        command.args(["migrate", "--from", &self.from, "--to", &self.to]).current_dir(self.folder.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    pub async fn run(&self) -> Ended {
        let ended = tokio::time::timeout(BOUND, self.command().output()).await.expect("it ends").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// Runs it to an end at which all was moved.
    pub async fn done(&self) -> Ended {
        let ended = self.run().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }

    /// What it says as it refuses to begin, or breaks off.
    pub async fn failed(&self, code: i32) -> String {
        let ended = self.run().await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{ended:?}");
        let said = ended.err.lines().last().unwrap().to_owned();
        assert!(said.starts_with("tracon: ") && !said.contains("--database-url"), "{said}");
        said
    }

    /// The target, as a stranger sees it, brought up to date.
    pub async fn target(&self) -> PgPool {
        let (store, writer) = Store::open(&self.to).await.unwrap();
        store.close().await;
        writer.close().await.unwrap();
        PgPool::connect(&self.to).await.unwrap()
    }

    pub async fn source(&self) -> SqlitePool {
        SqlitePool::connect(&self.from).await.unwrap()
    }

    /// The one row that the statement gives of each.
    pub async fn both<T>(&self, statement: &str) -> (T, T)
    where
        T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let (source, target) = (self.source().await, self.target().await);
        let statement = || AssertSqlSafe(statement.to_owned());
        let both = (
            sqlx::query_as(statement()).fetch_one(&source).await.unwrap(),
            sqlx::query_as(statement()).fetch_one(&target).await.unwrap(),
        );
        source.close().await;
        target.close().await;
        both
    }

    /// Has all compared again, as if that had been cut off before its end.
    pub async fn forget_comparison(&self) {
        execute(&self.target().await, "UPDATE archon_mcp_transfer SET verified_at = NULL").await;
    }
}

pub async fn execute(target: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(target).await.unwrap();
}
