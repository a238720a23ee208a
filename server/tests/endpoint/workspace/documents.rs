//! `find_documents` and `manage_document`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Desk, id_of, keys, texts};

in_both_eras! {
    a_document_is_created_with_what_is_given_and_defaults,
    a_text_is_kept_as_markdown_and_an_object_as_it_is,
    a_usual_type_is_stored_and_another_one_too_with_a_warning,
    a_list_of_documents_has_no_content_and_a_document_by_its_id_is_whole,
    documents_are_found_by_title_tags_and_content,
    a_change_keeps_the_documents_as_they_were,
    a_deleted_document_is_kept_as_a_version,
    a_document_is_found_in_its_own_project_only,
}

async fn whole(desk: &Desk, project: &str, document: &str) -> Value {
    desk.call("find_documents", json!({"project_id": project, "document_id": document})).await["document"].clone()
}

async fn a_document_is_created_with_what_is_given_and_defaults(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let create = json!({"action": "create", "project_id": project, "title": " Plan ", "document_type": "spec"});
    let created = desk.call("manage_document", create).await;
    assert_eq!(keys(&created), ["document", "document_id", "message", "success"]);
    let document = whole(desk, &project, created["document_id"].as_str().expect("an id")).await;
    assert_eq!(
        document,
        json!({
            "id": created["document_id"], "document_type": "spec", "title": "Plan", "content": {}, "tags": [],
            "status": "draft", "version": "1.0", "author": "Claude Code", "created_at": "2026-01-09T14:40:00.123456Z",
            "updated_at": "2026-01-09T14:40:00.123456Z",
        })
    );
    let given =
        json!({"title": "Full", "document_type": "prp", "content": {"a": 1}, "tags": ["x", "y"], "author": "anna"});
    let full = desk.document(&project, "Full", given.clone()).await;
    let full = whole(desk, &project, &full).await;
    for (key, value) in given.as_object().expect("an object") {
        assert_eq!(&full[key], value, "{key}");
    }
    for (missing, arguments) in [
        ("title", json!({"action": "create", "project_id": project, "document_type": "spec"})),
        ("document_type", json!({"action": "create", "project_id": project, "title": "Plan"})),
    ] {
        let error = desk.refused("manage_document", arguments).await;
        assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!(missing)));
    }
}

async fn a_text_is_kept_as_markdown_and_an_object_as_it_is(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let deep = json!({"markdown": "# A", "deep": {"list": [1, 907.303_832_202_868_9, null, true, "ü"]}});
    for (content, kept) in [
        (json!("# Größe\n\ntext"), json!({"markdown": "# Größe\n\ntext"})),
        (json!(""), json!({"markdown": ""})),
        (deep.clone(), deep),
    ] {
        let document = desk.document(&project, "Plan", json!({"content": content})).await;
        assert_eq!(whole(desk, &project, &document).await["content"], kept);
    }
    for content in [json!([1]), json!(7), json!(true)] {
        let create = json!({"action": "create", "project_id": project, "title": "A", "document_type": "note", "content": content});
        let error = desk.refused("manage_document", create).await;
        assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!("content")));
    }
}

async fn a_usual_type_is_stored_and_another_one_too_with_a_warning(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for kind in ["spec", "design", "note", "prp", "api", "guide"] {
        let create = json!({"action": "create", "project_id": project, "title": kind, "document_type": kind});
        assert_eq!(desk.call("manage_document", create).await["warning"], Value::Null, "{kind}");
    }
    let create = json!({"action": "create", "project_id": project, "title": "Odd", "document_type": "poem"});
    let odd = desk.call("manage_document", create).await;
    let warning = odd["warning"].as_str().expect("a warning");
    assert!(
        ["poem", "spec", "design", "note", "prp", "api", "guide"].iter().all(|kind| warning.contains(kind)),
        "{warning}"
    );
    assert_eq!(whole(desk, &project, odd["document_id"].as_str().expect("an id")).await["document_type"], "poem");
    let poems = desk.call("find_documents", json!({"project_id": project, "document_type": "poem"})).await;
    assert_eq!(
        (texts(&poems["documents"], "title"), &poems["document_type"]),
        (vec!["Odd".to_owned()], &json!("poem"))
    );
}

