//! Tasks, projects, documents and versions, as tools show them: whole, or trimmed for a list.

use rmcp::model::JsonObject;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    store::workspace::{CompletionStats, LinkedSource, Owner, Project, ProjectSummary, Task, TaskChange, VersionHead},
    workspace::{content_size, cut},
};

/// Letters of a text in a list.
const TRIMMED: usize = 1_000;

/// Features of a project in a list.
const FEATURES: usize = 3;

/// A list is trimmed; what is asked for by its id is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Trimmed,
    /// For a list whose items were asked for by their keys: every key, with its texts trimmed.
    Keyed,
}

impl Extent {
    fn text(self, text: &str) -> String {
        match self {
            Self::Whole => text.to_owned(),
            Self::Trimmed | Self::Keyed => cut(text, TRIMMED),
        }
    }

    fn value(self, value: &Value) -> Value {
        match self {
            Self::Whole => value.clone(),
            Self::Trimmed | Self::Keyed => trimmed_value(value),
        }
    }
}

pub(super) fn task(task: &Task, extent: Extent) -> JsonObject {
    let length = |list: &Value| list.as_array().map_or(0, Vec::len);
    let mut item = object(json!({
        "id": task.id,
        "project_id": task.project_id,
        "title": task.title,
        "description": extent.text(&task.description),
        "status": task.status,
        "assignee": task.assignee,
        "task_order": task.task_order,
        "priority": task.priority,
        "feature": task.feature,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "archived": task.archived,
        "stats": {"sources_count": length(&task.sources), "code_examples_count": length(&task.code_examples)},
    }));
    if extent != Extent::Trimmed {
        item.extend(object(json!({
            "sources": extent.value(&task.sources),
            "code_examples": extent.value(&task.code_examples),
            "parent_task_id": task.parent_task_id,
            "completed_at": task.completed_at,
            "completed_by": task.completed_by,
            "archived_at": task.archived_at,
            "archived_by": task.archived_by,
        })));
    }
    item
}

/// A task that was completed.
pub(super) fn completed_task(task: &Task) -> JsonObject {
    let took = task.completed_at.map(|at| (at - task.created_at).num_seconds().max(0));
    object(json!({
        "task_id": task.id,
        "title": task.title,
        "project_id": task.project_id,
        "completed_at": task.completed_at,
        "completed_by": task.completed_by,
        "time_to_complete": took.map(interval),
    }))
}

/// How far tasks are.
pub(super) fn statistics(stats: &CompletionStats) -> JsonObject {
    let rounded = |number: f64| (number * 100.0).round() / 100.0;
    let rate = if stats.total_tasks == 0 {
        0.0
    } else {
        rounded(stats.completed_tasks as f64 * 100.0 / stats.total_tasks as f64)
    };
    object(json!({
        "total_tasks": stats.total_tasks,
        "completed_tasks": stats.completed_tasks,
        "in_progress_tasks": stats.in_progress_tasks,
        "completion_rate": rate,
        "avg_completion_time_hours": stats.avg_completion_time_hours.map(rounded),
    }))
}

/// As PostgreSQL writes an interval: `2 days 03:04:05`.
fn interval(seconds: i64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    match days {
        0 => clock,
        1 => format!("1 day {clock}"),
        days => format!("{days} days {clock}"),
    }
}

fn project_fields(project: &Project, extent: Extent) -> JsonObject {
    object(json!({
        "id": project.id,
        "title": project.title,
        "description": extent.text(&project.description),
        "github_repo": project.github_repo,
        "pinned": project.pinned,
        "archived": project.archived,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
    }))
}

/// A project with everything.
pub(super) fn whole_project(project: &Project, sources: &[LinkedSource]) -> JsonObject {
    let linked = |kind: &str| -> Vec<Value> {
        let of_kind = sources.iter().filter(|source| source.notes.as_deref() == Some(kind));
        of_kind
            .map(|source| {
                json!({"source_id": source.source_id, "created_by": source.created_by, "linked_at": source.linked_at})
            })
            .collect()
    };
    let mut item = project_fields(project, Extent::Whole);
    item.extend(object(json!({
        "docs": project.docs,
        "features": project.features,
        "data": project.data,
        "archived_at": project.archived_at,
        "archived_by": project.archived_by,
        "technical_sources": linked("technical"),
        "business_sources": linked("business"),
    })));
    item
}

/// A project in a list.
pub(super) fn listed_project(summary: &ProjectSummary) -> JsonObject {
    trimmed_project(&summary.project, summary.documents)
}

