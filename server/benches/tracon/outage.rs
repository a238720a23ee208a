//! The database is locked for a minute while clients call: what they notice of it.

use std::time::{Duration, Instant};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tracon::config::Capture;

use crate::{
    client::{Caller, Client},
    server::Server,
};

const CLIENTS: usize = 8;
/// Each client's calls a second: a team at work.
const RATE: u32 = 25;
const LOCKED: Duration = Duration::from_mins(1);
const BEFORE: Duration = Duration::from_secs(10);

/// Prints latencies before and during the outage, and what became of the records.
pub async fn run() {
    let server = Server::start("default", Some(Capture::Redacted)).await;
    let before = load(&server, BEFORE).await;
    server.drained().await;
    let file = server.running.config.data_dir.join("tracon.db");
    let mut other = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap();
    let lock = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let during = load(&server, LOCKED).await;
    let health = server.running.tracker().unwrap().recorder.health();
    println!("{CLIENTS} clients with {RATE} calls a second each, the database locked for {} s:", LOCKED.as_secs());
    for (name, latencies) in [("before", &before), ("during", &during)] {
        let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        let (calls, p50, p99, max) = (latencies.len(), at(50), at(99), at(100));
        println!("  {name:<7} {calls:>6} calls, none failed   p50 {p50:.2} ms   p99 {p99:.2} ms   max {max:.2} ms");
    }
    println!("  waiting {}, lost {}, failing since {:?}", health.waiting, health.lost, health.failing_since);
    lock.rollback().await.unwrap();
    let unlocked = Instant::now();
    server.drained().await;
    let health = server.running.tracker().unwrap().recorder.health();
    println!("  all written {:.1} s after it was unlocked, lost {}", unlocked.elapsed().as_secs_f64(), health.lost);
    server.stop().await;
}

/// The latencies of all calls, ascending. A call that fails ends the bench.
async fn load(server: &Server, lasting: Duration) -> Vec<Duration> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = Client::connect(server.address).await;
        clients.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE);
            let until = Instant::now() + lasting;
            while Instant::now() < until {
                tick.tick().await;
                let started = Instant::now();
                client.call().await;
                latencies.push(started.elapsed());
            }
            client.leave().await;
            latencies
        }));
    }
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await.unwrap());
    }
    latencies.sort_unstable();
    latencies
}
