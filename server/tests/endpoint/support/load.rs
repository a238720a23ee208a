//! Clients that call as long as they are let, and what they were answered.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::http::{ACCEPT, Answer, SESSIONLESS, handshake};

/// Ids of calls whose answers were read, and who waits for how many.
#[derive(Debug, Default)]
pub struct Answered {
    ids: Mutex<HashSet<String>>,
    count: AtomicUsize,
    moved: Notify,
}

impl Answered {
    pub fn add(&self, id: String) {
        self.ids.lock().expect("no client panicked").insert(id);
        self.count.fetch_add(1, Ordering::Release);
        self.moved.notify_one();
    }

    pub fn ids(&self) -> HashSet<String> {
        self.ids.lock().expect("no client panicked").clone()
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    pub async fn reach(&self, count: usize) {
        while self.count() < count {
            self.moved.notified().await;
        }
    }
}

/// One client, of the legacy protocol once it has a session.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    url: String,
    name: String,
    pub session: Option<String>,
}

impl Caller {
    pub fn new(url: String, name: String) -> Self {
        Self { client: Client::new(), url, name, session: None }
    }

    /// The legacy protocol's handshake.
    pub async fn greet(&mut self) -> Result<(), reqwest::Error> {
        let greeted = Answer::of(self.post().body(handshake(&self.name).to_string()).send().await?).await;
        self.session = greeted.session_id;
        Ok(())
    }

    /// A POST with the headers that it always sends.
    pub fn post(&self) -> RequestBuilder {
        let request = self.client.post(&self.url).header("accept", ACCEPT).header("content-type", "application/json");
        match &self.session {
            Some(session) => request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25"),
            None => request,
        }
    }

    /// Calls `session_info`.
    pub fn call(&self, id: &str) -> RequestBuilder {
        let (request, meta) = if self.session.is_some() {
            (self.post(), json!({}))
        } else {
            let request = self
                .post()
                .header("mcp-protocol-version", SESSIONLESS)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "session_info");
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": self.name, "version": "1.0"},
            });
            (request, meta)
        };
        let call = json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": "session_info", "arguments": {}, "_meta": meta},
        });
        request.body(call.to_string())
    }
}

/// Whether that is the whole answer of that request, and no error.
pub fn is_result(answer: &str, id: &str) -> bool {
    let data = answer.lines().filter_map(|line| line.strip_prefix("data:")).next_back().unwrap_or(answer);
    serde_json::from_str::<Value>(data).is_ok_and(|answer| answer["id"] == id && answer.get("result").is_some())
}
