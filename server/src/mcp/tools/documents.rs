//! `find_documents` and `manage_document`.

use rmcp::{RoleServer, model::JsonObject, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    answer::{Answer, Failure},
    arguments::{self, Fields, Page, filled, given, object_or_text, only, refused, required},
    items,
    schema::{input, output},
};
use crate::{
    mcp::handler::Tracon,
    workspace::{DocumentChanges, terms},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindDocuments {
    project_id: String,
    document_id: Option<String>,
    /// In title, tags and content
    query: Option<String>,
    document_type: Option<String>,
    page: Option<u32>,
    per_page: Option<u32>,
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    fields: Fields,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundDocuments {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<JsonObject>,
    #[serde(flatten)]
    list: Option<DocumentList>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DocumentList {
    documents: Vec<JsonObject>,
    count: usize,
    total: usize,
    project_id: String,
    query: Option<String>,
    document_type: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ManageDocument {
    action: DocumentAction,
    project_id: String,
    document_id: Option<String>,
    title: Option<String>,
    /// spec, design, note, prp, api or guide
    document_type: Option<String>,
    /// A string is Markdown
    #[schemars(schema_with = "object_or_text")]
    #[serde(default)]
    content: Option<Value>,
    tags: Option<Vec<String>>,
    author: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DocumentAction {
    Create,
    Update,
    Delete,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ManagedDocument {
    document: JsonObject,
    document_id: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

#[tool_router(router = document_tools, vis = "pub(in crate::mcp)")]
impl Tracon {
    /// List or search the documents of a project without their content, or get one whole by `document_id`.
    #[tool(
        input_schema = input::<FindDocuments>(),
        output_schema = output::<FoundDocuments>(),
        annotations(title = "Find documents", read_only_hint = true, destructive_hint = false, idempotent_hint = true)
    )]
    pub async fn find_documents(&self, arguments: JsonObject) -> Answer {
        self.found_documents(arguments).await.into()
    }

    /// Create (title, `document_type`), update or delete a document; the documents as they were stay a version.
    #[tool(
        input_schema = input::<ManageDocument>(),
        output_schema = output::<ManagedDocument>(),
        annotations(title = "Manage document", read_only_hint = false, destructive_hint = true, idempotent_hint = false)
    )]
    pub async fn manage_document(&self, arguments: JsonObject, context: RequestContext<RoleServer>) -> Answer {
        self.managed_document(arguments, &self.caller(&context)).await.into()
    }
}

impl Tracon {
    async fn found_documents(&self, arguments: JsonObject) -> Result<FoundDocuments, Failure> {
        let wanted: FindDocuments = arguments::read(arguments)?;
        if let Some(id) = given(wanted.document_id.as_ref()) {
            let document = items::object(self.workspace.document(&wanted.project_id, id).await?);
            return Ok(FoundDocuments {
                document: Some(wanted.fields.select(document, &items::DOCUMENT)?),
                list: None,
            });
        }
        let page = Page::of(wanted.page, wanted.per_page)?;
        let query = given(wanted.query.as_ref());
        let kind = given(wanted.document_type.as_ref());
        let documents = self.workspace.documents(&wanted.project_id, &terms(query.unwrap_or_default())?, kind).await?;
        let total = documents.len();
        let window = page.window();
        let documents: Vec<_> = documents
            .iter()
            .skip(usize::try_from(window.offset).unwrap_or(usize::MAX))
            .take(page.per_page as usize)
            .map(|document| wanted.fields.select(items::listed_document(document), &items::DOCUMENT))
            .collect::<Result<_, _>>()?;
        let list = DocumentList {
            count: documents.len(),
            documents,
            total,
            project_id: wanted.project_id,
            query: query.map(str::to_owned),
            document_type: kind.map(str::to_owned),
        };
        Ok(FoundDocuments { document: None, list: Some(list) })
    }

    async fn managed_document(&self, arguments: JsonObject, actor: &str) -> Result<ManagedDocument, Failure> {
        let filled = filled(&arguments);
        let wanted: ManageDocument = arguments::read(arguments)?;
        let changes = DocumentChanges {
            title: wanted.title,
            document_type: wanted.document_type,
            content: wanted.content,
            tags: wanted.tags,
            author: wanted.author,
        };
        let project = &wanted.project_id;
        let id = |action| required("document_id", wanted.document_id.as_ref(), action);
        let (written, message) = match wanted.action {
            DocumentAction::Create => {
                refused("document_id", given(wanted.document_id.as_ref()).is_some(), "create")?;
                (self.workspace.create_document(project, changes, actor).await?, "Document created")
            }
            DocumentAction::Update => {
                (self.workspace.update_document(project, id("update")?, changes, actor).await?, "Document updated")
            }
            DocumentAction::Delete => {
                only(&filled, "delete", &["project_id", "document_id"])?;
                (self.workspace.delete_document(project, id("delete")?, actor).await?, "Document deleted")
            }
        };
        Ok(ManagedDocument {
            document_id: written.document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            document: items::listed_document(&written.document),
            message: message.to_owned(),
            warning: written.warning,
        })
    }
}
