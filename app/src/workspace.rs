//! What the pages of projects show and change, as plain values, and (on the server) the trait that provides it.
//!
//! As in [`crate::reports`], nothing here knows SQL or MCP. What is too much for a page is cut and counted, never left out
//! without a word.

mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::words::{Place, Priority, TaskStatus, VersionField};
#[cfg(feature = "ssr")]
use crate::reports::ReportError;

/// Which projects `/projects` lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectFilter {
    /// Each of its words occurs in the title or the description, letter case ignored.
    #[serde(default)]
    pub text: Option<String>,
    /// The archived ones instead of the others.
    #[serde(default)]
    pub archived: bool,
    /// From 1; 0 counts as 1.
    #[serde(default)]
    pub page: u32,
}

/// Tasks that are not archived, by status, in the order of [`TaskStatus::ALL`].
pub type TaskCounts = [u64; TaskStatus::ALL.len()];

/// A project, as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRow {
    pub id: String,
    pub title: String,
    /// Its beginning.
    pub description: String,
    pub github_repo: Option<String>,
    pub pinned: bool,
    pub archived: bool,
    pub tasks: TaskCounts,
    pub documents: u64,
    pub updated_at: DateTime<Utc>,
}

/// One page of projects, the pinned one first, then the newest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectList {
    pub now: DateTime<Utc>,
    pub rows: Vec<ProjectRow>,
    /// All that match the filter, not only this page.
    pub total: u64,
    /// How many archived ones there are in all: they are listed apart.
    pub archived: u64,
    /// From 1.
    pub page: u32,
    /// At least 1.
    pub pages: u32,
}

/// What stands above every page of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectHead {
    pub id: String,
    pub title: String,
    /// Whole.
    pub description: String,
    pub github_repo: Option<String>,
    pub pinned: bool,
    pub archived_at: Option<DateTime<Utc>>,
    pub archived_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub tasks: TaskCounts,
    pub documents: u64,
    pub versions: u64,
}

/// Which tasks `/projects/{id}` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardFilter {
    /// Only this column, page by page; else the beginning of each.
    #[serde(default)]
    pub status: Option<TaskStatus>,
    /// Of that column, from 1; 0 counts as 1.
    #[serde(default)]
    pub page: u32,
}

/// The tasks of a project by status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    pub now: DateTime<Utc>,
    pub project: ProjectHead,
    /// All four in the order of [`TaskStatus::ALL`], or the one that was asked for.
    pub columns: Vec<Column>,
    /// From 1; 1 where all columns are shown.
    pub page: u32,
    /// At least 1.
    pub pages: u32,
}

/// The tasks of one status in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub status: TaskStatus,
    /// At most [`COLUMN`].
    pub tasks: Vec<TaskCard>,
    /// All of the status.
    pub total: u64,
}

/// The most tasks that a column shows at once.
pub const COLUMN: usize = 50;

/// A task, as the board shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCard {
    pub id: String,
    pub title: String,
    pub status: TaskStatus,
    pub priority: Priority,
    pub assignee: String,
    pub feature: Option<String>,
    pub updated_at: DateTime<Utc>,
}

/// What `/projects/{id}/tasks/{task}` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskDetail {
    pub now: DateTime<Utc>,
    pub project: ProjectHead,
    pub task: TaskCard,
    /// The description as it reads.
    pub description: Body,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub completed_by: Option<String>,
    pub archived_at: Option<DateTime<Utc>>,
    pub archived_by: Option<String>,
    /// JSON, each on its own.
    pub sources: Vec<String>,
    pub code_examples: Vec<String>,
    /// Its newest changes, at most 100.
    pub history: Vec<HistoryRow>,
    /// All of them.
    pub changes: u64,
}

/// A text that is ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Rendered from Markdown and sanitised by the server: safe to be put into the page as it is.
    Html(String),
    /// JSON, indented: shown as text.
    Json(String),
}

/// A document, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRow {
    pub id: String,
    pub title: String,
    pub document_type: String,
    pub tags: Vec<String>,
    pub status: String,
    pub author: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
    /// Of its content.
    pub bytes: u64,
}

