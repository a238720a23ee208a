//! Descriptions and documents as they read.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tracon_app::workspace::{Body, DocumentRow};

use crate::workspace::{
    documents::{content_size, only_markdown},
    markdown,
};

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
        bytes: content_size(content) as u64,
    }
}

/// Each item of a list as JSON, the beginning of long ones.
pub(super) fn json_texts(list: &Value) -> Vec<String> {
    const ITEMS: usize = 100;
    const MOST: usize = 2_000;
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().take(ITEMS).map(|item| indented_to(item, MOST)).collect()
}

/// JSON as people read it.
pub(super) fn indented(value: &Value) -> String {
    indented_to(value, 1 << 20)
}

/// The same, or so many bytes of it: deep in many brackets, a line of JSON is hundreds of spaces.
fn indented_to(value: &Value, most: usize) -> String {
    let mut start = Start { text: Vec::new(), most };
    // It fails where the most is reached.
    let is_whole = serde_json::to_writer_pretty(&mut start, value).is_ok();
    let mut text = String::from_utf8_lossy(&start.text).into_owned();
    if !is_whole {
        text.push_str("\n… the rest is not shown");
    }
    text
}

/// Takes so many bytes and no more.
struct Start {
    text: Vec<u8>,
    most: usize,
}

impl std::io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
    fn deep_json_is_shown_to_where_it_is_too_much() {
        let mut deep = json!(vec![1; 300_000]);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let shown = indented(&deep);
        assert!(shown.len() < (1 << 20) + 100 && shown.ends_with("the rest is not shown"), "{}", shown.len());
        assert_eq!(indented(&json!({"a": [1]})), "{\n  \"a\": [\n    1\n  ]\n}");
    }

    #[test]
    fn a_document_of_another_program_is_listed_as_far_as_it_goes() {
        let row = document_row(&json!({"id": "x", "tags": ["a", 1], "updated_at": "yesterday", "content": "äb"}));
        assert_eq!((row.title.as_str(), row.tags.len(), row.updated_at, row.bytes), ("Untitled", 1, None, 5));
    }
}
