//! How many requests a second the store writes.
//!
//! Batches of a thousand, as the writer task makes them, into a database of its own in the system's temporary folder: rows
//! alone, and rows with a payload of about a kibibyte. The two take turns, so that what else the machine does falls on both.
//! Rounds are measured by the wall clock; the rows a second of CPU time, of all threads together, stand beside them. At the
//! end, retention takes everything away again: how long one of its steps keeps the writer from writing.
//!
//! Then ten days of little traffic are written at once, as from a spool after the database was away: each batch moves some
//! thousand rollups, where one of a busy minute moves fifty. On that database the overview of each range is read.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use tracon::{
    clock::Ids,
    store::{
        Attribution, Change, Payload, RequestRecord, RetentionPolicy, SessionRecord, SessionRef, Store, Writer,
        sqlite_url,
    },
};
use tracon_app::reports::{Captured, Outcome, RequestFilter, TimeRange};
use uuid::Uuid;

const BATCH: usize = 1_000;
const BATCHES_A_ROUND: usize = 15;
/// Of each kind.
const LIMIT: Duration = Duration::from_secs(10);

const TOOLS: [&str; 12] = [
    "health_check",
    "session_info",
    "search",
    "read_file",
    "list_projects",
    "create_task",
    "update_task",
    "find_documents",
    "get_version",
    "list_features",
    "fetch_page",
    "code_examples",
];

/// Makes records a fixed time apart: twenty clients, a dozen tools, one failure in sixteen.
struct Traffic {
    ids: Ids,
    sessions: Vec<Arc<SessionRecord>>,
    at: DateTime<Utc>,
    made: u64,
    apart: TimeDelta,
    with_payload: bool,
}

impl Traffic {
    fn new(apart: TimeDelta, with_payload: bool) -> Self {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_969_600);
        let session = |number: u128| {
            Arc::new(SessionRecord {
                session_id: Uuid::from_u128(0x019b_a32c_0000_7000_8000_0000_0000_0000 | number),
                client_type: Some(["Claude Code", "Cursor", "VS Code", "Codex"][number as usize % 4].to_owned()),
                client_name: Some("claude-code".to_owned()),
                client_version: Some("2.1.0".to_owned()),
                protocol_version: Some("2025-11-25".to_owned()),
                client_capabilities: Some(r#"{"roots":{}}"#.to_owned()),
                attribution: Attribution::Transport,
                transport_session_id: Some(format!("transport-{number}")),
                connected_at: at,
                is_probe: false,
                user_agent: Some("claude-code/2.1.0".to_owned()),
                peer: Some("127.0.0.1".to_owned()),
                server_instance: Uuid::from_u128(1),
            })
        };
        Self { ids: Ids::default(), sessions: (0..20).map(session).collect(), at, made: 0, apart, with_payload }
    }

    /// A number that looks random, of the next record.
    fn dice(&self) -> u64 {
        let mixed = (self.made + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 29)
    }

    fn request(&mut self) -> Change {
        let dice = self.dice();
        self.made += 1;
        self.at += self.apart;
        let session = &self.sessions[dice as usize % self.sessions.len()];
        let failed = dice.is_multiple_of(16);
        Change::Request(RequestRecord {
            id: self.ids.next(self.at),
            session: Some(SessionRef::Opens(Arc::clone(session))),
            client_type: session.client_type.clone(),
            method: "tools/call".into(),
            tool_name: Some(TOOLS[(dice >> 8) as usize % TOOLS.len()].to_owned()),
            outcome: if failed { Outcome::ToolError } else { Outcome::Ok },
            error_code: None,
            error_message: failed.then(|| "the document does not exist".to_owned()),
            timestamp: self.at,
            duration: Duration::from_micros(500 + (dice >> 16) % 1_000 * ((dice >> 32) % 1_000)),
            request_bytes: 200 + (dice >> 20) % 400,
            response_bytes: 300 + (dice >> 24) % 4_000,
            response_tokens: Some(75 + (dice >> 26) as u32 % 1_000),
            payload: self.with_payload.then(|| Box::new(payload(dice))),
            http_status: Some(200),
            rpc_id: Some(self.made.to_string()),
            protocol_version: session.protocol_version.clone(),
            conversation_id: Some("4f9d3c7e-6a52-4b1e-8f0d-2c9a7b5e1d34".to_owned()),
            turn_id: None,
            trace_id: None,
            server_instance: session.server_instance,
        })
    }

    fn batch(&mut self) -> Vec<Change> {
        (0..BATCH).map(|_| self.request()).collect()
    }
}

/// About a kibibyte in all.
fn payload(dice: u64) -> Payload {
    let arguments = format!(r#"{{"query":"{dice:x}","limit":20,"project":"tracon"}}"#);
    let result = format!(r#"{{"content":[{{"type":"text","text":"{}"}}]}}"#, format!("{dice:016x} ").repeat(55));
    let captured = |json| Some(Captured { json, is_cut: false });
    Payload { arguments: captured(arguments), result: captured(result) }
}

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
    _folder: tempfile::TempDir,
    rounds: Vec<f64>,
    wall: Duration,
    cpu: Duration,
}

impl Kind {
    async fn new(name: &'static str, apart: TimeDelta, with_payload: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, writer) = Store::open(&sqlite_url(&folder.path().join("tracon.db"))).await.unwrap();
        let traffic = Traffic::new(apart, with_payload);
        let (wall, cpu) = (Duration::ZERO, Duration::ZERO);
        Self { name, traffic, writer, store, _folder: folder, rounds: Vec::new(), wall, cpu }
    }

    async fn round(&mut self) {
        let batches: Vec<_> = (0..BATCHES_A_ROUND).map(|_| self.traffic.batch()).collect();
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
            "{:<22} {:>8} rows in {:>5.1} s: rows/s min {:>6.0}, median {:>6.0}, max {:>6.0}; {:>6.0} rows a CPU second; {} MiB",
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
            println!("{:<22} {:>3}: overview {overview:>5.1} ms, page of requests {page:>5.1} ms", "", range.as_str());
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
        let seconds: f64 = steps.iter().sum::<f64>() / 1e3;
        steps.sort_by(f64::total_cmp);
        println!(
            "{:<22} {deleted:>8} rows deleted in {seconds:>4.1} s; a step takes ms: median {:.1}, 99 % {:.1}, max {:.1}; {} MiB",
            "",
            steps[steps.len() / 2],
            steps[steps.len() * 99 / 100],
            steps[steps.len() - 1],
            self.store.size().await.unwrap() >> 20,
        );
    }
}

/// Rows with and without payloads in turns, then what comes from a spool after the database was away.
pub async fn run() {
    let limit = LIMIT;
    let apart = TimeDelta::milliseconds(1);
    let mut kinds =
        [Kind::new("without payloads", apart, false).await, Kind::new("payloads of 1 KiB", apart, true).await];
    loop {
        for kind in &mut kinds {
            kind.round().await;
        }
        if kinds.iter().all(|kind| kind.wall >= limit) {
            break;
        }
    }
    for mut kind in kinds {
        kind.report().await;
        kind.retain().await;
        kind.close().await;
    }

    let mut sparse = Kind::new("one every nine seconds", TimeDelta::seconds(9), false).await;
    let until = sparse.traffic.at + TimeDelta::days(10);
    while sparse.traffic.at < until {
        sparse.round().await;
    }
    sparse.report().await;
    sparse.read().await;
    sparse.close().await;
}
