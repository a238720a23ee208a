//! The database is away for a minute while clients call: what they notice of it. SQLite's is locked by another program;
//! PostgreSQL is stopped, as by a crash, and started again.

use std::time::{Duration, Instant};

use futures::future;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tracon::config::{Capture, DatabaseUrl};
use tracon_app::reports::RequestFilter;

use crate::{
    client::{Caller, Client, Tool},
    server::Server,
    traffic,
};

const CLIENTS: usize = 8;
/// Each client's calls a second: a team at work.
const RATE: u32 = 25;
const AWAY: Duration = Duration::from_mins(1);
const BESIDE: Duration = Duration::from_secs(10);

/// Names a PostgreSQL server that whoever started this bench stops and starts when it is told to.
const STOPPABLE: &str = "TRACON_BENCH_OUTAGE_URL";

/// What keeps the database from answering.
enum Outage {
    Locked(SqliteConnection),
    Stopped,
}

impl Outage {
    async fn begin(&mut self) {
        match self {
            Self::Locked(other) => execute(other, "BEGIN EXCLUSIVE").await,
            Self::Stopped => tell("postgres: stop").await,
        }
    }

    async fn end(&mut self) {
        match self {
            Self::Locked(other) => execute(other, "ROLLBACK").await,
            Self::Stopped => tell("postgres: start").await,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Locked(_) => "SQLite locked",
            Self::Stopped => "PostgreSQL stopped",
        }
    }
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
}

/// Tells whoever started this bench, and waits until it is done.
async fn tell(what: &'static str) {
    let told = tokio::task::spawn_blocking(move || {
        println!("{what}");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "done", "{what}");
    });
    told.await.unwrap();
}

/// On each engine that can be kept from answering here.
pub async fn run() {
    measure(None).await;
    match std::env::var(STOPPABLE) {
        Ok(url) => measure(Some(url.as_str().into())).await,
        Err(_) => println!("PostgreSQL is left out: `cargo xtask bench outage` starts one that may be stopped"),
    }
}

/// Prints latencies before, during and after the outage, and what became of the records.
async fn measure(postgres: Option<DatabaseUrl>) {
    let is_postgres = postgres.is_some();
    let server = Server::start_with("outage", |config| {
        config.tracking.capture = Capture::Redacted;
        config.database_url = postgres;
    })
    .await;
    let mut outage = if is_postgres {
        Outage::Stopped
    } else {
        let file = server.running.config.data_dir.join("tracon.db");
        Outage::Locked(SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap())
    };
    let recorder = &server.running.tracker().unwrap().recorder;

    // All are connected before: a handshake may wait for the database.
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Client::connect(server.address, Tool::Find).await);
    }
    let (clients, before) = load(clients, BESIDE).await;
    server.drained().await;
    let ((clients, during), ()) = future::join(load(clients, AWAY), outage.begin()).await;
    let (health, ready) = (recorder.health(), readiness(&server).await);
    let back = async {
        outage.end().await;
        let back = Instant::now();
        server.drained().await;
        back.elapsed()
    };
    let ((clients, after), drained) = future::join(load(clients, BESIDE), back).await;
    for client in clients {
        client.leave().await;
    }
    server.drained().await;

    println!("{CLIENTS} clients with {RATE} calls a second each, {} for {} s:", outage.name(), AWAY.as_secs());
    for (name, latencies) in [("before", &before), ("during", &during), ("after", &after)] {
        let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        let (calls, p50, p99, max) = (latencies.len(), at(50), at(99), at(100));
        println!("  {name:<7} {calls:>6} calls, none failed   p50 {p50:.2} ms   p99 {p99:.2} ms   max {max:.2} ms");
    }
    let (waiting, lost) = (health.waiting, health.lost);
    println!("  at its end: waiting {waiting}, lost {lost}, failing since {:?}, /readyz {ready}", health.failing_since);
    let calls = before.len() + during.len() + after.len();
    let tool = RequestFilter { tool: Some("find".to_owned()), ..RequestFilter::default() };
    let rows = server.running.store.requests(&tool, traffic::BEGIN).await.unwrap().total;
    println!(
        "  all written {:.1} s after it was back; {calls} calls, {rows} rows, lost {}, /readyz {}",
        drained.as_secs_f64(),
        recorder.health().lost,
        readiness(&server).await
    );
    assert_eq!(calls as u64, rows, "nothing was lost, and nothing is there twice");
    server.stop().await;
}

async fn readiness(server: &Server) -> u16 {
    reqwest::get(format!("http://{}/readyz", server.address)).await.unwrap().status().as_u16()
}

/// The clients with the latencies of all calls, ascending. A call that fails ends the bench.
async fn load(clients: Vec<Client>, lasting: Duration) -> (Vec<Client>, Vec<Duration>) {
    let calls = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE);
            let until = Instant::now() + lasting;
            while Instant::now() < until {
                tick.tick().await;
                let started = Instant::now();
                client.call().await;
                latencies.push(started.elapsed());
            }
            (client, latencies)
        })
    });
    let (mut clients, mut latencies) = (Vec::new(), Vec::new());
    for called in future::join_all(calls).await {
        let (client, its) = called.unwrap();
        clients.push(client);
        latencies.extend(its);
    }
    latencies.sort_unstable();
    (clients, latencies)
}
