//! `kill -9` under load: what a client has read is in the database after the restart, once.

use std::{collections::HashSet, sync::Arc};

use serde_json::json;
use tokio::process::{Child, Command};
use tracon::serve::Setup;
use tracon_app::reports::Outcome;

use crate::{
    database::Site,
    support::{
        BOUND,
        load::{Answered, Caller, is_result},
        process::started,
    },
};

const ROUNDS: usize = 30;
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_was_read_is_recorded_once_across_thirty_kills() {
    let site = Site::new().await;
    let answered = Arc::new(Answered::default());
    let mut sessions = Vec::new();
    // A failure shows it.
    let seed = fastrand::u64(..);
    eprintln!("the moments are those of the seed {seed}");
    let mut lot = fastrand::Rng::with_seed(seed);
    for round in 0..ROUNDS {
        let (mut server, url) = start(&site).await;
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| tokio::spawn(load(url.clone(), round, client, Arc::clone(&answered)))).collect();
        // Within a batch, between two, in the handshakes: early moments more often than late ones.
        let latest = lot.usize(1..600);
        let moment = answered.count() + lot.usize(..latest);
        tokio::time::timeout(BOUND, answered.reach(moment)).await.expect("calls are answered");
        server.kill().await.expect("it can be killed");
        for client in clients {
            let ended = tokio::time::timeout(BOUND, client).await.expect("a client ends with its server");
            sessions.extend(ended.expect("the client's task runs"));
        }
    }

    site.alone().await;
    let running = Setup::new(site.config()).start().await.expect("it starts");
    let settled = running.tracker().expect("tracking is on").recorder.settled();
    tokio::time::timeout(BOUND, settled).await.expect("what waits is written");
    running.stop().await.expect("it stops");

    let database = site.open().await;
    let recorded: Vec<(String,)> =
        database.rows("SELECT rpc_id FROM archon_mcp_requests WHERE tool_name IS NOT NULL").await;
    let unique: HashSet<String> = recorded.iter().map(|(id,)| id.clone()).collect();
    assert_eq!(unique.len(), recorded.len(), "none is there twice");
    let answered = answered.ids();
    let missing: Vec<_> = answered.iter().filter(|id| !unique.contains(&json!(id).to_string())).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}", missing.len(), answered.len());
    assert!(answered.len() > 1_000, "there was a load: {}", answered.len());

    let wrong: Vec<(String, i64, i64, i64, i64)> = database.rows(
        "SELECT CAST(s.session_id AS TEXT), s.total_requests, COUNT(r.id), s.failed_requests, COUNT(r.id) FILTER (WHERE r.status = 'error')
         FROM archon_mcp_sessions s LEFT JOIN archon_mcp_requests r USING (session_id) GROUP BY s.session_id
         HAVING s.total_requests <> COUNT(r.id) OR s.failed_requests <> COUNT(r.id) FILTER (WHERE r.status = 'error')",
    )
    .await;
    assert_eq!(wrong, [], "counters are those of the rows");
    let rows: Sums = database
        .row(
            "SELECT COUNT(*) AS requests, COUNT(*) FILTER (WHERE status = 'error') AS errors,
                 CAST(SUM(request_bytes) AS BIGINT) AS request_bytes,
                 CAST(SUM(response_bytes) AS BIGINT) AS response_bytes,
                 CAST(SUM(COALESCE(response_tokens, 0)) AS BIGINT) AS tokens,
                 COUNT(session_id) AS with_session FROM archon_mcp_requests",
        )
        .await;
    for width in ["minute", "hour", "day"] {
        let rollups: Sums = database
            .row(&format!(
                "SELECT CAST(SUM({ALL}) AS BIGINT) AS requests,
                     CAST(SUM({ALL} - ok - input_required) AS BIGINT) AS errors,
                     CAST(SUM(request_bytes) AS BIGINT) AS request_bytes,
                     CAST(SUM(response_bytes) AS BIGINT) AS response_bytes,
                     CAST(SUM(response_tokens) AS BIGINT) AS tokens, CAST(SUM(with_session) AS BIGINT) AS with_session
                 FROM archon_mcp_rollups WHERE width = '{width}' AND tool_name = ''"
            ))
            .await;
        assert_eq!(rollups, rows, "by the {width}");
        for outcome in Outcome::ALL.map(Outcome::as_str) {
            let counts: Vec<(String, i64, i64)> = database
                .rows(&format!(
                    "SELECT tool_name, CAST(SUM({outcome}) AS BIGINT), (SELECT COUNT(*) FROM archon_mcp_requests r
                         WHERE r.outcome = '{outcome}' AND (u.tool_name = '' OR r.tool_name = u.tool_name))
                     FROM archon_mcp_rollups u WHERE width = '{width}' GROUP BY tool_name"
                ))
                .await;
            assert!(counts.len() > 1 && counts.iter().all(|(_, sum, rows)| sum == rows), "{outcome}: {counts:?}");
        }
    }
    let dangling: Vec<(String,)> = database
        .rows(
            "SELECT CAST(id AS TEXT) FROM archon_mcp_requests
             WHERE session_id IS NOT NULL AND session_id NOT IN (SELECT session_id FROM archon_mcp_sessions)",
        )
        .await;
    assert_eq!(dangling, [], "no request names a session that is not there");
    let alone: Vec<(String,)> = database
        .rows("SELECT CAST(id AS TEXT) FROM archon_mcp_requests WHERE session_id IS NULL AND tool_name IS NOT NULL")
        .await;
    assert_eq!(alone, [], "no call has lost its session");
    let open: Vec<(String,)> =
        database.rows("SELECT CAST(session_id AS TEXT) FROM archon_mcp_sessions WHERE status <> 'disconnected'").await;
    assert_eq!(open, [], "what the killed servers left open is closed");
    assert!(!sessions.is_empty(), "legacy clients were among them");
}

/// The columns that make up a rollup's requests.
const ALL: &str = "(ok + input_required + tool_error + protocol_error + denied + rate_limited + timeout + cancelled + \
                   disconnected + internal)";

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Sums {
    requests: i64,
    errors: i64,
    request_bytes: i64,
    response_bytes: i64,
    tokens: i64,
    with_session: i64,
}

/// The real binary, and where it listens.
async fn start(site: &Site) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_tracon"));
    server.current_dir(site.directory()).args(["--bind", "127.0.0.1:0", "--log", "off"]);
    server.env("TRACON_DATABASE_URL", site.url());
    started(&mut server).await
}

/// Calls until the server is gone. Half of the clients have a legacy session; its id is given back.
async fn load(url: String, round: usize, number: usize, answered: Arc<Answered>) -> Option<String> {
    let mut caller = Caller::new(url, format!("crash {number}"));
    if number.is_multiple_of(2) {
        caller.greet().await.ok()?;
        caller.session.as_ref()?;
    }
    for call in 0.. {
        let id = format!("{round}-{number}-{call}");
        let Ok(answer) = caller.call(&id).send().await else { break };
        let Ok(answer) = answer.text().await else { break };
        if is_result(&answer, &id) {
            answered.add(id);
        }
    }
    caller.session
}
