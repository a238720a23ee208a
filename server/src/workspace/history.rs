//! What changed, and what was done.

use chrono::TimeDelta;

use super::{
    Result, Workspace, WorkspaceError,
    input::{self, NAME},
    projects::check_project,
    tasks::task_of,
};
use crate::store::workspace::{CompletionStats, HistoryQuery, Task, TaskChange, Window};

/// How far tasks are, and which were done lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    pub stats: CompletionStats,
    /// The last done first.
    pub recent: Vec<Task>,
}

impl Workspace {
    /// The changes of a task, newest first, and how many match in all.
    pub async fn task_history(
        &self,
        task_id: &str,
        field_name: Option<&str>,
        window: Window,
    ) -> Result<(Vec<TaskChange>, u64)> {
        let task_id = input::id("task_id", task_id)?;
        let field_name = field_name.map(|name| input::name("field_name", name, NAME)).transpose()?;
        self.read(async |reading| {
            task_of(reading, task_id).await?;
            Ok(reading.task_history(&HistoryQuery { task_id, field_name }, window).await?)
        })
        .await
    }

    /// How far the tasks of a project are, or of all, and which were done in the last so many days, at most `limit`.
    pub async fn statistics(&self, project_id: Option<&str>, days: u32, limit: u32) -> Result<Statistics> {
        let project = project_id.map(|id| input::id("project_id", id)).transpose()?;
        let since = self.now().checked_sub_signed(TimeDelta::days(days.into()));
        let since = since.ok_or_else(|| WorkspaceError::invalid("days", "reaches back before all time"))?;
        self.read(async |reading| {
            if let Some(project) = project {
                check_project(reading, project).await?;
            }
            let stats = reading.completion_stats(project).await?;
            let recent = reading.completed_since(project, since, limit).await?;
            Ok(Statistics { stats, recent })
        })
        .await
    }
}
