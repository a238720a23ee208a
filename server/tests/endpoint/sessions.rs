//! When sessions start, how requests are tied to them, and when and why they end.

use super::{
    database::{Peek, Site},
    support::{
        Place, SessionRow, TestServer,
        http::{ACCEPT, answer, handshake},
        process::started,
    },
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn ended(session: &SessionRow) -> (&str, Option<&str>) {
    (session.status.as_str(), session.disconnect_reason.as_deref())
}

async fn echo(server: &TestServer, meta: Value) {
    let call = server.hand().sessionless_call(1, "echo", json!({"message": "hi"}), meta);
    assert_eq!(answer(call).await.status, 200);
}

/// As the design note has it.
const CHECK: &str =
    "SELECT session_id, client_type, status, connected_at FROM archon_mcp_sessions ORDER BY connected_at DESC LIMIT 1";

#[tokio::test]
async fn the_check_of_the_original_works_as_written() {
    let server = TestServer::start().await;
    server.hand().initialize("claude-code").await;
    server.rows().await;
    let (session_id, client_type, status, connected_at): (String, String, String, String) = match &server.database {
        Peek::Sqlite(pool) => sqlx::query_as(CHECK).fetch_one(pool).await.expect("a session"),
        Peek::Postgres(pool) => {
            let row: (Uuid, String, String, DateTime<Utc>) =
                sqlx::query_as(CHECK).fetch_one(pool).await.expect("a session");
            (row.0.to_string(), row.1, row.2, row.3.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
    };
    assert_eq!(session_id.len(), 36);
    assert_eq!((client_type.as_str(), status.as_str()), ("Claude Code", "active"));
    assert_eq!(connected_at, "2026-01-09T14:40:00.123456Z");
}

#[tokio::test]
async fn each_client_has_its_own_session_and_only_its_own_requests() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let (first, second) = (hand.initialize("first").await, hand.initialize("second").await);
    for (session, calls) in [(&first, 3), (&second, 1)] {
        for id in 0..calls {
            answer(hand.legacy_call(session, id, "echo", json!({"message": "x"}))).await;
        }
    }
    answer(hand.legacy_call(&second, 9, "fail", json!({}))).await;
    let sessions = server.sessions().await;
    let figures: Vec<_> = sessions
        .iter()
        .map(|session| (session.client_type.as_deref(), session.total_requests, session.failed_requests))
        .collect();
    // The handshake is a request, too.
    assert_eq!(figures, [(Some("first"), 4, 0), (Some("second"), 3, 1)]);
}

#[tokio::test]
async fn a_handshake_that_fails_makes_a_row_and_no_session() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let mut body = handshake("hand");
    body["params"]["protocolVersion"] = json!(7);
    let refused = hand.send(hand.post(), &body).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    assert_eq!(server.rows().await.len(), 1);
    assert_eq!(server.sessions().await, []);
}

#[tokio::test]
async fn delete_ends_the_session_and_is_answered_with_204() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    server.clock.advance(TimeDelta::seconds(90));
    let delete = hand.request(Method::DELETE, "/mcp").header("mcp-session-id", &session);
    assert_eq!(answer(delete).await.status, 204);
    let sessions = server.sessions().await;
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("client_disconnect")));
    assert_eq!(sessions[0].total_duration, Some(90.0));
    let late = answer(hand.legacy_call(&session, 1, "echo", json!({"message": "x"}))).await;
    assert_eq!((late.status.as_u16(), late.error_code()), (404, Some(-32001)));
    assert_eq!(server.sessions().await.len(), 1);
}

#[tokio::test]
async fn a_silent_session_becomes_idle_then_ends_and_its_client_begins_another() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;

    server.clock.advance(TimeDelta::minutes(6));
    server.running.sweep().await;
    assert_eq!(ended(&server.sessions().await[0]), ("idle", None));

    answer(hand.legacy_call(&session, 1, "echo", json!({"message": "x"}))).await;
    assert_eq!(ended(&server.sessions().await[0]), ("active", None), "a call wakes it");

    server.clock.advance(TimeDelta::minutes(31));
    server.running.sweep().await;
    let sessions = server.sessions().await;
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("timeout")));
    let lasted = sessions[0].total_duration.expect("it ended");
    assert!((360.0..361.0).contains(&lasted), "it ended when it was last heard of: {lasted}");

    let late = answer(hand.legacy_call(&session, 2, "echo", json!({"message": "x"}))).await;
    assert_eq!(late.status, 200, "its client goes on under its id: {late:?}");
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), 2, "but that is a new session");
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("timeout")), "the one that ended stays as it was");
    assert_eq!(ended(&sessions[1]), ("active", None));
    assert_eq!(sessions[1].client_type.as_deref(), Some("hand"));
}

