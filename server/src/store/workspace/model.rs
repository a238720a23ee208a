//! The rows of the workspace, as rules know them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tracon_app::workspace::{Priority, TaskStatus, VersionField};
use uuid::Uuid;

/// A project, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    pub id: Uuid,
    pub title: String,
    pub description: String,
    pub github_repo: Option<String>,
    pub pinned: bool,
    /// Its documents: an array of objects.
    pub docs: Value,
    /// An array.
    pub features: Value,
    pub data: Value,
    pub prd: Value,
    pub archived: bool,
    pub archived_at: Option<DateTime<Utc>>,
    pub archived_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Project {
    /// What a field that has versions holds.
    #[must_use]
    pub const fn field(&self, field: VersionField) -> &Value {
        match field {
            VersionField::Docs => &self.docs,
            VersionField::Features => &self.features,
            VersionField::Data => &self.data,
            VersionField::Prd => &self.prd,
        }
    }

    /// The same, to be changed.
    pub const fn field_mut(&mut self, field: VersionField) -> &mut Value {
        match field {
            VersionField::Docs => &mut self.docs,
            VersionField::Features => &mut self.features,
            VersionField::Data => &mut self.data,
            VersionField::Prd => &mut self.prd,
        }
    }
}

/// A project, as lists have it: without its documents.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectSummary {
    /// `docs` and `prd` are not read.
    pub project: Project,
    pub documents: u64,
}

/// A task, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: Uuid,
    pub project_id: Uuid,
    pub parent_task_id: Option<Uuid>,
    pub title: String,
    pub description: String,
    pub status: TaskStatus,
    pub assignee: String,
    /// Its place among the tasks of its project and status; 0 is none.
    pub task_order: i64,
    pub priority: Priority,
    pub feature: Option<String>,
    /// An array of objects.
    pub sources: Value,
    pub code_examples: Value,
    pub archived: bool,
    pub archived_at: Option<DateTime<Utc>>,
    pub archived_by: Option<String>,
    /// Archived because its project was, and back with it.
    pub archived_with_project: bool,
    pub completed_at: Option<DateTime<Utc>>,
    pub completed_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// That one field of a task became another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskChange {
    pub change_id: Uuid,
    pub task_id: Uuid,
    pub project_id: Uuid,
    pub field_name: String,
    /// `None`: there was none.
    pub old_value: Option<String>,
    pub new_value: Option<String>,
    /// The user or client that called.
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
    pub change_reason: Option<String>,
}

/// What has versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Project(Uuid),
    Task(Uuid),
}

/// What is known of a version without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionHead {
    pub id: Uuid,
    pub owner: Owner,
    pub field_name: String,
    /// From 1 on, of each field of each owner.
    pub version_number: i64,
    /// `create`, `update`, `delete`, `manual`, `backup`, `restore`.
    pub change_type: String,
    pub change_summary: Option<String>,
    /// The document that the change was about.
    pub document_id: Option<String>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// What a field held once.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub head: VersionHead,
    pub content: Value,
}
