//! `find_versions` and `manage_version`.

use rmcp::{RoleServer, model::JsonObject, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracon_app::workspace::VersionField;

use super::{
    answer::{Answer, Failure},
    arguments::{self, Fields, Page, field_words, given, refused, structure},
    items,
    schema::{input, output},
};
use crate::{
    mcp::handler::Tracon,
    workspace::{NewVersion, Restoration},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindVersions {
    project_id: String,
    #[schemars(schema_with = "field_words")]
    #[serde(default)]
    field_name: Option<VersionField>,
    version_number: Option<u64>,
    page: Option<u32>,
    per_page: Option<u32>,
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    fields: Fields,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundVersions {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<JsonObject>,
    #[serde(flatten)]
    list: Option<VersionList>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VersionList {
    versions: Vec<JsonObject>,
    count: usize,
    total: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ManageVersion {
    action: VersionAction,
    project_id: String,
    #[schemars(schema_with = "field_words")]
    field_name: VersionField,
    version_number: Option<u64>,
    /// Of create; default: what is there now
    #[schemars(schema_with = "structure")]
    #[serde(default)]
    content: Option<Value>,
    change_summary: Option<String>,
    /// Restores this document alone
    document_id: Option<String>,
    created_by: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum VersionAction {
    Create,
    Restore,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ManagedVersion {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<JsonObject>,
    field_name: &'static str,
    version_number: i64,
    message: String,
}

#[tool_router(router = version_tools, vis = "pub(in crate::mcp)")]
impl Tracon {
    /// List what a project's documents, features or data were, newest first, or get one version whole by `field_name` and `version_number`.
    #[tool(
        input_schema = input::<FindVersions>(),
        output_schema = output::<FoundVersions>(),
        annotations(title = "Find versions", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn find_versions(&self, arguments: JsonObject) -> Answer {
        self.found_versions(arguments).await.into()
    }

    /// Keep a version of a project's field (create), or write one back (restore, `version_number`); what is there now stays a version.
    #[tool(
        input_schema = input::<ManageVersion>(),
        output_schema = output::<ManagedVersion>(),
        annotations(title = "Manage version", read_only_hint = false, destructive_hint = true, idempotent_hint = false)
    )]
    pub async fn manage_version(&self, arguments: JsonObject, context: RequestContext<RoleServer>) -> Answer {
        self.managed_version(arguments, &self.caller(&context)).await.into()
    }
}

impl Tracon {
    async fn found_versions(&self, arguments: JsonObject) -> Result<FoundVersions, Failure> {
        let wanted: FindVersions = arguments::read(arguments)?;
        if let Some(number) = wanted.version_number {
            let Some(field) = wanted.field_name else {
                return Err(Failure::invalid("field_name", "`field_name` is required with `version_number`"));
            };
            let version = self.workspace.project_version(&wanted.project_id, field, number).await?;
            let version = items::object(json!({
                "version": items::version(&version.head),
                "content": version.content,
                "field_name": version.head.field_name,
                "version_number": version.head.version_number,
            }));
            return Ok(FoundVersions { version: Some(wanted.fields.select(version, &[])?), list: None });
        }
        let page = Page::of(wanted.page, wanted.per_page)?;
        let (versions, total) =
            self.workspace.project_versions(&wanted.project_id, wanted.field_name, page.window()).await?;
        let select = |head| wanted.fields.select(items::version(head), &[]);
        let versions: Vec<_> = versions.iter().map(select).collect::<Result<_, _>>()?;
        Ok(FoundVersions { version: None, list: Some(VersionList { count: versions.len(), versions, total }) })
    }

    async fn managed_version(&self, arguments: JsonObject, actor: &str) -> Result<ManagedVersion, Failure> {
        let wanted: ManageVersion = arguments::read(arguments)?;
        let (project, field) = (&wanted.project_id, wanted.field_name);
        let document = given(wanted.document_id.as_ref()).map(str::to_owned);
        let created_by = given(wanted.created_by.as_ref()).map(str::to_owned);
        match wanted.action {
            VersionAction::Create => {
                refused("version_number", wanted.version_number.is_some(), "create")?;
                let version = NewVersion {
                    content: wanted.content,
                    change_summary: wanted.change_summary,
                    document_id: document,
                    created_by,
                };
                let head = self.workspace.create_version(project, field, version, actor).await?;
                Ok(ManagedVersion {
                    version: Some(items::version(&head)),
                    field_name: field.as_str(),
                    version_number: head.version_number,
                    message: "Version created".to_owned(),
                })
            }
            VersionAction::Restore => {
                refused("content", wanted.content.is_some(), "restore")?;
                let Some(number) = wanted.version_number else {
                    return Err(Failure::invalid("version_number", "`version_number` is required for `restore`"));
                };
                let restoration =
                    Restoration { document_id: document, change_summary: wanted.change_summary, created_by };
                let backup = self.workspace.restore_version(project, field, number, restoration, actor).await?;
                Ok(ManagedVersion {
                    version: None,
                    field_name: field.as_str(),
                    version_number: i64::try_from(number).unwrap_or(i64::MAX),
                    message: format!(
                        "Version {number} of {} restored; what was there before is version {backup}",
                        field.as_str()
                    ),
                })
            }
        }
    }
}
