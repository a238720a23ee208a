//! Arguments that are not what they may be: of another type, unknown, too large, too small.

use serde_json::json;

use super::{
    Desk,
    refusals::{assert_says, with},
};

in_both_eras! {
    an_argument_of_another_type_is_told_what_it_should_be,
    an_unknown_argument_is_told_the_known_ones,
    a_word_that_is_none_of_those_allowed_is_told_them,
    numbers_have_limits,
    texts_have_limits,
}

async fn an_argument_of_another_type_is_told_what_it_should_be(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let create = json!({"action": "create", "project_id": project, "title": "A"});
    let document = json!({"action": "create", "project_id": project, "title": "A", "document_type": "note"});
    for (tool, arguments, argument, value, parts) in [
        ("find_tasks", json!({}), "query", json!(7), vec!["query", "7", "string"]),
        ("find_tasks", json!({}), "page", json!("two"), vec!["page", "two", "whole number"]),
        ("find_tasks", json!({}), "per_page", json!(-3), vec!["per_page", "-3", "whole number"]),
        ("find_tasks", json!({}), "include_closed", json!("yes"), vec!["include_closed", "yes", "boolean"]),
        ("find_tasks", json!({}), "fields", json!("title"), vec!["fields", "title", "sequence"]),
        ("manage_task", create.clone(), "task_order", json!(1.5), vec!["task_order", "1.5", "whole number"]),
        ("manage_task", create.clone(), "sources", json!({"url": "u"}), vec!["sources", "array", "object"]),
        ("manage_task", create.clone(), "sources", json!([1]), vec!["sources", "objects", "number"]),
        ("manage_task", create.clone(), "code_examples", json!("f"), vec!["code_examples", "array", "string"]),
        ("manage_task", create, "description", json!(["a"]), vec!["description", "string"]),
        (
            "manage_project",
            json!({"action": "create", "title": "A"}),
            "features",
            json!({}),
            vec!["features", "array", "object"],
        ),
        (
            "manage_project",
            json!({"action": "create", "title": "A"}),
            "data",
            json!("d"),
            vec!["data", "object", "string"],
        ),
        (
            "manage_project",
            json!({"action": "create", "title": "A"}),
            "pinned",
            json!(1),
            vec!["pinned", "1", "boolean"],
        ),
        ("manage_document", document.clone(), "content", json!(7), vec!["content", "object or a string", "number"]),
        ("manage_document", document.clone(), "tags", json!("a"), vec!["tags", "sequence"]),
        ("manage_document", document, "tags", json!(["a", 1]), vec!["tags[1]", "1", "string"]),
        (
            "find_versions",
            json!({"project_id": project}),
            "version_number",
            json!("1"),
            vec!["version_number", "1", "whole number"],
        ),
        ("get_completion_stats", json!({}), "days", json!(-1), vec!["days", "-1", "whole number"]),
    ] {
        assert_says(&desk.refused(tool, with(&arguments, argument, &value)).await, "validation_error", &parts);
    }
}

async fn an_unknown_argument_is_told_the_known_ones(desk: &Desk) {
    for (tool, known) in [
        ("find_tasks", "filter_by"),
        ("manage_task", "task_order"),
        ("get_task_history", "field_name"),
        ("get_task_versions", "field_name"),
        ("get_completion_stats", "days"),
        ("find_projects", "query"),
        ("manage_project", "github_repo"),
        ("get_project_features", "project_id"),
        ("find_documents", "document_type"),
        ("manage_document", "content"),
        ("find_versions", "version_number"),
        ("manage_version", "change_summary"),
    ] {
        assert_says(&desk.refused(tool, json!({"colour": "red"})).await, "validation_error", &["colour", known]);
    }
}

async fn a_word_that_is_none_of_those_allowed_is_told_them(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let create = json!({"action": "create", "project_id": project, "title": "A"});
    let statuses = vec!["todo", "doing", "review", "done"];
    let fields = vec!["docs", "features", "data", "prd"];
    for (tool, arguments, argument, allowed) in [
        ("find_tasks", json!({"filter_value": "x"}), "filter_by", vec!["status", "project", "assignee"]),
        ("find_tasks", json!({"filter_by": "status"}), "filter_value", statuses.clone()),
        ("manage_task", create.clone(), "status", statuses),
        ("manage_task", create, "priority", vec!["low", "medium", "high", "critical"]),
        ("find_versions", json!({"project_id": project}), "field_name", fields.clone()),
        ("manage_version", json!({"action": "create", "project_id": project}), "field_name", fields),
    ] {
        let error = desk.refused(tool, with(&arguments, argument, &json!("purple"))).await;
        assert_says(&error, "validation_error", &[&[argument, "purple"], &allowed[..]].concat());
        assert_eq!(error["details"]["argument"], argument);
    }
}