async fn a_list_of_documents_has_no_content_and_a_document_by_its_id_is_whole(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let long = "ä".repeat(30_000);
    let first = desk.document(&project, "D00", json!({"content": long})).await;
    desk.document(&project, "D01", json!({"content": {"a": 1}})).await;
    for number in 2..12 {
        desk.document(&project, &format!("D{number:02}"), json!({})).await;
    }
    let mut seen = Vec::new();
    for (page, count) in [(1, 10), (2, 2), (3, 0)] {
        let list = desk.call("find_documents", json!({"project_id": project, "page": page})).await;
        assert_eq!(keys(&list), ["count", "document_type", "documents", "project_id", "query", "success", "total"]);
        assert_eq!((&list["count"], &list["total"], &list["project_id"]), (&json!(count), &json!(12), &json!(project)));
        seen.extend(texts(&list["documents"], "title"));
    }
    assert_eq!(seen, (0..12).map(|number| format!("D{number:02}")).collect::<Vec<_>>());
    let list = desk.call("find_documents", json!({"project_id": project, "per_page": 2})).await;
    assert_eq!(
        keys(&list["documents"][0]),
        ["author", "created_at", "document_type", "id", "stats", "status", "tags", "title", "updated_at", "version",]
    );
    let sizes = [&list["documents"][0]["stats"], &list["documents"][1]["stats"]];
    assert_eq!(sizes, [&json!({"content_size": 60_000}), &json!({"content_size": 7})]);
    assert_eq!(whole(desk, &project, &first).await["content"], json!({"markdown": long}));

    let fields = json!({"project_id": project, "fields": ["title", "stats"], "per_page": 1});
    assert_eq!(
        desk.call("find_documents", fields).await["documents"][0],
        json!({"title": "D00", "stats": {"content_size": 60_000}})
    );
    let fields = json!({"project_id": project, "document_id": first, "fields": ["id"]});
    assert_eq!(desk.call("find_documents", fields).await["document"], json!({"id": first}));
    for (argument, arguments) in [
        ("fields", json!({"project_id": project, "fields": ["colour"]})),
        ("per_page", json!({"project_id": project, "per_page": 101})),
        ("page", json!({"project_id": project, "page": 0})),
    ] {
        let error = desk.refused("find_documents", arguments).await;
        assert_eq!((&error["type"], &error["details"]["argument"]), (&json!("validation_error"), &json!(argument)));
    }
}

async fn documents_are_found_by_title_tags_and_content(desk: &Desk) {
    let project = desk.project("Alpha").await;
    desk.document(&project, "Größe", json!({"tags": ["Urgent", "ui"], "content": "# Пример\n50% of a_b"})).await;
    desk.document(
        &project,
        "Other",
        json!({"document_type": "spec", "content": {"deep": [{"key": "Größe"}], "limit": 42}}),
    )
    .await;
    for (query, found) in [
        ("GRÖSSE", vec![]),
        ("größe", vec!["Größe", "Other"]),
        ("urgent", vec!["Größe"]),
        ("UI größe", vec!["Größe"]),
        ("ПРИМЕР", vec!["Größe"]),
        ("50% a_b", vec!["Größe"]),
        ("a%b", vec![]),
        ("42", vec!["Other"]),
        ("key größe other", vec!["Other"]),
        ("größe nothing", vec![]),
        // What is not searched: the author, the type.
        ("claude", vec![]),
        ("spec", vec![]),
    ] {
        let list = desk.call("find_documents", json!({"project_id": project, "query": query})).await;
        assert_eq!(texts(&list["documents"], "title"), found, "{query}");
        assert_eq!((&list["query"], &list["total"]), (&json!(query), &json!(found.len())));
    }
    let both = json!({"project_id": project, "query": "größe", "document_type": "spec"});
    assert_eq!(texts(&desk.call("find_documents", both).await["documents"], "title"), ["Other"]);
}

