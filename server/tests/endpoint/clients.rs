//! What real clients send, replayed: each is named right, and each request of it makes one row.
//!
//! `fixtures/clients.json` holds what 31 runs of real clients put on the wire: verb, path, the headers that matter, body.

use std::{collections::HashMap, fmt::Write as _};

use super::support::{Row, SessionRow, TestServer, http::Answer};
use reqwest::{Client, Method};
use serde_json::{Map, Value};

/// What a run must come to.
struct Expected {
    run: &'static str,
    /// Client type, version and protocol of each session, in the order in which they open.
    sessions: &'static [(&'static str, &'static str, &'static str)],
    attribution: &'static str,
}

const LEGACY: &str = "2025-11-25";
const OLDER: &str = "2025-06-18";
const NEWEST: &str = "2026-07-28";

const fn legacy(run: &'static str, sessions: &'static [(&'static str, &'static str, &'static str)]) -> Expected {
    Expected { run, sessions, attribution: "transport" }
}

const fn sessionless(run: &'static str, sessions: &'static [(&'static str, &'static str, &'static str)]) -> Expected {
    Expected { run, sessions, attribution: "window" }
}

const EXPECTED: &[Expected] = &[
    legacy("claude-code", &[("Claude Code", "2.1.197", LEGACY), ("Claude Code", "2.1.197", LEGACY)]),
    legacy("claude-code-expired", &[("Claude Code", "2.1.197", LEGACY), ("Claude Code", "2.1.197", LEGACY)]),
    legacy("claude-code-mock", &[("Claude Code", "2.1.197", LEGACY)]),
    legacy("claude-code-p", &[("Claude Code", "2.1.197", LEGACY)]),
    legacy("codex", &[]),
    legacy("codex-appserver", &[("Codex", "0.169.0", OLDER)]),
    legacy("codex-expired", &[("Codex", "0.169.0", OLDER), ("Codex", "0.169.0", OLDER)]),
    legacy("codex-mock", &[("Codex", "0.169.0", OLDER)]),
    sessionless("fastmcp-4.1.6", &[("Python SDK", "0.1.0", NEWEST)]),
    sessionless("fastmcp-cli-call", &[("Python SDK", "0.1.0", NEWEST)]),
    sessionless("fastmcp-cli-list", &[("Python SDK", "0.1.0", NEWEST)]),
    legacy("gemini-cli", &[("Gemini CLI", "0.0.1", OLDER)]),
    legacy("gemini-cli-p", &[("Gemini CLI", "0.61.0", OLDER)]),
    legacy("gemini-mock", &[("Gemini CLI", "0.61.0", OLDER)]),
    legacy("gemini-mock-noretry", &[("Gemini CLI", "0.61.0", OLDER)]),
    legacy("inspector-2.12-call", &[("MCP Inspector", "2.12.0", LEGACY)]),
    legacy("inspector-2.12-list", &[("MCP Inspector", "2.12.0", LEGACY)]),
    legacy("mcp-proxy", &[("Python SDK", "0.1.0", LEGACY)]),
    legacy(
        "mcp-remote-0.15.1",
        &[("mcp-remote", "0.0.0", LEGACY), ("Claude Desktop (via mcp-remote)", "0.1.0", OLDER)],
    ),
    legacy("py-mcp-1.30", &[("Python SDK", "0.1.0", LEGACY)]),
    legacy("py-mcp-1.30-info", &[("my-app", "3.4.5", LEGACY)]),
    sessionless("py-mcp-2.3", &[("Python SDK", "0.1.0", NEWEST)]),
    sessionless("py-mcp-2.3-info", &[("my-app", "3.4.5", NEWEST)]),
    legacy("py-mcp-2.3-legacy", &[("Python SDK", "0.1.0", LEGACY)]),
    legacy("rmcp-default", &[("Rust SDK", "3.9.0", LEGACY)]),
    legacy("rmcp-info", &[("spike-rmcp-client", "0.1.0", LEGACY)]),
    legacy("supergateway", &[("Claude Desktop", "0.1.0", OLDER)]),
    legacy("ts-client-2.4.0", &[("ts-client-2-app", "2.0.0", LEGACY)]),
    sessionless("ts-client-2.4.0-auto", &[("ts-client-2-app", "2.0.0", NEWEST)]),
    legacy("ts-sdk-1.32.2", &[("ts-sdk-1-app", "1.0.0", LEGACY)]),
    legacy("ts-sdk-1.32.2-terminate", &[("ts-sdk-1-app", "1.0.0", LEGACY)]),
];

#[tokio::test]
async fn every_recorded_client_is_named_right_and_makes_one_row_a_request() {
    let runs: Map<String, Value> =
        serde_json::from_str(include_str!("fixtures/clients.json")).expect("the recording is JSON");
    assert_eq!(runs.len(), EXPECTED.len(), "each recorded run is expected, and no other");

    let mut table =
        format!("{:24} {:42} {:11} {:10} {:>8} {:>4}\n", "run", "clients", "protocol", "by", "requests", "rows");
    for expected in EXPECTED {
        let server = TestServer::start().await;
        let sent = replay(&server, runs[expected.run].as_array().expect("a list of requests")).await;
        let (rows, sessions) = (server.rows().await, server.sessions().await);
        check(expected, &sent, &rows, &sessions);
        let names: Vec<_> = sessions.iter().filter_map(|session| session.client_type.as_deref()).collect();
        let (protocol, by) = sessions.first().map_or(("-", "-"), |session| {
            (session.protocol_version.as_deref().unwrap_or("-"), session.attribution.as_str())
        });
        let names = if names.is_empty() { "-".to_owned() } else { names.join(", ") };
        let _ =
            writeln!(table, "{:24} {names:42} {protocol:11} {by:10} {:>8} {:>4}", expected.run, sent.len(), rows.len());
        server.running.stop().await.expect("the server stops");
    }
    println!("{table}");
}

/// A JSON-RPC request that was sent: its method and tool, and what came back.
struct Sent {
    method: String,
    tool: Option<String>,
    conversation: Option<String>,
    bytes: usize,
    answer: Answer,
}

/// Sends what the run sent, in its order, under the session ids that this server gives.
async fn replay(server: &TestServer, requests: &[Value]) -> Vec<Sent> {
    let client = Client::new();
    // Recorded ids, in the order in which they first appear, belong to the handshakes in their order.
    let mut given: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut sent = Vec::new();
    let mut streams = Vec::new();
    for request in requests {
        let verb: Method = request["verb"].as_str().expect("a verb").parse().expect("an HTTP method");
        let mut out = client.request(verb.clone(), server.url(request["path"].as_str().expect("a path")));
        for (name, value) in request["headers"].as_object().expect("headers") {
            let recorded = value.as_str().expect("text");
            let value = if name == "mcp-session-id" {
                let next = known.len();
                let index = *known.entry(recorded.to_owned()).or_insert(next);
                given.get(index).expect("a handshake came before").as_str()
            } else {
                recorded
            };
            out = out.header(name, value);
        }
        let Some(body) = request.get("body") else {
            // A stream stays open, as the client kept it; an answer to a probe is not awaited further than its head.
            streams.push(out.send().await.expect("the server answers"));
            continue;
        };
        let text = body.to_string();
        let answer = Answer::of(out.body(text.clone()).send().await.expect("the server answers")).await;
        if body["method"] == "initialize" {
            given.push(answer.session_id.clone().expect("a session id"));
        }
        if body.get("id").is_some() {
            let text_of = |value: &Value| value.as_str().map(str::to_owned);
            sent.push(Sent {
                method: text_of(&body["method"]).expect("a method"),
                tool: text_of(&body["params"]["name"]),
                conversation: text_of(&body["params"]["_meta"]["x-codex-turn-metadata"]["session_id"]),
                bytes: text.len(),
                answer,
            });
        }
    }
    sent
}

fn check(expected: &Expected, sent: &[Sent], rows: &[Row], sessions: &[SessionRow]) {
    let run = expected.run;
    let named: Vec<_> = sessions
        .iter()
        .map(|session| {
            let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
            (text(&session.client_type), text(&session.client_version), text(&session.protocol_version))
        })
        .collect();
    let expected_names: Vec<_> = expected
        .sessions
        .iter()
        .map(|(name, version, protocol)| ((*name).to_owned(), (*version).to_owned(), (*protocol).to_owned()))
        .collect();
    assert_eq!(named, expected_names, "{run}: the clients' names");
    for session in sessions {
        assert_eq!(session.attribution, expected.attribution, "{run}: {session:?}");
        let own = rows.iter().filter(|row| row.session_id.as_ref() == Some(&session.session_id)).count();
        assert_eq!(session.total_requests, i64::try_from(own).expect("few"), "{run}: {session:?}");
        let is_probe =
            ["mcp-remote-fallback-test", "mcp-test-client"].contains(&session.client_name.as_deref().expect("a name"));
        assert_eq!(session.is_probe, is_probe, "{run}: {session:?}");
    }
    assert_eq!(rows.len(), sent.len(), "{run}: one row a request: {rows:#?}");
    for (sent, row) in sent.iter().zip(rows) {
        assert_eq!(sent.answer.status, 200, "{run}: {:?}", sent.answer);
        assert_eq!(row.method, sent.method, "{run}");
        assert_eq!(row.tool_name, sent.tool, "{run}: {row:?}");
        assert_eq!(row.conversation_id, sent.conversation, "{run}: {row:?}");
        // Some of the recorded clients called a tool that fails, to see what comes of it.
        let ending = if sent.tool.as_deref() == Some("fail") { ("tool_error", "error") } else { ("ok", "success") };
        assert_eq!((row.outcome.as_str(), row.status.as_str()), ending, "{run}: {row:?}");
        assert_eq!(row.http_status, Some(200), "{run}: {row:?}");
        assert_eq!(row.request_bytes, i64::try_from(sent.bytes).expect("small"), "{run}: {row:?}");
        assert_eq!(row.response_bytes, i64::try_from(sent.answer.bytes).expect("small"), "{run}: {row:?}");
        assert!(row.duration_ms > 0.0, "{run}: {row:?}");
        assert!(row.session_id.is_some(), "{run}: {row:?}");
    }
}
