//! Versions beside what is there now.

use std::collections::HashMap;

use serde_json::Value;
use tracon_app::workspace::{DiffLine, DiffPart, VersionDetail, VersionField, VersionRow};

use super::{EXCERPT, bodies::indented};
use crate::{
    store::workspace::{Project, Version, VersionHead},
    workspace::{
        diff,
        documents::{self, documents_of, only_markdown},
        excerpt::cut,
    },
};

/// The most documents whose difference is shown.
const PARTS: usize = 50;

/// A version in a list; `None` for one of a field that this program does not know.
pub(super) fn row(head: &VersionHead) -> Option<VersionRow> {
    Some(VersionRow {
        field: VersionField::parse(&head.field_name)?,
        number: head.version_number.max(0).unsigned_abs(),
        change_type: head.change_type.clone(),
        change_summary: head.change_summary.as_deref().map(|summary| cut(summary, EXCERPT)),
        document_id: head.document_id.clone(),
        created_by: head.created_by.clone(),
        created_at: head.created_at,
    })
}

/// What restoring a version would change.
pub(super) fn detail(project: &Project, field: VersionField, version: &Version) -> Option<VersionDetail> {
    let now = project.field(field);
    let parts = match field {
        VersionField::Docs => of_documents(&documents_of(now), &documents_of(&version.content)),
        VersionField::Features | VersionField::Data | VersionField::Prd => {
            Vec::from_iter(part(field.label().to_owned(), None, &indented(now), &indented(&version.content)))
        }
    };
    Some(VersionDetail { version: row(&version.head)?, parts })
}

/// Documents that differ, those of the version first.
fn of_documents(now: &[Value], then: &[Value]) -> Vec<DiffPart> {
    let by_id = |documents: &'_ [Value]| -> HashMap<String, usize> {
        let ids = documents.iter().enumerate();
        ids.filter_map(|(place, document)| Some((documents::id_of(document)?.to_owned(), place))).collect()
    };
    let (is_there, was_there) = (by_id(now), by_id(then));
    let found = |of: &HashMap<String, usize>, document| documents::id_of(document).and_then(|id| of.get(id).copied());
    let title = |document: &Value| document.get("title").and_then(Value::as_str).unwrap_or("Untitled").to_owned();
    let restorable = then.iter().filter_map(|was| {
        let is = found(&is_there, was).map(|place| &now[place]);
        // Equal ones are most, and their texts need not be made.
        if is == Some(was) {
            return None;
        }
        let is = is.map(text_of).unwrap_or_default();
        part(title(was), documents::id_of(was).map(str::to_owned), &is, &text_of(was))
    });
    let gone = now.iter().filter(|is| found(&was_there, is).is_none());
    restorable.chain(gone.filter_map(|is| part(title(is), None, &text_of(is), ""))).take(PARTS).collect()
}

fn part(title: String, document_id: Option<String>, now: &str, then: &str) -> Option<DiffPart> {
    let (lines, cut) = diff::lines(now, then);
    let differs = lines.iter().any(|line| matches!(line, DiffLine::Removed(_) | DiffLine::Added(_)));
    differs.then_some(DiffPart { title, document_id, lines, cut })
}

/// A document as lines: what it is called and tagged, then what it says.
fn text_of(document: &Value) -> String {
    let mut text = String::new();
    for key in ["title", "document_type", "status", "version", "author", "tags"] {
        match document.get(key) {
            None | Some(Value::Null) => {}
            Some(value) => {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.extend([key, ": ", &value, "\n"]);
            }
        }
    }
    let content = document.get("content").unwrap_or(&Value::Null);
    text.push('\n');
    match only_markdown(content) {
        Some(markdown) => text.push_str(markdown),
        None => text.push_str(&indented(content)),
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_document_that_differs_is_a_part_and_only_those_of_the_version_can_be_restored() {
        let document = |id: &str, text: &str| json!({"id": id, "title": id, "content": {"markdown": text}});
        let now = [document("same", "a"), document("changed", "new\nline"), document("added", "x")];
        let then = [document("same", "a"), document("changed", "old\nline"), document("deleted", "y")];
        let parts = of_documents(&now, &then);
        let told: Vec<_> = parts.iter().map(|part| (part.title.as_str(), part.document_id.as_deref())).collect();
        assert_eq!(told, [("changed", Some("changed")), ("deleted", Some("deleted")), ("added", None)]);
        let changed = &parts[0].lines;
        assert!(changed.contains(&DiffLine::Removed("new".to_owned())), "{changed:?}");
        assert!(changed.contains(&DiffLine::Added("old".to_owned())), "{changed:?}");
        assert!(parts[2].lines.iter().all(|line| !matches!(line, DiffLine::Added(_))), "{:?}", parts[2].lines);
    }
}
