//! A database of its own for each test, and records to put into it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use tracon::clock::Clock;
use tracon::store::{
    Attribution, Change, DisconnectReason, EndedSession, Recording, RequestRecord, ServerFacts, SessionKey,
    SessionRecord, SessionRef, Silence, Store, StoreReports, Writer, sqlite_url,
};
use tracon_app::reports::{Outcome, RecorderHealth, RequestFilter, Retention, SessionFilter};
use uuid::Uuid;

use crate::postgres::Database;

/// The engines that the story runs on.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Debug)]
pub struct Fixture {
    pub store: Store,
    pub writer: Writer,
    pub url: String,
    made: AtomicU64,
    /// Deleted with the fixture.
    pub place: Place,
}

/// Where the database is.
#[derive(Debug)]
pub enum Place {
    /// SQLite's `tracon.db` and what lies beside it.
    Folder(TempDir),
    Server(Database),
}

impl Place {
    /// SQLite's folder.
    pub fn folder(&self) -> &std::path::Path {
        match self {
            Self::Folder(folder) => folder.path(),
            Self::Server(_) => panic!("PostgreSQL's files are its own"),
        }
    }
}

impl Fixture {
    pub async fn new(engine: Engine) -> Self {
        let (place, url) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = sqlite_url(&folder.path().join("tracon.db"));
                (Place::Folder(folder), url)
            }
            Engine::Postgres => {
                let database = Database::new().await;
                let url = database.url.clone();
                (Place::Server(database), url)
            }
        };
        let (store, writer) = Store::open(&url).await.unwrap();
        Self { store, writer, url, made: AtomicU64::new(0), place }
    }

    /// A `UUIDv7` of that time: of two that were made for one millisecond, the second is greater.
    fn id(&self, at: DateTime<Utc>) -> Uuid {
        let mut after_time = [0; 10];
        after_time[2..].copy_from_slice(&self.made.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let millis = u64::try_from(at.timestamp_millis()).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &after_time).into_uuid()
    }

    /// Gives how many requests and sessions are new.
    pub async fn apply(&mut self, changes: &[Change]) -> (u64, u64) {
        let applied = self.writer.apply(changes).await.unwrap();
        (applied.requests, applied.sessions)
    }

    /// A successful `tools/call` at that time; to be changed as the test needs it.
    pub fn call(&self, session: &Arc<SessionRecord>, at: DateTime<Utc>) -> RequestRecord {
        RequestRecord {
            id: self.id(at),
            session: Some(SessionRef::Opens(Arc::clone(session))),
            client_type: session.client_type.clone(),
            method: "tools/call".into(),
            tool_name: Some("health_check".into()),
            outcome: Outcome::Ok,
            error_code: None,
            error_message: None,
            timestamp: at,
            duration: Duration::from_micros(1_500),
            request_bytes: 120,
            response_bytes: 340,
            response_tokens: Some(85),
            payload: None,
            http_status: Some(200),
            rpc_id: Some("1".into()),
            protocol_version: session.protocol_version.clone(),
            conversation_id: None,
            turn_id: None,
            trace_id: None,
            server_instance: session.server_instance,
        }
    }

    /// Every session, page by page, probes and others: what the database holds of them.
    pub async fn all_sessions(&self) -> Vec<tracon_app::reports::SessionRow> {
        let mut rows = Vec::new();
        for probes in [false, true] {
            let mut filter = SessionFilter { probes, ..SessionFilter::default() };
            loop {
                let page = self.store.sessions(&filter, now()).await.unwrap();
                rows.extend(page.rows);
                filter.before = page.next;
                if filter.before.is_none() {
                    break;
                }
            }
        }
        rows
    }

    /// Every request that matches, page by page, newest first.
    pub async fn all_requests(&self, filter: &RequestFilter) -> Vec<tracon_app::reports::RequestRow> {
        let mut filter = filter.clone();
        let mut rows = Vec::new();
        loop {
            let page = self.store.requests(&filter, now()).await.unwrap();
            rows.extend(page.rows);
            filter.before = page.next;
            if filter.before.is_none() {
                return rows;
            }
        }
    }

    /// All that the store shows of these sessions and their requests, to see whether anything changed.
    pub async fn everything(&self) -> String {
        let mut everything = Vec::new();
        for session in self.all_sessions().await {
            everything.push(format!("{:?}", self.store.session(&session.session_id, now()).await.unwrap()));
        }
        for request in self.all_requests(&RequestFilter::default()).await {
            everything.push(format!("{:?}", self.store.request(&request.id).await.unwrap()));
        }
        everything.join("\n")
    }
}

