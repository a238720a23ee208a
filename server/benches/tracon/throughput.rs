//! What tracking costs: the same server with tracking off, with tracking but without captured payloads, and as it is by
//! default, in turns. The clients are a process of their own, as people's are; the time counts until everything recorded is in the
//! database.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tracon::config::Capture;

use crate::{
    client::{Caller, Client, SdkClient, Tool},
    process::Process,
    server::Server,
};

/// Makes this program the clients.
pub const CALL: &str = "call";

/// Calls of one measurement at 64 clients, and at one: many of the first, so that the end, where the writer alone has something to do,
/// counts for what it is in a longer run.
const fn calls(tool: Tool) -> usize {
    match tool {
        Tool::Find => 64_000,
        Tool::FindTasks => 12_800,
    }
}
const CALLS_ALONE: usize = 400;
const ROUNDS: usize = 15;
/// Where one process waits for the other, how the system has placed them is a third of the latency. So one client calls all servers in
/// turns, which has one placement for all, and there are many clients, one after the other.
const ROUNDS_ALONE: usize = 121;
const TURN: usize = 20;
const CLIENTS: usize = 64;

/// One measurement.
#[derive(Clone, Copy)]
struct Figures {
    elapsed: Duration,
    /// The end of it, in which what still waited was written.
    drain: Duration,
    /// Of the server.
    cpu: Duration,
}

/// Prints calls a second, added CPU a call, and the latency of a single client: for each tool and each kind of client.
pub async fn run() {
    for tool in Tool::ALL {
        for client in [SdkClient::NAME, Client::NAME] {
            compare(client, tool).await;
        }
    }
}

async fn compare(client: &'static str, tool: Tool) {
    let servers = [
        Server::start("off", tool, None).await,
        Server::start("capture off", tool, Some(Capture::Off)).await,
        Server::start("default", tool, Some(Capture::Redacted)).await,
    ];
    let many = |server| many(client, tool, server);
    let (name, calls) = (tool.name(), calls(tool));
    for server in &servers {
        many(server).await;
    }
    let mut rounds: Vec<Vec<Figures>> = servers.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        // Each goes first as often as the others.
        for turn in 0..servers.len() {
            let index = (turn + round) % servers.len();
            rounds[index].push(many(&servers[index]).await);
        }
    }
    println!("{name}, {client}: {CLIENTS} at once, {calls} calls a round, {ROUNDS} rounds, until drained:");
    for (server, figures) in servers.iter().zip(&rounds) {
        let rate = median(figures.iter().map(|figures| calls as f64 / figures.elapsed.as_secs_f64()).collect());
        let ratio =
            median(figures.iter().zip(&rounds[0]).map(|(this, off)| ratio(off.elapsed, this.elapsed)).collect());
        let added = median(
            figures.iter().zip(&rounds[0]).map(|(this, off)| micros(this.cpu) - micros(off.cpu)).collect::<Vec<_>>(),
        ) / calls as f64;
        let drain = median(figures.iter().map(|figures| figures.drain.as_secs_f64() * 1e3).collect());
        println!(
            "  {:<12} {rate:>8.0} calls/s   ratio {ratio:.3}   added CPU {added:>6.2} us a call   {drain:>5.1} ms to drain",
            server.name
        );
    }
    let mut alone: Vec<Vec<f64>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS_ALONE {
        for (medians, median) in alone.iter_mut().zip(one(client, tool, &servers).await) {
            medians.push(median);
        }
    }
    println!(
        "{name}, {client}: one, {CALLS_ALONE} calls of each a round, {TURN} in turn, {ROUNDS_ALONE} rounds, median latency:"
    );
    for (server, medians) in servers.iter().zip(&alone) {
        let ratio = median(medians.iter().zip(&alone[0]).map(|(this, off)| this / off).collect());
        println!("  {:<12} {:>8.1} us   ratio {ratio:.3}", server.name, median(medians.clone()));
    }
    for server in servers {
        server.stop().await;
    }
}

