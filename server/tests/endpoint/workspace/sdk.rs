//! The client of the Rust SDK, in both of its ways to begin.

use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation, JsonObject, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, RunningService},
    transport::streamable_http_client::{StreamableHttpClientTransport, StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};
use tracon::serve::Running;

use super::{Desk, agent::Era};

type Sdk = RunningService<RoleClient, ClientConfig>;

async fn sdk(server: &Running, era: Era) -> Sdk {
    let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", server.address));
    let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
    let client = ClientConfig::new(ClientCapabilities::default(), Implementation::new("codex-mcp-client", "0.9.0"));
    let lifecycle = match era {
        Era::Legacy => ClientLifecycleMode::Initialize,
        Era::Sessionless => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    };
    client.serve_with_lifecycle(transport, lifecycle).await.expect("the server is found")
}

/// What a tool answered, and whether that is a failure.
async fn call(sdk: &Sdk, tool: &'static str, arguments: Value) -> (bool, Value) {
    let Value::Object(arguments): Value = arguments else { panic!("an object: {arguments}") };
    let arguments: JsonObject = arguments;
    let answer = sdk.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.expect("an answer");
    (answer.is_error.unwrap_or(false), answer.structured_content.expect("structured content"))
}

async fn a_real_client_works_with_the_tools(era: Era) {
    let desk = Desk::open(era).await;
    let sdk = sdk(&desk.server, era).await;
    let tools = sdk.list_all_tools().await.expect("the tools");
    assert_eq!(tools.len(), 14);
    assert!(tools.iter().all(|tool| tool.output_schema.is_some()));

    let (_, project) = call(&sdk, "manage_project", json!({"action": "create", "title": "Alpha"})).await;
    let create = json!({"action": "create", "project_id": project["project_id"], "title": "First"});
    let (_, task) = call(&sdk, "manage_task", create).await;
    let (_, found) = call(&sdk, "find_tasks", json!({"query": "first"})).await;
    assert_eq!(found["tasks"][0]["id"], task["task_id"]);
    let (_, history) = call(&sdk, "get_task_history", json!({"task_id": task["task_id"]})).await;
    assert_eq!(history["changes"][0]["changed_by"], "Codex", "as the dashboard calls it");
    let (is_error, missing) = call(&sdk, "find_tasks", json!({"task_id": project["project_id"]})).await;
    assert_eq!((is_error, &missing["error"]["type"]), (true, &json!("not_found")));
    sdk.cancel().await.expect("it ends");
}

#[tokio::test]
async fn a_real_client_works_with_the_tools_in_a_session() {
    a_real_client_works_with_the_tools(Era::Legacy).await;
}

#[tokio::test]
async fn a_real_client_works_with_the_tools_without_a_session() {
    a_real_client_works_with_the_tools(Era::Sessionless).await;
}
