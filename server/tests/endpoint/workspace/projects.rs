//! `find_projects`, `manage_project` and `get_project_features`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Desk, keys,
    rows::{count, execute},
    texts,
};

in_both_eras! {
    a_project_is_created_with_what_is_given_and_defaults,
    a_list_of_projects_is_cut_and_a_project_by_its_id_is_whole,
    projects_are_found_by_their_words,
    pages_of_projects_have_each_once,
    a_change_of_a_project_changes_what_is_given_and_keeps_what_was,
    one_project_is_pinned,
    features_are_whole_and_filled_in,
    sources_are_told_apart,
}

pub(super) async fn whole(desk: &Desk, project: &str) -> Value {
    desk.call("find_projects", json!({"project_id": project})).await["project"].clone()
}

async fn a_project_is_created_with_what_is_given_and_defaults(desk: &Desk) {
    let created = desk.call("manage_project", json!({"action": "create", "title": " Alpha "})).await;
    assert_eq!(keys(&created), ["message", "project", "project_id", "success"]);
    assert_eq!((&created["project"]["id"], &created["project"]["title"]), (&created["project_id"], &json!("Alpha")));
    let plain = json!({
        "id": created["project_id"], "title": "Alpha", "description": "", "github_repo": null, "pinned": false, "docs": [],
        "features": [], "data": [], "archived": false, "archived_at": null, "archived_by": null,
        "created_at": "2026-01-09T14:40:00.123456Z", "updated_at": "2026-01-09T14:40:00.123456Z",
        "technical_sources": [], "business_sources": [],
    });
    assert_eq!(whole(desk, created["project_id"].as_str().expect("an id")).await, plain);
    let given = json!({
        "title": "Beta", "description": "All of it", "github_repo": "https://github.com/a/b", "pinned": true,
        "features": [{"id": "f1", "label": "Search", "type": "page"}], "data": {"budget": 7},
    });
    let mut arguments = json!({"action": "create"});
    super::merge(&mut arguments, given.clone());
    let full = desk.call("manage_project", arguments).await;
    let full = whole(desk, full["project_id"].as_str().expect("an id")).await;
    for (key, value) in given.as_object().expect("an object") {
        assert_eq!(&full[key], value, "{key}");
    }
}

async fn a_list_of_projects_is_cut_and_a_project_by_its_id_is_whole(desk: &Desk) {
    let features: Vec<Value> = (1..=5).map(|number| json!({"id": number, "label": format!("F{number}")})).collect();
    let (description, data) = ("ß".repeat(1_001), json!({"long": "x".repeat(2_000)}));
    let create =
        json!({"action": "create", "title": "Alpha", "description": description, "features": features, "data": data});
    let project = super::id_of(&desk.call("manage_project", create).await["project_id"]);
    for title in ["one", "two"] {
        desk.document(&project, title, json!({"content": "text"})).await;
    }
    let list = desk.call("find_projects", json!({})).await;
    assert_eq!(keys(&list), ["count", "page", "per_page", "projects", "query", "success", "total"]);
    let item = &list["projects"][0];
    assert_eq!(
        keys(item),
        [
            "archived",
            "created_at",
            "description",
            "docs_count",
            "features",
            "features_count",
            "github_repo",
            "id",
            "pinned",
            "title",
            "updated_at",
        ]
    );
    assert_eq!((&item["features"], &item["features_count"]), (&json!(features[..3]), &json!(5)));
    assert_eq!((&item["docs_count"], &item["data"]), (&json!(2), &Value::Null), "what is too long is not there");
    assert_eq!(item["description"], format!("{}...", "ß".repeat(997)));

    let one = desk.call("find_projects", json!({"project_id": project})).await;
    assert_eq!(keys(&one), ["project", "success"]);
    let one = &one["project"];
    assert_eq!((&one["features"], &one["data"], &one["description"]), (&json!(features), &data, &json!(description)));
    assert_eq!(one["docs"][0]["content"], json!({"markdown": "text"}));

    let some = desk.call("find_projects", json!({"fields": ["title", "docs_count"]})).await["projects"][0].clone();
    assert_eq!(some, json!({"title": "Alpha", "docs_count": 2}));
    let some = desk.call("find_projects", json!({"project_id": project, "fields": ["data"]})).await["project"].clone();
    assert_eq!(some, json!({"data": data}));
    let error = desk.refused("find_projects", json!({"fields": ["colour"]})).await;
    assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!("fields")));
}