/// All clients at once.
async fn many(client: &str, tool: Tool, server: &Server) -> Figures {
    let mut clients = clients(client, tool, std::slice::from_ref(server), CLIENTS).await;
    let (before, started) = (cpu(), Instant::now());
    clients.ask(&(calls(tool) / CLIENTS).to_string()).await;
    let answered = started.elapsed();
    server.drained().await;
    let elapsed = started.elapsed();
    let figures = Figures { elapsed, drain: elapsed.saturating_sub(answered), cpu: cpu().saturating_sub(before) };
    clients.ask("leave").await;
    server.drained().await;
    figures
}

/// One client; its median latencies with each of the servers, in microseconds.
async fn one(client: &str, tool: Tool, servers: &[Server]) -> Vec<f64> {
    let mut client = clients(client, tool, servers, 1).await;
    let medians = client.ask(&CALLS_ALONE.to_string()).await;
    client.ask("leave").await;
    for server in servers {
        server.drained().await;
    }
    medians.split(' ').map(|median| median.parse().expect("a median")).collect()
}

/// So many that have shaken hands with each of the servers and wait.
async fn clients(client: &str, tool: Tool, servers: &[Server], count: usize) -> Process {
    let count = count.to_string();
    let addresses: Vec<String> = servers.iter().map(|server| server.address.to_string()).collect();
    let arguments = [CALL, client, tool.name(), &count];
    Process::start(&arguments.into_iter().chain(addresses.iter().map(String::as_str)).collect::<Vec<_>>()).await.0
}

/// Is the clients of some servers: which kind, what they call, how many, where the servers listen. Says when they have shaken hands. Of
/// each line of its standard input, each of them makes so many calls of each server, some in turn, of which it then prints the median
/// latency in microseconds, for each server; `leave` ends them.
pub async fn call(arguments: &[String]) {
    match &*arguments[0] {
        SdkClient::NAME => call_as::<SdkClient>(&arguments[1..]).await,
        _ => call_as::<Client>(&arguments[1..]).await,
    }
}

async fn call_as<C: Caller>(arguments: &[String]) {
    let tool = Tool::ALL.into_iter().find(|tool| tool.name() == arguments[0]).expect("a tool");
    let mut clients = Vec::new();
    for _ in 0..arguments[1].parse().expect("a number of clients") {
        let mut client = Vec::new();
        for address in &arguments[2..] {
            client.push(C::connect(address.parse().expect("an address"), tool).await);
        }
        clients.push(client);
    }
    println!("ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(calls) = lines.next_line().await.expect("a line").unwrap_or_default().parse::<usize>() {
        let calling = clients.into_iter().map(|mut client| {
            tokio::spawn(async move {
                let servers = client.len();
                let mut latencies = vec![Vec::with_capacity(calls); servers];
                for turn in 0..calls.div_ceil(TURN) {
                    // Each goes first as often as the others.
                    for index in (0..servers).map(|place| (turn + place) % servers) {
                        for _ in 0..TURN.min(calls - turn * TURN) {
                            let started = Instant::now();
                            client[index].call().await;
                            latencies[index].push(micros(started.elapsed()));
                        }
                    }
                }
                (client, latencies)
            })
        });
        let mut latencies = vec![Vec::new(); arguments[2..].len()];
        clients = Vec::new();
        for task in calling.collect::<Vec<_>>() {
            let (client, own) = task.await.expect("a client's task");
            clients.push(client);
            for (all, own) in latencies.iter_mut().zip(own) {
                all.extend(own);
            }
        }
        let medians: Vec<String> = latencies.into_iter().map(|latencies| median(latencies).to_string()).collect();
        println!("{}", medians.join(" "));
    }
    for client in clients.into_iter().flatten() {
        client.leave().await;
    }
    println!("left");
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
