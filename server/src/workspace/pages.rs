//! The workspace as its pages show it, and what people change there.

mod bodies;
mod versions;

use async_trait::async_trait;
use tracon_app::{
    reports::ReportError,
    workspace::{
        Board, BoardFilter, COLUMN, Column, DocumentRow, Documents, History, HistoryRow, MoveTask, ProjectFilter,
        ProjectHead, ProjectList, ProjectRow, RestoreVersion, Subject, TaskCard, TaskCounts, TaskDetail, TaskStatus,
        VersionField, VersionFilter, Versions,
    },
};
use uuid::Uuid;

use self::bodies::{description_of, document_body, document_row, json_texts};
use super::{
    Restoration, Result, Workspace, WorkspaceError, documents::documents_of, excerpt::cut, input, projects::project_of,
    terms,
};
use crate::store::workspace::{
    HistoryQuery, Owner, ProjectEvent, ProjectQuery, ProjectSummary, Reading, Task, TaskChange, TaskQuery,
    VersionQuery, Window,
};

/// Projects and versions on a page.
const PAGE: u32 = 50;

/// Events on a page of the history, and changes beside a task.
const EVENTS: u32 = 100;

/// Letters of a description in a list, and of a value in a history.
const EXCERPT: usize = 300;

/// What history calls people who use the dashboard: it does not know them.
const DASHBOARD: &str = "Dashboard";

#[async_trait]
impl tracon_app::workspace::Workspace for Workspace {
    async fn projects(&self, filter: ProjectFilter) -> std::result::Result<ProjectList, ReportError> {
        // A list is always there.
        told(self.project_list(filter).await)?.ok_or(ReportError::Unavailable)
    }

    async fn board(&self, project_id: &str, filter: BoardFilter) -> std::result::Result<Option<Board>, ReportError> {
        told(self.board_of(project_id, filter).await)
    }

    async fn task(&self, project_id: &str, task_id: &str) -> std::result::Result<Option<TaskDetail>, ReportError> {
        told(self.task_detail(project_id, task_id).await)
    }

    async fn documents(
        &self,
        project_id: &str,
        document_id: Option<&str>,
    ) -> std::result::Result<Option<Documents>, ReportError> {
        told(self.document_list(project_id, document_id).await)
    }

    async fn versions(
        &self,
        project_id: &str,
        filter: VersionFilter,
    ) -> std::result::Result<Option<Versions>, ReportError> {
        told(self.version_list(project_id, filter).await)
    }

    async fn history(
        &self,
        project_id: &str,
        before: Option<&str>,
    ) -> std::result::Result<Option<History>, ReportError> {
        told(self.project_history(project_id, before).await)
    }

    async fn move_task(&self, request: MoveTask) -> std::result::Result<Option<()>, ReportError> {
        let moved = async {
            id_of("task", &request.task_id)?;
            Self::move_task(self, &request.task_id, request.status, &request.place, DASHBOARD).await
        };
        told(moved.await.map(|_| ()))
    }

    async fn restore_version(&self, request: RestoreVersion) -> std::result::Result<Option<()>, ReportError> {
        let RestoreVersion { project_id, field, number, document_id } = request;
        let restoration =
            Restoration { document_id: document_id.filter(|id| !id.is_empty()), ..Restoration::default() };
        let restored = async {
            id_of("project", &project_id)?;
            Self::restore_version(self, &project_id, field, number, restoration, DASHBOARD).await
        };
        told(restored.await.map(|_| ()))
    }
}

/// What is not there is `None`; what the database said goes to the log.
fn told<T>(result: Result<T>) -> std::result::Result<Option<T>, ReportError> {
    result.map(Some).or_else(|error| {
        let message = error.to_string();
        match error {
            WorkspaceError::NotFound { .. } => Ok(None),
            WorkspaceError::Invalid { .. } => Err(ReportError::Invalid(message)),
            WorkspaceError::Conflict { .. } => Err(ReportError::Conflict(message)),
            WorkspaceError::Store(error) | WorkspaceError::Unsure(error) => {
                tracing::error!(%error, "a page of the workspace could not be made");
                Err(ReportError::Unavailable)
            }
        }
    })
}

/// An id from an address. There is nothing of one that is none.
fn id_of(what: &'static str, text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| WorkspaceError::not_found(what, text))
}

/// Which part of a list a page is; the first is 1, and 0, too.
fn window(page: u32, size: u32) -> Window {
    Window { limit: size, offset: u64::from(page.max(1) - 1) * u64::from(size) }
}

