//! `get_task_history` and `get_task_versions`: what tasks were.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Desk, keys, rows::time, texts};
use crate::workspace::agent::{Agent, Era};

in_both_eras! {
    history_tells_who_changed_what_newest_first,
    history_names_the_client_that_called,
    what_did_not_change_is_not_history,
    history_keeps_the_beginning_of_long_values,
    versions_of_a_task_are_what_its_fields_were,
    an_unknown_task_has_no_history,
}

async fn history_tells_who_changed_what_newest_first(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({"feature": "search"})).await;
    let changes = [
        ("title", json!("Two"), "One", "Two"),
        ("description", json!("More"), "", "More"),
        ("status", json!("doing"), "todo", "doing"),
        ("assignee", json!("bert"), "User", "bert"),
        ("task_order", json!(4), "0", "4"),
        ("priority", json!("high"), "medium", "high"),
        ("sources", json!([{"url": "u"}]), "[]", r#"[{"url":"u"}]"#),
        ("code_examples", json!([{"file": "f"}]), "[]", r#"[{"file":"f"}]"#),
    ];
    for (field, value, ..) in &changes {
        desk.clock.advance(TimeDelta::seconds(1));
        desk.call("manage_task", json!({"action": "update", "task_id": task, *field: value})).await;
    }
    desk.call("manage_task", json!({"action": "update", "task_id": task, "feature": ""})).await;
    desk.call("manage_task", json!({"action": "delete", "task_id": task})).await;

    let history = desk.call("get_task_history", json!({"task_id": task})).await;
    assert_eq!(keys(&history), ["changes", "count", "field_filter", "success"]);
    assert_eq!((&history["count"], &history["field_filter"]), (&json!(11), &Value::Null));
    let found: Vec<(&str, Option<&str>, Option<&str>)> = history["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| {
            assert_eq!(
                keys(change),
                ["change_id", "change_reason", "changed_at", "changed_by", "field_name", "new_value", "old_value",]
            );
            assert_eq!(change["changed_by"], "Claude Code");
            let field = change["field_name"].as_str().expect("a name");
            (field, change["old_value"].as_str(), change["new_value"].as_str())
        })
        .collect();
    let mut expected = vec![("archived", Some("false"), Some("true")), ("feature", Some("search"), None)];
    expected.extend(changes.iter().rev().map(|(field, _, old, new)| (*field, Some(*old), Some(*new))));
    expected.push(("created", None, Some("One")));
    assert_eq!(found, expected);
    let times: Vec<_> =
        history["changes"].as_array().expect("changes").iter().map(|change| time(&change["changed_at"])).collect();
    assert!(times.is_sorted_by(|later, earlier| later >= earlier), "{times:?}");

    let status = desk.call("get_task_history", json!({"task_id": task, "field_name": "status"})).await;
    assert_eq!((&status["count"], &status["field_filter"]), (&json!(1), &json!("status")));
    let newest = desk.call("get_task_history", json!({"task_id": task, "limit": 2})).await;
    assert_eq!(texts(&newest["changes"], "field_name"), ["archived", "feature"]);
}

async fn history_names_the_client_that_called(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({})).await;
    for (era, name) in [(Era::Legacy, "codex-mcp-client"), (Era::Sessionless, "my own agent")] {
        let other = Agent::greet(&desk.server, era, name).await;
        other
            .call("manage_task", json!({"action": "update", "task_id": task, "title": name, "status": "done"}))
            .await
            .success();
        other.call("manage_task", json!({"action": "update", "task_id": task, "status": "todo"})).await.success();
    }
    let history = desk.call("get_task_history", json!({"task_id": task, "field_name": "title"})).await;
    assert_eq!(texts(&history["changes"], "changed_by"), ["my own agent", "Codex"]);
    let created = desk.call("get_task_history", json!({"task_id": task, "field_name": "created"})).await;
    assert_eq!(texts(&created["changes"], "changed_by"), ["Claude Code"]);
    let versions = desk.call("get_task_versions", json!({"task_id": task})).await;
    assert_eq!(texts(&versions["versions"], "created_by"), ["my own agent", "Codex"]);
}

