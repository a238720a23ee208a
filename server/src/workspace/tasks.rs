//! Tasks: what they are created and changed by, and their order.

use serde_json::{Value, json};
use tracon_app::workspace::{Place, Priority, TaskStatus};
use uuid::Uuid;

use super::{
    Result, Signature, Workspace, WorkspaceError,
    excerpt::cut,
    input::{self, NAME, PROSE, TITLE},
    projects::{check_open_project, check_project},
};
use crate::store::workspace::{Owner, Reading, Task, TaskChange, TaskQuery, Window, Writing};

/// What a task is created with or becomes; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    pub status: Option<TaskStatus>,
    pub assignee: Option<String>,
    pub task_order: Option<i64>,
    pub priority: Option<Priority>,
    /// An empty one takes it away.
    pub feature: Option<String>,
    pub sources: Option<Value>,
    pub code_examples: Option<Value>,
}

/// What the history keeps of a long value: its versions have it whole.
const KEPT: usize = 1_000;

impl TaskChanges {
    /// The same, within its limits.
    fn checked(self) -> Result<Self> {
        if let Some(order) = self.task_order
            && !(0..=i64::from(i32::MAX)).contains(&order)
        {
            let reason = format!("must be from 0 to {}, not {order}", i32::MAX);
            return Err(WorkspaceError::invalid("task_order", reason));
        }
        Ok(Self {
            title: self.title.map(|title| input::name("title", &title, TITLE)).transpose()?,
            description: self.description.map(|text| input::text("description", &text, PROSE)).transpose()?,
            assignee: self.assignee.map(|name| input::name("assignee", &name, NAME)).transpose()?,
            feature: self
                .feature
                .map(|name| input::optional_name("feature", &name, NAME).map(Option::unwrap_or_default))
                .transpose()?,
            sources: self.sources.map(|list| input::list("sources", list)).transpose()?,
            code_examples: self.code_examples.map(|list| input::list("code_examples", list)).transpose()?,
            ..self
        })
    }
}

impl Workspace {
    /// A task by its id, be it archived or not.
    pub async fn task(&self, task_id: &str) -> Result<Task> {
        let id = input::id("task_id", task_id)?;
        self.read(async |reading| task_of(reading, id).await).await
    }

    /// Tasks in their order, and how many match in all.
    pub async fn tasks(&self, query: &TaskQuery, window: Window) -> Result<(Vec<Task>, u64)> {
        self.read(async |reading| Ok(reading.tasks(query, window).await?)).await
    }

