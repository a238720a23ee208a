//! `find_tasks`: the order of a list, its pages, and what its items have.

use chrono::TimeDelta;
use serde_json::json;

use super::{Desk, keys, texts};

in_both_eras! {
    tasks_come_by_their_place_then_by_age,
    pages_have_each_once_and_total_counts_all,
    a_list_is_cut_and_a_task_by_its_id_is_whole,
    an_item_has_the_keys_of_the_contract_or_those_that_are_asked_for,
}

async fn tasks_come_by_their_place_then_by_age(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (title, order) in [("third", 5), ("first", 0), ("second", 0)] {
        desk.clock.advance(TimeDelta::seconds(1));
        desk.task(&project, title, json!({"task_order": order})).await;
    }
    // Older than all of them, by the clock.
    desk.clock.advance(TimeDelta::hours(-1));
    desk.task(&project, "oldest without a place", json!({})).await;
    desk.task(&project, "last", json!({"task_order": 6})).await;
    assert_eq!(desk.titles(json!({})).await, ["oldest without a place", "first", "second", "third", "last"]);
    assert_eq!(desk.titles(json!({"query": "st"})).await, ["oldest without a place", "first", "last"]);
}

async fn pages_have_each_once_and_total_counts_all(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for number in 0..25 {
        desk.task(&project, &format!("task {number:02}"), json!({})).await;
    }
    let first = desk.call("find_tasks", json!({})).await;
    let figures = ["count", "total", "total_count", "page", "per_page"];
    assert_eq!(figures.map(|key| first[key].as_u64()), [10, 25, 25, 1, 10].map(Some), "ten, if nobody says otherwise");
    let mut seen = texts(&first["tasks"], "title");
    for (page, count) in [(2, 10), (3, 5), (4, 0)] {
        let next = desk.call("find_tasks", json!({"page": page})).await;
        assert_eq!(figures.map(|key| next[key].as_u64()), [count, 25, 25, page, 10].map(Some));
        seen.extend(texts(&next["tasks"], "title"));
    }
    assert_eq!(seen, (0..25).map(|number| format!("task {number:02}")).collect::<Vec<_>>());
    assert_eq!(desk.call("find_tasks", json!({"per_page": 100})).await["count"], 25);
    assert_eq!(desk.titles(json!({"per_page": 1, "page": 25})).await, ["task 24"]);
    let matching = desk.call("find_tasks", json!({"query": "task 1", "per_page": 3})).await;
    assert_eq!((&matching["count"], &matching["total"]), (&json!(3), &json!(12)), "all that match: ten, 01 and 21");
    for (arguments, names) in [
        (json!({"per_page": 0}), "per_page"),
        (json!({"per_page": 101}), "per_page"),
        (json!({"page": 0}), "page"),
        (json!({"per_page": -1}), "per_page"),
        (json!({"page": 1.5}), "page"),
    ] {
        let error = desk.refused("find_tasks", arguments).await;
        assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!(names)));
    }
    let error = desk.refused("find_tasks", json!({"per_page": 101})).await;
    let message = error["message"].as_str().expect("a message");
    assert!(["per_page", "101", "from 1 to 100"].iter().all(|part| message.contains(part)), "{message}");
}

async fn a_list_is_cut_and_a_task_by_its_id_is_whole(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let whole = desk.task(&project, "just fits", json!({"description": "ä".repeat(1_000)})).await;
    let cut = desk.task(&project, "too long", json!({"description": "ä".repeat(1_001)})).await;
    let listed = desk.call("find_tasks", json!({})).await;
    assert_eq!(texts(&listed["tasks"], "description"), ["ä".repeat(1_000), format!("{}...", "ä".repeat(997))]);
    for (task, length) in [(whole, 1_000), (cut, 1_001)] {
        assert_eq!(desk.whole(&task).await["description"], "ä".repeat(length));
    }
}

async fn an_item_has_the_keys_of_the_contract_or_those_that_are_asked_for(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let more = json!({
        "sources": [{"url": "https://a.test"}, {"url": "https://b.test"}], "code_examples": [{"file": "a.rs"}],
        "description": "x".repeat(2_000),
    });
    let task = desk.task(&project, "One", more).await;
    let listed = desk.call("find_tasks", json!({})).await["tasks"][0].clone();
    assert_eq!(
        keys(&listed),
        [
            "archived",
            "assignee",
            "created_at",
            "description",
            "feature",
            "id",
            "priority",
            "project_id",
            "stats",
            "status",
            "task_order",
            "title",
            "updated_at",
        ]
    );
    assert_eq!(listed["stats"], json!({"sources_count": 2, "code_examples_count": 1}));
    assert_eq!((&listed["id"], &listed["project_id"]), (&json!(task), &json!(project)));
    let whole = desk.whole(&task).await;
    assert_eq!(whole["sources"], json!([{"url": "https://a.test"}, {"url": "https://b.test"}]));

    let some = desk.call("find_tasks", json!({"fields": ["title", "sources"]})).await["tasks"][0].clone();
    assert_eq!(some, json!({"title": "One", "sources": whole["sources"]}));
    let text = desk.call("find_tasks", json!({"fields": ["description"]})).await["tasks"][0].clone();
    assert_eq!(text["description"].as_str().map(str::len), Some(1_000), "still a list");
    let one = desk.call("find_tasks", json!({"task_id": task, "fields": ["id", "description"]})).await["task"].clone();
    assert_eq!(one, json!({"id": task, "description": "x".repeat(2_000)}));
    let all = desk.call("find_tasks", json!({"fields": []})).await["tasks"][0].clone();
    assert_eq!(all, listed, "none asked for is all");
    let error = desk.refused("find_tasks", json!({"fields": ["colour"]})).await;
    let message = error["message"].as_str().expect("a message");
    assert!(["fields", "colour", "task_order"].iter().all(|part| message.contains(part)), "{message}");
}