async fn projects_are_found_by_their_words(desk: &Desk) {
    for (title, description) in [("Größe 100%", "a_b"), ("Grotte", "aXb 1000"), ("Über", "größe")] {
        desk.clock.advance(TimeDelta::seconds(1));
        let create = json!({"action": "create", "title": title, "description": description});
        desk.call("manage_project", create).await;
    }
    for (query, found) in [
        ("gRÖßE", vec!["Über", "Größe 100%"]),
        ("GR 1", vec!["Grotte", "Größe 100%"]),
        ("100%", vec!["Größe 100%"]),
        ("a_b", vec!["Größe 100%"]),
        ("ü größe", vec!["Über"]),
        ("nothing", vec![]),
    ] {
        let list = desk.call("find_projects", json!({"query": query})).await;
        assert_eq!(
            (texts(&list["projects"], "title"), &list["query"]),
            (found.iter().map(|&title| title.to_owned()).collect(), &json!(query))
        );
    }
}

async fn pages_of_projects_have_each_once(desk: &Desk) {
    for number in 0..12 {
        desk.clock.advance(TimeDelta::seconds(1));
        desk.project(&format!("P{number:02}")).await;
    }
    let mut seen = Vec::new();
    for (page, count) in [(1, 10), (2, 2), (3, 0)] {
        let list = desk.call("find_projects", json!({"page": page})).await;
        let figures = ["count", "total", "page", "per_page"].map(|key| list[key].as_u64());
        assert_eq!(figures, [count, 12, page, 10].map(Some));
        seen.extend(texts(&list["projects"], "title"));
    }
    assert_eq!(seen, (0..12).rev().map(|number| format!("P{number:02}")).collect::<Vec<_>>(), "the newest first");
    let one = desk.call("find_projects", json!({"per_page": 1, "page": 12})).await;
    assert_eq!(texts(&one["projects"], "title"), ["P00"]);
    for arguments in [json!({"per_page": 101}), json!({"per_page": 0}), json!({"page": 0})] {
        assert_eq!(desk.refused("find_projects", arguments).await["type"], "validation_error");
    }
}

async fn a_change_of_a_project_changes_what_is_given_and_keeps_what_was(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (key, value) in [
        ("title", json!("Beta")),
        ("description", json!("More")),
        ("github_repo", json!("https://github.com/a/b")),
        ("features", json!([{"id": 1}])),
        ("data", json!({"a": [1, 2]})),
        ("pinned", json!(true)),
    ] {
        let mut before = whole(desk, &project).await;
        desk.clock.advance(TimeDelta::seconds(1));
        desk.call("manage_project", json!({"action": "update", "project_id": project, key: value})).await;
        let mut after = whole(desk, &project).await;
        assert_eq!(after[key], value);
        assert_ne!(after["updated_at"], before["updated_at"]);
        for moved in ["updated_at", key] {
            before[moved] = Value::Null;
            after[moved] = Value::Null;
        }
        assert_eq!(after, before, "{key} alone");
    }
    for field in ["features", "data"] {
        let one = json!({"project_id": project, "field_name": field, "version_number": 1});
        assert_eq!(desk.call("find_versions", one).await["version"]["content"], json!([]), "what {field} was");
    }
    desk.call("manage_project", json!({"action": "update", "project_id": project, "github_repo": ""})).await;
    assert_eq!(whole(desk, &project).await["github_repo"], Value::Null);
    let error = desk.refused("manage_project", json!({"action": "update", "project_id": project})).await;
    assert!(error["message"].as_str().expect("a message").contains("at least one field"), "{error}");
}

