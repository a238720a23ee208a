//! `tracon migrate` with a million requests, killed twice and started again.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};
use tracon::store::{Engine, Store};

use super::{
    database::{self, Database},
    traffic::Traffic,
};

const REQUESTS: usize = 1_000_000;
const BATCH: usize = 1_000;
/// Of how many batches one has payloads.
const WITH_PAYLOADS: usize = 20;
const CLIENTS: u128 = 5_000;
/// About 28 hours in all.
const APART: TimeDelta = TimeDelta::milliseconds(100);

/// What must be the same in both.
const SUMS: [&str; 4] = [
    "SELECT COUNT(*), CAST(SUM(request_bytes) AS BIGINT), CAST(SUM(response_bytes) AS BIGINT),
         CAST(SUM(response_tokens) AS BIGINT) FROM archon_mcp_requests",
    "SELECT COUNT(*), CAST(SUM(total_requests) AS BIGINT), CAST(SUM(failed_requests) AS BIGINT),
         CAST(SUM(tool_calls) AS BIGINT) FROM archon_mcp_sessions",
    "SELECT COUNT(*), CAST(SUM(LENGTH(arguments)) AS BIGINT), CAST(SUM(LENGTH(result)) AS BIGINT), COUNT(result)
         FROM archon_mcp_payloads",
    "SELECT COUNT(*), CAST(SUM(ok) AS BIGINT), CAST(SUM(tool_error) AS BIGINT), CAST(SUM(response_bytes) AS BIGINT)
         FROM archon_mcp_rollups",
];

/// Prints how long it took in all, and that both are the same.
pub async fn run() {
    if !database::engines().contains(&Engine::Postgres) {
        return;
    }
    let (source, target) = (Database::new(Engine::Sqlite).await, Database::new(Engine::Postgres).await);
    fill(&source).await;
    // Brought up to date, so that it can be asked how far it is.
    let (store, writer) = Store::open(&target.url()).await.unwrap();
    store.close().await;
    writer.close().await.unwrap();
    let asked = PgPool::connect(&target.url()).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracon"));
    command.args(["migrate", "--from", &source.url(), "--to", &target.url()]).current_dir(folder.path());
    // The settings are the defaults: it refuses a variable that is none of them, such as the one that names the server.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRACON_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::inherit()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut took = Duration::ZERO;
    for part in [1, 2] {
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        while moved(&asked).await < REQUESTS * part / 3 {
            assert_eq!(child.try_wait().unwrap(), None, "it moves");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        child.kill().await.unwrap();
        took += started.elapsed();
        println!("killed with {} of {REQUESTS} requests moved", moved(&asked).await);
    }
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut comparing = None;
    while let Some(line) = lines.next_line().await.unwrap() {
        println!("  {line}");
        if line.starts_with("comparing") {
            comparing.get_or_insert_with(Instant::now);
        }
    }
    assert!(child.wait().await.unwrap().success(), "all was moved");
    let compared = comparing.unwrap().elapsed();
    let moving = (took + started.elapsed()).saturating_sub(compared);
    println!(
        "{REQUESTS} requests of {CLIENTS} sessions, {} with payloads, moved in {:.1} s ({:.0} a second, two kills included), \
         compared in {:.1} s",
        REQUESTS / WITH_PAYLOADS,
        moving.as_secs_f64(),
        REQUESTS as f64 / moving.as_secs_f64(),
        compared.as_secs_f64()
    );

    let original = SqlitePool::connect(&source.url()).await.unwrap();
    for statement in SUMS {
        let sums: (i64, i64, i64, i64) = sqlx::query_as(AssertSqlSafe(statement)).fetch_one(&original).await.unwrap();
        let moved: (i64, i64, i64, i64) = sqlx::query_as(AssertSqlSafe(statement)).fetch_one(&asked).await.unwrap();
        assert_eq!(sums, moved, "{statement}");
        println!("  the same in both: {sums:?} {}", statement.rsplit(' ').next().unwrap());
    }
    let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&asked).await.unwrap();
    println!("{REQUESTS} requests in {} MiB of PostgreSQL", size >> 20);
    original.close().await;
    asked.close().await;
}

async fn fill(source: &Database) {
    let (store, mut writer) = Store::open(&source.url()).await.unwrap();
    let mut plain = Traffic::new(APART, false).of_clients(CLIENTS);
    let mut captured = Traffic::new(APART, true).of_clients(CLIENTS);
    for batch in 0..REQUESTS / BATCH {
        let traffic = if batch % WITH_PAYLOADS == 0 { &mut captured } else { &mut plain };
        writer.apply(&traffic.batch(BATCH)).await.unwrap();
    }
    println!("{REQUESTS} requests in {} MiB of SQLite", store.size().await.unwrap() >> 20);
    store.close().await;
    writer.close().await.unwrap();
}

async fn moved(target: &PgPool) -> usize {
    let statement =
        "SELECT COALESCE(SUM(moved), 0)::bigint FROM archon_mcp_transfer WHERE table_name = 'archon_mcp_requests'";
    let moved: i64 = sqlx::query_scalar(statement).fetch_one(target).await.unwrap();
    usize::try_from(moved).unwrap()
}
