//! The product's `ServerHandler`: says what the server is, and offers its tools.

use std::sync::Arc;

use rmcp::{
    RoleServer, ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{Implementation, ServerCapabilities, ServerConfig},
    service::RequestContext,
    tool_handler,
};

use super::tools::system::Vitals;
use crate::workspace::Workspace;

/// Sent at initialize and discover; names only tools that exist.
const INSTRUCTIONS: &str = "Tracon keeps projects with their tasks and documents, and records the calls of this endpoint. \
                            `find_projects`, `find_tasks`, `find_documents` and `find_versions` list, search, or get one \
                            by its id; `manage_project`, `manage_task`, `manage_document` and `manage_version` change, by \
                            `action`. `get_task_history`, `get_task_versions`, `get_completion_stats` and \
                            `get_project_features` tell more. `health_check` says whether the server works, \
                            `session_info` which session is yours.";

/// Serves all sessions; what belongs to one session is in the request.
#[derive(Clone)]
pub struct Tracon {
    pub(super) vitals: Arc<dyn Vitals>,
    pub(super) workspace: Workspace,
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
    pub fn new(vitals: Arc<dyn Vitals>, workspace: Workspace) -> Self {
        let tool_router = Self::system_tools()
            + Self::project_tools()
            + Self::task_tools()
            + Self::document_tools()
            + Self::version_tools();
        Self { vitals, workspace, tool_router }
    }

    /// Who calls, as history names him: the client, as the dashboard calls it.
    pub(super) fn caller(&self, context: &RequestContext<RoleServer>) -> String {
        let known = self.vitals.client_of(&context.extensions);
        // Without a tracker: as the client names itself.
        let named = || context.meta.client_info().or_else(|| context.client_info()).map(|client| client.name);
        let name = known.or_else(named).filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| "unknown client".to_owned());
        name.replace('\0', "\u{fffd}").chars().take(200).collect()
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
