//! `manage_task`: how tasks come, change and go.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Desk, keys,
    rows::{count, execute, time},
};

in_both_eras! {
    a_task_is_created_with_what_is_given_and_defaults,
    a_new_place_moves_later_tasks_of_its_project_and_status_on,
    done_is_signed_and_reopening_takes_that_back,
    a_change_changes_what_is_given_and_no_more,
    deleting_archives_a_task_with_all_below_it,
    a_task_stays_in_its_project,
}

async fn a_task_is_created_with_what_is_given_and_defaults(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let created =
        desk.call("manage_task", json!({"action": "create", "project_id": project, "title": " Plain "})).await;
    assert_eq!(keys(&created), ["message", "success", "task", "task_id"]);
    let task = desk.whole(created["task_id"].as_str().expect("an id")).await;
    let plain = json!({
        "id": created["task_id"], "project_id": project, "parent_task_id": null, "title": "Plain", "description": "",
        "status": "todo", "assignee": "User", "task_order": 0, "priority": "medium", "feature": null, "sources": [],
        "code_examples": [], "stats": {"sources_count": 0, "code_examples_count": 0}, "archived": false,
        "archived_at": null, "archived_by": null, "completed_at": null, "completed_by": null,
        "created_at": "2026-01-09T14:40:00.123456Z", "updated_at": "2026-01-09T14:40:00.123456Z",
    });
    assert_eq!(task, plain);
    let given = json!({
        "title": "Full", "description": "All of it", "status": "review", "assignee": "anna", "task_order": 3,
        "priority": "critical", "feature": "search", "sources": [{"url": "https://a.test", "type": "docs"}],
        "code_examples": [{"file": "a.rs", "function": "main"}],
    });
    let full = desk.task(&project, "Full", given.clone()).await;
    let full = desk.whole(&full).await;
    for (key, value) in given.as_object().expect("an object") {
        assert_eq!(&full[key], value, "{key}");
    }
    for status in ["todo", "doing", "review", "done"] {
        let task = desk.task(&project, status, json!({"status": status})).await;
        assert_eq!(desk.whole(&task).await["status"], status, "a given status is honoured");
    }
    for priority in ["low", "medium", "high", "critical"] {
        let task = desk.task(&project, priority, json!({"priority": priority})).await;
        assert_eq!(desk.whole(&task).await["priority"], priority);
    }
}

async fn order(desk: &Desk, title: &str) -> i64 {
    let found = desk.call("find_tasks", json!({"query": title})).await;
    assert_eq!(found["total"], 1, "{title}");
    found["tasks"][0]["task_order"].as_i64().expect("a number")
}

async fn a_new_place_moves_later_tasks_of_its_project_and_status_on(desk: &Desk) {
    let (project, other) = (desk.project("Alpha").await, desk.project("Beta").await);
    for (project, title, place, status) in [
        (&project, "unplaced", 0, "todo"),
        (&project, "one", 1, "todo"),
        (&project, "two", 2, "todo"),
        (&project, "four", 4, "todo"),
        (&project, "under way", 2, "doing"),
        (&other, "elsewhere", 2, "todo"),
        (&project, "gone", 2, "todo"),
    ] {
        let task = desk.task(project, title, json!({"task_order": place, "status": status})).await;
        if title == "gone" {
            desk.call("manage_task", json!({"action": "delete", "task_id": task})).await;
        }
    }
    // The one that is gone has moved those behind it when it came.
    assert_eq!([order(desk, "one").await, order(desk, "two").await, order(desk, "four").await], [1, 3, 5]);
    desk.clock.advance(TimeDelta::seconds(1));
    desk.task(&project, "new", json!({"task_order": 3})).await;
    for (title, place) in
        [("unplaced", 0), ("one", 1), ("new", 3), ("two", 4), ("four", 6), ("under way", 2), ("elsewhere", 2)]
    {
        assert_eq!(order(desk, title).await, place, "{title}");
    }
    let (gone,): (i64,) =
        desk.database.row("SELECT CAST(task_order AS BIGINT) FROM archon_tasks WHERE title = 'gone'").await;
    assert_eq!(gone, 2, "an archived task stays where it was");
    desk.task(&project, "another unplaced", json!({"task_order": 0})).await;
    assert_eq!([order(desk, "one").await, order(desk, "new").await], [1, 3], "no place moves nobody");
    assert_eq!(
        desk.titles(json!({"project_id": project, "filter_by": "status", "filter_value": "todo"})).await,
        ["unplaced", "another unplaced", "one", "new", "two", "four"]
    );
}

async fn done_is_signed_and_reopening_takes_that_back(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({})).await;
    let update = async |status: &str| {
        desk.clock.advance(TimeDelta::minutes(1));
        desk.call("manage_task", json!({"action": "update", "task_id": task, "status": status})).await;
        desk.whole(&task).await
    };
    let done = update("done").await;
    assert_eq!(
        (&done["completed_at"], &done["completed_by"]),
        (&json!("2026-01-09T14:41:00.123456Z"), &json!("Claude Code"))
    );
    let still = update("done").await;
    assert_eq!(still["completed_at"], done["completed_at"], "it was done before");
    for status in ["review", "todo", "doing"] {
        let open = update(status).await;
        assert_eq!((&open["completed_at"], &open["completed_by"]), (&Value::Null, &Value::Null), "{status}");
        let again = update("done").await;
        assert!(time(&again["completed_at"]) > time(&done["completed_at"]));
    }
    let born = desk.task(&project, "Born done", json!({"status": "done"})).await;
    let born = desk.whole(&born).await;
    assert_eq!((&born["completed_at"], &born["completed_by"]), (&born["created_at"], &json!("Claude Code")));
}

