//! Tasks, and their order.

use chrono::{DateTime, Utc};
use tracon_app::workspace::TaskStatus;
use uuid::Uuid;

use super::{
    Reading, Window, Writing,
    model::Task,
    rows::{self, PutTasks, StoredTask, task_columns},
    search::TaskQuery,
};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Row, Value},
    tables::TASKS,
};

impl Reading {
    /// A task, whole, be it archived or not; `None` when there is none of that id.
    pub async fn task(&mut self, id: Uuid) -> Result<Option<Task>, StoreError> {
        let statement = concat!("SELECT ", task_columns!(), " FROM archon_tasks WHERE id = $1");
        self.connection().fetch_optional(statement, vec![id.into()]).await?.as_ref().map(rows::task).transpose()
    }

    /// Tasks in their order, and how many match in all.
    pub async fn tasks(&mut self, query: &TaskQuery, window: Window) -> Result<(Vec<Task>, u64), StoreError> {
        query.list(&mut self.connection(), window).await
    }

    /// The highest number in a column of the board; 0 when there is none.
    pub async fn last_order(&mut self, project: Uuid, status: TaskStatus) -> Result<i64, StoreError> {
        let statement = "SELECT COALESCE(MAX(task_order), 0) AS last FROM archon_tasks
             WHERE archived = FALSE AND project_id = $1 AND status = $2";
        let row = self.connection().fetch_one(statement, vec![project.into(), status.as_str().into()]).await?;
        Cells::of(&row, TASKS, project.to_string()).get("last")
    }

    /// The neighbour of a place in a column, whose tasks all have numbers of their own: the last before it, or the first
    /// behind it.
    pub async fn neighbour(&mut self, task: &Task, is_before: bool) -> Result<Option<Task>, StoreError> {
        let statement = if is_before {
            concat!(
                "SELECT ",
                task_columns!(),
                " FROM archon_tasks WHERE archived = FALSE AND project_id = $1 AND status = $2 AND task_order < $3
                  ORDER BY task_order DESC LIMIT 1"
            )
        } else {
            concat!(
                "SELECT ",
                task_columns!(),
                " FROM archon_tasks WHERE archived = FALSE AND project_id = $1 AND status = $2 AND task_order > $3
                  ORDER BY task_order LIMIT 1"
            )
        };
        let values = vec![task.project_id.into(), task.status.as_str().into(), task.task_order.into()];
        self.connection().fetch_optional(statement, values).await?.as_ref().map(rows::task).transpose()
    }

    /// The tasks below a task that are not archived, at every depth.
    pub async fn open_subtasks(&mut self, task: Uuid) -> Result<Vec<Task>, StoreError> {
        // UNION, not UNION ALL: a circle ends.
        let statement = concat!(
            "WITH RECURSIVE below (below_id) AS (
                 SELECT id FROM archon_tasks WHERE parent_task_id = $1
                 UNION SELECT id FROM archon_tasks JOIN below ON parent_task_id = below_id
             )
             SELECT ",
            task_columns!(),
            " FROM archon_tasks JOIN below ON id = below_id WHERE archived = FALSE AND id <> $1 ORDER BY id"
        );
        self.connection().fetch_all(statement, vec![task.into()]).await?.iter().map(rows::task).collect()
    }
}

impl Writing {
    /// Writes a task, be it new or not.
    pub async fn put_task(&mut self, task: &Task) -> Result<(), StoreError> {
        self.connection().insert::<PutTasks>(&[&StoredTask::from(task)]).await
    }

    /// Makes room for a task: those of its project and status from its number on, itself left out, go on by one.
    pub async fn shift_tasks(&mut self, task: &Task) -> Result<(), StoreError> {
        let statement = "UPDATE archon_tasks SET task_order = task_order + 1
             WHERE archived = FALSE AND project_id = $1 AND status = $2 AND task_order >= $3 AND id <> $4";
        let values = vec![task.project_id.into(), task.status.as_str().into(), task.task_order.into(), task.id.into()];
        self.connection().execute(statement, values).await?;
        Ok(())
    }

    /// Numbers the tasks of a column 1, 2, 3 … in the order in which they are listed.
    pub async fn number_tasks(&mut self, project: Uuid, status: TaskStatus) -> Result<(), StoreError> {
        let statement = "UPDATE archon_tasks SET task_order = place
             FROM (
                 SELECT id AS placed, ROW_NUMBER() OVER (ORDER BY task_order, created_at, id) AS place FROM archon_tasks
                 WHERE archived = FALSE AND project_id = $1 AND status = $2
             ) AS places
             WHERE id = placed AND task_order <> place";
        self.connection().execute(statement, vec![project.into(), status.as_str().into()]).await?;
        Ok(())
    }

    /// Archives all tasks of a project that are not, such that they come back with it. Gives their ids.
    pub async fn archive_tasks_of(
        &mut self,
        project: Uuid,
        at: DateTime<Utc>,
        by: &str,
    ) -> Result<Vec<Uuid>, StoreError> {
        let which = "SELECT id FROM archon_tasks WHERE archived = FALSE AND project_id = $1 ORDER BY id";
        let statement = "UPDATE archon_tasks SET archived = TRUE, archived_at = $2, archived_by = $3,
             archived_with_project = TRUE, updated_at = $2 WHERE archived = FALSE AND project_id = $1";
        self.change_all(which, statement, project, vec![project.into(), at.into(), by.into()]).await
    }

    /// Brings those back. Gives their ids.
    pub async fn unarchive_tasks_of(&mut self, project: Uuid, at: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
        let which = "SELECT id FROM archon_tasks
             WHERE archived = TRUE AND archived_with_project = TRUE AND project_id = $1 ORDER BY id";
        let statement = "UPDATE archon_tasks SET archived = FALSE, archived_at = NULL, archived_by = NULL,
             archived_with_project = FALSE, updated_at = $2
             WHERE archived = TRUE AND archived_with_project = TRUE AND project_id = $1";
        self.change_all(which, statement, project, vec![project.into(), at.into()]).await
    }

    async fn change_all(
        &mut self,
        which: &'static str,
        statement: &'static str,
        project: Uuid,
        values: Vec<Value>,
    ) -> Result<Vec<Uuid>, StoreError> {
        let mut connection = self.connection();
        let id = |row: &Row| Cells::keyed(row, TASKS, "id")?.id("id");
        let rows = connection.fetch_all(which, vec![project.into()]).await?;
        let ids = rows.iter().map(id).collect::<Result<_, _>>()?;
        connection.execute(statement, values).await?;
        Ok(ids)
    }
}
