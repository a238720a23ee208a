//! How calls end, on both eras: one row each with the right outcome, and an answer where one is due.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::support::{
    TestServer,
    http::{ACCEPT, Answer, Hand, answer},
};
use axum::body::Body;
use futures::FutureExt;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use tower::{Layer, Service, service_fn};
use tracon::{
    tracking::layer::TrackLayer,
    wire::{Response, body::tap},
};

/// The two eras of the protocol.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Era {
    Legacy,
    Sessionless,
}

const ERAS: [Era; 2] = [Era::Legacy, Era::Sessionless];

struct Caller<'a> {
    hand: Hand<'a>,
    session: Option<String>,
}

impl<'a> Caller<'a> {
    async fn new(server: &'a TestServer, era: Era) -> Self {
        let hand = server.hand();
        let session = if era == Era::Legacy { Some(hand.initialize("hand").await) } else { None };
        Self { hand, session }
    }

    fn call(&self, id: i64, tool: &str, arguments: Value) -> reqwest::RequestBuilder {
        match &self.session {
            Some(session) => self.hand.legacy_call(session, id, tool, arguments),
            None => self.hand.sessionless_call(id, tool, arguments, json!({})),
        }
    }
}

async fn call(server: &TestServer, era: Era, tool: &str) -> Answer {
    answer(Caller::new(server, era).await.call(1, tool, json!({}))).await
}

#[tokio::test]
async fn a_tool_that_fails_is_a_failure_on_the_wire_and_in_the_database() {
    for era in ERAS {
        let server = TestServer::start().await;
        let failed = call(&server, era, "fail").await;
        assert_eq!(failed.message["result"]["isError"], true, "{era:?}: {failed:?}");
        let row = server.row_of("fail").await;
        assert_eq!((row.outcome.as_str(), row.status.as_str()), ("tool_error", "error"), "{era:?}");
        assert_eq!(row.error_message.as_deref(), Some("not_found: no task has this id"), "{era:?}");

        call(&server, era, "fail_plainly").await;
        assert_eq!(server.row_of("fail_plainly").await.error_message.as_deref(), Some("it did not work"), "{era:?}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error() {
    for era in ERAS {
        let server = TestServer::start().await;
        let unknown = call(&server, era, "no_such_tool").await;
        assert_eq!(unknown.error_code(), Some(-32602), "{era:?}: {unknown:?}");
        let row = server.row_of("no_such_tool").await;
        assert_eq!((row.outcome.as_str(), row.error_code), ("protocol_error", Some(-32602)), "{era:?}");
    }
}

#[tokio::test]
async fn a_tool_that_panics_is_answered_and_keeps_its_secrets() {
    for era in ERAS {
        let server = TestServer::start().await;
        let caller = Caller::new(&server, era).await;
        let panicked = answer(caller.call(1, "panic", json!({}))).await;
        assert_eq!(panicked.error_code(), Some(-32603), "{era:?}: {panicked:?}");
        assert!(!panicked.message.to_string().contains("secret"), "{era:?}: {panicked:?}");
        let row = server.row_of("panic").await;
        assert_eq!((row.outcome.as_str(), row.error_code), ("internal", Some(-32603)), "{era:?}");
        assert!(!row.error_message.unwrap_or_default().contains("secret"), "{era:?}");
        // The session goes on.
        let echoed = answer(caller.call(2, "echo", json!({"message": "still here"}))).await;
        assert_eq!(echoed.message["result"]["content"][0]["text"], "still here", "{era:?}: {echoed:?}");
    }
}

#[tokio::test]
async fn a_tool_that_runs_too_long_is_ended_and_its_client_told() {
    for era in ERAS {
        let server = TestServer::start_with(|config| config.mcp.tool_timeout = Duration::from_millis(50)).await;
        let late = call(&server, era, "wait").await;
        assert_eq!(late.message["result"]["isError"], true, "{era:?}: {late:?}");
        assert_eq!(late.message["result"]["structuredContent"]["error"]["type"], "timeout", "{era:?}: {late:?}");
        server.gate.left().await;
        let row = server.row_of("wait").await;
        assert_eq!((row.outcome.as_str(), row.status.as_str()), ("timeout", "error"), "{era:?}");
        assert!(row.duration_ms >= 50.0, "{era:?}: {row:?}");
    }
}

#[tokio::test]
async fn a_call_that_the_client_cancels_is_ended_and_gets_no_answer() {
    let server = TestServer::start().await;
    let caller = Caller::new(&server, Era::Legacy).await;
    let session = caller.session.clone().expect("a session");
    let running = tokio::spawn(caller.call(9, "wait", json!({})).send());
    server.gate.entered().await;
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9, "reason": "enough"}});
    let accepted = caller.hand.send(caller.hand.in_session(&session), &cancel).await;
    assert_eq!(accepted.status, 202);
    server.gate.left().await;
    let rows = server.rows_when(2).await;
    assert_eq!(rows.len(), 2, "the handshake and the call: {rows:#?}");
    let row = server.row_of("wait").await;
    assert_eq!((row.outcome.as_str(), row.status.as_str()), ("cancelled", "error"));
    assert_eq!(row.error_code, None);
    running.abort();
    // Nothing more comes of it once the connection is closed, too.
    let answer = answer(caller.call(10, "echo", json!({"message": "x"}))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(server.rows().await.len(), 3);
}

