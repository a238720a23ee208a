//! The server functions of projects. What changes something is a form's POST of flat fields, so that it works without script.

use super::PageError;
#[cfg(feature = "ssr")]
use super::answer;
use crate::workspace::{
    Board, BoardFilter, Documents, History, Place, ProjectFilter, ProjectList, TaskDetail, TaskStatus, VersionField,
    VersionFilter, Versions,
};
#[cfg(feature = "ssr")]
use crate::{
    page::set_status,
    workspace::{MoveTask, RestoreVersion, Workspace},
};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// One page of projects.
#[server(name = GetProjects, prefix = "/api", endpoint = "projects", input = GetUrl)]
pub async fn projects(filter: ProjectFilter) -> Result<ProjectList, PageError> {
    answer(workspace()?.projects(filter).await)
}

/// A project's tasks by status; `None` when there is no project of that id.
#[server(name = GetBoard, prefix = "/api", endpoint = "board", input = GetUrl)]
pub async fn board(project_id: String, filter: BoardFilter) -> Result<Option<Board>, PageError> {
    answer(workspace()?.board(&project_id, filter).await)
}

/// One task; `None` when there is none of that id in that project.
#[server(name = GetTask, prefix = "/api", endpoint = "task", input = GetUrl)]
pub async fn task(project_id: String, task_id: String) -> Result<Option<TaskDetail>, PageError> {
    answer(workspace()?.task(&project_id, &task_id).await)
}

/// A project's documents, and one of them whole; `None` when there is none of that id.
#[server(name = GetDocuments, prefix = "/api", endpoint = "documents", input = GetUrl)]
pub async fn documents(project_id: String, document_id: Option<String>) -> Result<Option<Documents>, PageError> {
    answer(workspace()?.documents(&project_id, document_id.as_deref()).await)
}

/// One page of a project's versions, and one compared with what is there; `None` when there is none of that id.
#[server(name = GetVersions, prefix = "/api", endpoint = "versions", input = GetUrl)]
pub async fn versions(project_id: String, filter: VersionFilter) -> Result<Option<Versions>, PageError> {
    answer(workspace()?.versions(&project_id, filter).await)
}

/// One page of what happened in a project; `None` when there is none of that id.
#[server(name = GetHistory, prefix = "/api", endpoint = "history", input = GetUrl)]
pub async fn history(project_id: String, before: Option<String>) -> Result<Option<History>, PageError> {
    answer(workspace()?.history(&project_id, before.as_deref()).await)
}

/// Puts a task into a column and to a place in it.
#[server(name = PostMove, prefix = "/api", endpoint = "move_task")]
pub async fn move_task(task_id: String, status: TaskStatus, place: Place) -> Result<(), PageError> {
    done("task", workspace()?.move_task(MoveTask { task_id, status, place }).await)
}

/// Writes what a version holds back into the project.
#[server(name = PostRestore, prefix = "/api", endpoint = "restore_version")]
pub async fn restore_version(
    project_id: String,
    field: VersionField,
    number: u64,
    document_id: Option<String>,
) -> Result<(), PageError> {
    let request = RestoreVersion { project_id, field, number, document_id };
    done("version", workspace()?.restore_version(request).await)
}

#[cfg(feature = "ssr")]
fn workspace() -> Result<std::sync::Arc<dyn Workspace>, PageError> {
    use_context().ok_or(PageError::Unavailable)
}

/// That it was done, or the error with its status on the answer; nothing of that id is one.
#[cfg(feature = "ssr")]
fn done(what: &str, result: Result<Option<()>, crate::reports::ReportError>) -> Result<(), PageError> {
    answer(result)?.ok_or_else(|| {
        let error = PageError::NotFound(what.to_owned());
        set_status(error.status());
        error
    })
}
