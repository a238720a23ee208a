//! `find_tasks`, `manage_task`, `get_task_history`, `get_completion_stats` and `get_task_versions`.

use rmcp::{RoleServer, model::JsonObject, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracon_app::workspace::{Priority, TaskStatus};

use super::{
    answer::{Answer, Failure},
    arguments::{
        self, Fields, Page, filled, given, objects, only, priority_words, refused, required, status_words, within,
    },
    items::{self, Extent},
    schema::{input, output},
};
use crate::{
    mcp::handler::Tracon,
    store::workspace::{TaskQuery, Window},
    workspace::{TaskChanges, terms},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindTasks {
    query: Option<String>,
    task_id: Option<String>,
    filter_by: Option<FilterBy>,
    filter_value: Option<String>,
    project_id: Option<String>,
    /// Default true
    include_closed: Option<bool>,
    page: Option<u32>,
    per_page: Option<u32>,
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    fields: Fields,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FilterBy {
    Status,
    Project,
    Assignee,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct FoundTasks {
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<JsonObject>,
    #[serde(flatten)]
    list: Option<TaskList>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TaskList {
    tasks: Vec<JsonObject>,
    count: usize,
    total: u64,
    total_count: u64,
    page: u32,
    per_page: u32,
    query: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ManageTask {
    action: TaskAction,
    task_id: Option<String>,
    project_id: Option<String>,
    title: Option<String>,
    description: Option<String>,
    #[schemars(schema_with = "status_words")]
    #[serde(default)]
    status: Option<TaskStatus>,
    /// Default User
    assignee: Option<String>,
    /// Place in its status; later tasks move on
    task_order: Option<i64>,
    #[schemars(schema_with = "priority_words")]
    #[serde(default)]
    priority: Option<Priority>,
    feature: Option<String>,
    #[schemars(schema_with = "objects")]
    #[serde(default)]
    sources: Option<Value>,
    #[schemars(schema_with = "objects")]
    #[serde(default)]
    code_examples: Option<Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TaskAction {
    Create,
    Update,
    Delete,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ManagedTask {
    task: JsonObject,
    task_id: String,
    message: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetTaskHistory {
    task_id: String,
    field_name: Option<String>,
    /// Default 50
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TaskHistory {
    changes: Vec<JsonObject>,
    count: usize,
    field_filter: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetCompletionStats {
    project_id: Option<String>,
    /// Default 7
    days: Option<u32>,
    /// Default 50
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CompletionStats {
    project_id: Option<String>,
    days_range: u32,
    stats: JsonObject,
    recently_completed: Vec<JsonObject>,
    count: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetTaskVersions {
    task_id: String,
    /// title, description, sources or `code_examples`
    field_name: Option<String>,
    /// Default 10
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TaskVersions {
    versions: Vec<JsonObject>,
    count: usize,
    field_filter: Option<String>,
}

#[tool_router(router = task_tools, vis = "pub(in crate::mcp)")]
impl Tracon {
    /// List or search tasks in their order, or get one whole by `task_id`. Every word of query must occur in title, description or feature.
    #[tool(
        input_schema = input::<FindTasks>(),
        output_schema = output::<FoundTasks>(),
        annotations(title = "Find tasks", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn find_tasks(&self, arguments: JsonObject) -> Answer {
        self.found_tasks(arguments).await.into()
    }

    /// Create (`project_id`, title), update (`task_id` and at least one field) or delete (`task_id`; archives) a task.
    #[tool(
        input_schema = input::<ManageTask>(),
        output_schema = output::<ManagedTask>(),
        annotations(title = "Manage task", read_only_hint = false, destructive_hint = true, idempotent_hint = false)
    )]
    pub async fn manage_task(&self, arguments: JsonObject, context: RequestContext<RoleServer>) -> Answer {
        self.managed_task(arguments, &self.caller(&context)).await.into()
    }

    /// What changed of a task, by whom, newest first.
    #[tool(
        input_schema = input::<GetTaskHistory>(),
        output_schema = output::<TaskHistory>(),
        annotations(title = "Task history", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn get_task_history(&self, arguments: JsonObject) -> Answer {
        self.task_history(arguments).await.into()
    }

    /// How many tasks are done, and which were completed in the last days; of one project or of all.
    #[tool(
        input_schema = input::<GetCompletionStats>(),
        output_schema = output::<CompletionStats>(),
        annotations(title = "Completion stats", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn get_completion_stats(&self, arguments: JsonObject) -> Answer {
        self.completion_stats(arguments).await.into()
    }

    /// What the fields of a task were before they were changed, newest first; whole with limit 1, else trimmed.
    #[tool(
        input_schema = input::<GetTaskVersions>(),
        output_schema = output::<TaskVersions>(),
        annotations(title = "Task versions", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn get_task_versions(&self, arguments: JsonObject) -> Answer {
        self.task_versions(arguments).await.into()
    }
}

impl Tracon {
    async fn found_tasks(&self, arguments: JsonObject) -> Result<FoundTasks, Failure> {
        let wanted: FindTasks = arguments::read(arguments)?;
        if let Some(id) = given(wanted.task_id.as_ref()) {
            let task = items::task(&self.workspace.task(id).await?, Extent::Whole);
            return Ok(FoundTasks { task: Some(wanted.fields.select(task, &[])?), list: None });
        }
        let page = Page::of(wanted.page, wanted.per_page)?;
        let query = given(wanted.query.as_ref());
        let mut tasks = TaskQuery {
            terms: terms(query.unwrap_or_default())?,
            open_only: !wanted.include_closed.unwrap_or(true),
            ..TaskQuery::default()
        };
        let mut projects = Vec::from_iter(given(wanted.project_id.as_ref()).map(|id| ("project_id", id)));
        match (wanted.filter_by, given(wanted.filter_value.as_ref())) {
            (None, None) => {}
            (Some(FilterBy::Project), Some(id)) => projects.push(("filter_value", id)),
            (Some(FilterBy::Assignee), Some(name)) => tasks.assignee = Some(name.to_owned()),
            (Some(FilterBy::Status), Some(name)) => {
                let unknown = || {
                    let shown: String = name.chars().take(80).collect();
                    let known = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
                    Failure::invalid("filter_value", format!("`filter_value`: the status {shown:?} is none of {known}"))
                };
                tasks.status = Some(TaskStatus::parse(name).ok_or_else(unknown)?);
            }
            (Some(_), None) => {
                return Err(Failure::invalid("filter_value", "`filter_value` is required with `filter_by`"));
            }
            (None, Some(_)) => {
                let message = "`filter_by` is required with `filter_value`: status, project or assignee";
                return Err(Failure::invalid("filter_by", message));
            }
        }
        let (tasks, total) = self.workspace.tasks_of(&projects, tasks, page.window()).await?;
        let tasks: Vec<_> = tasks
            .iter()
            .map(|task| wanted.fields.select(items::task(task, wanted.fields.extent()), &[]))
            .collect::<Result<_, _>>()?;
        let list = TaskList {
            count: tasks.len(),
            tasks,
            total,
            total_count: total,
            page: page.page,
            per_page: page.per_page,
            query: query.map(str::to_owned),
        };
        Ok(FoundTasks { task: None, list: Some(list) })
    }

    async fn managed_task(&self, arguments: JsonObject, actor: &str) -> Result<ManagedTask, Failure> {
        let filled = filled(&arguments);
        let wanted: ManageTask = arguments::read(arguments)?;
        let (action, task_id, project_id) = (wanted.action, wanted.task_id, wanted.project_id);
        let changes = TaskChanges {
            title: wanted.title,
            description: wanted.description,
            status: wanted.status,
            assignee: wanted.assignee,
            task_order: wanted.task_order,
            priority: wanted.priority,
            feature: wanted.feature,
            sources: wanted.sources,
            code_examples: wanted.code_examples,
        };
        let (task, done) = match action {
            TaskAction::Create => {
                refused("task_id", given(task_id.as_ref()).is_some(), "create")?;
                let project = required("project_id", project_id.as_ref(), "create")?;
                (self.workspace.create_task(project, changes, actor).await?, "Task created")
            }
            TaskAction::Update => {
                let id = required("task_id", task_id.as_ref(), "update")?;
                let project = given(project_id.as_ref());
                (self.workspace.update_task(id, project, changes, actor).await?, "Task updated")
            }
            TaskAction::Delete => {
                only(&filled, "delete", &["task_id", "project_id"])?;
                let id = required("task_id", task_id.as_ref(), "delete")?;
                (self.workspace.archive_task(id, actor).await?, "Task archived")
            }
        };
        Ok(ManagedTask {
            task: items::task(&task, Extent::Trimmed),
            task_id: task.id.to_string(),
            message: done.to_owned(),
        })
    }

    async fn task_history(&self, arguments: JsonObject) -> Result<TaskHistory, Failure> {
        let wanted: GetTaskHistory = arguments::read(arguments)?;
        let limit = within("limit", wanted.limit, 50, 1..=500)?;
        let field = given(wanted.field_name.as_ref());
        let (changes, _) = self.workspace.task_history(&wanted.task_id, field, Window { limit, offset: 0 }).await?;
        let changes: Vec<_> = changes.iter().map(items::change).collect();
        Ok(TaskHistory { count: changes.len(), changes, field_filter: field.map(str::to_owned) })
    }

    async fn completion_stats(&self, arguments: JsonObject) -> Result<CompletionStats, Failure> {
        let wanted: GetCompletionStats = arguments::read(arguments)?;
        let days = within("days", wanted.days, 7, 1..=3_650)?;
        let limit = within("limit", wanted.limit, 50, 1..=500)?;
        let project = given(wanted.project_id.as_ref());
        let statistics = self.workspace.statistics(project, days, limit).await?;
        let recent: Vec<_> = statistics.recent.iter().map(items::completed_task).collect();
        Ok(CompletionStats {
            project_id: project.map(str::to_owned),
            days_range: days,
            stats: items::statistics(&statistics.stats),
            count: recent.len(),
            recently_completed: recent,
        })
    }

    async fn task_versions(&self, arguments: JsonObject) -> Result<TaskVersions, Failure> {
        let wanted: GetTaskVersions = arguments::read(arguments)?;
        let limit = within("limit", wanted.limit, 10, 1..=100)?;
        let field = given(wanted.field_name.as_ref());
        let (versions, _) = self.workspace.task_versions(&wanted.task_id, field, Window { limit, offset: 0 }).await?;
        let versions: Vec<_> = versions
            .iter()
            .map(|version| {
                let mut item = items::version(&version.head);
                // The way to one that is long.
                let content = if limit == 1 { version.content.clone() } else { items::trimmed_value(&version.content) };
                item.insert("content".to_owned(), content);
                item
            })
            .collect();
        Ok(TaskVersions { count: versions.len(), versions, field_filter: field.map(str::to_owned) })
    }
}
