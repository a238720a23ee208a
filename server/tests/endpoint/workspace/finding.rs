//! `find_tasks`: which tasks a list has.

use serde_json::{Value, json};

use super::{Desk, texts};

in_both_eras! {
    every_term_of_a_query_occurs_in_title_description_or_feature,
    letter_case_does_not_count_in_any_alphabet,
    what_is_special_to_a_database_is_not_special_in_a_query,
    filters_combine,
    an_explicit_status_beats_include_closed,
    archived_tasks_are_never_listed,
}

async fn every_term_of_a_query_occurs_in_title_description_or_feature(desk: &Desk) {
    let project = desk.project("Alpha").await;
    desk.task(&project, "Parse the header", json!({"description": "in one pass", "feature": "reader"})).await;
    desk.task(&project, "Parse the body", json!({"description": "streamed", "feature": "writer"})).await;
    for (query, found) in [
        ("parse", vec!["Parse the header", "Parse the body"]),
        ("parse streamed", vec!["Parse the body"]),
        ("pass reader header", vec!["Parse the header"]),
        ("parse nothing", vec![]),
        ("writer reader", vec![]),
        ("arse ead", vec!["Parse the header"]),
        // One and two letters.
        ("h", vec!["Parse the header", "Parse the body"]),
        ("w", vec!["Parse the body"]),
        ("in on", vec!["Parse the header"]),
        ("zz", vec![]),
        // A term does not go on from one field to the next.
        ("headerin", vec![]),
        ("  parse   parse  body ", vec!["Parse the body"]),
    ] {
        assert_eq!(desk.titles(json!({"query": query})).await, found, "{query:?}");
    }
    let found = desk.call("find_tasks", json!({"query": "parse streamed"})).await;
    assert_eq!((&found["query"], &found["total"]), (&json!("parse streamed"), &json!(1)));
    let all = desk.call("find_tasks", json!({"query": "  "})).await;
    assert_eq!((&all["query"], &all["total"]), (&Value::Null, &json!(2)), "an empty query is none");
    desk.call("manage_task", json!({"action": "update", "task_id": all["tasks"][0]["id"], "title": "Skip it"})).await;
    assert_eq!(desk.titles(json!({"query": "header"})).await, [] as [&str; 0], "what it was called is not found");
    assert_eq!(desk.titles(json!({"query": "skip"})).await, ["Skip it"]);
}

async fn letter_case_does_not_count_in_any_alphabet(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let titles = ["Ärger mit Öl", "ПРИВЕТ мир", "ΑΛΦΑ και βήτα", "Élan vital", "漢字の検索", "plain elan"];
    for title in titles {
        desk.task(&project, title, json!({})).await;
    }
    for (query, found) in [
        ("ärger", titles[0]),
        ("ÄRGER ÖL", titles[0]),
        ("öl", titles[0]),
        ("Ö", titles[0]),
        ("привет МИР", titles[1]),
        ("пр", titles[1]),
        ("П", titles[1]),
        ("αλφα ΒΉΤΑ", titles[2]),
        ("ΛΦ", titles[2]),
        ("éLAN", titles[3]),
        ("É", titles[3]),
        ("漢字", titles[4]),
        ("字の検索", titles[4]),
        ("plain ELAN", titles[5]),
    ] {
        assert_eq!(desk.titles(json!({"query": query})).await, [found], "{query:?}");
    }
    assert_eq!(desk.titles(json!({"query": "elan"})).await, ["plain elan"], "an accent counts");
}

async fn what_is_special_to_a_database_is_not_special_in_a_query(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let special = r#"100% of "quoted" 'it''s' a_b c*d [x] \path (y|z) ^$ a?b {n} -m +p ~t #h; OR NEAR(q) 1.5"#;
    desk.task(&project, "plain", json!({"description": "1000 of quoted its aXb cXXd x path yz aYb n m p t h q 115"}))
        .await;
    desk.task(&project, "special", json!({"description": special})).await;
    for term in [
        "%",
        "100%",
        "0%",
        "\"",
        "\"quoted\"",
        "d\"",
        "'",
        "''s'",
        "_",
        "a_b",
        "_b",
        "*",
        "c*d",
        "c*",
        "[",
        "]",
        "[x]",
        "[x",
        "\\",
        "\\path",
        "\\p",
        "(",
        "(y|z)",
        "|",
        "^$",
        "^",
        "$",
        "?",
        "a?b",
        "{n}",
        "-m",
        "+p",
        "~t",
        "#h;",
        ";",
        "OR",
        "NEAR(q)",
        "1.5",
        ".5",
        ".",
    ] {
        assert_eq!(desk.titles(json!({"query": term})).await, ["special"], "{term:?}");
    }
    for term in
        ["c%d", "1__", "p?th", "[a-z]", "a.b", "^plain", "plain OR special", "NOT plain", "pl*", "\"plain", "quoted\\"]
    {
        assert_eq!(desk.titles(json!({"query": term})).await, [] as [&str; 0], "{term:?}");
    }
}