async fn a_change_keeps_the_documents_as_they_were(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let document = desk.document(&project, "Plan", json!({"content": "one"})).await;
    let other = desk.document(&project, "Other", json!({"content": "untouched"})).await;
    for (key, value, kept) in [
        ("title", json!("New plan"), json!("New plan")),
        ("document_type", json!("design"), json!("design")),
        ("content", json!("two"), json!({"markdown": "two"})),
        ("tags", json!(["a"]), json!(["a"])),
        ("author", json!("anna"), json!("anna")),
    ] {
        let (mut before, beside) = (whole(desk, &project, &document).await, whole(desk, &project, &other).await);
        let documents = desk.call("find_projects", json!({"project_id": project})).await["project"]["docs"].clone();
        desk.clock.advance(TimeDelta::seconds(1));
        let update = json!({"action": "update", "project_id": project, "document_id": document, key: value});
        assert_eq!(desk.call("manage_document", update).await["document_id"], json!(document));
        let mut after = whole(desk, &project, &document).await;
        assert_eq!(after[key], kept);
        assert_ne!(after["updated_at"], before["updated_at"]);
        for moved in ["updated_at", key] {
            before[moved] = Value::Null;
            after[moved] = Value::Null;
        }
        assert_eq!((after, whole(desk, &project, &other).await), (before, beside), "{key} of this document alone");

        let newest = desk.call("find_versions", json!({"project_id": project})).await["versions"][0].clone();
        assert_eq!((&newest["change_type"], &newest["document_id"]), (&json!("update"), &json!(document)));
        assert_eq!(newest["created_by"], "Claude Code");
        let number = &newest["version_number"];
        let version = json!({"project_id": project, "field_name": "docs", "version_number": number});
        assert_eq!(desk.call("find_versions", version).await["version"]["content"], documents, "as they were before");
    }
    let error = desk
        .refused("manage_document", json!({"action": "update", "project_id": project, "document_id": document}))
        .await;
    assert!(error["message"].as_str().expect("a message").contains("at least one field"), "{error}");
}

async fn a_deleted_document_is_kept_as_a_version(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let (gone, kept) =
        (desk.document(&project, "Gone", json!({})).await, desk.document(&project, "Kept", json!({})).await);
    let documents = desk.call("find_projects", json!({"project_id": project})).await["project"]["docs"].clone();
    let delete = json!({"action": "delete", "project_id": project, "document_id": gone});
    let deleted = desk.call("manage_document", delete.clone()).await;
    assert_eq!((&deleted["document_id"], &deleted["document"]["title"]), (&json!(gone), &json!("Gone")));
    let left = desk.call("find_documents", json!({"project_id": project})).await;
    assert_eq!(texts(&left["documents"], "id"), [kept]);
    let newest = desk.call("find_versions", json!({"project_id": project})).await["versions"][0].clone();
    assert_eq!((&newest["change_type"], &newest["version_number"]), (&json!("delete"), &json!(3)));
    let version = json!({"project_id": project, "field_name": "docs", "version_number": 3});
    assert_eq!(desk.call("find_versions", version).await["version"]["content"], documents);
    for arguments in [delete, json!({"action": "update", "project_id": project, "document_id": gone, "title": "Back"})]
    {
        assert_eq!(desk.refused("manage_document", arguments).await["type"], "not_found");
    }
    let error = desk.refused("find_documents", json!({"project_id": project, "document_id": gone})).await;
    assert_eq!(error["type"], "not_found");
}

async fn a_document_is_found_in_its_own_project_only(desk: &Desk) {
    let (project, other) = (desk.project("Alpha").await, desk.project("Beta").await);
    let document = desk.document(&project, "Plan", json!({})).await;
    let created = desk.call("find_documents", json!({"project_id": project})).await;
    assert_eq!(id_of(&created["documents"][0]["id"]), document);
    assert_eq!(desk.call("find_documents", json!({"project_id": other})).await["total"], 0);
    for (tool, arguments) in [
        ("find_documents", json!({"project_id": other, "document_id": document})),
        ("manage_document", json!({"action": "update", "project_id": other, "document_id": document, "title": "New"})),
        ("manage_document", json!({"action": "delete", "project_id": other, "document_id": document})),
    ] {
        assert_eq!(desk.refused(tool, arguments).await["type"], "not_found", "{tool}");
    }
}
