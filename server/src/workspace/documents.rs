//! Documents: JSON objects that a project has in its `docs`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tracon_app::workspace::VersionField;

use super::{
    Result, Workspace, WorkspaceError,
    input::{self, DOCUMENTS, JSON, NAME, TITLE},
    projects::{open_project, project_of},
};
use crate::store::workspace::Owner;

/// What a document is created with or becomes; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentChanges {
    pub title: Option<String>,
    pub document_type: Option<String>,
    /// An object, or a text in Markdown.
    pub content: Option<Value>,
    pub tags: Option<Vec<String>>,
    pub author: Option<String>,
}

/// A document that was written, and what is odd about it.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentWritten {
    pub document: Value,
    pub warning: Option<String>,
}

/// The types that documents usually have.
const TYPES: [&str; 6] = ["spec", "design", "note", "prp", "api", "guide"];

impl DocumentChanges {
    fn checked(self) -> Result<Self> {
        let tags = self.tags.map(|tags| tags.iter().map(|tag| input::name("tags", tag, NAME)).collect::<Result<_>>());
        Ok(Self {
            title: self.title.map(|title| input::name("title", &title, TITLE)).transpose()?,
            document_type: self.document_type.map(|name| input::name("document_type", &name, NAME)).transpose()?,
            content: self.content.map(content).transpose()?,
            tags: tags.transpose()?,
            author: self.author.map(|name| input::name("author", &name, NAME)).transpose()?,
        })
    }

    fn apply_to(self, document: &mut Map<String, Value>) {
        let fields = [
            ("title", self.title.map(Value::String)),
            ("document_type", self.document_type.map(Value::String)),
            ("content", self.content),
            ("tags", self.tags.map(|tags| json!(tags))),
            ("author", self.author.map(Value::String)),
        ];
        for (key, value) in fields {
            if let Some(value) = value {
                document.insert(key.to_owned(), value);
            }
        }
    }
}

impl Workspace {
    /// A document of a project by its id.
    pub async fn document(&self, project_id: &str, document_id: &str) -> Result<Value> {
        let documents = self.documents_in(project_id).await?;
        let found = documents.into_iter().find(|document| id_of(document) == Some(document_id));
        found.ok_or_else(|| WorkspaceError::not_found("document", document_id))
    }

    /// The documents of a project in whose title, tags or content each of these terms occurs, letter case ignored.
    pub async fn documents(
        &self,
        project_id: &str,
        terms: &[String],
        document_type: Option<&str>,
    ) -> Result<Vec<Value>> {
        let terms: Vec<String> = terms.iter().map(|term| term.to_lowercase()).collect();
        let mut documents = self.documents_in(project_id).await?;
        documents.retain(|document| {
            document_type.is_none_or(|kind| document.get("document_type").and_then(Value::as_str) == Some(kind))
                && (terms.is_empty() || contains_all(document, &terms))
        });
        Ok(documents)
    }

    async fn documents_in(&self, project_id: &str) -> Result<Vec<Value>> {
        let id = input::id("project_id", project_id)?;
        let project = self.read(async |reading| project_of(reading, id).await).await?;
        Ok(documents_of(&project.docs))
    }

    /// Creates a document. It needs a title and a type.
    pub async fn create_document(
        &self,
        project_id: &str,
        changes: DocumentChanges,
        actor: &str,
    ) -> Result<DocumentWritten> {
        for (argument, is_given) in
            [("title", changes.title.is_some()), ("document_type", changes.document_type.is_some())]
        {
            if !is_given {
                return Err(WorkspaceError::invalid(argument, "is required"));
            }
        }
        let changes = changes.checked()?;
        let by = self.sign(actor);
        self.write_documents(project_id, "create", actor, async |documents| {
            let mut fields = Map::new();
            fields.insert("id".to_owned(), json!(self.id(by)));
            fields.insert("content".to_owned(), json!({}));
            fields.insert("tags".to_owned(), json!([]));
            fields.insert("status".to_owned(), json!("draft"));
            fields.insert("version".to_owned(), json!("1.0"));
            fields.insert("author".to_owned(), json!(actor));
            fields.insert("created_at".to_owned(), time(by.at));
            fields.insert("updated_at".to_owned(), time(by.at));
            changes.apply_to(&mut fields);
            documents.push(Value::Object(fields.clone()));
            Ok(Value::Object(fields))
        })
        .await
    }

    /// Changes a document; at least one field must be given.
    pub async fn update_document(
        &self,
        project_id: &str,
        document_id: &str,
        changes: DocumentChanges,
        actor: &str,
    ) -> Result<DocumentWritten> {
        if changes == DocumentChanges::default() {
            return Err(WorkspaceError::invalid("action", "`update` needs at least one field to change"));
        }
        let changes = changes.checked()?;
        let by = self.sign(actor);
        self.write_documents(project_id, "update", actor, async |documents| {
            let found = documents.iter_mut().find(|document| id_of(document) == Some(document_id));
            let Some(Value::Object(fields)) = found else {
                return Err(WorkspaceError::not_found("document", document_id));
            };
            let before = fields.clone();
            changes.apply_to(fields);
            if *fields != before {
                fields.insert("updated_at".to_owned(), time(by.at));
            }
            Ok(Value::Object(fields.clone()))
        })
        .await
    }

