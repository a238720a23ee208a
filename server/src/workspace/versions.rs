//! Versions: what a field was, and how it is again.

use serde_json::Value;
use tracon_app::workspace::VersionField;

use super::{
    Result, Signature, Workspace, WorkspaceError,
    documents::{self, at_most_a_thousand, documents_of},
    input::{self, DOCUMENTS, NAME, PROSE},
    projects::{check_project, open_project},
    tasks::task_of,
};
use crate::store::workspace::{Owner, Project, Version, VersionHead, VersionQuery, Window, Writing};

/// A version that somebody makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewVersion {
    /// What is there now, if `None`.
    pub content: Option<Value>,
    pub change_summary: Option<String>,
    pub document_id: Option<String>,
    /// `system`, if `None`.
    pub created_by: Option<String>,
}

/// How a version is written back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoration {
    /// This document alone.
    pub document_id: Option<String>,
    /// What is said of it, if not which version it was.
    pub change_summary: Option<String>,
    /// Who calls, if `None`.
    pub created_by: Option<String>,
}

/// The fields of a task that have versions.
const TASK_FIELDS: [&str; 4] = ["title", "description", "sources", "code_examples"];

impl Workspace {
    /// The versions of a project's fields, newest first, without their content, and how many there are in all.
    pub async fn project_versions(
        &self,
        project_id: &str,
        field: Option<VersionField>,
        window: Window,
    ) -> Result<(Vec<VersionHead>, u64)> {
        let id = input::id("project_id", project_id)?;
        self.read(async |reading| {
            check_project(reading, id).await?;
            let query = VersionQuery { owner: Owner::Project(id), field_name: field.map(VersionField::as_str) };
            Ok(reading.version_heads(query, window).await?)
        })
        .await
    }

    /// One of them, whole.
    pub async fn project_version(&self, project_id: &str, field: VersionField, number: u64) -> Result<Version> {
        let id = input::id("project_id", project_id)?;
        self.read(async |reading| {
            check_project(reading, id).await?;
            let version = reading.version(Owner::Project(id), field.as_str(), number).await?;
            version.ok_or_else(|| no_version(field, number))
        })
        .await
    }

    /// The versions of a task's fields, newest first, and how many there are in all.
    pub async fn task_versions(
        &self,
        task_id: &str,
        field_name: Option<&str>,
        window: Window,
    ) -> Result<(Vec<Version>, u64)> {
        let id = input::id("task_id", task_id)?;
        let known = |name: &str| {
            TASK_FIELDS.into_iter().find(|field| *field == name).ok_or_else(|| {
                let reason =
                    format!("must be one of {}, not {:?}", TASK_FIELDS.join(", "), super::excerpt::shown(name));
                WorkspaceError::invalid("field_name", reason)
            })
        };
        let field_name = field_name.map(known).transpose()?;
        self.read(async |reading| {
            task_of(reading, id).await?;
            Ok(reading.versions(VersionQuery { owner: Owner::Task(id), field_name }, window).await?)
        })
        .await
    }

    /// Keeps a version of a field: of what is given, or of what is there now.
    pub async fn create_version(
        &self,
        project_id: &str,
        field: VersionField,
        version: NewVersion,
        actor: &str,
    ) -> Result<VersionHead> {
        let id = input::id("project_id", project_id)?;
        let content = version.content.map(|content| checked(field, content)).transpose()?;
        let summary = version.change_summary.map(|text| input::text("change_summary", &text, PROSE)).transpose()?;
        let document = version.document_id.map(|id| input::name("document_id", &id, NAME)).transpose()?;
        let created_by = version.created_by.map(|name| input::name("created_by", &name, NAME)).transpose()?;
        let created_by = created_by.unwrap_or_else(|| "system".to_owned());
        self.change(async |writing| {
            let by = Signature { actor: &created_by, ..self.sign(actor) };
            let project = open_project(writing, id).await?;
            let content = content.unwrap_or_else(|| project.field(field).clone());
            self.snapshot(writing, Owner::Project(id), field.as_str(), content, "manual", summary, document, by).await
        })
        .await
    }