/// The moment of the reports: neither a whole second nor a whole bucket of any range.
pub fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_767_969_637_123_456)
}

/// So many seconds before [`now`].
pub fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

/// The server process that the tests' records come from.
pub const INSTANCE: Uuid = Uuid::from_u128(0x0001_0000);

/// A session of Claude Code; its id is that number.
pub fn session(number: u128, connected_at: DateTime<Utc>) -> SessionRecord {
    SessionRecord {
        session_id: Uuid::from_u128(number),
        key: key(Uuid::from_u128(number << 64), connected_at),
        client_type: Some("Claude Code".into()),
        client_name: Some("claude-code".to_owned()),
        client_version: Some("2.1.0".to_owned()),
        protocol_version: Some("2025-11-25".into()),
        client_capabilities: Some(r#"{"roots":{}}"#.to_owned()),
        attribution: Attribution::Transport,
        transport_session_id: Some(format!("transport-{number}")),
        connected_at,
        is_probe: false,
        user_agent: Some("claude-code/2.1.0".to_owned()),
        peer: Some("127.0.0.1".to_owned()),
        server_instance: INSTANCE,
    }
}

/// Of a session that opens then, with the default time-out.
pub fn key(key: Uuid, at: DateTime<Utc>) -> SessionKey {
    SessionKey { key, since: at - TimeDelta::minutes(30), until: at + TimeDelta::minutes(30) }
}

/// All are idle that have sent no request since then.
pub fn idle_before(at: DateTime<Utc>) -> Change {
    Change::Swept(Silence { idle_before: at, gone_before: DateTime::UNIX_EPOCH })
}

pub fn gone(session: &Arc<SessionRecord>, reason: DisconnectReason, at: DateTime<Utc>) -> Change {
    Change::Ended(EndedSession { session_id: session.session_id, reason, at })
}

/// The requests of a session and those that failed, by its counters.
pub async fn totals(store: &Store, session_id: Uuid) -> Option<(u64, u64)> {
    let so_far = store.session_so_far(session_id, key(Uuid::nil(), now())).await.unwrap();
    so_far.map(|session| (session.requests, session.errors))
}

/// The store as the pages see it.
pub fn reports(on: &Fixture, clock: Arc<dyn Clock>) -> StoreReports {
    let facts = ServerFacts {
        version: "0.0.0",
        started_at: now(),
        retention: Retention::default(),
        database_quota_bytes: 1 << 30,
    };
    StoreReports::new(on.store.clone(), clock, facts, Arc::new(Untracked))
}

#[derive(Debug)]
struct Untracked;

impl Recording for Untracked {
    fn health(&self) -> Option<RecorderHealth> {
        None
    }
}

/// Milliseconds of a duration, as they are stored.
pub fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

/// The value at position ⌈p·n⌉ in ascending order.
pub fn percentile(percent: usize, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * percent).div_ceil(100).checked_sub(1)?).copied()
}

/// Whether a percentile of a sketch is within 1 % of the exact one.
pub fn is_close(found: Option<f64>, exact: Option<f64>) -> bool {
    match (found, exact) {
        (Some(found), Some(exact)) => (found - exact).abs() <= exact * 0.01,
        (found, exact) => found == exact,
    }
}

/// A sequence that looks random and is the same in every run.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides` (splitmix64).
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = usize::try_from(self.roll(choices.len() as u64)).unwrap();
        choices[index].clone()
    }
}
