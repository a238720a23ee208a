//! The rows of the workspace, as they are written and read.

use std::sync::LazyLock;

use super::model::{Owner, Project, Task, TaskChange, Version, VersionHead};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::Row,
    sqlite::Statement,
    tables::{PROJECTS, TASK_HISTORY, TASKS, VERSIONS},
    write::{Sink, Table},
};

/// The statement of both dialects, which is the same.
macro_rules! statement {
    ($columns:literal: $statement:expr) => {
        fn sqlite() -> &'static Statement {
            static STATEMENT: LazyLock<Statement> = LazyLock::new(|| Statement::new($statement, $columns));
            &STATEMENT
        }

        const POSTGRES: &'static str = $statement;
    };
}

/// A project with its JSON as text, as it is written.
#[derive(Debug)]
pub struct StoredProject<'p> {
    project: &'p Project,
    features: String,
    data: String,
    prd: String,
    docs: String,
}

impl<'p> From<&'p Project> for StoredProject<'p> {
    fn from(project: &'p Project) -> Self {
        Self {
            project,
            features: project.features.to_string(),
            data: project.data.to_string(),
            prd: project.prd.to_string(),
            docs: project.docs.to_string(),
        }
    }
}

/// Writes projects, whether they are there already or not.
pub struct PutProjects;

impl Table for PutProjects {
    type Row<'v> = &'v StoredProject<'v>;

    statement!(14: "INSERT INTO archon_projects (id, title, github_repo, pinned, archived, archived_at, archived_by, created_at,
         updated_at, description, features, data, prd, docs) {}
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, github_repo = excluded.github_repo,
         pinned = excluded.pinned, archived = excluded.archived, archived_at = excluded.archived_at,
         archived_by = excluded.archived_by, updated_at = excluded.updated_at, description = excluded.description,
         features = excluded.features, data = excluded.data, prd = excluded.prd, docs = excluded.docs");

    fn bind<'v>(row: &&'v StoredProject<'v>, into: &mut impl Sink<'v>) {
        let project = row.project;
        into.id(Some(project.id));
        into.text(Some(&project.title));
        into.text(project.github_repo.as_deref());
        into.flag(project.pinned);
        into.flag(project.archived);
        into.time(project.archived_at);
        into.text(project.archived_by.as_deref());
        into.time(Some(project.created_at));
        into.time(Some(project.updated_at));
        into.text(Some(&project.description));
        into.json(Some(&row.features));
        into.json(Some(&row.data));
        into.json(Some(&row.prd));
        into.json(Some(&row.docs));
    }
}

/// A task with its JSON as text, as it is written.
#[derive(Debug)]
pub struct StoredTask<'t> {
    task: &'t Task,
    sources: String,
    code_examples: String,
}

impl<'t> From<&'t Task> for StoredTask<'t> {
    fn from(task: &'t Task) -> Self {
        Self { task, sources: task.sources.to_string(), code_examples: task.code_examples.to_string() }
    }
}

/// Writes tasks, whether they are there already or not.
pub struct PutTasks;

impl Table for PutTasks {
    type Row<'v> = &'v StoredTask<'v>;

    statement!(20: "INSERT INTO archon_tasks (id, project_id, parent_task_id, title, status, assignee, task_order, priority,
         feature, archived, archived_at, archived_by, archived_with_project, completed_at, completed_by, created_at,
         updated_at, description, sources, code_examples) {}
         ON CONFLICT (id) DO UPDATE SET project_id = excluded.project_id, parent_task_id = excluded.parent_task_id,
         title = excluded.title, status = excluded.status, assignee = excluded.assignee,
         task_order = excluded.task_order, priority = excluded.priority, feature = excluded.feature,
         archived = excluded.archived, archived_at = excluded.archived_at, archived_by = excluded.archived_by,
         archived_with_project = excluded.archived_with_project, completed_at = excluded.completed_at,
         completed_by = excluded.completed_by, updated_at = excluded.updated_at, description = excluded.description,
         sources = excluded.sources, code_examples = excluded.code_examples");