    /// Writes back what a version holds, all of it or one document, after a version of what is there now. Gives that version's
    /// number.
    pub async fn restore_version(
        &self,
        project_id: &str,
        field: VersionField,
        number: u64,
        restoration: Restoration,
        actor: &str,
    ) -> Result<i64> {
        let id = input::id("project_id", project_id)?;
        let Restoration { document_id: document, change_summary, created_by } = restoration;
        let summary = change_summary.map(|text| input::text("change_summary", &text, PROSE)).transpose()?;
        let created_by = created_by.map(|name| input::name("created_by", &name, NAME)).transpose()?;
        if document.is_some() && field != VersionField::Docs {
            return Err(WorkspaceError::invalid("document_id", "is only for `field_name` docs"));
        }
        self.change(async |writing| {
            let by = self.sign(created_by.as_deref().unwrap_or(actor));
            let mut project = open_project(writing, id).await?;
            let owner = Owner::Project(id);
            let version = writing.version(owner, field.as_str(), number).await?;
            let version = version.ok_or_else(|| no_version(field, number))?;
            let content = match &document {
                None => version.content,
                Some(document) => with_document(&project, &version.content, document)?,
            };
            // A version may be older than today's limits.
            let content = checked(field, content)?;
            let before = std::mem::replace(project.field_mut(field), content.clone());
            let backup = Some(format!("Before version {number} was restored"));
            let backup =
                self.snapshot(writing, owner, field.as_str(), before, "backup", backup, document.clone(), by).await?;
            project.updated_at = by.at;
            writing.put_project(&project).await?;
            let summary = summary.or_else(|| Some(format!("Restored version {number}")));
            self.snapshot(writing, owner, field.as_str(), content, "restore", summary, document, by).await?;
            Ok(backup.version_number)
        })
        .await
    }

    /// Keeps a version under the next number.
    #[expect(clippy::too_many_arguments, reason = "each is a column of its own")]
    pub(super) async fn snapshot(
        &self,
        writing: &mut Writing,
        owner: Owner,
        field_name: &'static str,
        content: Value,
        change_type: &str,
        change_summary: Option<String>,
        document_id: Option<String>,
        by: Signature<'_>,
    ) -> Result<VersionHead> {
        let version_number = writing.next_version(owner, field_name).await?;
        let head = VersionHead {
            id: self.id(by),
            owner,
            field_name: field_name.to_owned(),
            version_number,
            change_type: change_type.to_owned(),
            change_summary,
            document_id,
            created_by: by.actor.to_owned(),
            created_at: by.at,
        };
        let version = Version { head, content };
        writing.add_version(&version).await?;
        Ok(version.head)
    }
}

fn no_version(field: VersionField, number: u64) -> WorkspaceError {
    WorkspaceError::not_found("version", format!("{} {number}", field.as_str()))
}

/// What a field may hold.
fn checked(field: VersionField, content: Value) -> Result<Value> {
    match field {
        VersionField::Docs => {
            let is_document = |item: &Value| item.get("id").is_some_and(Value::is_string);
            if let Some(items) = content.as_array().filter(|items| items.iter().all(is_document)) {
                at_most_a_thousand("content", items.len())?;
                input::json("content", content, DOCUMENTS)
            } else {
                Err(WorkspaceError::invalid("content", "of docs must be an array of objects, each with an `id` string"))
            }
        }
        VersionField::Features => input::list("content", content),
        VersionField::Data | VersionField::Prd => input::structure("content", content),
    }
}

/// The documents that are there now, with this one as it was.
fn with_document(project: &Project, version: &Value, document_id: &str) -> Result<Value> {
    let was = documents_of(version).into_iter().find(|document| documents::id_of(document) == Some(document_id));
    let was = was.ok_or_else(|| WorkspaceError::not_found("document of this version with the id", document_id))?;
    let mut now = documents_of(&project.docs);
    match now.iter_mut().find(|document| documents::id_of(document) == Some(document_id)) {
        Some(document) => *document = was,
        None => now.push(was),
    }
    Ok(Value::Array(now))
}
