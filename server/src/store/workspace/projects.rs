//! Projects.

use chrono::{DateTime, Utc};
use tracon_app::workspace::{TaskCounts, TaskStatus};
use uuid::Uuid;

use super::{
    Reading, Window, Writing, listed,
    model::{Project, ProjectSummary},
    rows::{self, PutProjects, StoredProject, project_columns},
};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Engine, Row, Value},
    queries::Conditions,
    tables::{PROJECT_SOURCES, PROJECTS, TASKS},
};

/// Which projects a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectQuery {
    /// Each occurs in the title or the description, letter case ignored.
    pub terms: Vec<String>,
    /// The archived ones instead of the others.
    pub archived: bool,
}

/// A source of the knowledge base that is a project's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedSource {
    pub source_id: String,
    /// `technical` or `business`.
    pub notes: Option<String>,
    pub created_by: String,
    pub linked_at: DateTime<Utc>,
}

impl Reading {
    /// A project, whole; `None` when there is none of that id.
    pub async fn project(&mut self, id: Uuid) -> Result<Option<Project>, StoreError> {
        let statement =
            concat!("SELECT ", project_columns!(), ", features, data, prd, docs FROM archon_projects WHERE id = $1");
        let row = self.connection().fetch_optional(statement, vec![id.into()]).await?;
        let whole = |row: &Row| {
            Ok(Project {
                docs: rows::json(row, PROJECTS, "docs")?,
                features: rows::json(row, PROJECTS, "features")?,
                data: rows::json(row, PROJECTS, "data")?,
                prd: rows::json(row, PROJECTS, "prd")?,
                ..rows::project(row)?
            })
        };
        row.as_ref().map(whole).transpose()
    }

    /// A project without its documents; `None` when there is none of that id.
    pub async fn project_summary(&mut self, id: Uuid) -> Result<Option<ProjectSummary>, StoreError> {
        let mut connection = self.connection();
        let engine = connection.engine();
        let mut conditions = Conditions::new(engine);
        conditions.bind("id = {}", [id]);
        let select = select_summary(engine);
        conditions.fetch(select, "", &mut connection).await?.first().map(summary).transpose()
    }

    /// Whether a project is archived; `None` when there is none of that id.
    pub async fn is_project_archived(&mut self, id: Uuid) -> Result<Option<bool>, StoreError> {
        let statement = "SELECT id, archived FROM archon_projects WHERE id = $1";
        let row = self.connection().fetch_optional(statement, vec![id.into()]).await?;
        row.as_ref().map(|row| Cells::keyed(row, PROJECTS, "id")?.get("archived")).transpose()
    }

    /// Projects without their documents, the pinned one first, then the newest.
    pub async fn projects(
        &mut self,
        query: &ProjectQuery,
        window: Window,
    ) -> Result<(Vec<ProjectSummary>, u64), StoreError> {
        let mut connection = self.connection();
        let engine = connection.engine();
        let mut conditions = Conditions::new(engine);
        conditions.add(if query.archived { "archived = TRUE" } else { "archived = FALSE" });
        for term in &query.terms {
            conditions.contains(&["title", "description"], term);
        }
        let count = "SELECT COUNT(*) FROM archon_projects";
        let order = "ORDER BY pinned DESC, created_at DESC, id DESC";
        let (rows, total) = listed(&mut connection, conditions, count, select_summary(engine), order, window).await?;
        Ok((rows.iter().map(summary).collect::<Result<_, _>>()?, total))
    }

