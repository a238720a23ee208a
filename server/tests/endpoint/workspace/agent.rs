//! A client of the product's tools in either era of the protocol, that takes nothing on trust: each answer is held against
//! what its tool publishes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jsonschema::Validator;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tracon::serve::Running;

use crate::support::http::{ACCEPT, Answer, SESSIONLESS, answer, handshake};

/// How a client talks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// In a session, as of 2025-11-25.
    Legacy,
    /// Each request on its own, as of 2026-07-28.
    Sessionless,
}

/// The types that a failure may have.
const FAILURES: [&str; 9] = [
    "validation_error",
    "not_found",
    "invalid_action",
    "conflict",
    "timeout",
    "unavailable",
    "unauthorized",
    "rate_limited",
    "internal",
];

/// Of all agents of this process: a request is found among the tracker's rows by its number.
static NEXT: AtomicI64 = AtomicI64::new(1);

/// What the tools publish of their answers.
#[derive(Debug)]
pub struct Published(HashMap<String, (Value, Validator)>);

#[derive(Clone, Debug)]
pub struct Agent {
    client: Client,
    url: String,
    name: String,
    session: Option<String>,
    published: Arc<Published>,
}

/// What a call of a tool came to.
#[derive(Clone, Debug)]
pub struct Called {
    pub id: i64,
    pub is_error: bool,
    pub content: Value,
}

impl Called {
    /// What a success has.
    #[track_caller]
    pub fn success(self) -> Value {
        assert!(!self.is_error, "it succeeds: {}", self.content);
        self.content
    }

    /// The error of a failure.
    #[track_caller]
    pub fn failure(self) -> Value {
        assert!(self.is_error, "it fails: {}", self.content);
        self.content["error"].clone()
    }
}

impl Agent {
    /// Comes under that name, and reads what the tools publish.
    pub async fn greet(server: &Running, era: Era, name: &str) -> Self {
        let (client, url) = (Client::new(), format!("http://{}/mcp", server.address));
        let published = Arc::new(Published(HashMap::new()));
        let mut agent = Self { client, url, name: name.to_owned(), session: None, published };
        if era == Era::Legacy {
            let greeted = answer(agent.post().body(handshake(name).to_string())).await;
            agent.session = Some(greeted.session_id.expect("a session id"));
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            assert_eq!(answer(agent.post().body(initialized.to_string())).await.status, 202);
        }
        let tools = agent.ask("tools/list", json!({})).await.1.message["result"]["tools"].clone();
        let published = tools.as_array().expect("tools").iter().map(|tool| {
            let schema = tool["outputSchema"].clone();
            let validator = jsonschema::draft202012::new(&schema).expect("an output schema");
            (tool["name"].as_str().expect("a name").to_owned(), (schema, validator))
        });
        agent.published = Arc::new(Published(published.collect()));
        agent
    }

    fn post(&self) -> RequestBuilder {
        let request = self.client.post(&self.url).header("accept", ACCEPT).header("content-type", "application/json");
        match &self.session {
            Some(session) => request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25"),
            None => request,
        }
    }

    /// A request, with its number.
    pub fn request(&self, method: &str, mut params: Value) -> (i64, RequestBuilder) {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut request = self.post();
        if self.session.is_none() {
            request = request.header("mcp-protocol-version", SESSIONLESS).header("mcp-method", method);
            if let Some(tool) = params["name"].as_str() {
                request = request.header("mcp-name", tool);
            }
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": self.name, "version": "1.2.3"},
            });
        }
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        (id, request.body(body.to_string()))
    }

    /// A request's number and its answer, whatever it is.
    pub async fn ask(&self, method: &str, params: Value) -> (i64, Answer) {
        let (id, request) = self.request(method, params);
        (id, answer(request).await)
    }

    /// Calls a tool and holds the answer against what every tool promises.
    pub async fn call(&self, tool: &str, arguments: Value) -> Called {
        let (id, answer) = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        self.checked(tool, id, &answer)
    }

    /// What an answer says, which is what its tool promises.
    pub fn checked(&self, tool: &str, id: i64, answer: &Answer) -> Called {
        assert_eq!(answer.status, 200, "{tool}: {answer:?}");
        assert_eq!(answer.message["id"], id, "{tool}: {answer:?}");
        let result = &answer.message["result"];
        let content = &result["structuredContent"];
        let blocks = result["content"].as_array().unwrap_or_else(|| panic!("{tool}: {answer:?}"));
        assert_eq!((blocks.len(), &blocks[0]["type"]), (1, &json!("text")), "{tool}: one text block: {result}");
        let text: Value = serde_json::from_str(blocks[0]["text"].as_str().expect("text")).expect("JSON");
        assert_eq!(&text, content, "{tool}: text and structured content are the same");

        let (schema, validator) = &self.published.0[tool];
        if let Err(error) = validator.validate(content) {
            panic!("{tool}: {error}, at {}: {content}", error.instance_path());
        }
        for key in content.as_object().expect("an object").keys() {
            assert!(!schema["properties"][key].is_null(), "{tool}: {key} is published: {content}");
        }
        let is_error = result["isError"].as_bool().unwrap_or(false);
        assert_eq!(content["success"], !is_error, "{tool}: {result}");
        assert_eq!(content["error"].is_object(), is_error, "{tool}: {result}");
        if is_error {
            let error = &content["error"];
            assert!(FAILURES.contains(&error["type"].as_str().expect("a type")), "{tool}: {error}");
            let length = error["message"].as_str().expect("a message").chars().count();
            assert!((1..=1_000).contains(&length), "{tool}: a message of {length} characters: {error}");
        }
        Called { id, is_error, content: content.clone() }
    }
}
