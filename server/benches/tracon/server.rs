//! A whole server in this process, with one tool that answers as a search would.

use std::net::SocketAddr;

use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars::JsonSchema,
    tool, tool_handler, tool_router,
};
use serde::Deserialize;
use tempfile::TempDir;
use tracon::{
    config::{Capture, Config},
    serve::{Running, Setup},
};

pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    pub running: Running,
    _directory: TempDir,
}

impl Server {
    /// `capture` is `None` for a server that tracks nothing.
    pub async fn start(name: &'static str, capture: Option<Capture>) -> Self {
        Self::start_with(name, |config| {
            config.tracking.enabled = capture.is_some();
            config.tracking.capture = capture.unwrap_or(Capture::Off);
        })
        .await
    }

    /// With another configuration.
    pub async fn start_with(name: &'static str, change: impl FnOnce(&mut Config)) -> Self {
        let directory = TempDir::new().expect("a directory");
        let mut config =
            Config { bind: ([127, 0, 0, 1], 0).into(), data_dir: directory.path().to_owned(), ..Config::default() };
        change(&mut config);
        let running = Setup::new(config).start_with(|_| Tools::new()).await.expect("the server starts");
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
