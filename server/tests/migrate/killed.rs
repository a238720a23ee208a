//! `kill -9` in the middle: whoever starts it again has the same in the end.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
};
use tracon::{
    config::Config,
    serve::Setup,
    store::{Change, Payload, RequestRecord},
};
use tracon_app::reports::Captured;

use crate::{
    command::{BOUND, Move},
    fixture::{Dice, Engine, Fixture, ago, session},
};

const REQUESTS: i64 = 20_000;

async fn filled() -> Fixture {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let mut dice = Dice::new(3);
    let sessions: Vec<_> = (1..=200).map(|number| Arc::new(session(number, ago(200_000)))).collect();
    for batch in 0..REQUESTS / 1_000 {
        let request = |number: i64| {
            let request = on.call(&dice.pick(&sessions), ago(170_000 - batch * 8_000 - number * 7));
            let captured = |json| Some(Captured { json, is_cut: false }.into());
            let payload = Payload { arguments: captured("{}".to_owned()), result: captured("x".repeat(500)) };
            Change::Request(RequestRecord {
                tool_name: Some(format!("tool_{}", dice.roll(9)).into()),
                request_bytes: dice.roll(1_000),
                response_bytes: dice.roll(10_000),
                payload: (number % 4 == 0).then(|| Box::new(payload)),
                ..request
            })
        };
        let changes: Vec<_> = (0..1_000).map(request).collect();
        on.apply(&changes).await;
    }
    on
}

async fn moved(target: &PgPool) -> i64 {
    let statement =
        "SELECT COALESCE(SUM(moved), 0)::bigint FROM archon_mcp_transfer WHERE table_name = 'archon_mcp_requests'";
    sqlx::query_scalar(statement).fetch_one(target).await.unwrap()
}

/// Until so many requests were moved.
async fn reach(target: &PgPool, requests: i64) {
    let reached = async { while moved(target).await < requests {} };
    tokio::time::timeout(BOUND, reached).await.expect("rows are moved");
}

/// Until it says so.
async fn says(child: &mut Child, what: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = async { while !lines.next_line().await.unwrap().expect("it goes on").contains(what) {} };
    tokio::time::timeout(BOUND, said).await.expect("it says so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_three_times_it_ends_with_the_same() {
    let source = filled().await;
    let moving = Move::of(&source).await;
    let target = moving.target().await;
    let mut before = 0;
    for requests in [1, 7_000] {
        let mut child = moving.command().spawn().unwrap();
        reach(&target, requests).await;
        child.kill().await.unwrap();
        let moved = moved(&target).await;
        assert!(before < moved && moved < REQUESTS, "{before} {moved}");
        before = moved;
    }
    // No server starts on a part of it.
    let data_dir = moving.folder.path().join("server");
    let config = Config { database_url: Some(moving.to.as_str().into()), data_dir, ..Config::default() };
    let config = Config { bind: ([127, 0, 0, 1], 0).into(), ..config };
    let refused = Setup::new(config).start().await.unwrap_err();
    assert!(refused.to_string().contains("has a part of what is moved from"), "{refused}");
    assert_eq!(refused.exit_code(), 2);
    let mut child = moving.command().spawn().unwrap();
    says(&mut child, "comparing").await;
    child.kill().await.unwrap();

    let ended = moving.done().await;
    assert!(ended.err.contains("moving archon_mcp_requests: 20000 of 20000 rows"), "{}", ended.err);
    assert!(ended.out.contains("the same"), "{}", ended.out);
    for statement in [
        "SELECT COUNT(*), CAST(SUM(request_bytes) AS BIGINT), CAST(SUM(response_bytes) AS BIGINT) FROM archon_mcp_requests",
        "SELECT COUNT(*), CAST(SUM(total_requests) AS BIGINT), CAST(SUM(tool_calls) AS BIGINT) FROM archon_mcp_sessions",
        "SELECT COUNT(*), CAST(SUM(LENGTH(result)) AS BIGINT), COUNT(arguments) FROM archon_mcp_payloads",
        "SELECT COUNT(*), CAST(SUM(ok) AS BIGINT), CAST(SUM(request_bytes) AS BIGINT) FROM archon_mcp_rollups",
    ] {
        let (source, target) = moving.both::<(i64, i64, i64)>(statement).await;
        assert_eq!(source, target, "{statement}");
    }
    let (source, _) = moving.both::<(i64, i64)>("SELECT COUNT(*), COUNT(id) FROM archon_mcp_requests").await;
    assert_eq!(source.0, REQUESTS);
}
