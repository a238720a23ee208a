//! The official conformance suite of MCP against the product's own endpoint: guard, tracking layer and wrapper, with the
//! suite's fixtures in the place of the product's tools. It proves that being tracked changes nothing on the wire, and
//! that each request of the suite has exactly one row.
//!
//! The suite runs on Node.js, so its tests are ignored in an ordinary run, which must not need that. They are a target of
//! their own for `cargo xtask test --only conformance`, which brings what they need and runs only them.

#![expect(clippy::expect_used, reason = "in a test, what is not as expected is its failure")]

#[expect(dead_code, reason = "the stories about the endpoint use the rest")]
#[path = "../support/database.rs"]
mod database;
mod fixtures;
mod ledger;
#[path = "../support/postgres.rs"]
mod postgres;
mod suite;
mod witness;

use std::collections::BTreeSet;

use reqwest::Client;
use serde_json::{Value, json};
use tracon::serve::{Running, Setup};

use self::{database::Site, fixtures::Fixtures, suite::Suite, witness::Witness};

/// A server with the fixtures, on a free port, with a database of its own.
async fn start(site: &Site) -> Running {
    let config = site.config();
    assert!(config.tracking.enabled, "without the tracker this would prove nothing");
    Setup::new(config).start_with(|_| Fixtures::default()).await.expect("the server starts")
}

/// Runs a suite, and holds what was recorded against what was sent.
async fn run(suite: Suite) {
    let place = Site::new().await;
    let running = start(&place).await;
    let witness = Witness::before(running.address).await;
    let url = format!("http://{}/mcp", witness.address);

    // Some scenarios pass where there is no server at all.
    assert_eq!(listed_tools(&url).await, fixture_tools());
    let score = suite.run(&url).await;
    println!("\n{suite}: {score}");
    score.assert_at_least(suite.least);
    let recorded = ledger::compare(&place, &running, &witness).await;
    println!("{recorded} requests, one row for each");
    running.stop().await.expect("the server stops");
}

fn fixture_tools() -> BTreeSet<String> {
    fixtures::tools().into_iter().map(|tool| tool.name.into_owned()).collect()
}

/// The names that the server lists.
async fn listed_tools(url: &str) -> BTreeSet<String> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let request = json!({"jsonrpc": "2.0", "id": "tools", "method": "tools/list", "params": {"_meta": meta}});
    let answer = Client::new()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/list")
        .body(request.to_string());
    let answer = answer.send().await.expect("the server answers").text().await.expect("the answer can be read");
    let last = answer.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    let message: Value = serde_json::from_str(last.unwrap_or(&answer)).expect("the answer is JSON");
    let tools = message["result"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {message}"));
    tools.iter().filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn the_fixtures_are_what_the_endpoint_lists() {
    let place = Site::new().await;
    let running = start(&place).await;
    assert_eq!(listed_tools(&format!("http://{}/mcp", running.address)).await, fixture_tools());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js: cargo xtask test --only conformance"]
async fn what_2025_11_25_requires_is_met() {
    run(Suite { package: "conformance-0-2", select: ["--requirements", "2025-11-25"], least: 81 }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js: cargo xtask test --only conformance"]
async fn what_2026_07_28_requires_is_met() {
    run(Suite { package: "conformance-0-2", select: ["--requirements", "2026-07-28"], least: 197 }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js: cargo xtask test --only conformance"]
async fn the_released_suite_passes_whole() {
    run(Suite { package: "conformance-0-1", select: ["--suite", "all"], least: 44 }).await;
}
