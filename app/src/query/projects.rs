//! The addresses of projects.

use super::{Link, encoded, flag, names, parsed, text};
use crate::{
    api::PageError,
    workspace::{BoardFilter, ProjectFilter, TaskStatus, VersionField, VersionFilter},
};
use leptos_router::params::ParamsMap;

/// What `/projects` is asked to list.
pub fn project_filter(query: &ParamsMap) -> Result<ProjectFilter, PageError> {
    Ok(ProjectFilter { text: text(query, "text"), archived: flag(query, "archived")?, page: page(query)? })
}

/// Which tasks `/projects/{id}` is asked to show.
pub fn board_filter(query: &ParamsMap) -> Result<BoardFilter, PageError> {
    let status = parsed(query, "status", TaskStatus::parse, || names(TaskStatus::ALL.map(TaskStatus::as_str)))?;
    Ok(BoardFilter { status, page: page(query)? })
}

/// Which versions `/projects/{id}/versions` is asked to list, and which one to compare.
pub fn version_filter(query: &ParamsMap) -> Result<VersionFilter, PageError> {
    let field = parsed(query, "field", VersionField::parse, || names(VersionField::ALL.map(VersionField::as_str)))?;
    let number = parsed(query, "number", whole, || "the number of a version, such as 3".to_owned())?;
    if number.is_some() && field.is_none() {
        let fields = names(VersionField::ALL.map(VersionField::as_str));
        return Err(PageError::Invalid(format!(
            "the parameter “number” counts the versions of one field: give the parameter “field”, too, {fields}"
        )));
    }
    Ok(VersionFilter { field, number, page: page(query)? })
}

/// Numbers count from one.
fn whole<T: std::str::FromStr + PartialOrd + From<u8>>(value: &str) -> Option<T> {
    value.parse().ok().filter(|number| *number >= T::from(1))
}

fn page(query: &ParamsMap) -> Result<u32, PageError> {
    Ok(parsed(query, "page", whole, || "the number of a page, such as 2".to_owned())?.unwrap_or(1))
}

/// The first page needs no number.
fn with_page(link: &mut Link, page: u32) {
    link.with_some("page", (page > 1).then(|| page.to_string()).as_deref());
}

/// `/projects` with this filter.
#[must_use]
pub fn projects_href(filter: &ProjectFilter) -> String {
    let mut link = Link::to("/projects");
    link.with_some("text", filter.text.as_deref());
    link.with_some("archived", filter.archived.then_some("1"));
    with_page(&mut link, filter.page);
    link.finish()
}

/// The tasks of one project.
#[must_use]
pub fn board_href(project_id: &str, filter: &BoardFilter) -> String {
    let mut link = Link::to(&format!("/projects/{}", encoded(project_id)));
    link.with_some("status", filter.status.map(TaskStatus::as_str));
    with_page(&mut link, filter.page);
    link.finish()
}

/// The page of one task.
#[must_use]
pub fn task_href(project_id: &str, task_id: &str) -> String {
    format!("/projects/{}/tasks/{}", encoded(project_id), encoded(task_id))
}

/// The documents of one project.
#[must_use]
pub fn documents_href(project_id: &str) -> String {
    format!("/projects/{}/documents", encoded(project_id))
}

/// One document.
#[must_use]
pub fn document_href(project_id: &str, document_id: &str) -> String {
    format!("/projects/{}/documents/{}", encoded(project_id), encoded(document_id))
}

/// The versions of one project.
#[must_use]
pub fn versions_href(project_id: &str, filter: &VersionFilter) -> String {
    let mut link = Link::to(&format!("/projects/{}/versions", encoded(project_id)));
    link.with_some("field", filter.field.map(VersionField::as_str));
    link.with_some("number", filter.number.map(|number| number.to_string()).as_deref());
    with_page(&mut link, filter.page);
    link.finish()
}

/// What happened in one project, from the start or from `before`.
#[must_use]
pub fn history_href(project_id: &str, before: Option<&str>) -> String {
    let mut link = Link::to(&format!("/projects/{}/history", encoded(project_id)));
    link.with_some("before", before);
    link.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    fn refusal<T: std::fmt::Debug>(result: Result<T, PageError>) -> String {
        match result {
            Err(PageError::Invalid(message)) => message,
            other => panic!("it was accepted: {other:?}"),
        }
    }

    #[test]
    fn empty_parameters_ask_for_the_first_page_of_all() {
        let empty = query(&[("text", " "), ("status", ""), ("page", ""), ("field", ""), ("number", "")]);
        assert_eq!(project_filter(&empty), Ok(ProjectFilter { page: 1, ..ProjectFilter::default() }));
        assert_eq!(board_filter(&empty), Ok(BoardFilter { status: None, page: 1 }));
        assert_eq!(version_filter(&empty), Ok(VersionFilter { page: 1, ..VersionFilter::default() }));
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in
            [("status", "open"), ("page", "0"), ("page", "-1"), ("page", "two"), ("page", "99999999999")]
        {
            let message = refusal(board_filter(&query(&[(name, value)])));
            assert!(message.contains(name) && message.contains(value), "{message}");
        }
        for (name, value) in [("field", "code"), ("number", "0"), ("number", "x"), ("page", "1.5")] {
            let message = refusal(version_filter(&query(&[("field", "docs"), (name, value)])));
            assert!(message.contains(name) && message.contains(value), "{message}");
        }
        assert!(refusal(project_filter(&query(&[("archived", "maybe")]))).contains("archived"));
    }

    #[test]
    fn a_version_is_a_number_of_a_field() {
        let message = refusal(version_filter(&query(&[("number", "3")])));
        assert!(message.contains("“number”") && message.contains("“field”") && message.contains("docs"), "{message}");
        let chosen = version_filter(&query(&[("number", "3"), ("field", "docs")]));
        assert_eq!(chosen, Ok(VersionFilter { field: Some(VersionField::Docs), number: Some(3), page: 1 }));
    }

    #[test]
    fn addresses_are_short_and_encoded() {
        assert_eq!(projects_href(&ProjectFilter::default()), "/projects");
        let filter = ProjectFilter { text: Some("a b&c".to_owned()), archived: true, page: 2 };
        assert_eq!(projects_href(&filter), "/projects?text=a%20b%26c&archived=1&page=2");
        assert_eq!(board_href("a/b", &BoardFilter::default()), "/projects/a%2Fb");
        let done = BoardFilter { status: Some(TaskStatus::Done), page: 3 };
        assert_eq!(board_href("p", &done), "/projects/p?status=done&page=3");
        assert_eq!(task_href("p", "<t>"), "/projects/p/tasks/%3Ct%3E");
        assert_eq!(documents_href("p"), "/projects/p/documents");
        assert_eq!(document_href("p", "?d"), "/projects/p/documents/%3Fd");
        let version = VersionFilter { field: Some(VersionField::Prd), number: Some(4), page: 1 };
        assert_eq!(versions_href("p", &version), "/projects/p/versions?field=prd&number=4");
        assert_eq!(history_href("p", Some("x|y")), "/projects/p/history?before=x%7Cy");
    }
}