#[tokio::test]
async fn a_legacy_call_whose_client_goes_runs_to_its_end_and_is_recorded_with_its_duration() {
    let server = TestServer::start().await;
    let session = server.hand().initialize("hand").await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","arguments":{}}}"#;
    let mut stream = post_by_hand(&server, &format!("mcp-session-id: {session}\r\n"), body, body.len()).await;
    server.gate.entered().await;
    stream.shutdown().await.expect("it is closed");
    // The server closes its side once it has noticed; only then may the tool answer.
    let mut answered = Vec::new();
    stream.read_to_end(&mut answered).await.expect("the connection ends");
    assert!(!String::from_utf8_lossy(&answered).contains("through"), "no answer left");
    server.gate.open();
    server.gate.left().await;
    server.rows_when(2).await;
    let row = server.row_of("wait").await;
    assert_eq!((row.outcome.as_str(), row.status.as_str()), ("disconnected", "error"), "{row:?}");
    assert!(row.duration_ms > 0.0, "{row:?}");
    assert_eq!(server.rows().await.len(), 2);
}

/// A POST whose connection the test holds in its hand.
async fn post_by_hand(server: &TestServer, headers: &str, body: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.running.address).await.expect("a connection");
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\naccept: {ACCEPT}\r\ncontent-type: application/json\r\n{headers}\
         content-length: {length}\r\n\r\n{body}",
        server.running.address,
    );
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    stream
}

#[tokio::test]
async fn a_sessionless_call_whose_client_goes_is_ended() {
    let server = TestServer::start().await;
    let caller = Caller::new(&server, Era::Sessionless).await;
    let running = tokio::spawn(caller.call(1, "wait", json!({})).send());
    server.gate.entered().await;
    running.abort();
    // The gate stays shut: the call goes because it is dropped.
    server.gate.left().await;
    let rows = server.rows_when(1).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = server.row_of("wait").await;
    assert_eq!((row.outcome.as_str(), row.status.as_str()), ("disconnected", "error"), "{row:?}");
}

#[tokio::test]
async fn only_what_asks_for_an_answer_has_a_row_when_its_client_goes_before_one() {
    let server = TestServer::start().await;
    let tracker = server.running.tracker().expect("tracking is on");
    // Reads what is sent, and never answers.
    let mut service = TrackLayer(Arc::clone(tracker)).layer(service_fn(async |request: Request<Body>| {
        request.into_body().collect().await.expect("it can be read");
        std::future::pending::<Result<Response, Infallible>>().await
    }));
    for (verb, body) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::POST, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        (Method::POST, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        (Method::POST, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#),
    ] {
        let request = Request::builder().method(verb).body(Body::from(body)).expect("a request");
        assert!(service.call(tap(request)).now_or_never().is_none(), "it is not answered");
    }
    let rows = server.rows().await;
    let said: Vec<_> = rows.iter().map(|row| (row.method.as_str(), row.outcome.as_str())).collect();
    assert_eq!(said, [("ping", "disconnected")]);
}

#[tokio::test]
async fn what_comes_before_an_answer_is_counted_and_is_not_taken_for_it() {
    for era in ERAS {
        let server = TestServer::start().await;
        let caller = Caller::new(&server, era).await;
        let meta = json!({"progressToken": 1});
        let request = match &caller.session {
            Some(session) => {
                let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                  "params": {"name": "notify", "arguments": {}, "_meta": meta}});
                caller.hand.in_session(session).body(body.to_string())
            }
            None => caller.hand.sessionless_call(1, "notify", json!({}), meta),
        };
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        assert_eq!(text.matches("data:").count(), 2, "{era:?}: a notification and the answer: {text}");
        let row = server.row_of("notify").await;
        assert_eq!(row.outcome, "ok", "{era:?}: {row:?}");
        assert_eq!(row.response_bytes, i64::try_from(text.len()).expect("small"), "{era:?}");
    }
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_its_body_is_one_row() {
    let server = TestServer::start().await;
    let mut stream = post_by_hand(&server, "", "{\"jsonrpc\"", 1000).await;
    stream.shutdown().await.expect("it is closed");
    drop(stream);
    let rows = server.rows_when(1).await;
    assert_eq!((rows[0].method.as_str(), rows[0].outcome.as_str()), ("POST", "disconnected"), "{rows:#?}");
}

#[tokio::test]
async fn with_tracking_off_the_wire_is_the_same_and_nothing_is_recorded() {
    let server = TestServer::start_with(|config| config.tracking.enabled = false).await;
    for era in ERAS {
        let caller = Caller::new(&server, era).await;
        let panicked = answer(caller.call(1, "panic", json!({}))).await;
        assert_eq!(panicked.error_code(), Some(-32603), "{era:?}: {panicked:?}");
        let echoed = answer(caller.call(2, "echo", json!({"message": "hi"}))).await;
        assert_eq!(echoed.message["result"]["content"][0]["text"], "hi", "{era:?}: {echoed:?}");
    }
    let malformed = answer(server.hand().post().body("{")).await;
    assert_eq!((malformed.status.as_u16(), malformed.error_code()), (400, Some(-32700)));
    assert_eq!(server.rows().await, []);
    assert_eq!(server.sessions().await, []);
    assert!(server.running.changes.has_changed().is_ok(), "pages can wait for changes");
    server.running.stop().await.expect("the server stops");
}
