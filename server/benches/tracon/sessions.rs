//! Ten thousand legacy sessions that call once and never say good-bye: what they leave in memory once they are parked, and
//! whether they come back.

use std::{net::SocketAddr, time::Duration};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    client::{Caller, Client, Tool},
    process::Process,
    server::Server,
};

/// Makes this program the server of the bench.
pub const SERVE: &str = "serve-sessions";
const SESSIONS: usize = 10_000;
const BACK: usize = 1_000;
/// How long pages may take to be given back: the allocator keeps them for ten seconds, and what was freed last is as good as all.
const SETTLE: Duration = Duration::from_secs(20);
/// Connections at once.
const AT_ONCE: usize = 50;

/// Serves until its standard input ends; for each line it prints how many sessions rmcp has and its memory in KiB.
pub async fn serve() {
    let server = Server::start_with("sessions", |config| {
        config.tracking.idle_after = Duration::from_secs(2);
    })
    .await;
    println!("{}", server.address);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await.unwrap().is_some() {
        server.drained().await;
        let live = server.running.rmcp_sessions().count().await;
        println!("{live} {}", resident());
    }
}

/// Resident memory of this process, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The server, asked from outside.
struct Asked(Process);

impl Asked {
    async fn ask(&mut self) -> (usize, u64) {
        let answer = self.0.ask("").await;
        let (live, memory) = answer.split_once(' ').unwrap();
        (live.parse().unwrap(), memory.parse().unwrap())
    }

    /// Waits until rmcp has let go of all sessions.
    async fn parked(&mut self) -> u64 {
        loop {
            let (live, resident) = self.ask().await;
            if live == 0 {
                return resident;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Prints the memory before, with all sessions live, and after they were parked.
pub async fn run() {
    let (process, address) = Process::start(&[SERVE]).await;
    let (mut server, address): (_, SocketAddr) = (Asked(process), address.parse().unwrap());
    let fresh = server.ask().await.1;
    // What the first calls load for good (the vocabulary that counts tokens, prepared statements) is no session's.
    visit(address, 200).await;
    let start = server.parked().await;
    println!("{SESSIONS} legacy sessions that initialize, call once and never end:");
    println!("  fresh {fresh} KiB, after its first 200 sessions {start} KiB");
    let mut sessions = Vec::new();
    for wave in 1..=3 {
        sessions = visit(address, SESSIONS).await;
        let (live, full) = server.ask().await;
        let parked = server.parked().await;
        // Pages are given back with a delay.
        tokio::time::sleep(SETTLE).await;
        let settled = server.ask().await.1;
        println!(
            "  wave {wave}: {full} KiB with {live} still live, {parked} KiB parked, {settled} KiB {} s later: ratio to the \
             start {:.3}",
            SETTLE.as_secs(),
            settled as f64 / start as f64
        );
    }
    for back in sessions.chunks(SESSIONS / BACK) {
        Client::resume(address, &back[0]).await.call().await;
    }
    println!("  {BACK} came back under their ids and called");
}

/// So many sessions, left open; their ids.
async fn visit(address: SocketAddr, count: usize) -> Vec<String> {
    let visits = (0..AT_ONCE).map(|_| {
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..count / AT_ONCE {
                let mut client = Client::connect(address, Tool::Find).await;
                client.call().await;
                ids.push(client.session_id);
            }
            ids
        })
    });
    let mut ids = Vec::new();
    for visit in visits.collect::<Vec<_>>() {
        ids.extend(visit.await.unwrap());
    }
    ids
}