/// How many pages there are: at least one.
fn pages(total: u64, size: u32) -> u32 {
    u32::try_from(total.div_ceil(size.into())).unwrap_or(u32::MAX).max(1)
}

impl Workspace {
    async fn project_list(&self, filter: ProjectFilter) -> Result<ProjectList> {
        let query = ProjectQuery {
            terms: terms(filter.text.as_deref().unwrap_or_default()).map_err(|error| match error {
                WorkspaceError::Invalid { reason, .. } => WorkspaceError::invalid("text", reason),
                error => error,
            })?,
            archived: filter.archived,
        };
        let now = self.now();
        self.read(async |reading| {
            let (summaries, total) = reading.projects(&query, window(filter.page, PAGE)).await?;
            let ids: Vec<Uuid> = summaries.iter().map(|summary| summary.project.id).collect();
            let counts = reading.task_counts(&ids).await?;
            let rows = std::iter::zip(summaries, counts).map(|(summary, (_, tasks))| ProjectRow {
                id: summary.project.id.to_string(),
                title: summary.project.title,
                description: cut(&summary.project.description, EXCERPT),
                github_repo: summary.project.github_repo,
                pinned: summary.project.pinned,
                archived: summary.project.archived,
                tasks,
                documents: summary.documents,
                updated_at: summary.project.updated_at,
            });
            Ok(ProjectList {
                now,
                rows: rows.collect(),
                total,
                archived: reading.archived_projects().await?,
                page: filter.page.max(1),
                pages: pages(total, PAGE),
            })
        })
        .await
    }

    async fn board_of(&self, project_id: &str, filter: BoardFilter) -> Result<Board> {
        let id = id_of("project", project_id)?;
        let size = u32::try_from(COLUMN).unwrap_or(u32::MAX);
        let now = self.now();
        self.read(async |reading| {
            let head = head(reading, id).await?;
            // All columns show their beginning; one alone has pages.
            let (statuses, page) = match filter.status {
                Some(status) => (vec![status], filter.page.max(1)),
                None => (TaskStatus::ALL.to_vec(), 1),
            };
            let mut columns = Vec::new();
            for status in statuses {
                let query = TaskQuery { projects: vec![id], status: Some(status), ..TaskQuery::default() };
                let (tasks, total) = reading.tasks(&query, window(page, size)).await?;
                columns.push(Column { status, tasks: tasks.iter().map(card).collect(), total });
            }
            let alone = columns.first().filter(|_| filter.status.is_some());
            let pages = alone.map_or(1, |column| pages(column.total, size));
            Ok(Board { now, project: head, columns, page, pages })
        })
        .await
    }

    async fn task_detail(&self, project_id: &str, task_id: &str) -> Result<TaskDetail> {
        let (project_id, task_id) = (id_of("project", project_id)?, id_of("task", task_id)?);
        let now = self.now();
        self.read(async |reading| {
            let task = reading.task(task_id).await?.filter(|task| task.project_id == project_id);
            let task = task.ok_or_else(|| WorkspaceError::not_found("task", task_id))?;
            let query = HistoryQuery { task_id, field_name: None };
            let (history, changes) = reading.task_history(&query, window(1, EVENTS)).await?;
            Ok(TaskDetail {
                now,
                project: head(reading, project_id).await?,
                task: card(&task),
                description: description_of(&task.description),
                created_at: task.created_at,
                completed_at: task.completed_at,
                completed_by: task.completed_by,
                archived_at: task.archived_at,
                archived_by: task.archived_by,
                sources: json_texts(&task.sources),
                code_examples: json_texts(&task.code_examples),
                history: history.into_iter().map(|change| change_row(change, &task.title)).collect(),
                changes,
            })
        })
        .await
    }

    async fn document_list(&self, project_id: &str, document_id: Option<&str>) -> Result<Documents> {
        let id = id_of("project", project_id)?;
        let now = self.now();
        self.read(async |reading| {
            let project = project_of(reading, id).await?;
            let mut documents: Vec<(DocumentRow, serde_json::Value)> =
                documents_of(&project.docs).into_iter().map(|document| (document_row(&document), document)).collect();
            documents.sort_by_key(|(row, _)| std::cmp::Reverse(row.updated_at));
            let chosen = match document_id {
                None => documents.first(),
                Some(id) => {
                    let found = documents.iter().find(|(row, _)| row.id == id);
                    Some(found.ok_or_else(|| WorkspaceError::not_found("document", id))?)
                }
            };
            let chosen = chosen.map(|(row, document)| (row.clone(), document_body(document)));
            let head = head(reading, id).await?;
            Ok(Documents { now, project: head, rows: documents.into_iter().map(|(row, _)| row).collect(), chosen })
        })
        .await
    }

