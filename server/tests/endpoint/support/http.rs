//! MCP by hand: requests as bytes, so that a test decides on every header.

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::TestServer;

pub const ACCEPT: &str = "application/json, text/event-stream";
pub const SESSIONLESS: &str = "2026-07-28";

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub session_id: Option<String>,
    pub bytes: usize,
    /// The JSON-RPC message, from a JSON body or the last event of a stream; `Null` when there is none.
    pub message: Value,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let status = response.status();
        let session_id = response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let body = response.text().await.expect("the answer can be read");
        let last = body.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
        let message = serde_json::from_str(last.unwrap_or(&body)).unwrap_or(Value::Null);
        Self { status, session_id, bytes: body.len(), message }
    }

    pub fn error_code(&self) -> Option<i64> {
        self.message["error"]["code"].as_i64()
    }
}

/// A client of one server.
pub struct Hand<'a> {
    server: &'a TestServer,
    client: Client,
}

impl TestServer {
    pub fn hand(&self) -> Hand<'_> {
        Hand { server: self, client: Client::new() }
    }
}

impl Hand<'_> {
    /// A POST with the headers that every client sends.
    pub fn post(&self) -> RequestBuilder {
        self.client
            .post(self.server.url("/mcp"))
            .header("accept", ACCEPT)
            .header("content-type", "application/json")
            .header("user-agent", "hand/1.0")
    }

    pub fn request(&self, verb: Method, path: &str) -> RequestBuilder {
        self.client.request(verb, self.server.url(path))
    }

    /// The legacy protocol's handshake; gives the session's id.
    pub async fn initialize(&self, name: &str) -> String {
        let answer = self.send(self.post(), &handshake(name)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let session_id = answer.session_id.expect("a session id");
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let answer = self.send(self.in_session(&session_id), &initialized).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        session_id
    }

    pub fn in_session(&self, session_id: &str) -> RequestBuilder {
        self.post().header("mcp-session-id", session_id).header("mcp-protocol-version", "2025-11-25")
    }

    /// Calls a tool in a session of the legacy protocol.
    pub fn legacy_call(&self, session_id: &str, id: i64, tool: &str, arguments: Value) -> RequestBuilder {
        self.in_session(session_id).body(call(id, tool, arguments, json!({})).to_string())
    }

    /// Calls a tool without a session, as of 2026-07-28.
    pub fn sessionless_call(&self, id: i64, tool: &str, arguments: Value, meta: Value) -> RequestBuilder {
        let mut all = json!({
            "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "hand", "version": "1.0"},
        });
        let extra = meta.as_object().expect("an object").clone();
        all.as_object_mut().expect("an object").extend(extra);
        self.post()
            .header("mcp-protocol-version", SESSIONLESS)
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(call(id, tool, arguments, all).to_string())
    }

    pub async fn send(&self, request: RequestBuilder, body: &Value) -> Answer {
        answer(request.body(body.to_string())).await
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.expect("the server answers")).await
}

pub fn handshake(name: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {"roots": {}},
            "clientInfo": {"name": name, "version": "1.2.3"},
        },
    })
}

fn call(id: i64, tool: &str, arguments: Value, meta: Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": meta},
    })
}
