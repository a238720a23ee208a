//! Stories about the tools that work on projects, tasks, documents and versions, as agents use them: over real HTTP, in both
//! eras of the protocol.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tracon::{
    clock::ManualClock,
    config::Config,
    serve::{Running, Setup},
};

use self::agent::{Agent, Era};
use crate::database::{Peek, Site};

/// Each of these stories as one test for each era.
macro_rules! in_both_eras {
    ($($story:ident),+ $(,)?) => {
        mod in_a_session {
            $(#[tokio::test]
            async fn $story() {
                super::$story(&super::Desk::open(crate::workspace::agent::Era::Legacy).await).await;
            })+
        }

        mod without_a_session {
            $(#[tokio::test]
            async fn $story() {
                super::$story(&super::Desk::open(crate::workspace::agent::Era::Sessionless).await).await;
            })+
        }
    };
}

mod agent;
mod arbitrary;
mod archiving;
mod arguments;
mod at_once;
mod documents;
mod finding;
mod history;
mod lists;
mod projects;
mod refusals;
mod rows;
mod sdk;
mod statistics;
mod tasks;
mod versions;

/// The product with nothing in it, and an agent of it, which the dashboard calls Claude Code.
struct Desk {
    agent: Agent,
    server: Running,
    clock: ManualClock,
    database: Peek,
    site: Site,
}

impl Desk {
    async fn open(era: Era) -> Self {
        Self::at(Site::new().await, era).await
    }

    async fn at(site: Site, era: Era) -> Self {
        let start: DateTime<Utc> = "2026-01-09T14:40:00.123456Z".parse().expect("a time");
        let clock = ManualClock::at(start);
        let server = served(site.config(), &clock).await;
        let agent = Agent::greet(&server, era, "claude-code").await;
        let database = site.open().await;
        Self { agent, server, clock, database, site }
    }

    /// Calls a tool, which succeeds.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.agent.call(tool, arguments).await.success()
    }

    /// Calls a tool, which fails, is recorded as failed, and leaves every row as it was. Gives the error.
    async fn refused(&self, tool: &str, arguments: Value) -> Value {
        let before = rows::dump(&self.database).await;
        let called = self.agent.call(tool, arguments.clone()).await;
        assert_eq!(rows::dump(&self.database).await, before, "{tool} {arguments} changed nothing");
        let id = called.id;
        let error = called.failure();
        let kind = error["type"].as_str().expect("a type").to_owned();
        let (name, outcome, message) = self.recorded(id).await;
        assert_eq!((name.as_str(), outcome.as_str()), (tool, "tool_error"), "{error}");
        assert!(message.starts_with(&kind), "{kind}: {message}");
        error
    }

    /// Tool, outcome and message of a request, as the tracker wrote them.
    async fn recorded(&self, id: i64) -> (String, String, String) {
        self.server.tracker().expect("tracking is on").recorder.settled().await;
        let statement = format!(
            "SELECT tool_name, outcome, COALESCE(error_message, '') FROM archon_mcp_requests WHERE rpc_id = '{id}'"
        );
        self.database.row(&statement).await
    }

    /// The id of a new project.
    async fn project(&self, title: &str) -> String {
        id_of(&self.call("manage_project", json!({"action": "create", "title": title})).await["project_id"])
    }

    /// The id of a new task; `more` is what it has besides its title.
    async fn task(&self, project: &str, title: &str, more: Value) -> String {
        let mut arguments = json!({"action": "create", "project_id": project, "title": title});
        merge(&mut arguments, more);
        id_of(&self.call("manage_task", arguments).await["task_id"])
    }

    /// The id of a new document, a note.
    async fn document(&self, project: &str, title: &str, more: Value) -> String {
        let mut arguments = json!({"action": "create", "project_id": project, "title": title, "document_type": "note"});
        merge(&mut arguments, more);
        id_of(&self.call("manage_document", arguments).await["document_id"])
    }

    /// A task, whole.
    async fn whole(&self, task: &str) -> Value {
        self.call("find_tasks", json!({"task_id": task})).await["task"].clone()
    }

    /// The titles of the tasks that are found.
    async fn titles(&self, arguments: Value) -> Vec<String> {
        texts(&self.call("find_tasks", arguments).await["tasks"], "title")
    }
}

/// The product with its own tools.
async fn served(config: Config, clock: &ManualClock) -> Running {
    Setup { config, clock: Arc::new(clock.clone()) }.start().await.expect("the server starts")
}

fn id_of(value: &Value) -> String {
    value.as_str().expect("an id").to_owned()
}

/// That text of each item of a list.
fn texts(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().expect("a list");
    items.iter().map(|item| item[key].as_str().unwrap_or_else(|| panic!("{key}: {item}")).to_owned()).collect()
}

/// The keys of an object, in alphabetical order.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn merge(object: &mut Value, more: Value) {
    let more = more.as_object().expect("an object").clone();
    object.as_object_mut().expect("an object").extend(more);
}
