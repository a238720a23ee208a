//! The product's own tools: what is published, and what they answer.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tracon::{
    config::Config,
    serve::{Running, Setup},
};

use super::{
    database::Site,
    support::http::{ACCEPT, Answer, answer, handshake},
};

/// The product, with its own tools.
async fn product(site: &Site) -> Running {
    Setup::new(site.config()).start().await.expect("the server starts")
}

fn post(server: &Running, session: Option<&str>, body: &Value) -> RequestBuilder {
    let request = reqwest::Client::new()
        .post(format!("http://{}/mcp", server.address))
        .header("accept", ACCEPT)
        .header("content-type", "application/json")
        .body(body.to_string());
    match session {
        Some(session) => request.header("mcp-session-id", session),
        None => request,
    }
}

async fn ask(server: &Running, session: &str, method: &str, params: Value) -> Answer {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    answer(post(server, Some(session), &body)).await
}

/// The keys under which a value has `format`, wherever they stand.
fn formats(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("format").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| formats(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| formats(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_tools_are_published_with_schemas_and_annotations_and_answer_by_them() {
    let site = Site::new().await;
    let server = product(&site).await;
    let greeted = answer(post(&server, None, &handshake("claude-code"))).await;
    let session = greeted.session_id.expect("a session id");
    assert_eq!(greeted.message["result"]["serverInfo"]["name"], "tracon");
    let instructions = greeted.message["result"]["instructions"].as_str().expect("instructions").to_owned();

    let listed = ask(&server, &session, "tools/list", json!({})).await;
    let tools = listed.message["result"]["tools"].as_array().expect("tools").clone();
    let names: Vec<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["health_check", "session_info"]);
    for tool in &tools {
        assert!(instructions.contains(tool["name"].as_str().expect("a name")), "the instructions name every tool");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert!(tool["annotations"]["title"].is_string(), "{tool}");
        let mut found = Vec::new();
        formats(&tool["outputSchema"], &mut found);
        assert!(found.iter().all(|format| format == "date-time"), "formats that validators know: {found:?}");

        let called = ask(&server, &session, "tools/call", json!({"name": tool["name"], "arguments": {}})).await;
        let content = &called.message["result"]["structuredContent"];
        for key in tool["outputSchema"]["required"].as_array().expect("required keys") {
            assert!(!content[key.as_str().expect("a key")].is_null(), "{key}: {content}");
        }
        let text = called.message["result"]["content"][0]["text"].as_str().expect("text");
        assert_eq!(&serde_json::from_str::<Value>(text).expect("JSON"), content, "text and structured content agree");
        assert_eq!(content["success"], true);
    }

    let health = ask(&server, &session, "tools/call", json!({"name": "health_check"})).await;
    let health = &health.message["result"]["structuredContent"]["health"];
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!((&health["database"], &health["recorder"]["lost"]), (&json!(true), &json!(0)), "{health}");

    let info = ask(&server, &session, "tools/call", json!({"name": "session_info"})).await;
    let info = &info.message["result"]["structuredContent"];
    assert_eq!(info["session"]["client_type"], "Claude Code", "{info}");
    assert_eq!(info["session"]["total_requests"], 5, "the handshake, the list and three calls: {info}");
    assert_eq!(info["session_management"]["active_sessions"], 1, "{info}");
    server.stop().await.expect("the server stops");
}

#[tokio::test]
async fn a_session_that_two_servers_serve_is_the_same_wherever_it_asks() {
    let site = Site::on_postgres().await;
    let first = product(&site).await;
    let data_dir = site.directory().join("second");
    let second = Setup::new(Config { data_dir, ..site.config() }).start().await.expect("the server starts");
    let session = answer(post(&first, None, &handshake("claude-code"))).await.session_id.expect("a session id");
    let mut seen = Vec::new();
    for server in [&second, &first, &second, &first] {
        for server in [&first, &second] {
            server.tracker().expect("tracking is on").recorder.settled().await;
        }
        let told = ask(server, &session, "tools/call", json!({"name": "session_info"})).await;
        let told = told.message["result"]["structuredContent"].clone();
        let info = &told["session"];
        seen.push((info["session_id"].clone(), info["connected_at"].clone(), info["total_requests"].clone()));
        assert_eq!(told["session_management"]["active_sessions"], 1, "{told}");
    }
    let (id, connected_at, _) = seen[1].clone();
    // The handshake and the calls before this one.
    let expected: Vec<_> = (1..=4).map(|requests| (id.clone(), connected_at.clone(), json!(requests))).collect();
    assert_eq!(seen, expected);
}
