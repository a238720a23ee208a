//! A whole server in this process, with one tool that answers as a search would, or with the product's tools.

use std::net::SocketAddr;

use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars::JsonSchema,
    tool, tool_handler, tool_router,
};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tracon::{
    config::{Capture, Config},
    serve::{Running, ServeError, Setup},
};

use crate::client::{Caller, SdkClient, Tool};

/// Of a project: as many as one is worked on with.
const TASKS: usize = 20;

pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    pub running: Running,
    _directory: TempDir,
}

impl Server {
    /// With this tool. `capture` is `None` for a server that tracks nothing.
    pub async fn start(name: &'static str, tool: Tool, capture: Option<Capture>) -> Self {
        let change = |config: &mut Config| {
            config.tracking.enabled = capture.is_some();
            config.tracking.capture = capture.unwrap_or(Capture::Off);
        };
        match tool {
            Tool::Find => Self::start_with(name, change).await,
            Tool::FindTasks => {
                let (directory, setup) = setup(change);
                let server = Self::running(name, directory, setup.start().await);
                fill(server.address).await;
                server
            }
        }
    }

    /// With the bench's tool and another configuration.
    pub async fn start_with(name: &'static str, change: impl FnOnce(&mut Config)) -> Self {
        let (directory, setup) = setup(change);
        Self::running(name, directory, setup.start_with(|_| Tools::new()).await)
    }

    fn running(name: &'static str, directory: TempDir, started: Result<Running, ServeError>) -> Self {
        let running = started.expect("the server starts");
        Self { name, address: running.address, running, _directory: directory }
    }

    /// Waits until all that was recorded is in the database.
    pub async fn drained(&self) {
        if let Some(tracker) = self.running.tracker() {
            tracker.recorder.settled().await;
        }
    }

    pub async fn stop(self) {
        if let Some(tracker) = self.running.tracker() {
            tracker.recorder.settled().await;
            assert_eq!(tracker.recorder.health().lost, 0, "nothing was lost");
        }
        self.running.stop().await.expect("it stops");
    }
}

/// A server that listens anywhere and keeps what it has in a directory of its own.
fn setup(change: impl FnOnce(&mut Config)) -> (TempDir, Setup) {
    let directory = TempDir::new().expect("a directory");
    let mut config =
        Config { bind: ([127, 0, 0, 1], 0).into(), data_dir: directory.path().to_owned(), ..Config::default() };
    change(&mut config);
    (directory, Setup::new(config))
}

/// Gives a server a project whose tasks [`Tool::FindTasks`] finds.
async fn fill(address: SocketAddr) {
    let client = SdkClient::connect(address, Tool::FindTasks).await;
    let made = client.call_with("manage_project", json!({"action": "create", "title": "Passages"})).await;
    let project = &made.structured_content.expect("the project")["project"]["id"];
    for number in 1..=TASKS {
        let task = json!({
            "action": "create",
            "project_id": project,
            "title": format!("Open the database, part {number}"),
            "description": "It is made when it is missing; a reader sees the last commit while a writer writes.",
            "assignee": "User",
        });
        client.call_with("manage_task", task).await;
    }
    client.leave().await;
}

#[derive(Clone)]
struct Tools {
    tool_router: ToolRouter<Self>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Find {
    query: String,
    limit: u32,
}

#[tool_router]
impl Tools {
    fn new() -> Self {
        Self { tool_router: Self::tool_router() }
    }

    /// Finds passages.
    #[tool]
    async fn find(&self, Parameters(Find { query, limit }): Parameters<Find>) -> String {
        format!(
            "{limit} passages for \"{query}\": SqliteConnectOptions::new().filename(path).create_if_missing(true) opens \
             a file and makes it when it is missing; see also SqlitePoolOptions for a pool of connections, and the \
             chapter on write-ahead logs for what a reader sees while a writer writes."
        )
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}
