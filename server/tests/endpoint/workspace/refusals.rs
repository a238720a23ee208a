//! What each tool refuses, and how it says so. Every refusal changes nothing and is recorded as a failure: see
//! [`Desk::refused`].

use serde_json::{Value, json};

use super::Desk;
use crate::{
    database::Site,
    workspace::agent::{Agent, Era},
};

in_both_eras! {
    unknown_ids_are_not_found,
    ids_of_another_kind_are_not_found,
    what_is_no_id_is_told_so,
    what_an_action_needs_is_named,
    what_an_action_has_no_use_for_is_refused,
    an_unknown_action_is_told_the_known_ones,
    empty_texts_count_as_left_out_where_they_may_be,
}

const NOWHERE: &str = "01a206b6-260a-728e-b8af-3730c3027319";

/// The same call with that argument.
pub(super) fn with(arguments: &Value, name: &str, value: &Value) -> Value {
    let mut arguments = arguments.clone();
    arguments[name] = value.clone();
    arguments
}

/// Each call that names something by its id, with the name of that argument left to be given.
fn by_id(project: &str) -> [(&'static str, &'static str, Value); 21] {
    [
        ("find_tasks", "task_id", json!({})),
        ("find_tasks", "project_id", json!({})),
        ("find_tasks", "filter_value", json!({"filter_by": "project"})),
        ("manage_task", "project_id", json!({"action": "create", "title": "A"})),
        ("manage_task", "task_id", json!({"action": "update", "title": "A"})),
        ("manage_task", "task_id", json!({"action": "delete"})),
        ("get_task_history", "task_id", json!({})),
        ("get_task_versions", "task_id", json!({})),
        ("get_completion_stats", "project_id", json!({})),
        ("find_projects", "project_id", json!({})),
        ("manage_project", "project_id", json!({"action": "update", "title": "A"})),
        ("manage_project", "project_id", json!({"action": "archive"})),
        ("manage_project", "project_id", json!({"action": "unarchive"})),
        ("manage_project", "project_id", json!({"action": "delete"})),
        ("get_project_features", "project_id", json!({})),
        ("find_documents", "project_id", json!({})),
        ("manage_document", "project_id", json!({"action": "create", "title": "A", "document_type": "note"})),
        ("manage_document", "document_id", json!({"action": "delete", "project_id": project})),
        ("find_versions", "project_id", json!({})),
        ("manage_version", "project_id", json!({"action": "create", "field_name": "data"})),
        ("manage_version", "project_id", json!({"action": "restore", "field_name": "data", "version_number": 1})),
    ]
}

#[track_caller]
pub(super) fn assert_says(error: &Value, kind: &str, parts: &[&str]) {
    assert_eq!(error["type"], kind, "{error}");
    let status = match kind {
        "not_found" => 404,
        "conflict" => 409,
        _ => 400,
    };
    assert_eq!(error["http_status"], status, "{error}");
    let message = error["message"].as_str().expect("a message");
    for part in parts {
        assert!(message.contains(part), "{part:?} in {message:?}");
    }
}

async fn unknown_ids_are_not_found(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (tool, argument, arguments) in by_id(&project) {
        let error = desk.refused(tool, with(&arguments, argument, &json!(NOWHERE))).await;
        assert_says(&error, "not_found", &[NOWHERE]);
    }
    for document in ["none", NOWHERE] {
        let error = desk.refused("find_documents", json!({"project_id": project, "document_id": document})).await;
        assert_says(&error, "not_found", &["document", document]);
    }
    let restore = json!({"action": "restore", "project_id": project, "field_name": "data", "version_number": 7});
    assert_says(&desk.refused("manage_version", restore).await, "not_found", &["version", "data 7"]);
}

async fn ids_of_another_kind_are_not_found(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({})).await;
    desk.document(&project, "Plan", json!({})).await;
    for (tool, argument, arguments) in by_id(&project) {
        let is_task = argument == "task_id";
        let other = if is_task { &project } else { &task };
        assert_says(&desk.refused(tool, with(&arguments, argument, &json!(other))).await, "not_found", &[other]);
    }
}

