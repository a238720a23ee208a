//! Tools that do what tools should not, when the test says so.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

/// How a test and a tool that waits meet.
#[derive(Debug)]
pub struct Gate {
    entered: Semaphore,
    open: Semaphore,
    left: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { entered: Semaphore::new(0), open: Semaphore::new(0), left: Semaphore::new(0) }
    }
}

impl Gate {
    /// Waits until a call stands before the gate.
    pub async fn entered(&self) {
        wait(&self.entered).await;
    }

    /// Lets one call through.
    pub fn open(&self) {
        self.open.add_permits(1);
    }

    /// Waits until a call has gone, through the gate or by being dropped.
    pub async fn left(&self) {
        wait(&self.left).await;
    }
}

async fn wait(semaphore: &Semaphore) {
    let permit = tokio::time::timeout(super::BOUND, semaphore.acquire()).await.expect("it happens in time");
    permit.expect("the gate is there").forget();
}

struct Leaving<'a>(&'a Gate);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.left.add_permits(1);
    }
}

#[derive(Clone)]
pub struct TestTools {
    gate: Arc<Gate>,
    tool_router: ToolRouter<Self>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Echo {
    message: String,
}

#[tool_router]
impl TestTools {
    pub fn new(gate: Arc<Gate>) -> Self {
        Self { gate, tool_router: Self::tool_router() }
    }

    /// Answers what it was sent.
    #[tool]
    async fn echo(&self, Parameters(Echo { message }): Parameters<Echo>) -> String {
        message
    }

    /// Fails as tools should.
    #[tool]
    async fn fail(&self) -> CallToolResult {
        CallToolResult::structured_error(json!({
            "success": false,
            "error": {"type": "not_found", "message": "no task has this id"},
        }))
    }

    /// Fails without saying more than a text.
    #[tool]
    async fn fail_plainly(&self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("it did not work")])
    }

    /// Fails, and says what it was sent.
    #[tool]
    async fn fail_saying(&self, Parameters(Echo { message }): Parameters<Echo>) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(message)])
    }

    /// Panics.
    #[tool]
    async fn panic(&self) -> String {
        panic!("the secret is 42")
    }

    /// Answers once the gate opens.
    #[tool]
    async fn wait(&self) -> String {
        self.gate.entered.add_permits(1);
        let _leaving = Leaving(&self.gate);
        self.gate.open.acquire().await.expect("the gate is there").forget();
        "through".to_owned()
    }

    /// Tells the client of its progress, then answers.
    #[tool]
    async fn notify(&self, context: RequestContext<RoleServer>) -> Result<String, ErrorData> {
        if let Some(token) = context.meta.get_progress_token() {
            let progress = rmcp::model::ProgressNotificationParam::new(token, 0.5);
            context
                .peer
                .notify_progress(progress)
                .await
                .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        }
        Ok("done".to_owned())
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for TestTools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}