    /// How many tasks of each of these projects there are, by status, archived ones left out.
    pub async fn task_counts(&mut self, projects: &[Uuid]) -> Result<Vec<(Uuid, TaskCounts)>, StoreError> {
        let statement = "SELECT project_id, status, CAST(SUM(tasks) AS BIGINT) AS count FROM archon_task_counts
             WHERE project_id IN (SELECT value FROM unnest($1) AS list (value)) GROUP BY project_id, status";
        let counted = self.connection().fetch_all(statement, vec![Value::Ids(projects.to_vec())]).await?;
        let mut counts: Vec<(Uuid, TaskCounts)> = projects.iter().map(|id| (*id, TaskCounts::default())).collect();
        for row in &counted {
            let cells = Cells::keyed(row, TASKS, "project_id")?;
            let (project, status) = (cells.id("project_id")?, cells.task_status("status")?);
            if let Some((_, counts)) = counts.iter_mut().find(|(id, _)| *id == project) {
                let place = TaskStatus::ALL.iter().position(|other| *other == status).unwrap_or_default();
                counts[place] = cells.count("count")?;
            }
        }
        Ok(counts)
    }

    /// How many projects are archived.
    pub async fn archived_projects(&mut self) -> Result<u64, StoreError> {
        self.connection().count("SELECT COUNT(*) FROM archon_projects WHERE archived = TRUE", vec![]).await
    }

    /// The sources of the knowledge base that are a project's, the first linked first.
    pub async fn linked_sources(&mut self, project: Uuid) -> Result<Vec<LinkedSource>, StoreError> {
        let statement = "SELECT id, source_id, notes, created_by, linked_at FROM archon_project_sources
             WHERE project_id = $1 ORDER BY linked_at, id";
        let linked = |row: &Row| {
            let cells = Cells::keyed(row, PROJECT_SOURCES, "id")?;
            Ok(LinkedSource {
                source_id: cells.get("source_id")?,
                notes: cells.get("notes")?,
                created_by: cells.get("created_by")?,
                linked_at: cells.time("linked_at")?,
            })
        };
        self.connection().fetch_all(statement, vec![project.into()]).await?.iter().map(linked).collect()
    }
}

impl Writing {
    /// Writes a project, be it new or not.
    pub async fn put_project(&mut self, project: &Project) -> Result<(), StoreError> {
        self.connection().insert::<PutProjects>(&[&StoredProject::from(project)]).await
    }

    /// Unpins whichever project is pinned but this one.
    pub async fn unpin_others(&mut self, pinned: Uuid) -> Result<(), StoreError> {
        let statement = "UPDATE archon_projects SET pinned = FALSE WHERE pinned = TRUE AND id <> $1";
        self.connection().execute(statement, vec![pinned.into()]).await?;
        Ok(())
    }

    /// Deletes a project with all that is its own, and gives how many tasks that were.
    pub async fn delete_project(&mut self, id: Uuid) -> Result<u64, StoreError> {
        let mut connection = self.connection();
        for statement in [
            "DELETE FROM archon_document_versions
                 WHERE task_id IN (SELECT id FROM archon_tasks WHERE project_id = $1)",
            "DELETE FROM archon_document_versions WHERE project_id = $1",
            "DELETE FROM archon_task_history WHERE project_id = $1",
            "DELETE FROM archon_project_sources WHERE project_id = $1",
        ] {
            connection.execute(statement, vec![id.into()]).await?;
        }
        let tasks = connection.execute("DELETE FROM archon_tasks WHERE project_id = $1", vec![id.into()]).await?;
        connection.execute("DELETE FROM archon_projects WHERE id = $1", vec![id.into()]).await?;
        Ok(tasks)
    }
}

/// What [`summary`] reads: of the documents only how many there are.
const fn select_summary(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => concat!(
            "SELECT ",
            project_columns!(),
            ", features, data, json_array_length(docs) AS documents FROM archon_projects"
        ),
        Engine::Postgres => concat!(
            "SELECT ",
            project_columns!(),
            ", features, data, CAST(jsonb_array_length(docs) AS BIGINT) AS documents FROM archon_projects"
        ),
    }
}

fn summary(row: &Row) -> Result<ProjectSummary, StoreError> {
    let project = Project {
        features: rows::json(row, PROJECTS, "features")?,
        data: rows::json(row, PROJECTS, "data")?,
        ..rows::project(row)?
    };
    let documents = Cells::keyed(row, PROJECTS, "id")?.count("documents")?;
    Ok(ProjectSummary { project, documents })
}
