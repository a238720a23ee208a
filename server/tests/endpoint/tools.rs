//! The product's own tools: what is published, and what they answer.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tracon::{
    config::Config,
    serve::{Running, Setup},
    tokens::definition_tokens,
};

use super::{
    database::Site,
    support::http::{ACCEPT, Answer, SESSIONLESS, answer, handshake},
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

/// What a definition must not have: clients pay for it, or do not know it.
fn waste(value: &Value, within: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                // Under `properties` stand the names of arguments, one of which is a title.
                let is_name = within == "properties";
                if !is_name && ["title", "$schema", "format", "default", "$defs", "$ref"].contains(&key.as_str()) {
                    found.push(format!("{key}: {value}"));
                }
                waste(value, if is_name { "" } else { key }, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| waste(value, "", found)),
        _ => {}
    }
}

/// Every tool there is, with its title and whether it only reads, may destroy, and may be repeated.
const TOOLS: [(&str, &str, bool, bool, bool); 14] = [
    ("find_documents", "Find documents", true, false, true),
    ("find_projects", "Find projects", true, false, true),
    ("find_tasks", "Find tasks", true, false, true),
    ("find_versions", "Find versions", true, false, true),
    ("get_completion_stats", "Completion stats", true, false, true),
    ("get_project_features", "Project features", true, false, true),
    ("get_task_history", "Task history", true, false, true),
    ("get_task_versions", "Task versions", true, false, true),
    ("health_check", "Health check", true, false, true),
    ("manage_document", "Manage document", false, true, false),
    ("manage_project", "Manage project", false, true, false),
    ("manage_task", "Manage task", false, true, false),
    ("manage_version", "Manage version", false, true, false),
    ("session_info", "Session info", true, false, true),
];

/// Those of the knowledge base, which are still to come.
const TO_COME: usize = 5;

/// What all tools together may cost each conversation, and these of it.
const MOST_OF_ALL: u32 = 4_000;
const MOST: u32 = 2_900;

#[tokio::test]
async fn the_tools_are_published_with_short_schemas_and_annotations() {
    let site = Site::new().await;
    let server = product(&site).await;
    let greeted = answer(post(&server, None, &handshake("claude-code"))).await;
    let session = greeted.session_id.expect("a session id");
    let listed = ask(&server, &session, "tools/list", json!({})).await;
    let tools = listed.message["result"]["tools"].as_array().expect("tools").clone();
    let mut found: Vec<_> = tools
        .iter()
        .map(|tool| {
            let hint = |name: &str| tool["annotations"][name].as_bool().unwrap_or_else(|| panic!("{name}: {tool}"));
            let (name, title) = (tool["name"].as_str(), tool["annotations"]["title"].as_str());
            let hints = (hint("readOnlyHint"), hint("destructiveHint"), hint("idempotentHint"));
            (name.expect("a name"), title.expect("a title"), hints.0, hints.1, hints.2)
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, TOOLS);
    for tool in &tools {
        assert!(tool["description"].as_str().is_some_and(|text| !text.is_empty()), "{tool}");
        let mut found = Vec::new();
        waste(&tool["inputSchema"], "", &mut found);
        waste(&tool["outputSchema"], "", &mut found);
        assert_eq!(found, [] as [String; 0], "{}", tool["name"]);
        assert_eq!(tool["outputSchema"]["required"], json!(["success"]), "{tool}");
    }
}

#[tokio::test]
async fn the_definitions_of_all_tools_leave_room_in_a_conversation() {
    let site = Site::new().await;
    let server = product(&site).await;
    let session = answer(post(&server, None, &handshake("claude-code"))).await.session_id.expect("a session id");
    let listed = ask(&server, &session, "tools/list", json!({})).await;
    let tools = listed.message["result"]["tools"].as_array().expect("tools").clone();
    let mut total = 0;
    for tool in &tools {
        let tokens = definition_tokens(&tool.to_string());
        println!("{:24} {tokens:5}", tool["name"].as_str().expect("a name"));
        assert!(tokens > 20, "{tool}");
        total += tokens;
    }
    println!("{:24} {total:5}", "all");
    assert!(total <= MOST, "{} tools cost {total} tokens, which leaves too few for {TO_COME} more", tools.len());
    const { assert!(MOST + 1_100 <= MOST_OF_ALL, "each of those to come may cost what these do") };
}

#[tokio::test]
async fn the_instructions_name_every_tool_and_no_other() {
    let site = Site::new().await;
    let server = product(&site).await;
    let greeted = answer(post(&server, None, &handshake("claude-code"))).await;
    assert_eq!(greeted.message["result"]["serverInfo"]["name"], "tracon");
    let discovered = answer(
        post(
            &server,
            None,
            &json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": {
                "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
                "io.modelcontextprotocol/clientCapabilities": {},
            }}}),
        )
        .header("mcp-protocol-version", SESSIONLESS)
        .header("mcp-method", "server/discover"),
    )
    .await;
    for message in [&greeted.message, &discovered.message] {
        let instructions = message["result"]["instructions"].as_str().unwrap_or_else(|| panic!("{message}"));
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let mut named: Vec<&str> =
            instructions.split(|letter| !is_part(letter)).filter(|word| word.contains('_')).collect();
        named.sort_unstable();
        assert_eq!(named, TOOLS.map(|(name, ..)| name), "{instructions}");
    }
}

#[tokio::test]
async fn the_tools_of_the_system_answer_by_their_schemas() {
    let site = Site::new().await;
    let server = product(&site).await;
    let session = answer(post(&server, None, &handshake("claude-code"))).await.session_id.expect("a session id");
    for tool in ["health_check", "session_info"] {
        let called = ask(&server, &session, "tools/call", json!({"name": tool, "arguments": {}})).await;
        let content = &called.message["result"]["structuredContent"];
        let text = called.message["result"]["content"][0]["text"].as_str().expect("text");
        assert_eq!(&serde_json::from_str::<Value>(text).expect("JSON"), content, "text and structured content agree");
        assert_eq!(content["success"], true);
    }
    let health = ask(&server, &session, "tools/call", json!({"name": "health_check"})).await;
    let health = &health.message["result"]["structuredContent"]["health"];
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!((&health["database"], &health["recorder"]["lost"]), (&json!(true), &json!(0)), "{health}");

    // One that only looks is not counted.
    answer(post(&server, None, &handshake("mcp-test-client"))).await.session_id.expect("a session id");
    let info = ask(&server, &session, "tools/call", json!({"name": "session_info"})).await;
    let info = &info.message["result"]["structuredContent"];
    assert_eq!(info["session"]["client_type"], "Claude Code", "{info}");
    assert_eq!(info["session"]["total_requests"], 4, "the handshake and three calls: {info}");
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
