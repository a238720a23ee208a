//! Projects.

use serde_json::{Value, json};
use tracon_app::workspace::VersionField;
use uuid::Uuid;

use super::{
    Result, Workspace, WorkspaceError,
    input::{self, ADDRESS, NAME, PROSE, TITLE},
};
use crate::store::workspace::{LinkedSource, Owner, Project, ProjectQuery, ProjectSummary, Reading, Window};

/// What a project is created with or becomes; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    /// An empty one takes it away.
    pub github_repo: Option<String>,
    pub features: Option<Value>,
    pub data: Option<Value>,
    /// Pinned, it takes the place of the one that was.
    pub pinned: Option<bool>,
}

/// A project with what is linked to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectView {
    pub project: Project,
    pub sources: Vec<LinkedSource>,
}

impl ProjectChanges {
    fn checked(self) -> Result<Self> {
        Ok(Self {
            title: self.title.map(|title| input::name("title", &title, TITLE)).transpose()?,
            description: self.description.map(|text| input::text("description", &text, PROSE)).transpose()?,
            github_repo: self
                .github_repo
                .map(|address| input::optional_name("github_repo", &address, ADDRESS).map(Option::unwrap_or_default))
                .transpose()?,
            features: self.features.map(|list| input::list("features", list)).transpose()?,
            data: self.data.map(|data| input::structure("data", data)).transpose()?,
            pinned: self.pinned,
        })
    }

    fn apply_to(self, project: &mut Project) {
        if let Some(title) = self.title {
            project.title = title;
        }
        if let Some(description) = self.description {
            project.description = description;
        }
        if let Some(address) = self.github_repo {
            project.github_repo = Some(address).filter(|address| !address.is_empty());
        }
        if let Some(features) = self.features {
            project.features = features;
        }
        if let Some(data) = self.data {
            project.data = data;
        }
        if let Some(pinned) = self.pinned {
            project.pinned = pinned;
        }
    }
}

impl Workspace {
    /// A project by its id, be it archived or not.
    pub async fn project(&self, project_id: &str) -> Result<ProjectView> {
        let id = input::id("project_id", project_id)?;
        self.read(async |reading| {
            let project = project_of(reading, id).await?;
            Ok(ProjectView { project, sources: reading.linked_sources(id).await? })
        })
        .await
    }

    /// Projects, the pinned one first, then the newest, and how many match in all.
    pub async fn projects(&self, query: &ProjectQuery, window: Window) -> Result<(Vec<ProjectSummary>, u64)> {
        self.read(async |reading| Ok(reading.projects(query, window).await?)).await
    }

    /// Creates a project. It needs a title.
    pub async fn create_project(&self, changes: ProjectChanges, actor: &str) -> Result<Project> {
        if changes.title.is_none() {
            return Err(WorkspaceError::invalid("title", "is required"));
        }
        let changes = changes.checked()?;
        let by = self.sign(actor);
        let mut project = Project {
            id: self.id(by),
            title: String::new(),
            description: String::new(),
            github_repo: None,
            pinned: false,
            docs: json!([]),
            features: json!([]),
            data: json!([]),
            prd: json!({}),
            archived: false,
            archived_at: None,
            archived_by: None,
            created_at: by.at,
            updated_at: by.at,
        };
        changes.apply_to(&mut project);
        self.change(async |writing| {
            if project.pinned {
                writing.unpin_others(project.id).await?;
            }
            writing.put_project(&project).await?;
            Ok(project)
        })
        .await
    }