async fn what_is_no_id_is_told_so(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (tool, argument, arguments) in by_id(&project) {
        if argument == "document_id" {
            // The ids of documents are whatever they are.
            continue;
        }
        let error = desk.refused(tool, with(&arguments, argument, &json!("task-7"))).await;
        assert_says(&error, "validation_error", &[argument, "task-7", "UUID"]);
        assert_eq!(error["details"]["argument"], argument, "{tool}");
        let long = desk.refused(tool, with(&arguments, argument, &json!("x".repeat(100_000)))).await;
        assert_says(&long, "validation_error", &[argument, "xxx"]);
    }
}

async fn what_an_action_needs_is_named(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (tool, arguments, named) in [
        ("manage_task", json!({}), "action"),
        ("manage_task", json!({"action": "create", "title": "A"}), "project_id"),
        ("manage_task", json!({"action": "create", "project_id": project}), "title"),
        ("manage_task", json!({"action": "create", "project_id": project, "title": " "}), "title"),
        ("manage_task", json!({"action": "update", "title": "A"}), "task_id"),
        ("manage_task", json!({"action": "delete"}), "task_id"),
        ("get_task_history", json!({}), "task_id"),
        ("get_task_versions", json!({}), "task_id"),
        ("find_tasks", json!({"filter_by": "status"}), "filter_value"),
        ("find_tasks", json!({"filter_value": "todo"}), "filter_by"),
        ("manage_project", json!({"title": "A"}), "action"),
        ("manage_project", json!({"action": "create"}), "title"),
        ("manage_project", json!({"action": "create", "title": ""}), "title"),
        ("manage_project", json!({"action": "update", "title": "A"}), "project_id"),
        ("manage_project", json!({"action": "update", "project_id": project, "title": ""}), "title"),
        ("manage_project", json!({"action": "delete"}), "project_id"),
        ("manage_project", json!({"action": "archive", "project_id": ""}), "project_id"),
        ("manage_project", json!({"action": "unarchive"}), "project_id"),
        ("get_project_features", json!({}), "project_id"),
        ("find_documents", json!({}), "project_id"),
        ("manage_document", json!({"action": "create"}), "project_id"),
        ("manage_document", json!({"action": "create", "project_id": project, "document_type": "note"}), "title"),
        ("manage_document", json!({"action": "create", "project_id": project, "title": "A"}), "document_type"),
        ("manage_document", json!({"action": "update", "project_id": project, "title": "A"}), "document_id"),
        ("manage_document", json!({"action": "delete", "project_id": project}), "document_id"),
        ("find_versions", json!({}), "project_id"),
        ("manage_version", json!({"action": "create", "project_id": project}), "field_name"),
        ("manage_version", json!({"project_id": project, "field_name": "data"}), "action"),
        ("manage_version", json!({"action": "restore", "project_id": project, "field_name": "data"}), "version_number"),
    ] {
        let error = desk.refused(tool, arguments).await;
        assert_says(&error, "validation_error", &[named]);
        assert_eq!(error["details"]["argument"], named, "{tool}");
    }
}

