//! How many requests a second the store writes.
//!
//! Batches of a thousand, as the writer task makes them, into a database of its own: rows alone, and rows with a payload of
//! about a kibibyte, on SQLite and, where a server is named, on PostgreSQL. All take turns, so that what else the machine does
//! falls on each. Rounds are measured by the wall clock; the rows a second of CPU time, of all threads of this process
//! together, stand beside them: what PostgreSQL's own processes take is not in that. At the end, retention takes everything
//! away again: how long one of its steps keeps the writer from writing.
//!
//! Then ten days of little traffic are written at once, as from a spool after the database was away: each batch moves some
//! thousand rollups, where one of a busy minute moves fifty. On that database the overview of each range is read.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tracon::store::{Engine, RetentionPolicy, Store, Writer};
use tracon_app::reports::{RequestFilter, TimeRange};

use super::{
    database::{self, Database},
    traffic::{self, Traffic},
};

const BATCH: usize = 1_000;
const BATCHES_A_ROUND: usize = 15;
/// Of each kind.
const LIMIT: Duration = Duration::from_secs(10);

/// CPU time of this process so far, where the system says it (Linux), in steps of 10 ms.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

struct Kind {
    name: &'static str,
    traffic: Traffic,
    writer: Writer,
    /// Held open, as the server holds it.
    store: Store,
    rounds: Vec<f64>,
    wall: Duration,
    cpu: Duration,
    /// Goes last, when nobody is connected to it any more.
    _database: Database,
}

impl Kind {
    async fn new(engine: Engine, name: &'static str, apart: TimeDelta, with_payload: bool) -> Self {
        let database = Database::new(engine).await;
        let (store, writer) = Store::open(&database.url()).await.unwrap();
        let traffic = Traffic::new(apart, with_payload);
        let (wall, cpu) = (Duration::ZERO, Duration::ZERO);
        Self { name, traffic, writer, store, rounds: Vec::new(), wall, cpu, _database: database }
    }

    async fn round(&mut self) {
        let batches: Vec<_> = (0..BATCHES_A_ROUND).map(|_| self.traffic.batch(BATCH)).collect();
        let (start, cpu) = (Instant::now(), cpu_time());
        for batch in &batches {
            self.writer.apply(batch).await.unwrap();
        }
        let took = start.elapsed();
        self.wall += took;
        self.cpu += cpu_time().zip(cpu).map(|(after, before)| after.saturating_sub(before)).unwrap_or_default();
        self.rounds.push((BATCH * BATCHES_A_ROUND) as f64 / took.as_secs_f64());
    }

    async fn report(&mut self) {
        self.rounds.sort_by(f64::total_cmp);
        let rows = BATCH * BATCHES_A_ROUND * self.rounds.len();
        println!(
            "{:<10} {:<24} {:>8} rows in {:>5.1} s: rows/s min {:>6.0}, median {:>6.0}, max {:>6.0}; {:>6.0} rows a CPU second; {} MiB",
            self.store.engine().name(),
            self.name,
            rows,
            self.wall.as_secs_f64(),
            self.rounds[0],
            self.rounds[self.rounds.len() / 2],
            self.rounds[self.rounds.len() - 1],
            rows as f64 / self.cpu.as_secs_f64(),
            self.store.size().await.unwrap() >> 20,
        );
    }

    async fn close(self) {
        self.store.close().await;
        self.writer.close().await.unwrap();
    }
}

impl Kind {
    /// Reads the overview of each range, and a page of requests.
    async fn read(&self) {
        let median = |mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        for range in TimeRange::ALL {
            let (mut overviews, mut pages) = (Vec::new(), Vec::new());
            for _ in 0..9 {
                let start = Instant::now();
                self.store.overview(range, self.traffic.at).await.unwrap();
                overviews.push(start.elapsed().as_secs_f64() * 1e3);
                let filter = RequestFilter { range: Some(range), ..RequestFilter::default() };
                let start = Instant::now();
                self.store.requests(&filter, self.traffic.at).await.unwrap();
                pages.push(start.elapsed().as_secs_f64() * 1e3);
            }
            let (overview, page) = (median(overviews), median(pages));
            println!("{:<35} {:>3}: overview {overview:>5.1} ms, page of requests {page:>5.1} ms", "", range.as_str());
        }
    }

    /// Deletes all that was written, and gives its space back.
    async fn retain(&mut self) {
        let policy = RetentionPolicy {
            requests: Duration::ZERO,
            payloads: Duration::ZERO,
            sessions: Duration::MAX,
            minute_buckets: Duration::MAX,
            hour_buckets: Duration::MAX,
            quota_bytes: 1 << 40,
        };
        let (mut steps, mut deleted) = (Vec::new(), 0);
        loop {
            let start = Instant::now();
            let retained = self.writer.retain(&policy, self.traffic.at + TimeDelta::days(1)).await.unwrap();
            steps.push(start.elapsed().as_secs_f64() * 1e3);
            deleted += retained.deleted;
            if !retained.more {
                break;
            }
        }
        // What PostgreSQL was given here is all of one day.
        let what = match self.store.engine() {
            Engine::Sqlite => "rows deleted",
            Engine::Postgres => "days dropped",
        };
        let seconds: f64 = steps.iter().sum::<f64>() / 1e3;
        steps.sort_by(f64::total_cmp);
        println!(
            "{:<35} {deleted:>8} {what} in {seconds:>4.1} s; a step takes ms: median {:.1}, 99 % {:.1}, max {:.1}; {} MiB",
            "",
            steps[steps.len() / 2],
            steps[steps.len() * 99 / 100],
            steps[steps.len() - 1],
            self.store.size().await.unwrap() >> 20,
        );
    }
}

/// Rounds of each in turns, until all are done.
async fn measure(kinds: &mut [Kind], is_done: impl Fn(&Kind) -> bool) {
    while !kinds.iter().all(&is_done) {
        for kind in &mut *kinds {
            kind.round().await;
        }
    }
}

/// Rows with and without payloads in turns, then what comes from a spool after the database was away.
pub async fn run() {
    let engines = database::engines();
    let mut kinds = Vec::new();
    for engine in &engines {
        let apart = TimeDelta::milliseconds(1);
        kinds.push(Kind::new(*engine, "without payloads", apart, false).await);
        kinds.push(Kind::new(*engine, "payloads of 1 KiB", apart, true).await);
    }
    measure(&mut kinds, |kind| kind.wall >= LIMIT).await;
    for mut kind in kinds {
        kind.report().await;
        kind.retain().await;
        kind.close().await;
    }

    let mut kinds = Vec::new();
    for engine in engines {
        kinds.push(Kind::new(engine, "one every nine seconds", TimeDelta::seconds(9), false).await);
    }
    measure(&mut kinds, |kind| kind.traffic.at >= traffic::BEGIN + TimeDelta::days(10)).await;
    for mut kind in kinds {
        kind.report().await;
        kind.read().await;
        kind.close().await;
    }
}