    /// The same of projects by their ids as they are written, each of which there is.
    pub async fn tasks_of(
        &self,
        projects: &[(&'static str, &str)],
        query: TaskQuery,
        window: Window,
    ) -> Result<(Vec<Task>, u64)> {
        let projects: Vec<Uuid> =
            projects.iter().map(|(argument, id)| input::id(argument, id)).collect::<Result<_>>()?;
        let query = TaskQuery { projects, ..query };
        self.read(async |reading| {
            for project in &query.projects {
                check_project(reading, *project).await?;
            }
            Ok(reading.tasks(&query, window).await?)
        })
        .await
    }

    /// Creates a task. It needs a title.
    pub async fn create_task(&self, project_id: &str, changes: TaskChanges, actor: &str) -> Result<Task> {
        let project_id = input::id("project_id", project_id)?;
        let changes = changes.checked()?;
        let title = changes.title.ok_or_else(|| WorkspaceError::invalid("title", "is required"))?;
        self.change(async |writing| {
            let by = self.sign(actor);
            check_open_project(writing, project_id).await?;
            let status = changes.status.unwrap_or(TaskStatus::Todo);
            let task = Task {
                id: self.id(by),
                project_id,
                parent_task_id: None,
                title,
                description: changes.description.unwrap_or_default(),
                status,
                assignee: changes.assignee.unwrap_or_else(|| "User".to_owned()),
                task_order: changes.task_order.unwrap_or(0),
                priority: changes.priority.unwrap_or_default(),
                feature: changes.feature.filter(|name| !name.is_empty()),
                sources: changes.sources.unwrap_or_else(|| json!([])),
                code_examples: changes.code_examples.unwrap_or_else(|| json!([])),
                archived: false,
                archived_at: None,
                archived_by: None,
                archived_with_project: false,
                completed_at: (status == TaskStatus::Done).then_some(by.at),
                completed_by: (status == TaskStatus::Done).then(|| actor.to_owned()),
                created_at: by.at,
                updated_at: by.at,
            };
            if task.task_order > 0 {
                writing.shift_tasks(&task).await?;
            }
            writing.put_task(&task).await?;
            let created = self.task_change(task.id, project_id, "created", None, Some(task.title.clone()), by);
            writing.add_changes(&[created]).await?;
            Ok(task)
        })
        .await
    }

    /// Changes a task that is not archived; at least one field must be given.
    /// `project_id`, where it is given, is its project.
    pub async fn update_task(
        &self,
        task_id: &str,
        project_id: Option<&str>,
        changes: TaskChanges,
        actor: &str,
    ) -> Result<Task> {
        let id = input::id("task_id", task_id)?;
        let project_id = project_id.map(|id| input::id("project_id", id)).transpose()?;
        if changes == TaskChanges::default() {
            return Err(WorkspaceError::invalid("action", "`update` needs at least one field to change"));
        }
        let changes = changes.checked()?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let before = open_task(writing, id).await?;
            if project_id.is_some_and(|project| project != before.project_id) {
                let reason =
                    format!("is not the task's project, which is {}: a task stays in its project", before.project_id);
                return Err(WorkspaceError::invalid("project_id", reason));
            }
            let mut after = before.clone();
            after.title = changes.title.unwrap_or(after.title);
            after.description = changes.description.unwrap_or(after.description);
            after.assignee = changes.assignee.unwrap_or(after.assignee);
            after.task_order = changes.task_order.unwrap_or(after.task_order);
            after.priority = changes.priority.unwrap_or(after.priority);
            after.feature = changes.feature.map_or(after.feature, |name| Some(name).filter(|name| !name.is_empty()));
            after.sources = changes.sources.unwrap_or(after.sources);
            after.code_examples = changes.code_examples.unwrap_or(after.code_examples);
            if let Some(status) = changes.status {
                set_status(&mut after, status, by);
            }
            if changes.task_order.is_some_and(|order| order > 0)
                && (after.task_order, after.status) != (before.task_order, before.status)
            {
                writing.shift_tasks(&after).await?;
            }
            self.save(writing, &before, after, by).await
        })
        .await
    }