/// The documents of a project, and the one that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    pub now: DateTime<Utc>,
    pub project: ProjectHead,
    /// All of them, the last changed first.
    pub rows: Vec<DocumentRow>,
    /// The one that was asked for; the first if none was; `None` when there is none.
    pub chosen: Option<(DocumentRow, Body)>,
}

/// Which versions `/projects/{id}/versions` lists, and the one that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFilter {
    #[serde(default)]
    pub field: Option<VersionField>,
    /// The version that is compared with what is there now; needs `field`.
    #[serde(default)]
    pub number: Option<u64>,
    /// From 1; 0 counts as 1.
    #[serde(default)]
    pub page: u32,
}

/// A version, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    pub field: VersionField,
    pub number: u64,
    /// `create`, `update`, `delete`, `manual`, `backup`, `restore` …
    pub change_type: String,
    pub change_summary: Option<String>,
    pub document_id: Option<String>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// The versions of a project's fields, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub now: DateTime<Utc>,
    pub project: ProjectHead,
    pub rows: Vec<VersionRow>,
    pub total: u64,
    /// From 1.
    pub page: u32,
    /// At least 1.
    pub pages: u32,
    pub chosen: Option<VersionDetail>,
}

/// What restoring a version would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionDetail {
    pub version: VersionRow,
    /// What differs, a part for each document; of other fields one. Empty when restoring would change nothing.
    pub parts: Vec<DiffPart>,
}

/// What restoring would change of one document, or of the whole field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffPart {
    /// The document's title, or the field's name.
    pub title: String,
    /// The document, where it can be restored alone: it is in the version.
    pub document_id: Option<String>,
    pub lines: Vec<DiffLine>,
    /// Lines that are not shown because there are too many.
    pub cut: u64,
}

/// A line of what is there now (`Removed`), of the version (`Added`), or of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiffLine {
    Same(String),
    Removed(String),
    Added(String),
    /// So many lines that are the same are left out here.
    Skipped(u64),
}

/// What changed, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    pub at: DateTime<Utc>,
    pub actor: String,
    pub subject: Subject,
    /// The field that changed; of a version its change type.
    pub change: String,
    /// The beginnings of long ones.
    pub old: Option<String>,
    pub new: Option<String>,
    pub reason: Option<String>,
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Task { id: String, title: String },
    Version { field: VersionField, number: u64 },
}

/// What happened in a project, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub now: DateTime<Utc>,
    pub project: ProjectHead,
    pub rows: Vec<HistoryRow>,
    /// Start of the next page; `None` on the last.
    pub next: Option<String>,
}

/// Puts a task into a column and to a place in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTask {
    pub task_id: String,
    pub status: TaskStatus,
    pub place: Place,
}

/// Writes what a version holds back into the project, after a snapshot of what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreVersion {
    pub project_id: String,
    pub field: VersionField,
    pub number: u64,
    /// Only this document of it.
    #[serde(default)]
    pub document_id: Option<String>,
}

/// Where the pages of projects get what they show, and what people change there; the server implements it.
///
/// `None` means that there is nothing of that id.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Workspace: Send + Sync + 'static {
    async fn projects(&self, filter: ProjectFilter) -> Result<ProjectList, ReportError>;
    async fn board(&self, project_id: &str, filter: BoardFilter) -> Result<Option<Board>, ReportError>;
    async fn task(&self, project_id: &str, task_id: &str) -> Result<Option<TaskDetail>, ReportError>;
    async fn documents(&self, project_id: &str, document_id: Option<&str>) -> Result<Option<Documents>, ReportError>;
    async fn versions(&self, project_id: &str, filter: VersionFilter) -> Result<Option<Versions>, ReportError>;
    /// From the start, or from `next` of the page before.
    async fn history(&self, project_id: &str, before: Option<&str>) -> Result<Option<History>, ReportError>;
    async fn move_task(&self, request: MoveTask) -> Result<Option<()>, ReportError>;
    async fn restore_version(&self, request: RestoreVersion) -> Result<Option<()>, ReportError>;
}
