//! Idle sessions of the legacy protocol are parked, and come back under their id.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    TestServer,
    http::{Hand, answer},
    lock::Lock,
};

async fn echo(hand: &Hand<'_>, session: &str, id: i64) {
    let answer = answer(hand.legacy_call(session, id, "echo", json!({"message": "x"}))).await;
    assert_eq!(answer.message["result"]["content"][0]["text"], "x", "{answer:?}");
}

/// Lets all sessions become idle, and parks those that can be.
async fn park(server: &TestServer) {
    server.clock.advance(TimeDelta::minutes(6));
    // What brings them back must be in the database first.
    server.sessions().await;
    server.running.sweep().await;
}

async fn live(server: &TestServer) -> usize {
    server.running.rmcp_sessions().count().await
}

#[tokio::test]
async fn an_idle_session_is_parked_and_comes_back_as_the_same_one() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    echo(&hand, &session, 1).await;
    park(&server).await;
    assert_eq!(live(&server).await, 0, "rmcp has let go of it");
    let parked = server.sessions().await.remove(0);
    assert_eq!(parked.status, "idle");

    // Several at once: one of them brings it back, the others wait for that.
    futures::future::join_all((2..10).map(|id| echo(&hand, &session, id))).await;
    assert_eq!(live(&server).await, 1);
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!((sessions[0].status.as_str(), sessions[0].total_requests), ("active", 10));
    assert_eq!(sessions[0].session_id, parked.session_id);
    let rows = server.rows().await;
    assert_eq!(rows.iter().filter(|row| row.method == "initialize").count(), 1, "its handshake is not counted again");
    assert!(rows.iter().all(|row| row.session_id.as_ref() == Some(&parked.session_id)), "{rows:#?}");
}

#[tokio::test]
async fn a_call_that_comes_while_its_session_is_parked_is_answered_and_is_in_its_session() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(hand.initialize("hand").await);
    }
    for round in 0..5 {
        server.clock.advance(TimeDelta::minutes(6));
        server.sessions().await;
        let calls = futures::future::join_all(ids.iter().map(|id| echo(&hand, id, round)));
        tokio::join!(server.running.sweep(), calls);
        // Two sweeps that both meet a session while it is brought back would take it for one that nobody completes.
        server.running.sweep().await;
    }
    let rows = server.rows().await;
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), ids.len(), "none was opened beside them");
    assert!(sessions.iter().all(|session| session.total_requests == 6), "{sessions:#?}");
    assert!(rows.iter().all(|row| row.session_id.is_some() && row.outcome == "ok"), "{rows:#?}");
}

#[tokio::test]
async fn a_session_is_not_let_go_of_while_a_request_of_it_runs() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let id = hand.initialize("hand").await;
    server.clock.advance(TimeDelta::minutes(6));
    server.sessions().await;
    let sessions = &server.running.tracker().unwrap().sessions;
    assert_eq!(sessions.sweep(), std::slice::from_ref(&id), "it may be let go of");
    let held = sessions.hold_transport(&id).unwrap();
    assert!(!sessions.release(&id), "but a request came meanwhile");
    drop(held);
    assert!(sessions.release(&id));
    assert!(sessions.hold_transport(&id).is_none());
}

#[tokio::test]
async fn a_session_comes_back_after_a_restart() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    drop(hand);
    let (stopped, place) = server.stop().await;
    stopped.expect("it stops");
    // Ids sort by time, and within one instant only those of one process.
    place.clock.advance(TimeDelta::seconds(1));
    let server = place.start().await;
    let hand = server.hand();
    echo(&hand, &session, 1).await;
    let sessions = server.sessions().await;
    assert_eq!(sessions.len(), 2, "the one before ended with its server: {sessions:#?}");
    assert_eq!(sessions[0].disconnect_reason.as_deref(), Some("server_shutdown"));
    assert_eq!((sessions[1].client_name.as_deref(), sessions[1].total_requests), (Some("hand"), 1));
    assert_eq!(sessions[1].attribution, "transport");
}

#[tokio::test]
async fn a_parked_session_times_out_and_what_comes_after_is_another() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    park(&server).await;
    server.clock.advance(TimeDelta::minutes(31));
    server.running.sweep().await;
    let parked = server.sessions().await.remove(0);
    assert_eq!((parked.status.as_str(), parked.disconnect_reason.as_deref()), ("disconnected", Some("timeout")));
    assert!(parked.total_duration.is_some_and(|lasted| lasted < 1.0), "it ended when it was last heard of: {parked:?}");
    echo(&hand, &session, 1).await;
    assert_eq!(server.sessions().await.len(), 2);
}

#[tokio::test]
async fn delete_ends_a_parked_session_for_good() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    park(&server).await;
    let deleted = answer(hand.request(Method::DELETE, "/mcp").header("mcp-session-id", &session)).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(server.sessions().await[0].disconnect_reason.as_deref(), Some("client_disconnect"));
    let late = answer(hand.legacy_call(&session, 1, "echo", json!({"message": "x"}))).await;
    assert_eq!((late.status.as_u16(), late.error_code()), (404, Some(-32001)), "{late:?}");
    drop(hand);
    let (_, place) = server.stop().await;
    let server = place.start().await;
    let late = answer(server.hand().legacy_call(&session, 2, "echo", json!({"message": "x"}))).await;
    assert_eq!(late.status, 404, "{late:?}");
}

#[tokio::test]
async fn a_session_that_its_client_ended_is_gone_at_once() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    server.sessions().await;
    // The database cannot be told.
    let other = server.site.open().await;
    let lock = Lock::of(&other).await;
    let deleted = answer(hand.request(Method::DELETE, "/mcp").header("mcp-session-id", &session)).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    for id in 1..=3 {
        let late = answer(hand.legacy_call(&session, id, "echo", json!({"message": "x"}))).await;
        assert_eq!(late.status, 404, "{late:?}");
    }
    lock.release().await;
    let sessions = server.sessions().await;
    assert_eq!((sessions.len(), sessions[0].total_requests), (1, 1), "{sessions:#?}");
    let late = answer(hand.legacy_call(&session, 4, "echo", json!({"message": "x"}))).await;
    assert_eq!(late.status, 404, "{late:?}");
}

#[tokio::test]
async fn a_session_with_an_open_stream_is_not_parked() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let stream =
        hand.request(Method::GET, "/mcp").header("accept", "text/event-stream").header("mcp-session-id", &session);
    let _stream = stream.send().await.expect("it opens");
    park(&server).await;
    assert_eq!(live(&server).await, 1);
}

#[tokio::test]
async fn a_refused_handshake_names_no_session_and_leaves_none() {
    let server = TestServer::start_with(|config| config.mcp.max_sessions = 1).await;
    let hand = server.hand();
    hand.initialize("first").await;
    let refused = hand.send(hand.post(), &crate::support::http::handshake("second")).await;
    assert!(refused.error_code().is_some(), "{refused:?}");
    assert_eq!(refused.session_id, None, "there is no such session");
    assert_eq!(server.sessions().await.len(), 1);
}
