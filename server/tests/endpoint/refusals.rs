//! What is refused before a tool is reached: the status and the JSON-RPC error, and one row each.

use super::support::{
    Row, TestServer,
    http::{Answer, SESSIONLESS, answer, handshake},
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Sends the request and gives its answer with the one row that came of it.
async fn refused(server: &TestServer, request: RequestBuilder) -> (Answer, Row) {
    let before = server.rows().await.len();
    let answer = answer(request).await;
    let mut rows = server.rows().await;
    assert_eq!(rows.len(), before + 1, "one row: {answer:?}");
    (answer, rows.remove(before))
}

/// Status, code of the error, outcome, method and HTTP status of the row; the row has the code, the message and no session.
fn summary((answer, row): &(Answer, Row)) -> (u16, i64, String, String) {
    let code = answer.error_code().unwrap_or_else(|| panic!("a JSON-RPC error: {answer:?}"));
    assert_eq!(answer.message["jsonrpc"], "2.0", "{answer:?}");
    assert_eq!(row.error_code, Some(code), "{row:?}");
    assert_eq!(row.error_message.as_deref(), answer.message["error"]["message"].as_str(), "{row:?}");
    assert_eq!(row.status, "error", "{row:?}");
    assert_eq!(row.http_status, Some(i64::from(answer.status.as_u16())), "{row:?}");
    assert_eq!(row.response_bytes, i64::try_from(answer.bytes).expect("small"), "{row:?}");
    (answer.status.as_u16(), code, row.outcome.clone(), row.method.clone())
}

fn expected(status: u16, code: i64, outcome: &str, method: &str) -> (u16, i64, String, String) {
    (status, code, outcome.to_owned(), method.to_owned())
}

#[tokio::test]
async fn what_is_no_json_rpc_request_gets_400_and_says_why() {
    let server = TestServer::start().await;
    let hand = server.hand();
    for (body, code, method, says) in [
        ("{\"jsonrpc\": \"2.0\",", -32700, "POST", "Parse error: EOF"),
        ("", -32700, "POST", "Parse error: EOF"),
        ("\u{feff}{}", -32700, "POST", "Parse error"),
        ("[]", -32600, "POST", "batches"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, "POST", "batches"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, "POST", "`id`"),
        (r#"{"id":1,"method":"ping"}"#, -32600, "POST", "`jsonrpc`"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, "ping", ""),
    ] {
        let outcome = refused(&server, hand.post().body(body)).await;
        assert_eq!(summary(&outcome), expected(400, code, "protocol_error", method), "{body}: {outcome:?}");
        let message = outcome.0.message["error"]["message"].as_str().expect("a message");
        assert!(message.contains(says), "{body}: {message}");
        assert_eq!(outcome.1.request_bytes, i64::try_from(body.len()).expect("small"));
        assert_eq!(outcome.1.session_id, None);
    }
}

#[tokio::test]
async fn json_nested_beyond_reason_is_refused_like_any_bad_json() {
    let server = TestServer::start().await;
    let body = "[".repeat(200_000);
    let outcome = refused(&server, server.hand().post().body(body)).await;
    assert_eq!(summary(&outcome), expected(400, -32700, "protocol_error", "POST"));
}

#[tokio::test]
async fn a_wrong_accept_header_gets_406() {
    let server = TestServer::start().await;
    let hand = server.hand();
    for accept in ["application/json", "text/event-stream", "text/html", "application/json;q=0, text/event-stream"] {
        let request = hand
            .request(Method::POST, "/mcp")
            .header("accept", accept)
            .header("content-type", "application/json")
            .body(handshake("hand").to_string());
        let outcome = refused(&server, request).await;
        assert_eq!(summary(&outcome), expected(406, -32000, "protocol_error", "POST"), "{accept}");
    }
}

#[tokio::test]
async fn another_content_type_gets_415() {
    let server = TestServer::start().await;
    let request = server
        .hand()
        .request(Method::POST, "/mcp")
        .header("accept", super::support::http::ACCEPT)
        .header("content-type", "text/plain")
        .body(handshake("hand").to_string());
    let outcome = refused(&server, request).await;
    assert_eq!(summary(&outcome), expected(415, -32000, "protocol_error", "POST"));
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let server = TestServer::start().await;
    let mut body = handshake("hand");
    body["params"]["padding"] = Value::String("x".repeat(5 << 20));
    let outcome = refused(&server, server.hand().post().body(body.to_string())).await;
    assert_eq!(summary(&outcome), expected(413, -32000, "protocol_error", "POST"));
}

#[tokio::test]
async fn a_body_just_within_the_limit_is_served() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    let message = "x".repeat((4 << 20) - 1_000);
    let answer = answer(hand.legacy_call(&session, 1, "echo", json!({"message": message}))).await;
    assert_eq!(answer.message["result"]["content"][0]["text"].as_str().map(str::len), Some(message.len()));
    assert_eq!(server.row_of("echo").await.outcome, "ok");
}

#[tokio::test]
async fn an_unknown_session_gets_404_so_that_the_client_starts_anew() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let request = hand.legacy_call("3f0e3b0a-0000-4000-8000-000000000000", 7, "echo", json!({"message": "x"}));
    let outcome = refused(&server, request).await;
    assert_eq!(summary(&outcome), expected(404, -32001, "protocol_error", "tools/call"));
    assert_eq!(outcome.0.message["id"], 7, "the answer is to this request");
    assert_eq!(outcome.1.tool_name.as_deref(), Some("echo"));
    assert_eq!(outcome.1.session_id, None);
}

