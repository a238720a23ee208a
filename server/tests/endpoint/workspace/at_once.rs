//! Many clients of both eras at once, at one server and at two, and clients that go away in the middle.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tracon::{config::Config, serve::Running};

use super::{Desk, rows::count, served, texts};
use crate::{
    database::Site,
    support::http::answer,
    workspace::agent::{Agent, Era},
};

const CLIENTS: usize = 32;

/// Half of them in sessions, and half at each of these servers.
async fn crowd(servers: &[&Running]) -> Vec<Agent> {
    let era = |number: usize| if number.is_multiple_of(2) { Era::Legacy } else { Era::Sessionless };
    let server = |number: usize| servers[number / 2 % servers.len()];
    let name = |number: usize| format!("client {number}");
    join_all((0..CLIENTS).map(async |number| Agent::greet(server(number), era(number), &name(number)).await)).await
}

/// Each of them calls once, all at the same time, and succeeds.
async fn all_call(crowd: &[Agent], tool: &'static str, arguments: impl Fn(usize) -> Value) -> Vec<Value> {
    let calls = crowd.iter().cloned().enumerate().map(|(number, agent)| {
        let arguments = arguments(number);
        tokio::spawn(async move { agent.call(tool, arguments).await.success() })
    });
    join_all(calls).await.into_iter().map(|called| called.expect("it is answered")).collect()
}

fn sorted(numbers: impl Iterator<Item = Value>) -> Vec<u64> {
    let mut numbers: Vec<u64> = numbers.map(|number| number.as_u64().expect("a number")).collect();
    numbers.sort_unstable();
    numbers
}

