//! The database or the spool's disk is away: calls go on, and the books say what became of their records.

use reqwest::Client;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tracon_app::reports::RecorderHealth;

use crate::{
    database::{Peek, Site},
    support::{
        BOUND, Place, TestServer,
        http::{ACCEPT, Answer, Hand, answer, handshake},
        lock::Lock,
        process::started,
    },
};

fn health(server: &TestServer) -> RecorderHealth {
    server.running.tracker().expect("tracking is on").recorder.health()
}

async fn echo(hand: &Hand<'_>, session: &str, calls: std::ops::Range<i64>) {
    for id in calls {
        let answer = answer(hand.legacy_call(session, id, "echo", json!({"message": "x"}))).await;
        assert_eq!(answer.message["result"]["content"][0]["text"], "x", "{answer:?}");
    }
}

#[tokio::test]
async fn while_the_database_is_locked_calls_go_on_and_nothing_is_lost() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    echo(&hand, &session, 0..10).await;
    assert_eq!(server.rows().await.len(), 11);

    let other = server.site.open().await;
    let lock = Lock::of(&other).await;
    echo(&hand, &session, 10..200).await;
    let recorder = &server.running.tracker().expect("tracking is on").recorder;
    tokio::time::timeout(BOUND, recorder.failing()).await.expect("the writer notices");
    let during = health(&server);
    assert_eq!((during.waiting, during.lost), (190, 0), "{during:?}");
    assert!(during.failing_since.is_some() && during.spool_bytes > 0, "{during:?}");
    let checked = answer(hand.request(reqwest::Method::GET, "/readyz")).await;
    assert_eq!(checked.status, 503, "{checked:?}");

    lock.release().await;
    assert_eq!(server.rows().await.len(), 201);
    let after = health(&server);
    assert_eq!((after.waiting, after.lost, after.failing_since), (0, 0, None), "{after:?}");
    assert_eq!(after.spool_bytes, 0, "the spool is cut once all is written");
}

#[tokio::test]
async fn while_postgresql_refuses_connections_calls_go_on_and_nothing_is_lost() {
    let server = Place::at(Site::on_postgres().await).start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    echo(&hand, &session, 0..10).await;
    assert_eq!(server.rows().await.len(), 11);

    server.site.refuse_connections(true).await;
    echo(&hand, &session, 10..200).await;
    let recorder = &server.running.tracker().expect("tracking is on").recorder;
    tokio::time::timeout(BOUND, recorder.failing()).await.expect("the writer notices");
    let during = health(&server);
    assert_eq!((during.waiting, during.lost), (190, 0), "{during:?}");
    let checked = answer(hand.request(reqwest::Method::GET, "/readyz")).await;
    assert_eq!(checked.status, 503, "{checked:?}");
    echo(&hand, &session, 200..210).await;

    server.site.refuse_connections(false).await;
    assert_eq!(server.rows().await.len(), 211);
    let after = health(&server);
    assert_eq!((after.waiting, after.lost, after.failing_since), (0, 0, None), "{after:?}");
    assert_eq!(server.sessions().await[0].total_requests, 211);
}

/// From now on the database refuses every call of a tool of this name.
async fn refuse_poison(database: &Peek) {
    let statement = match database {
        Peek::Sqlite(_) => {
            "CREATE TRIGGER no_poison BEFORE INSERT ON archon_mcp_request_rows
             WHEN NEW.kind IN (SELECT number FROM archon_mcp_kinds WHERE tool_name = 'poison')
             BEGIN SELECT RAISE(ABORT, 'poison'); END"
        }
        Peek::Postgres(_) => "ALTER TABLE archon_mcp_requests ADD CONSTRAINT no_poison CHECK (tool_name <> 'poison')",
    };
    assert!(database.rows::<(i64,)>(statement).await.is_empty());
}