async fn a_change_changes_what_is_given_and_no_more(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({"feature": "search", "description": "Old", "assignee": "anna"})).await;
    for (key, value) in [
        ("title", json!("Two")),
        ("description", json!("")),
        ("status", json!("doing")),
        ("assignee", json!("bert")),
        ("task_order", json!(7)),
        ("priority", json!("high")),
        ("feature", json!("find")),
        ("sources", json!([{"url": "https://a.test"}])),
        ("code_examples", json!([{"file": "a.rs"}])),
    ] {
        let mut before = desk.whole(&task).await;
        desk.clock.advance(TimeDelta::seconds(1));
        let updated = desk.call("manage_task", json!({"action": "update", "task_id": task, key: value})).await;
        assert_eq!((&updated["task_id"], &updated["task"]["id"]), (&json!(task), &json!(task)));
        let mut after = desk.whole(&task).await;
        assert_eq!(after[key], value);
        assert!(time(&after["updated_at"]) > time(&before["updated_at"]));
        for moved in ["updated_at", "stats", key] {
            before[moved] = Value::Null;
            after[moved] = Value::Null;
        }
        assert_eq!(after, before, "{key} alone");
    }
    desk.call("manage_task", json!({"action": "update", "task_id": task, "feature": ""})).await;
    assert_eq!(desk.whole(&task).await["feature"], Value::Null, "an empty one takes it away");
    let error = desk.refused("manage_task", json!({"action": "update", "task_id": task})).await;
    assert_eq!(error["type"], "validation_error");
    assert!(error["message"].as_str().expect("a message").contains("at least one field"), "{error}");
}

async fn deleting_archives_a_task_with_all_below_it(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let [top, child, grandchild, gone, other] = [
        desk.task(&project, "top", json!({})).await,
        desk.task(&project, "child", json!({})).await,
        desk.task(&project, "grandchild", json!({})).await,
        desk.task(&project, "gone before", json!({})).await,
        desk.task(&project, "other", json!({})).await,
    ];
    for (task, parent) in [(&child, &top), (&grandchild, &child), (&gone, &top)] {
        execute(&desk.database, format!("UPDATE archon_tasks SET parent_task_id = '{parent}' WHERE id = '{task}'"))
            .await;
    }
    desk.call("manage_task", json!({"action": "delete", "task_id": gone})).await;
    let gone_at = desk.whole(&gone).await["archived_at"].clone();
    desk.clock.advance(TimeDelta::minutes(1));
    let deleted = desk.call("manage_task", json!({"action": "delete", "task_id": top})).await;
    assert_eq!((&deleted["task_id"], &deleted["task"]["archived"]), (&json!(top), &json!(true)));
    assert_eq!(desk.titles(json!({})).await, ["other"]);
    for task in [&top, &child, &grandchild] {
        let task = desk.whole(task).await;
        let archived = (&task["archived"], &task["archived_at"], &task["archived_by"]);
        assert_eq!(archived, (&json!(true), &json!("2026-01-09T14:41:00.123456Z"), &json!("Claude Code")), "{task}");
        let history = desk.call("get_task_history", json!({"task_id": task["id"]})).await;
        assert_eq!(history["changes"][0]["field_name"], "archived", "{history}");
    }
    assert_eq!(desk.whole(&gone).await["archived_at"], gone_at, "it was archived before");
    assert_eq!(count(&desk.database, "archon_tasks", "id IS NOT NULL").await, 5, "no row is gone");
    for arguments in [
        json!({"action": "delete", "task_id": top}),
        json!({"action": "delete", "task_id": child}),
        json!({"action": "update", "task_id": top, "title": "Back"}),
    ] {
        let error = desk.refused("manage_task", arguments).await;
        assert_eq!((&error["type"], &error["http_status"]), (&json!("conflict"), &json!(409)), "{error}");
        assert!(error["suggestion"].is_string(), "{error}");
    }
    desk.call("manage_task", json!({"action": "update", "task_id": other, "title": "goes on"})).await;
}

async fn a_task_stays_in_its_project(desk: &Desk) {
    let (project, other) = (desk.project("Alpha").await, desk.project("Beta").await);
    let task = desk.task(&project, "One", json!({})).await;
    let stays = json!({"action": "update", "task_id": task, "project_id": project, "title": "Two"});
    assert_eq!(desk.call("manage_task", stays).await["task"]["title"], "Two");
    let moves = json!({"action": "update", "task_id": task, "project_id": other, "title": "Three"});
    let error = desk.refused("manage_task", moves).await;
    assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!("project_id")));
}