    fn bind<'v>(row: &&'v StoredTask<'v>, into: &mut impl Sink<'v>) {
        let task = row.task;
        into.id(Some(task.id));
        into.id(Some(task.project_id));
        into.id(task.parent_task_id);
        into.text(Some(&task.title));
        into.text(Some(task.status.as_str()));
        into.text(Some(&task.assignee));
        into.integer(Some(task.task_order));
        into.text(Some(task.priority.as_str()));
        into.text(task.feature.as_deref());
        into.flag(task.archived);
        into.time(task.archived_at);
        into.text(task.archived_by.as_deref());
        into.flag(task.archived_with_project);
        into.time(task.completed_at);
        into.text(task.completed_by.as_deref());
        into.time(Some(task.created_at));
        into.time(Some(task.updated_at));
        into.text(Some(&task.description));
        into.json(Some(&row.sources));
        into.json(Some(&row.code_examples));
    }
}

/// Adds changes of tasks.
pub struct NewChanges;

impl Table for NewChanges {
    type Row<'v> = &'v TaskChange;

    statement!(9: "INSERT INTO archon_task_history (id, task_id, project_id, field_name, changed_by, changed_at, change_reason,
         old_value, new_value) {}");

    fn bind<'v>(change: &&'v TaskChange, into: &mut impl Sink<'v>) {
        into.id(Some(change.change_id));
        into.id(Some(change.task_id));
        into.id(Some(change.project_id));
        into.text(Some(&change.field_name));
        into.text(Some(&change.changed_by));
        into.time(Some(change.changed_at));
        into.text(change.change_reason.as_deref());
        into.text(change.old_value.as_deref());
        into.text(change.new_value.as_deref());
    }
}

/// A version with its content as text, as it is written.
#[derive(Debug)]
pub struct StoredVersion<'v> {
    head: &'v VersionHead,
    content: String,
}

impl<'v> From<&'v Version> for StoredVersion<'v> {
    fn from(version: &'v Version) -> Self {
        Self { head: &version.head, content: version.content.to_string() }
    }
}

/// Adds versions.
pub struct NewVersions;

impl Table for NewVersions {
    type Row<'v> = &'v StoredVersion<'v>;

    statement!(11: "INSERT INTO archon_document_versions (id, project_id, task_id, field_name, version_number, change_type,
         change_summary, document_id, created_by, created_at, content) {}");

    fn bind<'v>(row: &&'v StoredVersion<'v>, into: &mut impl Sink<'v>) {
        let head = row.head;
        let (project, task) = match head.owner {
            Owner::Project(id) => (Some(id), None),
            Owner::Task(id) => (None, Some(id)),
        };
        into.id(Some(head.id));
        into.id(project);
        into.id(task);
        into.text(Some(&head.field_name));
        into.integer(Some(head.version_number));
        into.text(Some(&head.change_type));
        into.text(head.change_summary.as_deref());
        into.text(head.document_id.as_deref());
        into.text(Some(&head.created_by));
        into.time(Some(head.created_at));
        into.json(Some(&row.content));
    }
}

/// All of a project but what may be long.
macro_rules! project_columns {
    () => {
        "id, title, github_repo, pinned, archived, archived_at, archived_by, created_at, updated_at, description"
    };
}

macro_rules! task_columns {
    () => {
        "id, project_id, parent_task_id, title, status, assignee, task_order, priority, feature, archived, archived_at, \
         archived_by, archived_with_project, completed_at, completed_by, created_at, updated_at, description, sources, \
         code_examples"
    };
}

macro_rules! change_columns {
    () => {
        "id, task_id, project_id, field_name, changed_by, changed_at, change_reason, old_value, new_value"
    };
}