async fn what_an_action_has_no_use_for_is_refused(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (tool, arguments, named) in [
        (
            "manage_task",
            json!({"action": "create", "project_id": project, "title": "A", "task_id": NOWHERE}),
            "task_id",
        ),
        ("manage_project", json!({"action": "create", "title": "A", "project_id": project}), "project_id"),
        (
            "manage_document",
            json!({"action": "create", "project_id": project, "title": "A", "document_type": "note", "document_id": "d"}),
            "document_id",
        ),
        (
            "manage_version",
            json!({"action": "create", "project_id": project, "field_name": "data", "version_number": 7}),
            "version_number",
        ),
        (
            "manage_version",
            json!({"action": "restore", "project_id": project, "field_name": "data", "version_number": 1, "content": {}}),
            "content",
        ),
        (
            "manage_project",
            json!({"action": "update", "project_id": project, "title": "B", "archived_by": "anna"}),
            "archived_by",
        ),
        ("manage_project", json!({"action": "delete", "project_id": project, "archived_by": "anna"}), "archived_by"),
    ] {
        let error = desk.refused(tool, arguments).await;
        assert_says(&error, "validation_error", &[named]);
        assert_eq!(error["details"]["argument"], named, "{tool}");
    }
    // Whoever meant something else loses nothing.
    let task = desk.task(&project, "One", json!({})).await;
    let document = desk.document(&project, "Plan", json!({})).await;
    let of_task = json!({"action": "delete", "task_id": task});
    let of_document = json!({"action": "delete", "project_id": project, "document_id": document});
    let of_project = |action: &str| json!({"action": action, "project_id": project});
    for (tool, arguments, others) in [
        (
            "manage_task",
            of_task.clone(),
            json!({
                "title": "A", "description": "a", "status": "done", "assignee": "anna", "task_order": 1, "priority": "low",
                "feature": "f", "sources": [{"url": "u"}], "code_examples": ["a"],
            }),
        ),
        (
            "manage_document",
            of_document.clone(),
            json!({"title": "A", "document_type": "note", "content": "c", "tags": ["t"], "author": "anna"}),
        ),
        ("manage_project", of_project("delete"), json!({"title": "A", "pinned": true})),
        ("manage_project", of_project("archive"), json!({"description": "a", "features": [{"id": "f"}]})),
        ("manage_project", of_project("unarchive"), json!({"github_repo": "a", "data": {"a": 1}})),
    ] {
        for (name, value) in others.as_object().expect("an object") {
            let error = desk.refused(tool, with(&arguments, name, value)).await;
            assert_says(&error, "validation_error", &[name, arguments["action"].as_str().expect("an action")]);
            assert_eq!(error["details"]["argument"], name.as_str(), "{tool}");
        }
    }
    // What clients fill in by themselves says nothing.
    for (tool, arguments, filled) in [
        ("manage_task", of_task, json!({"title": "", "task_order": 0, "sources": [], "status": null})),
        ("manage_document", of_document, json!({"content": {}, "tags": []})),
        ("manage_project", of_project("delete"), json!({"pinned": false, "description": "", "archived_by": " "})),
    ] {
        let mut arguments = arguments;
        super::merge(&mut arguments, filled);
        desk.call(tool, arguments).await;
    }
}

async fn an_unknown_action_is_told_the_known_ones(desk: &Desk) {
    for (tool, known) in [
        ("manage_task", vec!["create", "update", "delete"]),
        ("manage_project", vec!["create", "update", "delete", "archive", "unarchive"]),
        ("manage_document", vec!["create", "update", "delete"]),
        ("manage_version", vec!["create", "restore"]),
    ] {
        for action in ["destroy", "CREATE", ""] {
            let arguments = json!({"action": action, "project_id": NOWHERE, "field_name": "data"});
            let arguments = if tool == "manage_version" { arguments } else { json!({"action": action}) };
            let error = desk.refused(tool, arguments).await;
            assert_says(&error, "invalid_action", &[&["action", action], &known[..]].concat());
        }
    }
}

async fn empty_texts_count_as_left_out_where_they_may_be(desk: &Desk) {
    let project = desk.project("Alpha").await;
    desk.task(&project, "One", json!({})).await;
    let nothing = json!({
        "query": "", "task_id": "", "filter_value": "", "project_id": "", "page": null, "per_page": null, "filter_by": null,
        "include_closed": null, "fields": null,
    });
    assert_eq!(desk.titles(nothing).await, ["One"], "agents send that for what they leave out");
    let called = desk.agent.call("find_projects", Value::Null).await.success();
    assert_eq!(called["total"], 1, "no arguments at all");
}

#[tokio::test]
async fn a_database_that_is_away_is_told_and_nothing_is_half_done() {
    for era in [Era::Legacy, Era::Sessionless] {
        let desk = Desk::at(Site::on_postgres().await, era).await;
        let project = desk.project("Alpha").await;
        desk.site.refuse_connections(true).await;
        for (tool, arguments) in [
            ("manage_task", json!({"action": "create", "project_id": project, "title": "A", "task_order": 1})),
            ("find_tasks", json!({})),
            ("get_completion_stats", json!({})),
        ] {
            let error = desk.agent.call(tool, arguments).await.failure();
            assert_eq!(
                (&error["type"], &error["http_status"]),
                (&json!("unavailable"), &json!(503)),
                "{tool}: {error}"
            );
            assert!(error["suggestion"].is_string(), "{tool}: {error}");
        }
        desk.site.refuse_connections(false).await;
        // The agent goes on; what it was told did not happen did not.
        assert_eq!(desk.titles(json!({})).await, [] as [&str; 0]);
        let again = Agent::greet(&desk.server, era, "claude-code").await;
        let create = json!({"action": "create", "project_id": project, "title": "A", "task_order": 1});
        again.call("manage_task", create).await.success();
    }
}