    /// Puts a task into a column and to a place in it, whose tasks then all have numbers of their own.
    pub async fn move_task(&self, task_id: &str, status: TaskStatus, place: &Place, actor: &str) -> Result<Task> {
        let id = input::id("task_id", task_id)?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let before = open_task(writing, id).await?;
            writing.number_tasks(before.project_id, status).await?;
            let mut after = open_task(writing, id).await?;
            let stays = after.status == status;
            let stood = after.task_order;
            after.task_order = match place {
                Place::Before(other) if *other == task_id => after.task_order,
                Place::Before(other) => place_of(writing, &after, status, other).await?,
                Place::Earlier if stays => {
                    writing.neighbour(&after, true).await?.map_or(after.task_order, |other| other.task_order)
                }
                Place::Later if stays => {
                    writing.neighbour(&after, false).await?.map_or(after.task_order, |other| other.task_order + 1)
                }
                Place::First | Place::Earlier => 1,
                Place::Last | Place::Later => {
                    let last = writing.last_order(after.project_id, status).await?;
                    if stays && after.task_order == last { last } else { last + 1 }
                }
            };
            set_status(&mut after, status, by);
            if !stays || after.task_order != stood {
                writing.shift_tasks(&after).await?;
            }
            self.save(writing, &before, after, by).await
        })
        .await
    }

    /// Archives a task with the tasks below it.
    pub async fn archive_task(&self, task_id: &str, actor: &str) -> Result<Task> {
        let id = input::id("task_id", task_id)?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let task = open_task(writing, id).await?;
            let mut tasks = writing.open_subtasks(id).await?;
            tasks.insert(0, task);
            for task in &mut tasks {
                task.archived = true;
                task.archived_at = Some(by.at);
                task.archived_by = Some(actor.to_owned());
                task.updated_at = by.at;
                writing.put_task(task).await?;
            }
            let archived: Vec<_> =
                tasks.iter().map(|task| self.archived_change(task.id, task.project_id, true, by)).collect();
            writing.add_changes(&archived).await?;
            Ok(tasks.swap_remove(0))
        })
        .await
    }

    /// Writes what a task became, with its history, and as versions what its fields were. Nothing where nothing changed.
    async fn save(&self, writing: &mut Writing, before: &Task, mut after: Task, by: Signature<'_>) -> Result<Task> {
        after.updated_at = before.updated_at;
        let changed = self.differences(before, &after, by);
        if changed.is_empty() {
            // It may have been given another number with its whole column.
            if *before != after {
                writing.put_task(&after).await?;
            }
            return Ok(after);
        }
        after.updated_at = by.at;
        writing.put_task(&after).await?;
        let versioned = [
            ("title", json!(before.title), before.title != after.title),
            ("description", json!(before.description), before.description != after.description),
            ("sources", before.sources.clone(), before.sources != after.sources),
            ("code_examples", before.code_examples.clone(), before.code_examples != after.code_examples),
        ];
        for (field, content, is_changed) in versioned {
            if is_changed {
                self.snapshot(writing, Owner::Task(after.id), field, content, "update", None, None, by).await?;
            }
        }
        writing.add_changes(&changed).await?;
        Ok(after)
    }

    /// What differs, as history.
    fn differences(&self, before: &Task, after: &Task, by: Signature<'_>) -> Vec<TaskChange> {
        let fields = |task: &Task| {
            [
                ("title", Some(task.title.clone())),
                ("description", Some(task.description.clone())),
                ("status", Some(task.status.as_str().to_owned())),
                ("assignee", Some(task.assignee.clone())),
                ("task_order", Some(task.task_order.to_string())),
                ("priority", Some(task.priority.as_str().to_owned())),
                ("feature", task.feature.clone()),
                ("sources", Some(task.sources.to_string())),
                ("code_examples", Some(task.code_examples.to_string())),
            ]
        };
        std::iter::zip(fields(before), fields(after))
            .filter(|((_, old), (_, new))| old != new)
            .map(|((field, old), (_, new))| self.task_change(after.id, after.project_id, field, old, new, by))
            .collect()
    }

    fn task_change(
        &self,
        task_id: Uuid,
        project_id: Uuid,
        field: &str,
        old: Option<String>,
        new: Option<String>,
        by: Signature<'_>,
    ) -> TaskChange {
        TaskChange {
            change_id: self.id(by),
            task_id,
            project_id,
            field_name: field.to_owned(),
            old_value: old.map(|value| cut(&value, KEPT)),
            new_value: new.map(|value| cut(&value, KEPT)),
            changed_by: by.actor.to_owned(),
            changed_at: by.at,
            change_reason: None,
        }
    }

    /// That a task was archived, or brought back.
    pub(super) fn archived_change(
        &self,
        task_id: Uuid,
        project_id: Uuid,
        archived: bool,
        by: Signature<'_>,
    ) -> TaskChange {
        let (old, new) = (Some((!archived).to_string()), Some(archived.to_string()));
        self.task_change(task_id, project_id, "archived", old, new, by)
    }
}

/// Done is when and by whom; what is open again never was.
fn set_status(task: &mut Task, status: TaskStatus, by: Signature<'_>) {
    if status == TaskStatus::Done && task.status != TaskStatus::Done {
        task.completed_at = Some(by.at);
        task.completed_by = Some(by.actor.to_owned());
    } else if status != TaskStatus::Done {
        task.completed_at = None;
        task.completed_by = None;
    }
    task.status = status;
}

pub(super) async fn task_of(reading: &mut Reading, id: Uuid) -> Result<Task> {
    reading.task(id).await?.ok_or_else(|| WorkspaceError::not_found("task", id))
}

/// A task that can be changed.
async fn open_task(reading: &mut Reading, id: Uuid) -> Result<Task> {
    let task = task_of(reading, id).await?;
    if task.archived {
        let message = format!("the task {id} is archived");
        return Err(WorkspaceError::conflict(
            message,
            "unarchive its project if that took it along, or create a new task",
        ));
    }
    Ok(task)
}

/// The number of the task before which another one goes.
async fn place_of(reading: &mut Reading, task: &Task, status: TaskStatus, other: &str) -> Result<i64> {
    let other = task_of(reading, input::id("place", other)?).await?;
    if (other.project_id, other.status, other.archived) != (task.project_id, status, false) {
        let message = format!("the task {} is no longer in that column", other.id);
        return Err(WorkspaceError::conflict(message, "look where it is now"));
    }
    Ok(other.task_order)
}