#[tokio::test]
async fn a_legacy_request_without_a_session_gets_400() {
    let server = TestServer::start().await;
    let request = server.hand().post().body(r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#);
    let outcome = refused(&server, request).await;
    assert_eq!(summary(&outcome), expected(400, -32600, "protocol_error", "tools/list"));
    assert_eq!(outcome.0.message["id"], 3);
}

#[tokio::test]
async fn an_unknown_version_is_refused_with_the_code_of_its_era() {
    let server = TestServer::start().await;
    let hand = server.hand();

    let future = json!({
        "io.modelcontextprotocol/protocolVersion": "2099-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "hand", "version": "1.0"},
    });
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": future}});
    let request = hand.post().header("mcp-protocol-version", "2099-01-01").header("mcp-method", "tools/list");
    let outcome = refused(&server, request.body(body.to_string())).await;
    assert_eq!(summary(&outcome), expected(400, -32022, "protocol_error", "tools/list"));
    assert_eq!(outcome.1.client_type.as_deref(), Some("hand"), "it said who it was");

    let session = hand.initialize("hand").await;
    let request = hand.post().header("mcp-session-id", &session).header("mcp-protocol-version", "1999-01-01");
    let outcome = refused(&server, request.body(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#)).await;
    assert_eq!(summary(&outcome), expected(400, -32600, "protocol_error", "tools/list"));
    assert!(outcome.1.session_id.is_some(), "the session is known");
}

#[tokio::test]
async fn what_the_newest_protocol_demands_of_a_request_is_checked() {
    let server = TestServer::start().await;
    let hand = server.hand();
    // The header says one version, `_meta` another.
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let outcome = refused(&server, hand.post().body(body.to_string())).await;
    assert_eq!(summary(&outcome), expected(400, -32020, "protocol_error", "tools/list"));

    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let request = hand.post().header("mcp-protocol-version", SESSIONLESS).header("mcp-method", "tools/list");
    let outcome = refused(&server, request.body(body.to_string())).await;
    assert_eq!(summary(&outcome), expected(400, -32602, "protocol_error", "tools/list"));
}

#[tokio::test]
async fn a_method_that_the_newest_protocol_removed_gets_404() {
    let server = TestServer::start().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for method in ["ping", "no/such/method"] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta}});
        let request = server.hand().post().header("mcp-protocol-version", SESSIONLESS).header("mcp-method", method);
        let outcome = refused(&server, request.body(body.to_string())).await;
        assert_eq!(summary(&outcome), expected(404, -32601, "protocol_error", method));
    }
}

#[tokio::test]
async fn a_foreign_host_and_a_foreign_origin_get_403_and_a_row_without_a_session() {
    let server = TestServer::start().await;
    let hand = server.hand();
    let session = hand.initialize("hand").await;
    for (header, value) in [("host", "evil.example"), ("origin", "https://evil.example"), ("origin", "null")] {
        // Also where a stranger knows a session's id.
        let request = hand.legacy_call(&session, 1, "echo", json!({"message": "x"})).header(header, value);
        let outcome = refused(&server, request).await;
        assert_eq!(summary(&outcome), expected(403, -32000, "denied", "POST"), "{header}: {value}");
        assert_eq!(outcome.1.session_id, None, "{header}: {value}");
        assert_eq!(outcome.1.request_bytes, 0, "nothing of it was read");
    }
    let stream = hand.request(Method::GET, "/mcp").header("host", "evil.example").header("mcp-session-id", &session);
    let outcome = refused(&server, stream).await;
    assert_eq!(summary(&outcome), expected(403, -32000, "denied", "GET"));
}

#[tokio::test]
async fn the_dashboard_turns_strangers_away_too() {
    let server = TestServer::start().await;
    for path in ["/", "/sessions", "/requests", "/events", "/api/anything", "/pkg/app.js", "/no/such/page"] {
        let request = server.hand().request(Method::GET, path).header("host", "evil.example");
        assert_eq!(answer(request).await.status, 403, "{path}");
    }
    assert_eq!(server.rows().await, [], "only the endpoint is tracked");
}

#[tokio::test]
async fn probes_without_a_request_make_neither_row_nor_session() {
    let server = TestServer::start().await;
    let hand = server.hand();
    for (verb, path, status) in [
        (Method::GET, "/mcp", 400),
        (Method::DELETE, "/mcp", 400),
        (Method::PUT, "/mcp", 405),
        (Method::GET, "/.well-known/oauth-protected-resource/mcp", 404),
        (Method::GET, "/mcp/.well-known/openid-configuration", 404),
    ] {
        let request = hand.request(verb.clone(), path).header("accept", super::support::http::ACCEPT);
        assert_eq!(answer(request).await.status, status, "{verb} {path}");
    }
    assert_eq!(server.rows().await, []);
    assert_eq!(server.sessions().await, []);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_and_read_its_session() {
    const PAGE: &str = "https://app.example";
    let server = TestServer::start_with(|config| config.http.allowed_origins = vec![PAGE.to_owned()]).await;
    let hand = server.hand();
    let preflight = |origin: &'static str| {
        let request = hand.request(Method::OPTIONS, "/mcp").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
    };
    let allowed = preflight(PAGE).await.expect("an answer");
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], PAGE);
    assert_eq!(allowed.headers()["access-control-allow-headers"], "content-type");
    let other = preflight("https://evil.example").await.expect("an answer");
    assert!(other.headers().get("access-control-allow-origin").is_none());

    let greeted =
        hand.post().header("origin", PAGE).body(handshake("page").to_string()).send().await.expect("an answer");
    assert_eq!(greeted.status(), 200);
    assert_eq!(greeted.headers()["access-control-allow-origin"], PAGE);
    assert_eq!(greeted.headers()["access-control-expose-headers"], "mcp-session-id");
    assert_eq!(server.rows().await.len(), 1, "a preflight is no request");
}
