//! What changed, and what was done.

use chrono::{DateTime, Utc};
use tracon_app::workspace::TaskStatus;
use uuid::Uuid;

use super::{
    Reading, Window, Writing, listed,
    model::{Task, TaskChange, VersionHead},
    rows::{self, NewChanges, change_columns, task_columns, version_columns},
};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Engine, Row, Value},
    queries::Conditions,
    tables::{TASK_HISTORY, TASKS},
};

/// Which changes a list has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    pub task_id: Uuid,
    pub field_name: Option<String>,
}

/// What happened in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectEvent {
    /// A change of the task with this title.
    Task(TaskChange, String),
    Version(VersionHead),
}

impl ProjectEvent {
    /// Sorts by time.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Task(change, _) => change.change_id,
            Self::Version(head) => head.id,
        }
    }
}

/// How far the tasks of a project are, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CompletionStats {
    pub total_tasks: u64,
    pub completed_tasks: u64,
    /// In `doing` or `review`.
    pub in_progress_tasks: u64,
    /// From creation to completion, hours; `None` when nothing was completed.
    pub avg_completion_time_hours: Option<f64>,
}

impl Reading {
    /// Changes of a task, newest first, and how many match in all.
    pub async fn task_history(
        &mut self,
        query: &HistoryQuery,
        window: Window,
    ) -> Result<(Vec<TaskChange>, u64), StoreError> {
        let mut connection = self.connection();
        let mut conditions = Conditions::new(connection.engine());
        conditions.bind("task_id = {}", [query.task_id]);
        if let Some(field) = &query.field_name {
            conditions.bind("field_name = {}", [&**field]);
        }
        let count = "SELECT COUNT(*) FROM archon_task_history";
        let select = concat!("SELECT ", change_columns!(), " FROM archon_task_history");
        let (rows, total) = listed(&mut connection, conditions, count, select, "ORDER BY id DESC", window).await?;
        Ok((rows.iter().map(rows::change).collect::<Result<_, _>>()?, total))
    }

    /// What happened in a project before that event, or at all, newest first.
    pub async fn project_events(
        &mut self,
        project: Uuid,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ProjectEvent>, StoreError> {
        let mut connection = self.connection();
        let values = || vec![project.into(), before.unwrap_or(Uuid::max()).into(), i64::from(limit).into()];
        let changes =
            "SELECT history.id AS id, task_id, history.project_id AS project_id, field_name, changed_by, changed_at,
                 change_reason, old_value, new_value, title
             FROM archon_task_history AS history JOIN archon_tasks AS tasks ON tasks.id = history.task_id
             WHERE history.project_id = $1 AND history.id < $2 ORDER BY history.id DESC LIMIT $3";
        let versions = concat!(
            "SELECT ",
            version_columns!(),
            " FROM archon_document_versions WHERE project_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        );
        let change = |row: &Row| {
            let title = Cells::keyed(row, TASK_HISTORY, "id")?.get("title")?;
            Ok(ProjectEvent::Task(rows::change(row)?, title))
        };
        let mut events: Vec<ProjectEvent> =
            connection.fetch_all(changes, values()).await?.iter().map(change).collect::<Result<_, StoreError>>()?;
        for row in &connection.fetch_all(versions, values()).await? {
            events.push(ProjectEvent::Version(rows::version_head(row)?));
        }
        events.sort_by_key(|event| std::cmp::Reverse(event.id()));
        events.truncate(limit as usize);
        Ok(events)
    }

    /// How far the tasks of a project are, or of all; archived ones left out.
    pub async fn completion_stats(&mut self, project: Option<Uuid>) -> Result<CompletionStats, StoreError> {
        let mut connection = self.connection();
        let engine = connection.engine();
        let of_project = || {
            let mut conditions = Conditions::new(engine);
            if let Some(project) = project {
                conditions.bind("project_id = {}", [project]);
            }
            conditions
        };
        let select = "SELECT status, CAST(SUM(tasks) AS BIGINT) AS count FROM archon_task_counts";
        let mut stats = CompletionStats::default();
        for row in &of_project().fetch(select, "GROUP BY status", &mut connection).await? {
            let cells = Cells::of(row, TASKS, "(a count by status)".to_owned());
            let count: u64 = cells.count("count")?;
            stats.total_tasks += count;
            match cells.task_status("status")? {
                TaskStatus::Todo => {}
                TaskStatus::Doing | TaskStatus::Review => {
                    stats.in_progress_tasks += count;
                }
                TaskStatus::Done => stats.completed_tasks += count,
            }
        }
        let select = match engine {
            Engine::Sqlite => {
                "SELECT AVG(julianday(completed_at) - julianday(created_at)) * 24 AS hours FROM archon_tasks"
            }
            Engine::Postgres => {
                "SELECT CAST(AVG(EXTRACT(EPOCH FROM completed_at - created_at)) / 3600 AS DOUBLE PRECISION) AS hours
                 FROM archon_tasks"
            }
        };
        let mut completed = of_project();
        completed.add("archived = FALSE");
        completed.add("completed_at IS NOT NULL");
        for row in &completed.fetch(select, "", &mut connection).await? {
            stats.avg_completion_time_hours = Cells::of(row, TASKS, "(an average)".to_owned()).get("hours")?;
        }
        Ok(stats)
    }

    /// Tasks that were completed since then, the last first.
    pub async fn completed_since(
        &mut self,
        project: Option<Uuid>,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Task>, StoreError> {
        let mut connection = self.connection();
        let mut conditions = Conditions::new(connection.engine());
        conditions.add("archived = FALSE");
        conditions.add("status = 'done'");
        conditions.bind("completed_at >= {}", [Value::Time(since)]);
        if let Some(project) = project {
            conditions.bind("project_id = {}", [project]);
        }
        let select = concat!("SELECT ", task_columns!(), " FROM archon_tasks");
        let tail = format!("ORDER BY completed_at DESC, id DESC LIMIT {limit}");
        conditions.fetch(select, &tail, &mut connection).await?.iter().map(rows::task).collect()
    }
}

impl Writing {
    /// Adds changes.
    pub async fn add_changes(&mut self, changes: &[TaskChange]) -> Result<(), StoreError> {
        let changes: Vec<&TaskChange> = changes.iter().collect();
        self.connection().insert::<NewChanges>(&changes).await
    }
}
