//! Descriptions and documents as they read.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tracon_app::workspace::{Body, DocumentRow};

use crate::workspace::{markdown, tasks::cut};

/// A description is Markdown.
pub(super) fn description_of(text: &str) -> Body {
    Body::Html(markdown::to_html(text))
}

/// What a document says: its Markdown, else its content as JSON.
pub(super) fn document_body(document: &Value) -> Body {
    let content = document.get("content").unwrap_or(&Value::Null);
    match only_markdown(content) {
        Some(markdown) => Body::Html(markdown::to_html(markdown)),
        None => Body::Json(indented(content)),
    }
}

/// The Markdown of a content that is nothing else.
pub(super) fn only_markdown(content: &Value) -> Option<&str> {
    content.as_object().filter(|fields| fields.len() == 1)?.get("markdown")?.as_str()
}

pub(super) fn document_row(document: &Value) -> DocumentRow {
    // What another program wrote may have anything.
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    let time = |key: &str| -> Option<DateTime<Utc>> { text(key)?.parse().ok() };
    let content = document.get("content").unwrap_or(&Value::Null);
    let tags = document.get("tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    DocumentRow {
        id: text("id").unwrap_or_default().to_owned(),
        title: text("title").unwrap_or("Untitled").to_owned(),
        document_type: text("document_type").unwrap_or_default().to_owned(),
        tags: tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        status: text("status").unwrap_or_default().to_owned(),
        author: text("author").map(str::to_owned),
        created_at: time("created_at"),
        updated_at: time("updated_at"),
        bytes: only_markdown(content).map_or_else(|| content.to_string().len(), str::len) as u64,
    }
}

/// Each item of a list as JSON, long texts in it cut.
pub(super) fn json_texts(list: &Value) -> Vec<String> {
    const MOST: usize = 2_000;
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| cut(&indented(item), MOST)).collect()
}

/// JSON as people read it.
pub(super) fn indented(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn markdown_is_rendered_and_anything_else_is_json() {
        let document = |content: Value| json!({"id": "a", "title": "t", "content": content});
        assert_eq!(document_body(&document(json!({"markdown": "*a*"}))), Body::Html("<p><em>a</em></p>\n".to_owned()));
        let both = document(json!({"markdown": "*a*", "more": 1}));
        assert!(matches!(document_body(&both), Body::Json(json) if json.contains("more")));
        assert_eq!(document_body(&json!({})), Body::Json("null".to_owned()));
    }

    #[test]
    fn a_document_of_another_program_is_listed_as_far_as_it_goes() {
        let row = document_row(&json!({"id": "x", "tags": ["a", 1], "updated_at": "yesterday", "content": "äb"}));
        assert_eq!((row.title.as_str(), row.tags.len(), row.updated_at, row.bytes), ("Untitled", 1, None, 5));
    }
}