async fn what_did_not_change_is_not_history(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({"status": "doing"})).await;
    let before = desk.whole(&task).await;
    desk.clock.advance(TimeDelta::minutes(1));
    let same = json!({"action": "update", "task_id": task, "title": "One", "status": "doing", "assignee": "User"});
    desk.call("manage_task", same).await;
    assert_eq!(desk.whole(&task).await, before);
    assert_eq!(desk.call("get_task_history", json!({"task_id": task})).await["count"], 1, "its creation");
    assert_eq!(desk.call("get_task_versions", json!({"task_id": task})).await["count"], 0);
}

async fn history_keeps_the_beginning_of_long_values(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let task = desk.task(&project, "One", json!({"description": "a".repeat(5_000)})).await;
    let update = json!({"action": "update", "task_id": task, "description": "b".repeat(5_000)});
    desk.call("manage_task", update).await;
    let history = desk.call("get_task_history", json!({"task_id": task})).await;
    let change = &history["changes"][0];
    assert_eq!(change["old_value"], format!("{}...", "a".repeat(997)));
    assert_eq!(change["new_value"], format!("{}...", "b".repeat(997)));
}

async fn versions_of_a_task_are_what_its_fields_were(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let first = json!({"description": "Old", "sources": [{"url": "a"}], "code_examples": [{"file": "a.rs"}]});
    let task = desk.task(&project, "One", first).await;
    for update in [
        json!({"title": "Two"}),
        json!({"title": "Three", "status": "doing", "assignee": "anna"}),
        json!({"description": "New"}),
        json!({"sources": [{"url": "b"}], "code_examples": []}),
    ] {
        let mut arguments = json!({"action": "update", "task_id": task});
        super::merge(&mut arguments, update);
        desk.clock.advance(TimeDelta::seconds(1));
        desk.call("manage_task", arguments).await;
    }
    let all = desk.call("get_task_versions", json!({"task_id": task})).await;
    assert_eq!(keys(&all), ["count", "field_filter", "success", "versions"]);
    let found: Vec<(&str, i64, &Value)> = all["versions"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|version| {
            let number = version["version_number"].as_i64().expect("a number");
            (version["field_name"].as_str().expect("a name"), number, &version["content"])
        })
        .collect();
    let (sources, examples) = (json!([{"url": "a"}]), json!([{"file": "a.rs"}]));
    let (old, two, one) = (json!("Old"), json!("Two"), json!("One"));
    assert_eq!(
        found,
        [
            ("code_examples", 1, &examples),
            ("sources", 1, &sources),
            ("description", 1, &old),
            ("title", 2, &two),
            ("title", 1, &one),
        ]
    );
    for (field, count) in [("title", 2), ("description", 1), ("sources", 1), ("code_examples", 1)] {
        let some = desk.call("get_task_versions", json!({"task_id": task, "field_name": field})).await;
        assert_eq!((&some["count"], &some["field_filter"]), (&json!(count), &json!(field)));
    }
    let newest = desk.call("get_task_versions", json!({"task_id": task, "limit": 1})).await;
    assert_eq!(texts(&newest["versions"], "field_name"), ["code_examples"]);
    for number in 0..12 {
        let title = format!("Title {number}");
        desk.call("manage_task", json!({"action": "update", "task_id": task, "title": title})).await;
    }
    assert_eq!(desk.call("get_task_versions", json!({"task_id": task})).await["count"], 10, "the default");
    let error = desk.refused("get_task_versions", json!({"task_id": task, "field_name": "status"})).await;
    let message = error["message"].as_str().expect("a message");
    assert!(["field_name", "status", "code_examples"].iter().all(|part| message.contains(part)), "{message}");
}

async fn an_unknown_task_has_no_history(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for tool in ["get_task_history", "get_task_versions"] {
        for id in [project.as_str(), "01a206b6-260a-728e-b8af-3730c3027319"] {
            let error = desk.refused(tool, json!({"task_id": id})).await;
            assert_eq!((&error["type"], &error["http_status"]), (&json!("not_found"), &json!(404)), "{tool}: {error}");
            assert!(error["message"].as_str().expect("a message").contains(id), "{tool}: {error}");
        }
    }
}