    async fn version_list(&self, project_id: &str, filter: VersionFilter) -> Result<Versions> {
        let id = id_of("project", project_id)?;
        let now = self.now();
        if filter.number.is_some() && filter.field.is_none() {
            return Err(WorkspaceError::invalid("field", "is needed with `number`"));
        }
        self.read(async |reading| {
            let head = head(reading, id).await?;
            let query = VersionQuery { owner: Owner::Project(id), field_name: filter.field.map(VersionField::as_str) };
            let (rows, total) = reading.version_heads(query, window(filter.page, PAGE)).await?;
            let chosen = match (filter.field, filter.number) {
                (Some(field), Some(number)) => {
                    let version = reading.version(Owner::Project(id), field.as_str(), number).await?;
                    let version = version.ok_or_else(|| WorkspaceError::not_found("version", number))?;
                    versions::detail(&project_of(reading, id).await?, field, &version)
                }
                _ => None,
            };
            Ok(Versions {
                now,
                project: head,
                rows: rows.iter().filter_map(versions::row).collect(),
                total,
                page: filter.page.max(1),
                pages: pages(total, PAGE),
                chosen,
            })
        })
        .await
    }

    async fn project_history(&self, project_id: &str, before: Option<&str>) -> Result<History> {
        let id = id_of("project", project_id)?;
        let before = before.map(|event| input::id("before", event)).transpose()?;
        let now = self.now();
        self.read(async |reading| {
            let head = head(reading, id).await?;
            // One more says whether there are more.
            let mut events = reading.project_events(id, before, EVENTS + 1).await?;
            let more = events.len() > EVENTS as usize;
            events.truncate(EVENTS as usize);
            let next = events.last().filter(|_| more).map(|event| event.id().to_string());
            Ok(History { now, project: head, rows: events.into_iter().filter_map(event_row).collect(), next })
        })
        .await
    }
}

/// What stands above every page of a project.
async fn head(reading: &mut Reading, id: Uuid) -> Result<ProjectHead> {
    let summary = reading.project_summary(id).await?.ok_or_else(|| WorkspaceError::not_found("project", id))?;
    let ProjectSummary { project, documents } = summary;
    let counts = reading.task_counts(&[id]).await?;
    let query = VersionQuery { owner: Owner::Project(id), field_name: None };
    Ok(ProjectHead {
        id: id.to_string(),
        title: project.title,
        description: project.description,
        github_repo: project.github_repo,
        pinned: project.pinned,
        archived_at: project.archived_at,
        archived_by: project.archived_by,
        created_at: project.created_at,
        updated_at: project.updated_at,
        tasks: counts.first().map_or(TaskCounts::default(), |(_, tasks)| *tasks),
        documents,
        versions: reading.version_count(query).await?,
    })
}

fn card(task: &Task) -> TaskCard {
    TaskCard {
        id: task.id.to_string(),
        title: task.title.clone(),
        status: task.status,
        priority: task.priority,
        assignee: task.assignee.clone(),
        feature: task.feature.clone(),
        updated_at: task.updated_at,
    }
}

fn change_row(change: TaskChange, title: &str) -> HistoryRow {
    HistoryRow {
        at: change.changed_at,
        actor: change.changed_by,
        subject: Subject::Task { id: change.task_id.to_string(), title: title.to_owned() },
        change: change.field_name,
        old: change.old_value.map(|value| cut(&value, EXCERPT)),
        new: change.new_value.map(|value| cut(&value, EXCERPT)),
        reason: change.change_reason,
    }
}

fn event_row(event: ProjectEvent) -> Option<HistoryRow> {
    match event {
        ProjectEvent::Task(change, title) => Some(change_row(change, &title)),
        ProjectEvent::Version(head) => {
            let row = versions::row(&head)?;
            Some(HistoryRow {
                at: row.created_at,
                actor: row.created_by,
                subject: Subject::Version { field: row.field, number: row.number },
                change: row.change_type,
                old: None,
                new: None,
                reason: row.change_summary,
            })
        }
    }
}
