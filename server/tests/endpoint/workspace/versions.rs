//! `find_versions` and `manage_version`.

use serde_json::{Value, json};

use super::{Desk, keys, texts};

in_both_eras! {
    versions_are_numbered_from_one_on_for_each_field_of_each_project,
    a_version_holds_what_is_given_or_what_is_there,
    a_version_is_read_by_its_field_and_number,
    versions_come_newest_first_without_content,
    restoring_keeps_what_was_there_and_says_what_it_did,
    one_document_is_restored_alone,
    a_document_that_was_deleted_since_is_restored,
    a_version_of_a_field_holds_what_the_field_may,
}

async fn project(desk: &Desk, project: &str) -> Value {
    desk.call("find_projects", json!({"project_id": project})).await["project"].clone()
}

/// Field, number and kind of each version, newest first.
async fn listed(desk: &Desk, project: &str) -> Vec<(String, u64, String)> {
    let list = desk.call("find_versions", json!({"project_id": project, "per_page": 100})).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let listed = list["versions"].as_array().expect("a list").iter();
    listed
        .map(|one| {
            (text(&one["field_name"]), one["version_number"].as_u64().expect("a number"), text(&one["change_type"]))
        })
        .collect()
}

async fn keep(desk: &Desk, project: &str, field: &str, content: Value) -> Value {
    let create = json!({"action": "create", "project_id": project, "field_name": field, "content": content});
    desk.call("manage_version", create).await["version_number"].clone()
}

async fn versions_are_numbered_from_one_on_for_each_field_of_each_project(desk: &Desk) {
    let (alpha, beta) = (desk.project("Alpha").await, desk.project("Beta").await);
    for (project, field, number) in [
        (&alpha, "data", 1),
        (&alpha, "data", 2),
        (&alpha, "prd", 1),
        (&beta, "data", 1),
        (&alpha, "features", 1),
        (&alpha, "data", 3),
        (&alpha, "docs", 1),
    ] {
        assert_eq!(keep(desk, project, field, json!([])).await, number, "{field}");
    }
    // A document's own snapshot takes the next number, too.
    desk.document(&alpha, "Plan", json!({})).await;
    assert_eq!(keep(desk, &alpha, "docs", json!([])).await, 3);
}

async fn a_version_holds_what_is_given_or_what_is_there(desk: &Desk) {
    let id = desk.project("Alpha").await;
    desk.call("manage_project", json!({"action": "update", "project_id": id, "data": {"now": true}})).await;
    let create = json!({"action": "create", "project_id": id, "field_name": "data"});
    let created = desk.call("manage_version", create).await;
    assert_eq!(keys(&created), ["field_name", "message", "success", "version", "version_number"]);
    assert_eq!((&created["field_name"], &created["version_number"]), (&json!("data"), &json!(2)));
    assert_eq!(
        (&created["version"]["created_by"], &created["version"]["change_type"]),
        (&json!("system"), &json!("manual"))
    );
    let create = json!({
        "action": "create", "project_id": id, "field_name": "data", "content": {"given": [1]}, "change_summary": "Before",
        "created_by": "anna", "document_id": "d",
    });
    let given = desk.call("manage_version", create).await["version"].clone();
    assert_eq!(
        (&given["created_by"], &given["change_summary"], &given["document_id"]),
        (&json!("anna"), &json!("Before"), &json!("d"))
    );
    for (number, content) in [(2, json!({"now": true})), (3, json!({"given": [1]}))] {
        let one = json!({"project_id": id, "field_name": "data", "version_number": number});
        assert_eq!(desk.call("find_versions", one).await["version"]["content"], content);
    }
    assert_eq!(project(desk, &id).await["data"], json!({"now": true}), "keeping a version changes nothing else");
}

async fn a_version_is_read_by_its_field_and_number(desk: &Desk) {
    let id = desk.project("Alpha").await;
    keep(desk, &id, "data", json!({"a": 1})).await;
    let one = desk.call("find_versions", json!({"project_id": id, "field_name": "data", "version_number": 1})).await;
    assert_eq!(keys(&one), ["success", "version"]);
    let one = &one["version"];
    assert_eq!(keys(one), ["content", "field_name", "version", "version_number"]);
    assert_eq!(
        (&one["content"], &one["field_name"], &one["version_number"]),
        (&json!({"a": 1}), &json!("data"), &json!(1))
    );
    assert_eq!((&one["version"]["change_type"], &one["version"]["project_id"]), (&json!("manual"), &json!(id)));
    let error = desk.refused("find_versions", json!({"project_id": id, "version_number": 1})).await;
    assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!("field_name")));
    for (field, number) in [("data", json!(2)), ("docs", json!(1)), ("data", json!(0)), ("data", json!(u64::MAX))] {
        let one = json!({"project_id": id, "field_name": field, "version_number": number});
        let error = desk.refused("find_versions", one).await;
        assert_eq!(error["type"], "not_found", "{error}");
        assert!(error["message"].as_str().expect("a message").contains(&format!("{field} {number}")), "{error}");
    }
}