macro_rules! version_columns {
    () => {
        "id, project_id, task_id, field_name, version_number, change_type, change_summary, document_id, created_by, \
         created_at"
    };
}

pub(super) use {change_columns, project_columns, task_columns, version_columns};

/// A row of `project_columns!`; what that leaves out is empty.
pub fn project(row: &Row) -> Result<Project, StoreError> {
    let cells = Cells::keyed(row, PROJECTS, "id")?;
    Ok(Project {
        id: cells.id("id")?,
        title: cells.get("title")?,
        description: cells.get("description")?,
        github_repo: cells.get("github_repo")?,
        pinned: cells.get("pinned")?,
        docs: serde_json::Value::Null,
        features: serde_json::Value::Null,
        data: serde_json::Value::Null,
        prd: serde_json::Value::Null,
        archived: cells.get("archived")?,
        archived_at: cells.optional_time("archived_at")?,
        archived_by: cells.get("archived_by")?,
        created_at: cells.time("created_at")?,
        updated_at: cells.time("updated_at")?,
    })
}

/// A row of `task_columns!`.
pub fn task(row: &Row) -> Result<Task, StoreError> {
    let cells = Cells::keyed(row, TASKS, "id")?;
    Ok(Task {
        id: cells.id("id")?,
        project_id: cells.id("project_id")?,
        parent_task_id: cells.optional_id("parent_task_id")?,
        title: cells.get("title")?,
        description: cells.get("description")?,
        status: cells.task_status("status")?,
        assignee: cells.get("assignee")?,
        task_order: cells.get("task_order")?,
        priority: cells.priority("priority")?,
        feature: cells.get("feature")?,
        sources: cells.json("sources")?,
        code_examples: cells.json("code_examples")?,
        archived: cells.get("archived")?,
        archived_at: cells.optional_time("archived_at")?,
        archived_by: cells.get("archived_by")?,
        archived_with_project: cells.get("archived_with_project")?,
        completed_at: cells.optional_time("completed_at")?,
        completed_by: cells.get("completed_by")?,
        created_at: cells.time("created_at")?,
        updated_at: cells.time("updated_at")?,
    })
}

/// A row of `change_columns!`.
pub fn change(row: &Row) -> Result<TaskChange, StoreError> {
    let cells = Cells::keyed(row, TASK_HISTORY, "id")?;
    Ok(TaskChange {
        change_id: cells.id("id")?,
        task_id: cells.id("task_id")?,
        project_id: cells.id("project_id")?,
        field_name: cells.get("field_name")?,
        old_value: cells.get("old_value")?,
        new_value: cells.get("new_value")?,
        changed_by: cells.get("changed_by")?,
        changed_at: cells.time("changed_at")?,
        change_reason: cells.get("change_reason")?,
    })
}

/// A row of `version_columns!`.
pub fn version_head(row: &Row) -> Result<VersionHead, StoreError> {
    let cells = Cells::keyed(row, VERSIONS, "id")?;
    let owner = match (cells.optional_id("project_id")?, cells.optional_id("task_id")?) {
        (Some(project), None) => Owner::Project(project),
        (None, Some(task)) => Owner::Task(task),
        _ => return Err(cells.corrupt("project_id", "it is of a project and of a task, or of neither")),
    };
    Ok(VersionHead {
        id: cells.id("id")?,
        owner,
        field_name: cells.get("field_name")?,
        version_number: cells.get("version_number")?,
        change_type: cells.get("change_type")?,
        change_summary: cells.get("change_summary")?,
        document_id: cells.get("document_id")?,
        created_by: cells.get("created_by")?,
        created_at: cells.time("created_at")?,
    })
}

/// The JSON of a column, beside those that [`project`] or [`version_head`] read.
pub fn json(row: &Row, table: &'static str, column: &'static str) -> Result<serde_json::Value, StoreError> {
    Cells::keyed(row, table, "id")?.json(column)
}
