//! The tables, by the names that errors call them.

pub const SESSIONS: &str = "archon_mcp_sessions";
pub const REQUESTS: &str = "archon_mcp_requests";
pub const PAYLOADS: &str = "archon_mcp_payloads";
pub const SESSION_NAMES: &str = "archon_mcp_session_names";
pub const ROLLUPS: &str = "archon_mcp_rollups";
pub const TOOL_DEFINITIONS: &str = "archon_mcp_tool_definitions";
pub const TRANSPORT_SESSIONS: &str = "archon_mcp_transport_sessions";

pub const PROJECTS: &str = "archon_projects";
pub const TASKS: &str = "archon_tasks";
pub const TASK_HISTORY: &str = "archon_task_history";
pub const VERSIONS: &str = "archon_document_versions";
pub const PROJECT_SOURCES: &str = "archon_project_sources";