async fn numbers_have_limits(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({})).await;
    for (tool, arguments, argument, allowed) in [
        ("find_tasks", json!({}), "per_page", 1..=100),
        ("find_projects", json!({}), "per_page", 1..=100),
        ("find_documents", json!({"project_id": project}), "per_page", 1..=100),
        ("find_versions", json!({"project_id": project}), "per_page", 1..=100),
        ("get_task_history", json!({"task_id": task}), "limit", 1..=500),
        ("get_task_versions", json!({"task_id": task}), "limit", 1..=100),
        ("get_completion_stats", json!({}), "days", 1..=3_650),
        ("get_completion_stats", json!({}), "limit", 1..=500),
        ("manage_task", json!({"action": "update", "task_id": task}), "task_order", 0..=2_147_483_647),
    ] {
        let (least, most): (i64, i64) = allowed.into_inner();
        for number in [least, most] {
            desk.call(tool, with(&arguments, argument, &json!(number))).await;
        }
        let error = desk.refused(tool, with(&arguments, argument, &json!(most + 1))).await;
        assert_says(
            &error,
            "validation_error",
            &[argument, &(most + 1).to_string(), &format!("from {least} to {most}")],
        );
        let error = desk.refused(tool, with(&arguments, argument, &json!(least - 1))).await;
        assert_says(&error, "validation_error", &[argument, &(least - 1).to_string()]);
        assert_eq!(error["details"]["argument"], argument);
    }
}

async fn texts_have_limits(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = json!({"action": "create", "project_id": project, "title": "A"});
    let document = json!({"action": "create", "project_id": project, "title": "A", "document_type": "note"});
    let version = json!({"action": "create", "project_id": project, "field_name": "data"});
    for (tool, arguments, argument, most) in [
        ("manage_task", &task, "title", 500),
        ("manage_task", &task, "description", 100_000),
        ("manage_task", &task, "assignee", 200),
        ("manage_task", &task, "feature", 200),
        ("manage_project", &json!({"action": "create", "title": "A"}), "title", 500),
        ("manage_project", &json!({"action": "create", "title": "A"}), "description", 100_000),
        ("manage_project", &json!({"action": "create", "title": "A"}), "github_repo", 2_000),
        ("manage_document", &document, "title", 500),
        ("manage_document", &document, "document_type", 200),
        ("manage_document", &document, "author", 200),
        ("manage_version", &version, "change_summary", 100_000),
        ("manage_version", &version, "created_by", 200),
        ("manage_version", &version, "document_id", 200),
        ("find_tasks", &json!({}), "query", 500),
        ("find_projects", &json!({}), "query", 500),
        ("find_documents", &json!({"project_id": project}), "query", 500),
    ] {
        desk.call(tool, with(arguments, argument, &json!("ü".repeat(most)))).await;
        let error = desk.refused(tool, with(arguments, argument, &json!("ü".repeat(most + 1)))).await;
        assert_says(&error, "validation_error", &[argument, &(most + 1).to_string(), &most.to_string()]);
        let error = desk.refused(tool, with(arguments, argument, &json!("a\0b"))).await;
        assert_says(&error, "validation_error", &[argument, "NUL"]);
    }
    for (tool, arguments, argument, value) in [
        ("manage_task", &task, "sources", json!([{"a": ["\0"]}])),
        ("manage_task", &task, "code_examples", json!([{"\0": 1}])),
        ("manage_project", &json!({"action": "create", "title": "A"}), "features", json!(["\0"])),
        ("manage_project", &json!({"action": "create", "title": "A"}), "data", json!({"a": "\0"})),
        ("manage_document", &document, "content", json!("\0")),
        ("manage_document", &document, "tags", json!(["\0"])),
        ("manage_version", &version, "content", json!({"a": "\0"})),
    ] {
        assert_says(
            &desk.refused(tool, with(arguments, argument, &value)).await,
            "validation_error",
            &[argument, "NUL"],
        );
    }
    let large = json!("x".repeat(1 << 20));
    for (tool, arguments, argument, value) in [
        ("manage_task", &task, "sources", json!([large])),
        ("manage_project", &json!({"action": "create", "title": "A"}), "data", json!([large])),
        ("manage_document", &document, "content", large.clone()),
        ("manage_version", &version, "content", json!([large])),
    ] {
        let error = desk.refused(tool, with(arguments, argument, &value)).await;
        assert_says(&error, "validation_error", &[argument, "bytes", "1048576"]);
    }
    let words: Vec<String> = (0..21).map(|number| format!("w{number}")).collect();
    assert_says(
        &desk.refused("find_tasks", json!({"query": words.join(" ")})).await,
        "validation_error",
        &["query", "21", "20"],
    );
}