async fn one_project_is_pinned(desk: &Desk) {
    let (first, second) = (desk.project("First").await, desk.project("Second").await);
    let pinned = async || {
        let projects = desk.call("find_projects", json!({})).await["projects"].clone();
        let is_pinned = |project: &&Value| project["pinned"] == true;
        let found: Vec<Value> = projects.as_array().expect("a list").iter().filter(is_pinned).cloned().collect();
        assert!(found.is_empty() || projects[0] == found[0], "it comes first: {projects}");
        texts(&json!(found), "title")
    };
    assert_eq!(pinned().await, [] as [&str; 0]);
    desk.call("manage_project", json!({"action": "update", "project_id": first, "pinned": true})).await;
    assert_eq!(pinned().await, ["First"]);
    desk.call("manage_project", json!({"action": "update", "project_id": second, "pinned": true})).await;
    assert_eq!(pinned().await, ["Second"]);
    desk.call("manage_project", json!({"action": "create", "title": "Third", "pinned": true})).await;
    assert_eq!(pinned().await, ["Third"]);
    desk.call("manage_project", json!({"action": "update", "project_id": first, "pinned": false})).await;
    assert_eq!(pinned().await, ["Third"]);
    desk.call("manage_project", json!({"action": "update", "project_id": first, "pinned": true})).await;
    desk.call("manage_project", json!({"action": "archive", "project_id": first})).await;
    assert_eq!(count(&desk.database, "archon_projects", "pinned = TRUE").await, 0, "what nobody lists is not pinned");
}

async fn features_are_whole_and_filled_in(desk: &Desk) {
    let features = json!([
        {"id": "login", "label": "Log-in", "type": "page", "extra": {"deep": [1]}},
        {"name": "Search", "priority": 2, "id": null},
        {"title": "Export"},
        "Import",
        {},
    ]);
    let create = json!({"action": "create", "title": "Alpha", "features": features});
    let project = super::id_of(&desk.call("manage_project", create).await["project_id"]);
    let told = desk.call("get_project_features", json!({"project_id": project})).await;
    assert_eq!(keys(&told), ["count", "features", "success"]);
    assert_eq!(told["count"], 5);
    assert_eq!(
        told["features"],
        json!([
            {"id": "login", "label": "Log-in", "type": "page", "extra": {"deep": [1]}},
            {"id": "feature-2", "label": "Search", "type": "feature", "name": "Search", "priority": 2},
            {"id": "feature-3", "label": "Export", "type": "feature", "title": "Export"},
            {"id": "feature-4", "label": "Import", "type": "feature"},
            {"id": "feature-5", "label": "feature-5", "type": "feature"},
        ])
    );
    assert_eq!(whole(desk, &project).await["features"], features, "what is stored stays as it is");
    let none = desk.project("Beta").await;
    let told = desk.call("get_project_features", json!({"project_id": none})).await;
    assert_eq!((&told["features"], &told["count"]), (&json!([]), &json!(0)));
}

async fn sources_are_told_apart(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for (number, (source, notes)) in [("a", "technical"), ("b", "business"), ("c", "technical")].into_iter().enumerate()
    {
        let statement = format!(
            "INSERT INTO archon_project_sources (id, project_id, source_id, notes, created_by, linked_at)
             VALUES ('01a206b6-260a-728e-b8af-37300000000{number}', '{project}', '{source}', '{notes}', 'anna',
                 '2026-01-09T14:40:0{number}.123456Z')"
        );
        execute(&desk.database, statement).await;
    }
    let project = whole(desk, &project).await;
    assert_eq!(texts(&project["technical_sources"], "source_id"), ["a", "c"]);
    assert_eq!(texts(&project["business_sources"], "source_id"), ["b"]);
}
