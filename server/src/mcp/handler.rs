//! The product's `ServerHandler`: says what the server is, and offers its tools.

use std::sync::Arc;

use rmcp::{
    ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{Implementation, ServerCapabilities, ServerConfig},
    tool_handler,
};

use super::tools::system::Vitals;

/// Sent at initialize and discover; names only tools that exist.
const INSTRUCTIONS: &str = "Tracon records the sessions and calls of this endpoint. `health_check` says whether the \
                            server and its database work; `session_info` says which session is yours and what it has \
                            done so far.";

/// Serves all sessions; what belongs to one session is in the request.
#[derive(Clone)]
pub struct Tracon {
    pub(super) vitals: Arc<dyn Vitals>,
    tool_router: ToolRouter<Self>,
}

impl std::fmt::Debug for Tracon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracon").field("vitals", &self.vitals).finish_non_exhaustive()
    }
}

impl Tracon {
    /// The handler, with every tool there is.
    #[must_use]
    pub fn new(vitals: Arc<dyn Vitals>) -> Self {
        Self { vitals, tool_router: Self::system_tools() }
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Tracon {
    fn get_info(&self) -> ServerConfig {
        let implementation =
            Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Tracon");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS)
    }
}
