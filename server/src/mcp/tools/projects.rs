//! `find_projects`, `manage_project` and `get_project_features`.

use rmcp::{RoleServer, model::JsonObject, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    answer::{Answer, Failure},
    arguments::{self, Fields, Page, filled, given, objects, only, refused, required, structure},
    items,
    schema::{input, output},
};
use crate::{
    mcp::handler::Tracon,
    store::workspace::{Project, ProjectQuery},
    workspace::{ProjectChanges, terms},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindProjects {
    project_id: Option<String>,
    query: Option<String>,
    page: Option<u32>,
    per_page: Option<u32>,
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    fields: Fields,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundProjects {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<JsonObject>,
    #[serde(flatten)]
    list: Option<ProjectList>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProjectList {
    projects: Vec<JsonObject>,
    count: usize,
    total: u64,
    page: u32,
    per_page: u32,
    query: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ManageProject {
    action: ProjectAction,
    project_id: Option<String>,
    title: Option<String>,
    description: Option<String>,
    github_repo: Option<String>,
    #[schemars(schema_with = "objects")]
    #[serde(default)]
    features: Option<Value>,
    #[schemars(schema_with = "structure")]
    #[serde(default)]
    data: Option<Value>,
    /// Only one project is
    pinned: Option<bool>,
    archived_by: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ProjectAction {
    Create,
    Update,
    Delete,
    Archive,
    Unarchive,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct ManagedProject {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<JsonObject>,
    project_id: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks_deleted: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks_archived: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks_unarchived: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetProjectFeatures {
    project_id: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProjectFeatures {
    features: Vec<JsonObject>,
    count: usize,
}

#[tool_router(router = project_tools, vis = "pub(in crate::mcp)")]
impl Tracon {
    /// List or search projects, or get one whole by `project_id`. Archived ones come by id only.
    #[tool(
        input_schema = input::<FindProjects>(),
        output_schema = output::<FoundProjects>(),
        annotations(title = "Find projects", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn find_projects(&self, arguments: JsonObject) -> Answer {
        self.found_projects(arguments).await.into()
    }

    /// Create (title), update, archive, unarchive, or delete (for good, with its tasks) a project.
    #[tool(
        input_schema = input::<ManageProject>(),
        output_schema = output::<ManagedProject>(),
        annotations(title = "Manage project", read_only_hint = false, destructive_hint = true, idempotent_hint = false)
    )]
    pub async fn manage_project(&self, arguments: JsonObject, context: RequestContext<RoleServer>) -> Answer {
        self.managed_project(arguments, &self.caller(&context)).await.into()
    }

    /// The features of a project.
    #[tool(
        input_schema = input::<GetProjectFeatures>(),
        output_schema = output::<ProjectFeatures>(),
        annotations(title = "Project features", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn get_project_features(&self, arguments: JsonObject) -> Answer {
        self.project_features(arguments).await.into()
    }
}

impl Tracon {
    async fn found_projects(&self, arguments: JsonObject) -> Result<FoundProjects, Failure> {
        let wanted: FindProjects = arguments::read(arguments)?;
        if let Some(id) = given(wanted.project_id.as_ref()) {
            let view = self.workspace.project(id).await?;
            let project = wanted.fields.select(items::whole_project(&view.project, &view.sources), &[])?;
            return Ok(FoundProjects { project: Some(project), list: None });
        }
        let page = Page::of(wanted.page, wanted.per_page)?;
        let query = given(wanted.query.as_ref());
        let projects = ProjectQuery { terms: terms(query.unwrap_or_default())?, archived: false };
        let (projects, total) = self.workspace.projects(&projects, page.window()).await?;
        let projects: Vec<_> = projects
            .iter()
            .map(|summary| wanted.fields.select(items::listed_project(summary), &["data"]))
            .collect::<Result<_, _>>()?;
        let list = ProjectList {
            count: projects.len(),
            projects,
            total,
            page: page.page,
            per_page: page.per_page,
            query: query.map(str::to_owned),
        };
        Ok(FoundProjects { project: None, list: Some(list) })
    }

    async fn managed_project(&self, arguments: JsonObject, actor: &str) -> Result<ManagedProject, Failure> {
        let filled = filled(&arguments);
        let wanted: ManageProject = arguments::read(arguments)?;
        let changes = ProjectChanges {
            title: wanted.title,
            description: wanted.description,
            github_repo: wanted.github_repo,
            features: wanted.features,
            data: wanted.data,
            pinned: wanted.pinned,
        };
        let id = |action| required("project_id", wanted.project_id.as_ref(), action);
        let written = |project: &Project, message: &str| ManagedProject {
            project: Some(items::written_project(project)),
            project_id: project.id.to_string(),
            message: message.to_owned(),
            ..ManagedProject::default()
        };
        Ok(match wanted.action {
            ProjectAction::Create => {
                refused("archived_by", given(wanted.archived_by.as_ref()).is_some(), "create")?;
                refused("project_id", given(wanted.project_id.as_ref()).is_some(), "create")?;
                written(&self.workspace.create_project(changes, actor).await?, "Project created")
            }
            ProjectAction::Update => {
                refused("archived_by", given(wanted.archived_by.as_ref()).is_some(), "update")?;
                written(&self.workspace.update_project(id("update")?, changes, actor).await?, "Project updated")
            }
            ProjectAction::Delete => {
                only(&filled, "delete", &["project_id"])?;
                let (project, tasks) = self.workspace.delete_project(id("delete")?).await?;
                ManagedProject {
                    project: None,
                    tasks_deleted: Some(tasks),
                    ..written(&project, "Project deleted, with its tasks and documents")
                }
            }
            ProjectAction::Archive => {
                only(&filled, "archive", &["project_id", "archived_by"])?;
                let by = given(wanted.archived_by.as_ref());
                let (project, tasks) = self.workspace.archive_project(id("archive")?, by, actor).await?;
                ManagedProject { tasks_archived: Some(tasks), ..written(&project, "Project archived, with its tasks") }
            }
            ProjectAction::Unarchive => {
                only(&filled, "unarchive", &["project_id"])?;
                let (project, tasks) = self.workspace.unarchive_project(id("unarchive")?, actor).await?;
                ManagedProject { tasks_unarchived: Some(tasks), ..written(&project, "Project unarchived") }
            }
        })
    }

    async fn project_features(&self, arguments: JsonObject) -> Result<ProjectFeatures, Failure> {
        let wanted: GetProjectFeatures = arguments::read(arguments)?;
        let features = self.workspace.features(&wanted.project_id).await?;
        let features: Vec<_> = features.into_iter().map(items::object).collect();
        Ok(ProjectFeatures { count: features.len(), features })
    }
}
