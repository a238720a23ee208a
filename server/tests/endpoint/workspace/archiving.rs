//! Projects that are archived, come back, or are deleted for good.

use serde_json::json;

use super::{
    Desk, keys,
    projects::whole,
    rows::{TABLES, count, dump, execute},
    texts,
};

in_both_eras! {
    unarchiving_brings_back_what_the_archiving_took_and_no_more,
    an_archived_project_takes_no_changes,
    a_deleted_project_leaves_nothing,
}

async fn unarchiving_brings_back_what_the_archiving_took_and_no_more(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let gone = desk.task(&project, "gone before", json!({})).await;
    desk.call("manage_task", json!({"action": "delete", "task_id": gone})).await;
    for title in ["one", "two"] {
        desk.task(&project, title, json!({})).await;
    }
    let archived =
        desk.call("manage_project", json!({"action": "archive", "project_id": project, "archived_by": "anna"})).await;
    assert_eq!((&archived["tasks_archived"], &archived["project"]["archived"]), (&json!(2), &json!(true)));
    assert_eq!(archived["project_id"], json!(project));
    assert_eq!(desk.titles(json!({"project_id": project})).await, [] as [&str; 0]);
    assert_eq!(desk.call("find_projects", json!({})).await["total"], 0);
    let by_id = whole(desk, &project).await;
    assert_eq!((&by_id["archived"], &by_id["archived_by"]), (&json!(true), &json!("anna")));
    assert_eq!(count(&desk.database, "archon_tasks", "archived_by = 'anna'").await, 2);

    let back = desk.call("manage_project", json!({"action": "unarchive", "project_id": project})).await;
    assert_eq!((&back["tasks_unarchived"], &back["project"]["archived"]), (&json!(2), &json!(false)));
    assert_eq!(desk.titles(json!({"project_id": project})).await, ["one", "two"]);
    assert_eq!(desk.whole(&gone).await["archived"], true);
    let one = desk.call("find_tasks", json!({"query": "one"})).await["tasks"][0]["id"].clone();
    let history = desk.call("get_task_history", json!({"task_id": one, "field_name": "archived"})).await;
    assert_eq!(texts(&history["changes"], "new_value"), ["false", "true"]);

    // A second time: what was archived between the two stays.
    desk.call("manage_task", json!({"action": "delete", "task_id": one})).await;
    let again = desk.call("manage_project", json!({"action": "archive", "project_id": project})).await;
    assert_eq!(again["tasks_archived"], 1);
    assert_eq!(whole(desk, &project).await["archived_by"], "Claude Code", "the client, if nobody is named");
    let back = desk.call("manage_project", json!({"action": "unarchive", "project_id": project})).await;
    assert_eq!(back["tasks_unarchived"], 1);
    assert_eq!(desk.titles(json!({})).await, ["two"]);
    let error = desk.refused("manage_project", json!({"action": "unarchive", "project_id": project})).await;
    assert_eq!(error["type"], "conflict");
}

async fn an_archived_project_takes_no_changes(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({})).await;
    let document = desk.document(&project, "Plan", json!({})).await;
    desk.call("manage_project", json!({"action": "archive", "project_id": project})).await;
    for (tool, arguments) in [
        ("manage_project", json!({"action": "archive", "project_id": project})),
        ("manage_project", json!({"action": "update", "project_id": project, "title": "New"})),
        ("manage_task", json!({"action": "create", "project_id": project, "title": "Two"})),
        ("manage_task", json!({"action": "update", "task_id": task, "title": "Two"})),
        ("manage_task", json!({"action": "delete", "task_id": task})),
        (
            "manage_document",
            json!({"action": "create", "project_id": project, "title": "New", "document_type": "note"}),
        ),
        (
            "manage_document",
            json!({"action": "update", "project_id": project, "document_id": document, "title": "New"}),
        ),
        ("manage_document", json!({"action": "delete", "project_id": project, "document_id": document})),
        ("manage_version", json!({"action": "create", "project_id": project, "field_name": "docs"})),
        (
            "manage_version",
            json!({"action": "restore", "project_id": project, "field_name": "docs", "version_number": 1}),
        ),
    ] {
        let told = arguments.to_string();
        let error = desk.refused(tool, arguments).await;
        assert_eq!(
            (&error["type"], &error["http_status"]),
            (&json!("conflict"), &json!(409)),
            "{tool} {told}: {error}"
        );
    }
    // It can be read.
    assert_eq!(desk.call("find_documents", json!({"project_id": project})).await["total"], 1);
    assert_eq!(desk.call("find_versions", json!({"project_id": project})).await["total"], 1);
}

async fn a_deleted_project_leaves_nothing(desk: &Desk) {
    for is_archived in [false, true] {
        let (project, other) = (desk.project("Alpha").await, desk.project("Beta").await);
        for title in ["one", "two", "three"] {
            let task = desk.task(&project, title, json!({})).await;
            desk.call("manage_task", json!({"action": "update", "task_id": task, "title": "changed"})).await;
            if title == "three" {
                desk.call("manage_task", json!({"action": "delete", "task_id": task})).await;
            }
        }
        desk.document(&project, "Plan", json!({})).await;
        let source = format!(
            "INSERT INTO archon_project_sources (id, project_id, source_id, created_by, linked_at)
             VALUES ('01a206b6-260a-728e-b8af-3730c3027319', '{project}', 'a', 'b', '2026-01-09T14:40:00.123456Z')"
        );
        execute(&desk.database, source).await;
        if is_archived {
            desk.call("manage_project", json!({"action": "archive", "project_id": project})).await;
        }
        let kept = desk.task(&other, "kept", json!({})).await;
        let deleted = desk.call("manage_project", json!({"action": "delete", "project_id": project})).await;
        assert_eq!(keys(&deleted), ["message", "project_id", "success", "tasks_deleted"]);
        assert_eq!((&deleted["tasks_deleted"], &deleted["project_id"]), (&json!(3), &json!(project)));
        let whole: Vec<String> = dump(&desk.database).await;
        assert!(whole.iter().all(|row| !row.contains(&project)), "{whole:#?}");
        let mut left = Vec::new();
        for table in TABLES {
            left.push(count(&desk.database, table, "id IS NOT NULL").await);
        }
        assert_eq!(left, [1, 1, 1, 0, 0], "the other project, its task, and that it was created");
        assert_eq!(desk.titles(json!({"query": "changed"})).await, [] as [&str; 0]);
        assert_eq!(desk.titles(json!({"query": "kept"})).await, ["kept"]);
        let error = desk.refused("manage_project", json!({"action": "delete", "project_id": project})).await;
        assert_eq!(error["type"], "not_found", "it is gone");
        assert_eq!(desk.whole(&kept).await["title"], "kept");
        desk.call("manage_project", json!({"action": "delete", "project_id": other})).await;
    }
}