async fn versions_come_newest_first_without_content(desk: &Desk) {
    let id = desk.project("Alpha").await;
    for number in 0..12 {
        keep(desk, &id, "data", json!({"number": number})).await;
        keep(desk, &id, "prd", json!({"number": number})).await;
    }
    let mut seen = Vec::new();
    for (page, count) in [(1, 10), (2, 2), (3, 0)] {
        let list = desk.call("find_versions", json!({"project_id": id, "field_name": "prd", "page": page})).await;
        assert_eq!(keys(&list), ["count", "success", "total", "versions"]);
        assert_eq!((&list["count"], &list["total"]), (&json!(count), &json!(12)));
        let versions = list["versions"].as_array().expect("a list").clone();
        assert!(
            versions.iter().all(|version| version["content"].is_null() && version["field_name"] == "prd"),
            "{list}"
        );
        seen.extend(versions.iter().filter_map(|version| version["version_number"].as_u64()));
    }
    assert_eq!(seen, (1..=12).rev().collect::<Vec<_>>());
    let all = desk.call("find_versions", json!({"project_id": id, "per_page": 3})).await;
    assert_eq!(
        (texts(&all["versions"], "field_name").join(" "), &all["total"]),
        ("prd data prd".to_owned(), &json!(24))
    );
    for arguments in [json!({"project_id": id, "per_page": 101}), json!({"project_id": id, "page": 0})] {
        assert_eq!(desk.refused("find_versions", arguments).await["type"], "validation_error");
    }
}

async fn restoring_keeps_what_was_there_and_says_what_it_did(desk: &Desk) {
    let id = desk.project("Alpha").await;
    for (field, old, new) in [
        ("features", json!([{"id": "old"}]), json!([{"id": "new"}])),
        ("data", json!({"is": "old"}), json!({"is": "new"})),
    ] {
        for content in [&old, &new] {
            desk.call("manage_project", json!({"action": "update", "project_id": id, field: content})).await;
        }
        // 1 is the empty beginning, 2 is the old.
        let restore = json!({"action": "restore", "project_id": id, "field_name": field, "version_number": 2});
        let restored = desk.call("manage_version", restore).await;
        assert_eq!(keys(&restored), ["field_name", "message", "success", "version_number"]);
        assert_eq!((&restored["field_name"], &restored["version_number"]), (&json!(field), &json!(2)));
        assert_eq!(project(desk, &id).await[field], old);
        let versions = listed(desk, &id).await;
        let kinds: Vec<_> =
            versions.iter().take(2).map(|(name, number, kind)| (name.as_str(), *number, kind.as_str())).collect();
        assert_eq!(kinds, [(field, 4, "restore"), (field, 3, "backup")]);
        for (number, content) in [(3, &new), (4, &old)] {
            let one = json!({"project_id": id, "field_name": field, "version_number": number});
            assert_eq!(&desk.call("find_versions", one).await["version"]["content"], content);
        }
        let restore = json!({"action": "restore", "project_id": id, "field_name": field, "version_number": 3});
        desk.call("manage_version", restore).await;
        assert_eq!(project(desk, &id).await[field], new, "and back, from the backup");
    }
    // What no tool shows, either.
    keep(desk, &id, "prd", json!({"goal": "one"})).await;
    let restore = json!({
        "action": "restore", "project_id": id, "field_name": "prd", "version_number": 1, "change_summary": "As agreed",
        "created_by": "Reviewer",
    });
    desk.call("manage_version", restore).await;
    let restored = desk.call("find_versions", json!({"project_id": id, "per_page": 2})).await["versions"].clone();
    assert_eq!(texts(&restored, "change_summary"), ["As agreed", "Before version 1 was restored"]);
    assert_eq!(texts(&restored, "created_by"), ["Reviewer", "Reviewer"]);
    let now = json!({"action": "create", "project_id": id, "field_name": "prd"});
    assert_eq!(desk.call("manage_version", now).await["version_number"], 4);
    let one = json!({"project_id": id, "field_name": "prd", "version_number": 4});
    assert_eq!(desk.call("find_versions", one).await["version"]["content"], json!({"goal": "one"}));
}