fn one_to(last: usize) -> Vec<u64> {
    (1..=last as u64).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_created_at_once_at_the_same_place_have_each_a_place_of_its_own() {
    let desk = Desk::open(Era::Legacy).await;
    let (project, other) = (desk.project("Alpha").await, desk.project("Beta").await);
    desk.task(&other, "elsewhere", json!({"task_order": 1})).await;
    desk.task(&project, "in another column", json!({"task_order": 1, "status": "doing"})).await;
    let crowd = crowd(&[&desk.server]).await;
    all_call(
        &crowd,
        "manage_task",
        |number| json!({"action": "create", "project_id": project, "title": format!("task {number}"), "task_order": 1}),
    )
    .await;
    let list = json!({"project_id": project, "filter_by": "status", "filter_value": "todo", "per_page": 100});
    let tasks = desk.call("find_tasks", list).await["tasks"].clone();
    let orders = tasks.as_array().expect("a list").iter().map(|task| task["task_order"].clone());
    assert_eq!(sorted(orders), one_to(CLIENTS));
    assert_eq!(count(&desk.database, "archon_task_history", "field_name = 'created'").await, 34);
    assert_eq!(count(&desk.database, "archon_tasks", "task_order = 1").await, 3, "the others stay where they are");
}

/// Numbers of versions, and pins, wherever the clients are.
async fn versions_have_numbers_of_their_own_and_one_project_is_pinned(desk: &Desk, crowd: &[Agent]) {
    let id = desk.project("Alpha").await;
    let kept = all_call(
        crowd,
        "manage_version",
        |number| json!({"action": "create", "project_id": id, "field_name": "data", "content": {"number": number}}),
    )
    .await;
    assert_eq!(sorted(kept.iter().map(|version| version["version_number"].clone())), one_to(CLIENTS));
    for version in &kept {
        let number = &version["version_number"];
        let one = json!({"project_id": id, "field_name": "data", "version_number": number});
        let content = desk.call("find_versions", one).await["version"]["content"]["number"].clone();
        let wrote = kept.iter().position(|other| other["version_number"] == *number).expect("somebody wrote it");
        assert_eq!(content, wrote, "it holds what whoever got that number sent");
    }

    let projects =
        all_call(crowd, "manage_project", |number| json!({"action": "create", "title": format!("P{number}")})).await;
    for is_new in [false, true] {
        all_call(crowd, "manage_project", |number| {
            if is_new {
                json!({"action": "create", "title": format!("Q{number}"), "pinned": true})
            } else {
                json!({"action": "update", "project_id": projects[number]["project_id"], "pinned": true})
            }
        })
        .await;
        assert_eq!(count(&desk.database, "archon_projects", "pinned = TRUE").await, 1);
        let first = desk.call("find_projects", json!({})).await["projects"][0].clone();
        assert_eq!(first["pinned"], true, "{first}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_one_server_versions_have_numbers_of_their_own_and_one_project_is_pinned() {
    let desk = Desk::open(Era::Sessionless).await;
    let crowd = crowd(&[&desk.server]).await;
    versions_have_numbers_of_their_own_and_one_project_is_pinned(&desk, &crowd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_two_servers_versions_have_numbers_of_their_own_and_one_project_is_pinned() {
    let desk = Desk::at(Site::on_postgres().await, Era::Sessionless).await;
    let config = Config { data_dir: desk.site.directory().join("second"), ..desk.site.config() };
    let second = served(config, &desk.clock).await;
    let crowd = crowd(&[&desk.server, &second]).await;
    versions_have_numbers_of_their_own_and_one_project_is_pinned(&desk, &crowd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_created_at_once_are_all_there_with_a_version_each() {
    let desk = Desk::open(Era::Legacy).await;
    let id = desk.project("Alpha").await;
    let crowd = crowd(&[&desk.server]).await;
    let created = all_call(
        &crowd,
        "manage_document",
        |number| json!({"action": "create", "project_id": id, "title": format!("D{number}"), "document_type": "note"}),
    )
    .await;
    let documents = desk.call("find_documents", json!({"project_id": id, "per_page": 100})).await["documents"].clone();
    let (mut there, mut told) = (texts(&documents, "id"), texts(&json!(created), "document_id"));
    there.sort_unstable();
    told.sort_unstable();
    assert_eq!((there.len(), there), (CLIENTS, told));
    let versions = desk.call("find_versions", json!({"project_id": id, "per_page": 100})).await["versions"].clone();
    let versions = versions.as_array().expect("a list");
    assert_eq!(sorted(versions.iter().map(|version| version["version_number"].clone())), one_to(CLIENTS));
    for number in 1..=CLIENTS {
        let one = json!({"project_id": id, "field_name": "docs", "version_number": number});
        let held = desk.call("find_versions", one).await["version"]["content"].as_array().map(Vec::len);
        assert_eq!(held, Some(number - 1), "what was there before");
    }
}

/// Each pair is what must be the same at every moment, in one look at the database.
async fn assert_nothing_is_half_done(desk: &Desk) {
    let documents = if desk.site.is_postgres() { "jsonb_array_length(docs)" } else { "json_array_length(docs)" };
    let statement = format!(
        "SELECT CAST((SELECT COUNT(*) FROM archon_tasks) AS BIGINT),
             CAST((SELECT COUNT(*) FROM archon_task_history WHERE field_name = 'created') AS BIGINT),
             CAST((SELECT COUNT(DISTINCT task_order) FROM archon_tasks) AS BIGINT),
             CAST((SELECT COALESCE(MAX(task_order), 0) FROM archon_tasks) AS BIGINT),
             CAST((SELECT COALESCE(SUM({documents}), 0) FROM archon_projects) AS BIGINT),
             CAST((SELECT COUNT(*) FROM archon_document_versions) AS BIGINT),
             CAST((SELECT COALESCE(MAX(version_number), 0) FROM archon_document_versions) AS BIGINT)"
    );
    let (tasks, created, places, last, documents, versions, number): (i64, i64, i64, i64, i64, i64, i64) =
        desk.database.row(&statement).await;
    assert_eq!((created, places, last), (tasks, tasks, tasks), "each task is in its history and has its place");
    assert_eq!((versions, number), (documents, documents), "each document left a version");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing_half_done() {
    for era in [Era::Legacy, Era::Sessionless] {
        let desk = Desk::open(era).await;
        let id = desk.project("Alpha").await;
        let (mut left, mut stayed, mut witnessed) = (0, 0, Vec::new());
        for round in 0..60_u64 {
            let (tool, arguments) = if round.is_multiple_of(2) {
                ("manage_task", json!({"action": "create", "project_id": id, "title": "T", "task_order": 1}))
            } else {
                let content = "x".repeat(20_000);
                let create = json!({"action": "create", "project_id": id, "title": "D", "document_type": "note", "content": content});
                ("manage_document", create)
            };
            let (_, request) = desk.agent.request("tools/call", json!({"name": tool, "arguments": arguments}));
            // Later in each round; the last ones have all the time they need.
            let patience = if round < 56 { Duration::from_micros(round * 200) } else { crate::support::BOUND };
            match tokio::time::timeout(patience, answer(request)).await {
                Err(_) => left += 1,
                Ok(answer) => {
                    assert_eq!(answer.status, 200, "{answer:?}");
                    stayed += 1;
                }
            }
            witnessed.push(desk.agent.call("find_tasks", json!({"per_page": 1})).await.id);
            assert_nothing_is_half_done(&desk).await;
        }
        println!("{era:?}: {left} left, {stayed} stayed");
        assert!(left > 0 && stayed >= 4, "{left} left, {stayed} stayed");
        for id in witnessed {
            let (tool, outcome, _) = desk.recorded(id).await;
            assert_eq!((tool.as_str(), outcome.as_str()), ("find_tasks", "ok"), "the tracker goes on");
        }
        let Desk { agent, server, clock, database, site } = desk;
        server.stop().await.expect("it stops, which ends what was still under way");
        let server = served(site.config(), &clock).await;
        let desk = Desk { agent, server, clock, database, site };
        assert_nothing_is_half_done(&desk).await;
        let (tasks,): (i64,) = desk.database.row("SELECT COUNT(*) FROM archon_tasks").await;
        assert!(tasks >= 2, "those that stayed are there: {tasks}");
    }
}