    /// Deletes a document; its project's versions still have it.
    pub async fn delete_document(&self, project_id: &str, document_id: &str, actor: &str) -> Result<DocumentWritten> {
        self.write_documents(project_id, "delete", actor, async |documents| {
            let place = documents.iter().position(|document| id_of(document) == Some(document_id));
            let place = place.ok_or_else(|| WorkspaceError::not_found("document", document_id))?;
            Ok(documents.remove(place))
        })
        .await
    }

    /// Changes the documents of a project by `change`, which gives the one that it is about, after a version of what they were.
    /// Nothing where nothing changed.
    async fn write_documents(
        &self,
        project_id: &str,
        change_type: &str,
        actor: &str,
        change: impl AsyncFnOnce(&mut Vec<Value>) -> Result<Value>,
    ) -> Result<DocumentWritten> {
        let id = input::id("project_id", project_id)?;
        self.change(async |writing| {
            let by = self.sign(actor);
            let mut project = open_project(writing, id).await?;
            let mut documents = documents_of(&project.docs);
            let document = change(&mut documents).await?;
            at_most_a_thousand("action", documents.len())?;
            let documents = Value::Array(documents);
            if documents != project.docs {
                let documents = input::json("content", documents, DOCUMENTS).map_err(|_| {
                    let reason = format!("is too much: the documents of a project may take {DOCUMENTS} bytes as JSON");
                    WorkspaceError::invalid("content", reason)
                })?;
                let before = std::mem::replace(&mut project.docs, documents);
                let title = document.get("title").and_then(Value::as_str).unwrap_or_default();
                let summary = format!("Before the document “{title}” was {change_type}d");
                let field = VersionField::Docs.as_str();
                let document_id = id_of(&document).map(str::to_owned);
                self.snapshot(writing, Owner::Project(id), field, before, change_type, Some(summary), document_id, by)
                    .await?;
                project.updated_at = by.at;
                writing.put_project(&project).await?;
            }
            let warning = (change_type != "delete").then(|| warning_of(&document)).flatten();
            Ok(DocumentWritten { document, warning })
        })
        .await
    }
}

/// The documents of a `docs` field. What is no object is none of this program's, and stays.
pub(super) fn documents_of(docs: &Value) -> Vec<Value> {
    docs.as_array().cloned().unwrap_or_default()
}

/// The Markdown of a content that is nothing else.
pub(super) fn only_markdown(content: &Value) -> Option<&str> {
    content.as_object().filter(|fields| fields.len() == 1)?.get("markdown")?.as_str()
}

/// Bytes of a content: of Markdown as it is, of anything else as JSON.
#[must_use]
pub fn content_size(content: &Value) -> usize {
    only_markdown(content).map_or_else(|| content.to_string().len(), str::len)
}

/// The id of a document.
pub(super) fn id_of(document: &Value) -> Option<&str> {
    document.get("id").and_then(Value::as_str)
}

/// More documents than this a project has not.
pub(super) fn at_most_a_thousand(argument: &'static str, documents: usize) -> Result<()> {
    const MOST: usize = 1_000;
    if documents <= MOST {
        return Ok(());
    }
    let reason = format!("would give the project {documents} documents, at most {MOST} are allowed");
    Err(WorkspaceError::invalid(argument, reason))
}

/// A text is Markdown.
fn content(content: Value) -> Result<Value> {
    match content {
        Value::String(markdown) => input::json("content", json!({ "markdown": markdown }), JSON),
        Value::Object(_) => input::json("content", content, JSON),
        other => {
            let reason = format!("must be an object or a string, not {}", input::kind(&other));
            Err(WorkspaceError::invalid("content", reason))
        }
    }
}

fn warning_of(document: &Value) -> Option<String> {
    let kind = document.get("document_type").and_then(Value::as_str).unwrap_or_default();
    (!TYPES.contains(&kind))
        .then(|| format!("the document_type {kind:?} is none of the usual ones ({}); it was stored", TYPES.join(", ")))
}

fn time(at: DateTime<Utc>) -> Value {
    Value::String(at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Whether each term, in lower case, occurs in the title, a tag or the content.
fn contains_all(document: &Value, terms: &[String]) -> bool {
    let mut texts = Vec::new();
    for key in ["title", "tags", "content"] {
        gather(document.get(key).unwrap_or(&Value::Null), &mut texts);
    }
    terms.iter().all(|term| texts.iter().any(|text| text.contains(term.as_str())))
}

/// Every text of a value, and of what is in it, in lower case.
fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.to_lowercase()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            texts.push(key.to_lowercase());
            gather(value, texts);
        }),
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => texts.push(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_found_by_any_of_its_texts() {
        let document = json!({
            "id": "never looked at", "title": "The Plan", "tags": ["Urgent"],
            "content": {"markdown": "# Héllo\nworld", "deep": [{"limit": 42}]},
        });
        let found = |query: &str| {
            let terms: Vec<String> = query.split(' ').map(str::to_lowercase).collect();
            contains_all(&document, &terms)
        };
        for query in ["plan", "URGENT plan", "HÉLLO", "42 world", "limit"] {
            assert!(found(query), "{query}");
        }
        for query in ["never", "plan absent"] {
            assert!(!found(query), "{query}");
        }
    }

    #[test]
    fn a_text_is_markdown_and_a_number_is_nothing() {
        assert_eq!(content(json!("# A")).expect("content"), json!({"markdown": "# A"}));
        assert!(content(json!([1])).is_err());
        assert!(content(json!({"a": "\u{0}"})).is_err());
    }
}