async fn one_document_is_restored_alone(desk: &Desk) {
    let id = desk.project("Alpha").await;
    let (first, second) = (desk.document(&id, "First", json!({})).await, desk.document(&id, "Second", json!({})).await);
    let number = desk.call("manage_version", json!({"action": "create", "project_id": id, "field_name": "docs"})).await;
    let number = &number["version_number"];
    for document in [&first, &second] {
        let update = json!({"action": "update", "project_id": id, "document_id": document, "title": "Changed"});
        desk.call("manage_document", update).await;
    }
    let third = desk.document(&id, "Third", json!({})).await;
    let restore = json!({"action": "restore", "project_id": id, "field_name": "docs", "version_number": number, "document_id": first});
    desk.call("manage_version", restore).await;
    let documents = desk.call("find_documents", json!({"project_id": id})).await["documents"].clone();
    assert_eq!(texts(&documents, "id"), [first.as_str(), &second, &third]);
    assert_eq!(texts(&documents, "title"), ["First", "Changed", "Third"]);
    let versions = desk.call("find_versions", json!({"project_id": id, "per_page": 2})).await["versions"].clone();
    assert_eq!(texts(&versions, "change_type"), ["restore", "backup"]);
    assert_eq!(texts(&versions, "document_id"), [first.as_str(), &first]);

    // All of them, as they were: the third did not exist.
    let restore = json!({"action": "restore", "project_id": id, "field_name": "docs", "version_number": number});
    desk.call("manage_version", restore).await;
    let documents = desk.call("find_documents", json!({"project_id": id})).await["documents"].clone();
    assert_eq!(texts(&documents, "title"), ["First", "Second"]);
    for (kind, arguments) in [
        ("not_found", json!({"field_name": "docs", "version_number": number, "document_id": third})),
        ("not_found", json!({"field_name": "docs", "version_number": 99, "document_id": first})),
        ("validation_error", json!({"field_name": "data", "version_number": 1, "document_id": first})),
    ] {
        let mut restore = json!({"action": "restore", "project_id": id});
        super::merge(&mut restore, arguments);
        assert_eq!(desk.refused("manage_version", restore).await["type"], kind);
    }
}

async fn a_document_that_was_deleted_since_is_restored(desk: &Desk) {
    let id = desk.project("Alpha").await;
    let (gone, kept) =
        (desk.document(&id, "Gone", json!({"content": "text"})).await, desk.document(&id, "Kept", json!({})).await);
    let was = project(desk, &id).await["docs"][0].clone();
    desk.call("manage_document", json!({"action": "delete", "project_id": id, "document_id": gone})).await;
    let update = json!({"action": "update", "project_id": id, "document_id": kept, "title": "Changed"});
    desk.call("manage_document", update).await;
    let restore =
        json!({"action": "restore", "project_id": id, "field_name": "docs", "version_number": 3, "document_id": gone});
    desk.call("manage_version", restore).await;
    let document =
        desk.call("find_documents", json!({"project_id": id, "document_id": gone})).await["document"].clone();
    assert_eq!(document, was);
    let documents = desk.call("find_documents", json!({"project_id": id})).await["documents"].clone();
    assert_eq!(texts(&documents, "title"), ["Changed", "Gone"]);
}

async fn a_version_of_a_field_holds_what_the_field_may(desk: &Desk) {
    let id = desk.project("Alpha").await;
    for (field, content) in [
        ("docs", json!({})),
        ("docs", json!([1])),
        ("docs", json!([{"title": "without an id"}])),
        ("features", json!({})),
        ("features", json!([1])),
        ("data", json!("text")),
        ("prd", json!(7)),
    ] {
        let create = json!({"action": "create", "project_id": id, "field_name": field, "content": content});
        let error = desk.refused("manage_version", create).await;
        assert_eq!(
            (&error["type"], &error["details"]["argument"]),
            (&json!("validation_error"), &json!("content")),
            "{field}"
        );
    }
    for (field, content) in [
        ("docs", json!([{"id": "a"}])),
        ("features", json!([{}, "text"])),
        ("data", json!([])),
        ("data", json!({})),
        ("prd", json!({})),
        ("prd", json!([1])),
    ] {
        keep(desk, &id, field, content).await;
    }
}
