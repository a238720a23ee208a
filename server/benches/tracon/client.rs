//! Two clients: rmcp's own, as people's programs use it, and one that costs next to nothing, so that the server's cost is what
//! is seen: one connection, one legacy session, the same bytes again and again.

use std::net::SocketAddr;

use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation},
    service::RunningService,
    transport::streamable_http_client::{StreamableHttpClientTransport, StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is called.
#[derive(Clone, Copy, Debug)]
pub enum Tool {
    /// The bench's own, which answers at once: next to it, what else a call costs is at its largest.
    Find,
    /// One of the product's: what is to be done, from the database.
    FindTasks,
}

impl Tool {
    pub const ALL: [Self; 2] = [Self::FindTasks, Self::Find];

    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::FindTasks => "find_tasks",
        }
    }

    fn arguments(self) -> Value {
        match self {
            Self::Find => json!({"query": "how do I open a database", "limit": 5}),
            Self::FindTasks => json!({"filter_by": "status", "filter_value": "todo"}),
        }
    }
}

/// What is measured of a client.
pub trait Caller: Sized + Send + 'static {
    /// For people.
    const NAME: &'static str;

    /// Connects and shakes hands, to call this tool.
    fn connect(address: SocketAddr, tool: Tool) -> impl Future<Output = Self> + Send;
    /// One call, answered.
    fn call(&mut self) -> impl Future<Output = ()> + Send;
    /// Ends its session.
    fn leave(self) -> impl Future<Output = ()> + Send;
}

/// The client of the Rust SDK, over connections that stay open.
pub struct SdkClient {
    service: RunningService<RoleClient, ClientConfig>,
    tool: Tool,
}

impl Caller for SdkClient {
    const NAME: &'static str = "the Rust SDK's client";

    async fn connect(address: SocketAddr, tool: Tool) -> Self {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{address}/mcp"));
        let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
        let client = ClientConfig::new(ClientCapabilities::default(), Implementation::new("claude-code", "2.1.0"));
        Self { service: client.serve(transport).await.expect("the handshake succeeds"), tool }
    }

    async fn call(&mut self) {
        self.call_with(self.tool.name(), self.tool.arguments()).await;
    }

    async fn leave(self) {
        self.service.cancel().await.expect("it ends");
    }
}

impl SdkClient {
    /// One call with other arguments; what it gave.
    pub async fn call_with(&self, name: &'static str, arguments: Value) -> CallToolResult {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let call = CallToolRequestParams::new(name).with_arguments(arguments);
        let answer = self.service.call_tool(call).await.expect("an answer");
        assert!(!answer.content.is_empty() && answer.is_error != Some(true), "{answer:?}");
        answer
    }
}

/// See the [module](self).
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    pub session_id: String,
    call: Vec<u8>,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects and goes on with a session that is there already.
    pub async fn resume(address: SocketAddr, session_id: &str) -> Self {
        Self { session_id: session_id.to_owned(), ..Self::open(address).await }.prepared(Tool::Find)
    }

    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { stream, address, session_id: String::new(), call: Vec::new(), buffer: vec![0; 16 << 10] }
    }

    fn prepared(mut self, tool: Tool) -> Self {
        let call = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": tool.name(),
                "arguments": tool.arguments(),
                "_meta": {"claudecode/toolUseId": "toolu_01A09q90qw90lq917835lq9"},
            },
        });
        self.call = self.post(&call.to_string());
        self
    }

    fn post(&self, body: &str) -> Vec<u8> {
        let session = if self.session_id.is_empty() {
            String::new()
        } else {
            format!("mcp-session-id: {}\r\nmcp-protocol-version: 2025-11-25\r\n", self.session_id)
        };
        format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\nuser-agent: claude-code/2.1.0\r\naccept: application/json, \
             text/event-stream\r\ncontent-type: application/json\r\n{session}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }

    async fn ask(&mut self, request: &[u8]) -> &str {
        self.stream.write_all(request).await.expect("it can be sent");
        let mut filled = 0;
        loop {
            let count = self.stream.read(&mut self.buffer[filled..]).await.expect("an answer");
            assert!(count > 0, "the server hung up");
            filled += count;
            if is_whole(&self.buffer[..filled]) {
                return std::str::from_utf8(&self.buffer[..filled]).expect("text");
            }
        }
    }
}

impl Caller for Client {
    const NAME: &'static str = "bytes on a socket";

    async fn connect(address: SocketAddr, tool: Tool) -> Self {
        let mut client = Self::open(address).await;
        let answer = client
            .ask(&client.post(
                r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"claude-code","version":"2.1.0"}}}"#,
            ))
            .await;
        let head = answer.to_ascii_lowercase();
        let id = head.split("mcp-session-id: ").nth(1).and_then(|rest| rest.lines().next()).expect("a session id");
        client.session_id = id.to_owned();
        client.ask(&client.post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)).await;
        client.prepared(tool)
    }

    async fn call(&mut self) {
        let call = std::mem::take(&mut self.call);
        let answer = self.ask(&call).await;
        assert!(answer.contains("\"result\"") && !answer.contains("\"isError\":true"), "{answer}");
        self.call = call;
    }

    async fn leave(mut self) {
        let delete =
            format!("DELETE /mcp HTTP/1.1\r\nhost: {}\r\nmcp-session-id: {}\r\n\r\n", self.address, self.session_id);
        self.ask(delete.as_bytes()).await;
    }
}

/// Whether the answer is there to its end.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(end + 4);
    if head.windows(26).any(|window| window.eq_ignore_ascii_case(b"transfer-encoding: chunked")) {
        return body.ends_with(b"0\r\n\r\n");
    }
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