#[tokio::test]
async fn a_client_with_a_running_call_or_an_open_stream_is_not_gone() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let (calling, listening) = (hand.initialize("calling").await, hand.initialize("listening").await);
    let call = tokio::spawn(hand.legacy_call(&calling, 1, "wait", json!({})).send());
    server.gate.entered().await;
    let stream = hand
        .request(Method::GET, "/mcp")
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &listening)
        .send()
        .await
        .expect("the stream opens");
    assert_eq!(stream.status(), 200);

    server.clock.advance(TimeDelta::hours(5));
    server.running.sweep().await;
    for session in server.sessions().await {
        assert_eq!(ended(&session), ("idle", None), "{session:?}");
    }
    server.gate.open();
    call.await.expect("the task runs").expect("an answer").bytes().await.expect("a body");
    assert_eq!(server.row_of("wait").await.outcome, "ok");
}

#[tokio::test]
async fn sessionless_requests_of_one_client_are_one_session_until_a_long_gap() {
    let server = TestServer::start().await;
    echo(&server, json!({})).await;
    server.clock.advance(TimeDelta::minutes(20));
    echo(&server, json!({})).await;
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!((sessions[0].attribution.as_str(), sessions[0].total_requests), ("window", 2));
    assert_eq!(sessions[0].protocol_version.as_deref(), Some("2026-07-28"));

    server.clock.advance(TimeDelta::minutes(31));
    server.running.sweep().await;
    echo(&server, json!({})).await;
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), 2, "{sessions:#?}");
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("timeout")));
    assert_eq!(ended(&sessions[1]), ("active", None));
}

#[tokio::test]
async fn a_gap_ends_the_window_even_when_no_sweep_came_between() {
    let server = TestServer::start().await;
    echo(&server, json!({})).await;
    server.clock.advance(TimeDelta::minutes(31));
    echo(&server, json!({})).await;
    assert_eq!(server.sessions().await.len(), 2);
    server.running.sweep().await;
    let sessions = server.sessions().await;
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("timeout")));
    assert_eq!(ended(&sessions[1]), ("active", None));
}

#[tokio::test]
async fn the_first_signal_that_is_there_ties_a_request_to_its_session() {
    let server = TestServer::start().await;
    echo(&server, json!({"threadId": "one", "traceparent": TRACE})).await;
    echo(&server, json!({"threadId": "two", "traceparent": TRACE})).await;
    echo(&server, json!({"threadId": "one"})).await;
    echo(&server, json!({"traceparent": TRACE})).await;
    echo(&server, json!({})).await;
    let by: Vec<_> =
        server.sessions().await.into_iter().map(|session| (session.attribution, session.total_requests)).collect();
    let expected = [("conversation", 2), ("conversation", 1), ("trace", 1), ("window", 1)];
    assert_eq!(by, expected.map(|(attribution, requests)| (attribution.to_owned(), requests)));
    let rows = server.rows().await;
    assert_eq!(rows[0].conversation_id.as_deref(), Some("one"));
    assert_eq!(rows[3].trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
}

#[tokio::test]
async fn a_conversation_and_its_turns_are_kept_in_a_legacy_session_too() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "echo", "arguments": {"message": "x"},
        "_meta": {"vscode.conversationId": "c", "vscode.requestId": "t"},
    }});
    hand.send(hand.in_session(&session), &body).await;
    let row = server.row_of("echo").await;
    assert_eq!((row.conversation_id.as_deref(), row.turn_id.as_deref()), (Some("c"), Some("t")));
    assert_eq!(server.sessions().await.len(), 1);
}

#[tokio::test]
async fn beyond_the_limit_a_handshake_is_refused_and_others_go_on() {
    let server = TestServer::start_with(|config| config.mcp.max_sessions = 2).await;
    let hand = server.hand();
    let first = hand.initialize("first").await;
    hand.initialize("second").await;
    let refused = hand.send(hand.post(), &handshake("third")).await;
    assert_eq!(refused.error_code(), Some(-32000), "{refused:?}");
    let rows = server.rows().await;
    assert_eq!(rows.last().map(|row| row.outcome.as_str()), Some("rate_limited"));
    assert_eq!(server.sessions().await.len(), 2);
    let delete = hand.request(Method::DELETE, "/mcp").header("mcp-session-id", &first);
    assert_eq!(answer(delete).await.status, 204);
    hand.initialize("fourth").await;
}

#[tokio::test]
async fn stopping_the_server_lets_calls_finish_and_closes_the_sessions() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let call = tokio::spawn(hand.legacy_call(&session, 1, "wait", json!({})).send());
    server.gate.entered().await;
    let TestServer { running, gate, database, site: _site, .. } = server;
    let stopping = tokio::spawn(running.stop());
    gate.open();
    let body = call.await.expect("the task runs").expect("an answer").text().await.expect("a body");
    assert!(body.contains("through"), "{body}");
    stopping.await.expect("the task runs").expect("the server stops");
    let (status, reason, requests): (String, String, i64) =
        database.row("SELECT status, disconnect_reason, total_requests FROM archon_mcp_sessions").await;
    assert_eq!((status.as_str(), reason.as_str(), requests), ("disconnected", "server_shutdown", 2));
}