    /// Changes a project that is not archived; at least one field must be given.
    pub async fn update_project(&self, project_id: &str, changes: ProjectChanges, actor: &str) -> Result<Project> {
        let id = input::id("project_id", project_id)?;
        if changes == ProjectChanges::default() {
            return Err(WorkspaceError::invalid("action", "`update` needs at least one field to change"));
        }
        let changes = changes.checked()?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let before = open_project(writing, id).await?;
            let mut after = before.clone();
            changes.apply_to(&mut after);
            if after == before {
                return Ok(after);
            }
            for field in [VersionField::Features, VersionField::Data] {
                if before.field(field) != after.field(field) {
                    let content = before.field(field).clone();
                    self.snapshot(writing, Owner::Project(id), field.as_str(), content, "update", None, None, by)
                        .await?;
                }
            }
            if after.pinned {
                writing.unpin_others(id).await?;
            }
            after.updated_at = by.at;
            writing.put_project(&after).await?;
            Ok(after)
        })
        .await
    }

    /// Deletes a project for good, with its tasks, documents and all their history. Gives how many tasks there were,
    /// archived ones, too.
    pub async fn delete_project(&self, project_id: &str) -> Result<(Project, u64)> {
        let id = input::id("project_id", project_id)?;
        self.change(async |writing| {
            let project = project_of(writing, id).await?;
            let tasks = writing.delete_project(id).await?;
            Ok((project, tasks))
        })
        .await
    }

    /// Archives a project with its tasks. Gives how many those were.
    pub async fn archive_project(
        &self,
        project_id: &str,
        archived_by: Option<&str>,
        actor: &str,
    ) -> Result<(Project, u64)> {
        let id = input::id("project_id", project_id)?;
        let archived_by = archived_by.map(|name| input::name("archived_by", name, NAME)).transpose()?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let mut project = project_of(writing, id).await?;
            if project.archived {
                return Err(WorkspaceError::conflict(
                    format!("the project {id} is archived already"),
                    "nothing is to do",
                ));
            }
            let archived_by = archived_by.unwrap_or_else(|| actor.to_owned());
            let tasks = writing.archive_tasks_of(id, by.at, &archived_by).await?;
            let changes: Vec<_> = tasks.iter().map(|task| self.archived_change(*task, id, true, by)).collect();
            writing.add_changes(&changes).await?;
            project.archived = true;
            project.archived_at = Some(by.at);
            project.archived_by = Some(archived_by);
            // What nobody lists cannot be on top of the list.
            project.pinned = false;
            project.updated_at = by.at;
            writing.put_project(&project).await?;
            Ok((project, tasks.len() as u64))
        })
        .await
    }

    /// Brings a project back, with those tasks that its archiving took. Gives how many those were.
    pub async fn unarchive_project(&self, project_id: &str, actor: &str) -> Result<(Project, u64)> {
        let id = input::id("project_id", project_id)?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let mut project = project_of(writing, id).await?;
            if !project.archived {
                return Err(WorkspaceError::conflict(format!("the project {id} is not archived"), "nothing is to do"));
            }
            let tasks = writing.unarchive_tasks_of(id, by.at).await?;
            let changes: Vec<_> = tasks.iter().map(|task| self.archived_change(*task, id, false, by)).collect();
            writing.add_changes(&changes).await?;
            project.archived = false;
            project.archived_at = None;
            project.archived_by = None;
            project.updated_at = by.at;
            writing.put_project(&project).await?;
            Ok((project, tasks.len() as u64))
        })
        .await
    }

    /// The features of a project, each with `id`, `label` and `type`, which are made up where they are missing.
    pub async fn features(&self, project_id: &str) -> Result<Vec<Value>> {
        let id = input::id("project_id", project_id)?;
        let project = self.read(async |reading| project_of(reading, id).await).await?;
        let features = project.features.as_array().cloned().unwrap_or_default();
        Ok(features.into_iter().enumerate().map(|(place, feature)| completed(place, feature)).collect())
    }
}

pub(super) async fn project_of(reading: &mut Reading, id: Uuid) -> Result<Project> {
    reading.project(id).await?.ok_or_else(|| WorkspaceError::not_found("project", id))
}

/// That there is a project of that id.
pub(super) async fn check_project(reading: &mut Reading, id: Uuid) -> Result<()> {
    reading.is_project_archived(id).await?.map(drop).ok_or_else(|| WorkspaceError::not_found("project", id))
}

/// A project that can be changed.
pub(super) async fn open_project(reading: &mut Reading, id: Uuid) -> Result<Project> {
    let project = project_of(reading, id).await?;
    check_open(id, project.archived)?;
    Ok(project)
}

/// That there is a project that can be added to.
pub(super) async fn check_open_project(reading: &mut Reading, id: Uuid) -> Result<()> {
    let archived = reading.is_project_archived(id).await?.ok_or_else(|| WorkspaceError::not_found("project", id))?;
    check_open(id, archived)
}

fn check_open(id: Uuid, archived: bool) -> Result<()> {
    if archived {
        return Err(WorkspaceError::conflict(format!("the project {id} is archived"), "unarchive it first"));
    }
    Ok(())
}

/// The stored feature whole, with what every feature has.
fn completed(place: usize, feature: Value) -> Value {
    let mut fields = match feature {
        Value::Object(fields) => fields,
        other => {
            let label = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            serde_json::Map::from_iter([("label".to_owned(), Value::String(label))])
        }
    };
    let said =
        |fields: &serde_json::Map<String, Value>, key: &str| fields.get(key).filter(|value| !value.is_null()).cloned();
    let id = said(&fields, "id").unwrap_or_else(|| json!(format!("feature-{}", place + 1)));
    let label = ["label", "name", "title"].into_iter().find_map(|key| said(&fields, key)).unwrap_or_else(|| id.clone());
    let kind = said(&fields, "type").unwrap_or_else(|| json!("feature"));
    fields.extend([("id".to_owned(), id), ("label".to_owned(), label), ("type".to_owned(), kind)]);
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_gets_what_it_lacks_and_keeps_what_it_has() {
        assert_eq!(
            completed(0, json!({"name": "Log-in", "x": 1})),
            json!({"id": "feature-1", "label": "Log-in", "name": "Log-in", "type": "feature", "x": 1})
        );
        assert_eq!(completed(1, json!("Search")), json!({"id": "feature-2", "label": "Search", "type": "feature"}));
        let whole = json!({"id": 7, "label": "A", "type": "page"});
        assert_eq!(completed(2, whole.clone()), whole);
    }
}