async fn filters_combine(desk: &Desk) {
    let (alpha, beta) = (desk.project("Alpha").await, desk.project("Beta").await);
    for (project, title, status, assignee) in [
        (&alpha, "a todo anna", "todo", "anna"),
        (&alpha, "a done anna", "done", "anna"),
        (&alpha, "a doing bert", "doing", "bert"),
        (&beta, "b todo anna", "todo", "anna"),
        (&beta, "b review bert", "review", "bert"),
    ] {
        desk.task(project, title, json!({"status": status, "assignee": assignee})).await;
    }
    for (arguments, found) in [
        (json!({"filter_by": "status", "filter_value": "todo"}), vec!["a todo anna", "b todo anna"]),
        (json!({"filter_by": "status", "filter_value": "todo", "project_id": beta}), vec!["b todo anna"]),
        (
            json!({"filter_by": "assignee", "filter_value": "anna", "project_id": alpha}),
            vec!["a todo anna", "a done anna"],
        ),
        (json!({"filter_by": "assignee", "filter_value": "Anna"}), vec![]),
        (
            json!({"filter_by": "assignee", "filter_value": "anna", "include_closed": false, "query": "a"}),
            vec!["a todo anna", "b todo anna"],
        ),
        (json!({"filter_by": "project", "filter_value": alpha}), vec!["a todo anna", "a done anna", "a doing bert"]),
        (
            json!({"filter_by": "project", "filter_value": alpha, "include_closed": false}),
            vec!["a todo anna", "a doing bert"],
        ),
        (json!({"filter_by": "project", "filter_value": alpha, "query": "bert"}), vec!["a doing bert"]),
        (
            json!({"filter_by": "project", "filter_value": alpha, "project_id": alpha, "query": "done"}),
            vec!["a done anna"],
        ),
        (json!({"filter_by": "project", "filter_value": alpha, "project_id": beta}), vec![]),
        (json!({"project_id": beta}), vec!["b todo anna", "b review bert"]),
    ] {
        let told = arguments.to_string();
        assert_eq!(desk.titles(arguments).await, found, "{told}");
    }
    let page = json!({"filter_by": "project", "filter_value": alpha, "per_page": 2, "page": 2});
    assert_eq!(desk.titles(page).await, ["a doing bert"], "pages, too");
}

async fn an_explicit_status_beats_include_closed(desk: &Desk) {
    let project = desk.project("Alpha").await;
    for status in ["todo", "doing", "review", "done"] {
        desk.task(&project, status, json!({"status": status})).await;
    }
    assert_eq!(desk.titles(json!({})).await, ["todo", "doing", "review", "done"]);
    assert_eq!(desk.titles(json!({"include_closed": true})).await, ["todo", "doing", "review", "done"]);
    assert_eq!(desk.titles(json!({"include_closed": false})).await, ["todo", "doing", "review"]);
    let done = json!({"include_closed": false, "filter_by": "status", "filter_value": "done"});
    assert_eq!(desk.titles(done).await, ["done"]);
}

async fn archived_tasks_are_never_listed(desk: &Desk) {
    let project = desk.project("Alpha").await;
    let gone = desk.task(&project, "needle gone", json!({"assignee": "anna"})).await;
    desk.task(&project, "needle there", json!({"assignee": "anna"})).await;
    desk.call("manage_task", json!({"action": "delete", "task_id": gone})).await;
    for arguments in [
        json!({}),
        json!({"query": "needle"}),
        json!({"query": "ne"}),
        json!({"project_id": project}),
        json!({"filter_by": "status", "filter_value": "todo"}),
        json!({"filter_by": "assignee", "filter_value": "anna"}),
        json!({"filter_by": "project", "filter_value": project}),
    ] {
        let told = arguments.to_string();
        let found = desk.call("find_tasks", arguments).await;
        assert_eq!(
            (texts(&found["tasks"], "title"), &found["total"]),
            (vec!["needle there".to_owned()], &json!(1)),
            "{told}"
        );
    }
    assert_eq!(desk.whole(&gone).await["archived"], true, "by its id it is found");
}