/// A project that was written.
pub(super) fn written_project(project: &Project) -> JsonObject {
    trimmed_project(project, project.docs.as_array().map_or(0, Vec::len) as u64)
}

fn trimmed_project(project: &Project, documents: u64) -> JsonObject {
    let features = project.features.as_array().map_or(&[][..], Vec::as_slice);
    let data = Some(&project.data).filter(|data| data.to_string().len() <= TRIMMED);
    let mut item = project_fields(project, Extent::Trimmed);
    item.extend(object(json!({
        "docs_count": documents,
        "features": features.iter().take(FEATURES).map(trimmed_value).collect::<Vec<_>>(),
        "features_count": features.len(),
    })));
    // What is too long for a list is left out: null would say that there is none.
    if let Some(data) = data {
        item.insert("data".to_owned(), data.clone());
    }
    item
}

/// The keys that a document has; one of another program may lack some.
pub(super) const DOCUMENT: [&str; 9] =
    ["id", "document_type", "title", "tags", "status", "version", "author", "created_at", "updated_at"];

/// A document in a list, or one that was written: without its content.
pub(super) fn listed_document(document: &Value) -> JsonObject {
    let mut item = object(document.clone());
    let size = item.remove("content").map_or(0, |content| content_size(&content));
    item.insert("stats".to_owned(), json!({ "content_size": size }));
    item
}

/// A change of a task.
pub(super) fn change(change: &TaskChange) -> JsonObject {
    object(json!({
        "change_id": change.change_id,
        "field_name": change.field_name,
        "old_value": change.old_value,
        "new_value": change.new_value,
        "changed_by": change.changed_by,
        "changed_at": change.changed_at,
        "change_reason": change.change_reason,
    }))
}

/// A version without its content.
pub(super) fn version(head: &VersionHead) -> JsonObject {
    let owner = match head.owner {
        Owner::Project(id) => ("project_id", id),
        Owner::Task(id) => ("task_id", id),
    };
    let mut item = object(json!({
        "id": head.id,
        "field_name": head.field_name,
        "version_number": head.version_number,
        "change_type": head.change_type,
        "change_summary": head.change_summary,
        "document_id": head.document_id,
        "created_by": head.created_by,
        "created_at": head.created_at,
    }));
    item.insert(owner.0.to_owned(), json!(owner.1));
    item
}

/// A value of a list: long texts in it are cut, and of many parts the first are left.
pub(super) fn trimmed_value(value: &Value) -> Value {
    // Bytes, about.
    let mut left = 8 * TRIMMED;
    trimmed(value, &mut left)
}

fn trimmed(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let text = cut(text, TRIMMED);
            *left = left.saturating_sub(text.len());
            Value::String(text)
        }
        Value::Array(items) => {
            let mut some = Vec::new();
            for item in items {
                if *left == 0 {
                    break;
                }
                *left = left.saturating_sub(2);
                some.push(trimmed(item, left));
            }
            Value::Array(some)
        }
        Value::Object(fields) => {
            let mut some = JsonObject::new();
            for (key, value) in fields {
                if *left == 0 {
                    break;
                }
                *left = left.saturating_sub(key.len() + 4);
                some.insert(cut(key, TRIMMED), trimmed(value, left));
            }
            Value::Object(some)
        }
        other => other.clone(),
    }
}

/// What is written as an object; of anything else nothing.
pub(super) fn object(value: impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => JsonObject::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_written_as_postgresql_does() {
        assert_eq!(interval(0), "00:00:00");
        assert_eq!(interval(86_399), "23:59:59");
        assert_eq!(interval(86_400), "1 day 00:00:00");
        assert_eq!(interval(2 * 86_400 + 3 * 3_600 + 4 * 60 + 5), "2 days 03:04:05");
    }

    #[test]
    fn a_value_of_a_list_has_an_end() {
        let many = json!({"a": vec!["x"; 100_000], "b": vec![1; 100_000]});
        assert!(trimmed_value(&many).to_string().len() < 40_000);
        let few = json!({"a": ["x", 1], "b": {"c": null}});
        assert_eq!(trimmed_value(&few), few);
    }

    #[test]
    fn a_document_in_a_list_has_the_size_of_its_content() {
        let markdown = json!({"id": "a", "title": "t", "content": {"markdown": "äb"}});
        assert_eq!(
            Value::Object(listed_document(&markdown)),
            json!({"id": "a", "title": "t", "stats": {"content_size": 3}})
        );
        assert_eq!(listed_document(&json!({"content": {"a": 1}}))["stats"], json!({"content_size": 7}));
    }
}