#[tokio::test]
async fn what_a_killed_process_left_open_is_closed_at_the_next_start() {
    let site = Site::new().await;
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tracon"));
    command.current_dir(site.directory()).args(["--bind", "127.0.0.1:0", "--log", "off"]);
    let (mut process, url) = started(command.env("TRACON_DATABASE_URL", site.url())).await;
    let greeting = reqwest::Client::new().post(url).header("accept", ACCEPT).header("content-type", "application/json");
    assert_eq!(answer(greeting.body(handshake("hand").to_string())).await.status, 200);
    process.kill().await.expect("it can be killed");
    site.alone().await;

    let server = Place::at(site).start().await;
    let sessions = server.sessions().await;
    assert_eq!(ended(&sessions[0]), ("disconnected", Some("server_restart")));
}

#[tokio::test]
async fn a_call_that_the_stopping_server_cuts_off_is_recorded_as_the_server_s_doing() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let calls = [
        tokio::spawn(hand.legacy_call(&session, 1, "wait", json!({})).send()),
        tokio::spawn(hand.sessionless_call(2, "wait", json!({}), json!({})).send()),
    ];
    for _ in &calls {
        server.gate.entered().await;
    }
    let TestServer { mut running, database, site: _site, .. } = server;
    running.grace = std::time::Duration::ZERO;
    running.stop().await.expect("the server stops");
    let outcomes: Vec<(String,)> =
        database.rows("SELECT outcome FROM archon_mcp_requests WHERE tool_name = 'wait'").await;
    assert_eq!(outcomes, vec![("internal".to_owned(),); 2]);
}

#[tokio::test]
async fn a_session_that_ends_under_a_call_cancels_it() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let call = tokio::spawn(hand.legacy_call(&session, 1, "wait", json!({})).send());
    server.gate.entered().await;
    let delete = hand.request(Method::DELETE, "/mcp").header("mcp-session-id", &session);
    assert_eq!(answer(delete).await.status, 204);
    server.gate.open();
    let rows = server.rows_when(2).await;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(server.row_of("wait").await.outcome, "cancelled");
    call.await.expect("the task runs").expect("an answer");
}

#[tokio::test]
async fn a_delete_that_is_refused_ends_nothing() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    for version in ["2026-07-28", "1999-01-01"] {
        let delete = hand
            .request(Method::DELETE, "/mcp")
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", version);
        assert!(answer(delete).await.status.is_client_error());
    }
    assert_eq!(ended(&server.sessions().await[0]), ("active", None));
    answer(hand.legacy_call(&session, 1, "echo", json!({"message": "x"}))).await;
    assert!(server.row_of("echo").await.session_id.is_some());
}

#[tokio::test]
async fn a_client_that_goes_in_the_middle_of_its_handshake_leaves_no_room_taken() {
    let server = TestServer::start_with(|config| config.mcp.max_sessions = 1).await;
    let hand = server.hand();
    // rmcp has a session that no handshake completed, as when the client is gone before the answer's head.
    rmcp::transport::streamable_http_server::session::SessionManager::create_session(server.running.rmcp_sessions())
        .await
        .expect("a session");
    let refused = hand.send(hand.post(), &handshake("early")).await;
    assert_eq!(refused.error_code(), Some(-32000), "{refused:?}");
    server.running.sweep().await;
    server.running.sweep().await;
    hand.initialize("hand").await;
}

#[tokio::test]
async fn a_stranger_s_session_id_does_not_put_a_sessionless_call_into_that_session() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("somebody").await;
    let call = hand.sessionless_call(1, "echo", json!({"message": "x"}), json!({})).header("mcp-session-id", session);
    assert_eq!(answer(call).await.status, 200);
    let row = server.row_of("echo").await;
    assert_eq!(row.client_type.as_deref(), Some("hand"));
    assert_eq!(server.sessions().await.len(), 2);
}

#[tokio::test]
async fn what_a_client_declares_beyond_reason_is_not_kept() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let mut body = handshake("hand");
    body["params"]["capabilities"]["experimental"] = json!({"x": {"y": "z".repeat(1 << 20)}});
    assert_eq!(hand.send(hand.post(), &body).await.status, 200);
    server.rows().await;
    let (kept,): (Option<String>,) =
        server.database.row("SELECT CAST(client_capabilities AS TEXT) FROM archon_mcp_sessions").await;
    assert_eq!(kept, None);
}
