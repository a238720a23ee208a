//! What people and agents may send: how long it may be, and what it may hold.

use serde_json::Value;
use uuid::Uuid;

use super::{Result, error::WorkspaceError, excerpt::shown};

/// Letters of a title.
pub(super) const TITLE: usize = 500;
/// Letters of a name: an assignee, a feature, a tag, a type.
pub(super) const NAME: usize = 200;
/// Letters of an address.
pub(super) const ADDRESS: usize = 2_000;
/// Letters of a description.
pub(super) const PROSE: usize = 100_000;
/// Bytes of JSON that is one value: a document's content, a list of sources.
pub(super) const JSON: usize = 1 << 20;
/// Bytes of JSON of all documents of a project. They are one value in the database, and each of their versions is, too.
pub(super) const DOCUMENTS: usize = 4 << 20;

/// An id as it is written.
pub(super) fn id(argument: &'static str, text: &str) -> Result<Uuid> {
    Uuid::try_parse(text)
        .map_err(|_| WorkspaceError::invalid(argument, format!("must be a UUID, not {:?}", shown(text))))
}

/// A text of at most so many letters. NUL stands in no column of PostgreSQL.
pub(super) fn text(argument: &'static str, text: &str, most: usize) -> Result<String> {
    if text.contains('\0') {
        return Err(WorkspaceError::invalid(argument, "must not contain the NUL character"));
    }
    let length = text.chars().count();
    if length > most {
        return Err(WorkspaceError::invalid(argument, format!("has {length} characters, at most {most} are allowed")));
    }
    Ok(text.to_owned())
}

/// One that says something, without the spaces around it.
pub(super) fn name(argument: &'static str, name: &str, most: usize) -> Result<String> {
    let name = text(argument, name.trim(), most)?;
    if name.is_empty() { Err(WorkspaceError::invalid(argument, "must not be empty")) } else { Ok(name) }
}

/// One that may be empty, which says that there is none.
pub(super) fn optional_name(argument: &'static str, name: &str, most: usize) -> Result<Option<String>> {
    Ok(Some(text(argument, name.trim(), most)?).filter(|name| !name.is_empty()))
}

/// An array of objects and texts.
pub(super) fn list(argument: &'static str, value: Value) -> Result<Value> {
    let Value::Array(items) = &value else {
        return Err(WorkspaceError::invalid(argument, format!("must be an array, not {}", kind(&value))));
    };
    for (place, item) in items.iter().enumerate() {
        if !matches!(item, Value::Object(_) | Value::String(_)) {
            let reason = format!("must hold objects or strings; item {place} is {}", kind(item));
            return Err(WorkspaceError::invalid(argument, reason));
        }
    }
    json(argument, value, JSON)
}

/// An object or an array.
pub(super) fn structure(argument: &'static str, value: Value) -> Result<Value> {
    match value {
        Value::Object(_) | Value::Array(_) => json(argument, value, JSON),
        other => Err(WorkspaceError::invalid(argument, format!("must be an object or an array, not {}", kind(&other)))),
    }
}

/// JSON of at most so many bytes.
pub(super) fn json(argument: &'static str, value: Value, most: usize) -> Result<Value> {
    // In this form NUL is always escaped, and a backslash before it, too.
    let written = value.to_string();
    if written.len() > most {
        let reason = format!("has {} bytes as JSON, at most {most} are allowed", written.len());
        return Err(WorkspaceError::invalid(argument, reason));
    }
    if written.contains("\\u0000") && has_nul(&value) {
        return Err(WorkspaceError::invalid(argument, "must not contain the NUL character"));
    }
    Ok(value)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// What a value is, in words.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The words that must all occur.
///
/// # Errors
/// The query is too long, or has too many words.
pub fn terms(query: &str) -> Result<Vec<String>> {
    const MOST: usize = 20;
    let query = text("query", query, TITLE)?;
    let mut terms: Vec<String> = Vec::new();
    for term in query.split_whitespace() {
        if !terms.iter().any(|there| there == term) {
            terms.push(term.to_owned());
        }
    }
    if terms.len() > MOST {
        return Err(WorkspaceError::invalid("query", format!("has {} words, at most {MOST} are allowed", terms.len())));
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let told = |result: Result<String>| result.expect_err("refused").to_string();
        assert_eq!(told(name("title", " \n ", TITLE)), "`title` must not be empty");
        assert_eq!(told(text("title", "a\0b", TITLE)), "`title` must not contain the NUL character");
        assert_eq!(told(text("title", "äöü", 2)), "`title` has 3 characters, at most 2 are allowed");
        assert_eq!(id("task_id", "7").expect_err("refused").to_string(), "`task_id` must be a UUID, not \"7\"");
    }

    #[test]
    fn json_is_looked_through() {
        assert!(json("data", json!({"a": ["\\u0000", "\\"]}), JSON).is_ok(), "an escaped backslash is no NUL");
        assert!(json("data", json!({"a": ["\u{0}"]}), JSON).is_err());
        assert!(json("data", json!({"a\u{0}": 1}), JSON).is_err());
        assert!(json("data", json!("x".repeat(JSON)), JSON).is_err());
        assert!(list("sources", json!([{"url": "x"}, "y"])).is_ok());
        assert!(list("sources", json!([1])).is_err());
        assert!(structure("data", json!("x")).is_err());
    }

    #[test]
    fn a_word_counts_once() {
        assert_eq!(terms(" a  b a ").expect("terms"), ["a", "b"]);
        assert!(terms("a b c d e f g h i j k l m n o p q r s t u").is_err());
    }
}