#[tokio::test]
async fn what_the_database_refuses_is_set_aside_alone_and_keeps_nothing_else_back() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    assert_eq!(server.rows().await.len(), 1);
    let other = server.site.open().await;
    refuse_poison(&other).await;
    let refused = server.site.directory().join("data/spool/refused.jsonl");
    let poison = async |id| {
        answer(hand.legacy_call(&session, id, "poison", json!({}))).await;
    };

    // All of them in one batch.
    let lock = Lock::of(&other).await;
    echo(&hand, &session, 1..20).await;
    poison(20).await;
    echo(&hand, &session, 21..30).await;
    poison(30).await;
    echo(&hand, &session, 31..40).await;
    lock.release().await;
    let rows = server.rows().await;
    assert_eq!(rows.len(), 38, "{rows:#?}");
    assert!(rows.iter().all(|row| row.tool_name.as_deref() != Some("poison")));
    let after = health(&server);
    assert_eq!((after.waiting, after.refused, after.lost), (0, 2, 0), "{after:?}");
    assert_eq!(server.sessions().await[0].total_requests, 38, "what is no row does not count");
    let lines = std::fs::read_to_string(&refused).expect("it is there");
    let ids: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(ids.len() == 2 && lines.lines().all(|line| line.contains("poison")), "{lines}");

    // Where it cannot be kept either, that is said.
    std::fs::remove_file(&refused).expect("it is removed");
    std::fs::create_dir(&refused).expect("nothing can be written there");
    poison(41).await;
    echo(&hand, &session, 42..44).await;
    assert_eq!(server.rows().await.len(), 40);
    let after = health(&server);
    assert_eq!((after.waiting, after.refused, after.lost), (0, 2, 1), "{after:?}");
    other.close().await;
}

#[tokio::test]
async fn what_waits_when_the_server_stops_is_written_at_the_next_start() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    assert_eq!(server.rows().await.len(), 1);
    let other = server.site.open().await;
    let lock = Lock::of(&other).await;
    echo(&hand, &session, 0..5).await;
    drop(hand);
    let (stopped, place) = server.stop().await;
    let message = stopped.expect_err("records wait").to_string();
    lock.release().await;
    other.close().await;
    // Only the last server's end is that of the sessions.
    place.alone().await;
    let server = place.start().await;
    assert!(message.contains("records wait in the spool"), "{message}");
    assert_eq!(server.rows().await.len(), 6);
    let sessions = server.sessions().await;
    assert_eq!(sessions[0].disconnect_reason.as_deref(), Some("server_shutdown"), "also how the sessions ended");
    assert_eq!(sessions[0].total_requests, 6);
}

/// A server whose spool has a disk of its own, of 1 MiB. In name spaces of its own, so that nobody needs to be root.
fn with_small_disk(site: &Site) -> Command {
    std::fs::create_dir_all(site.directory().join("data/spool")).expect("it can be made");
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs data/spool && exec {} --bind 127.0.0.1:0 --log off",
        env!("CARGO_BIN_EXE_tracon")
    );
    let mut unshared = Command::new("unshare");
    unshared.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(site.directory());
    unshared.env("TRACON_DATABASE_URL", site.url());
    unshared
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn on_a_full_disk_calls_go_on_and_the_lost_are_counted_exactly() {
    let site = Site::new().await;
    let (server, url) = started(&mut with_small_disk(&site)).await;
    let client = Client::new();
    let opened = post(&client, &url, None, &handshake("hand")).await;
    let session = opened.session_id.expect("a session");
    let call = async |id: u32, tool: &str| {
        let call =
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {}}});
        let answer = post(&client, &url, Some(&session), &call).await;
        assert!(answer.message["result"]["isError"] != true && answer.status == 200, "{answer:?}");
        answer.message["result"]["structuredContent"]["health"]["recorder"].clone()
    };
    let database = site.open().await;
    let lock = Lock::of(&database).await;

    let mut calls = 0;
    let mut lost = 0;
    while lost < 20 {
        assert!(calls < 20_000, "the spool never was full");
        for _ in 0..50 {
            calls += 1;
            call(calls, "session_info").await;
        }
        calls += 1;
        lost = call(calls, "health_check").await["lost"].as_u64().expect("a count");
    }
    lock.release().await;
    let recorder = loop {
        calls += 1;
        let recorder = call(calls, "health_check").await;
        // The calls that ask are recorded, too, and the writer gathers a few at a time.
        if recorder["waiting"].as_u64().is_some_and(|waiting| waiting < 20) {
            break recorder;
        }
    };
    terminate(server).await;
    let (rows,): (i64,) = database.row("SELECT COUNT(*) FROM archon_mcp_requests WHERE tool_name IS NOT NULL").await;
    let lost = recorder["lost"].as_u64().expect("a count");
    assert!(lost >= 20);
    assert_eq!(rows.unsigned_abs() + lost, u64::from(calls), "what is not there is what was counted as lost");
}

async fn post(client: &Client, url: &str, session: Option<&str>, body: &Value) -> Answer {
    let mut request = client.post(url).header("accept", ACCEPT).header("content-type", "application/json");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25");
    }
    answer(request.body(body.to_string())).await
}

async fn terminate(mut server: Child) {
    let id = server.id().expect("it runs").to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
    assert!(told.success());
    tokio::time::timeout(BOUND, server.wait()).await.expect("it stops").expect("it is waited for");
}
