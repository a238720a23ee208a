//! What tracking costs: the same server with tracking off, with tracking but without captured payloads, and as it is by
//! default, alternately in one process. The time counts until everything recorded is in the database.

use std::time::{Duration, Instant};

use tracon::config::Capture;

use crate::{
    client::{Caller, Client, SdkClient},
    server::Server,
};

/// Calls of one measurement at 64 clients, and at one: many of the first, so that the end, where the writer alone has something to do,
/// counts for what it is in a longer run.
const CALLS: usize = 64_000;
const CALLS_ALONE: usize = 3_000;
const ROUNDS: usize = 7;
const CLIENTS: usize = 64;

/// One measurement.
#[derive(Clone, Copy)]
struct Figures {
    elapsed: Duration,
    /// Of the whole process, clients included.
    cpu: Duration,
}

/// Prints calls a second, added CPU a call, and the latency of a single client: for each kind of client.
pub async fn run() {
    compare::<SdkClient>("the Rust SDK's client").await;
    compare::<Client>("bytes on a socket").await;
}

async fn compare<C: Caller>(client: &str) {
    let servers = [
        Server::start("off", None).await,
        Server::start("capture off", Some(Capture::Off)).await,
        Server::start("default", Some(Capture::Redacted)).await,
    ];
    for server in &servers {
        many::<C>(server).await;
    }
    let mut rounds: Vec<Vec<Figures>> = servers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        // Each goes first as often as the others.
        for turn in 0..servers.len() {
            let index = (turn + round) % servers.len();
            rounds[index].push(many::<C>(&servers[index]).await);
        }
    }
    println!("{client}: {CLIENTS} at once, {CALLS} calls a round, {ROUNDS} rounds, until drained:");
    for (server, figures) in servers.iter().zip(&rounds) {
        let rate = median(figures.iter().map(|figures| CALLS as f64 / figures.elapsed.as_secs_f64()).collect());
        let ratio =
            median(figures.iter().zip(&rounds[0]).map(|(this, off)| ratio(off.elapsed, this.elapsed)).collect());
        let added = median(
            figures.iter().zip(&rounds[0]).map(|(this, off)| micros(this.cpu) - micros(off.cpu)).collect::<Vec<_>>(),
        ) / CALLS as f64;
        println!("  {:<12} {rate:>8.0} calls/s   ratio {ratio:.3}   added CPU {added:>6.2} us a call", server.name);
    }
    let mut alone: Vec<Vec<f64>> = servers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..servers.len() {
            let index = (turn + round) % servers.len();
            alone[index].push(one::<C>(&servers[index]).await);
        }
    }
    println!("{client}: one, {CALLS_ALONE} calls a round, {ROUNDS} rounds, median latency:");
    for (server, medians) in servers.iter().zip(&alone) {
        let ratio = median(medians.iter().zip(&alone[0]).map(|(this, off)| this / off).collect());
        println!("  {:<12} {:>8.1} us   ratio {ratio:.3}", server.name, median(medians.clone()));
    }
    for server in servers {
        server.stop().await;
    }
}

/// All clients at once.
async fn many<C: Caller>(server: &Server) -> Figures {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(C::connect(server.address).await);
    }
    let (before, started) = (cpu(), Instant::now());
    let calls = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            for _ in 0..CALLS / CLIENTS {
                client.call().await;
            }
            client
        })
    });
    let mut done = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        done.push(call.await.expect("a client's task"));
    }
    server.drained().await;
    let figures = Figures { elapsed: started.elapsed(), cpu: cpu().saturating_sub(before) };
    for client in done {
        client.leave().await;
    }
    server.drained().await;
    figures
}

/// One client; the median latency in microseconds.
async fn one<C: Caller>(server: &Server) -> f64 {
    let mut client = C::connect(server.address).await;
    let mut latencies = Vec::with_capacity(CALLS_ALONE);
    for _ in 0..CALLS_ALONE {
        let started = Instant::now();
        client.call().await;
        latencies.push(micros(started.elapsed()));
    }
    client.leave().await;
    server.drained().await;
    median(latencies)
}

/// User and system time of this process.
fn cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("getrusage");
    [usage.user_time(), usage.system_time()]
        .map(|time| Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0)))
        .iter()
        .sum()
}

fn ratio(of: Duration, to: Duration) -> f64 {
    of.as_secs_f64() / to.as_secs_f64()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
