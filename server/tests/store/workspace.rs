//! What the workspace's transactions promise: all or nothing, one at a time, and the same answers on each engine.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tracon::{
    clock::{Ids, ManualClock},
    store::workspace::{Owner, ProjectQuery, TaskQuery, VersionQuery, Window},
    workspace::{ProjectChanges, TaskChanges, Workspace, WorkspaceError},
};
use tracon_app::workspace::{Place, TaskStatus};
use uuid::Uuid;

use crate::fixture::{Fixture, now};

const ALL: Window = Window { limit: 100, offset: 0 };

pub fn workspace_of(on: &Fixture) -> Workspace {
    let clock = Arc::new(ManualClock::at(now()));
    Workspace::new(on.store.clone(), clock, Arc::new(Ids::default()), Uuid::from_u128(1))
}

pub async fn project(workspace: &Workspace, title: &str) -> String {
    let changes = ProjectChanges { title: Some(title.to_owned()), ..ProjectChanges::default() };
    workspace.create_project(changes, "tester").await.unwrap().id.to_string()
}

pub async fn task(workspace: &Workspace, project: &str, title: &str) -> String {
    let changes = TaskChanges { title: Some(title.to_owned()), ..TaskChanges::default() };
    workspace.create_task(project, changes, "tester").await.unwrap().id.to_string()
}

/// The titles of a column, in its order.
pub async fn column(workspace: &Workspace, project: &str, status: TaskStatus) -> Vec<String> {
    let query = TaskQuery { status: Some(status), ..TaskQuery::default() };
    let (tasks, _) = workspace.tasks_of(&[("project_id", project)], query, ALL).await.unwrap();
    tasks.into_iter().map(|task| task.title).collect()
}

pub async fn what_is_not_committed_was_never_there(on: Fixture) {
    let workspace = workspace_of(&on);
    let id: Uuid = project(&workspace, "kept").await.parse().unwrap();
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let mut changed = writing.project(id).await.unwrap().unwrap();
    "rolled back".clone_into(&mut changed.title);
    writing.put_project(&changed).await.unwrap();
    assert_eq!(writing.project(id).await.unwrap().unwrap().title, "rolled back", "it reads what it wrote");
    writing.roll_back().await.unwrap();
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    "dropped".clone_into(&mut changed.title);
    writing.put_project(&changed).await.unwrap();
    drop(writing);
    assert_eq!(workspace.project(&id.to_string()).await.unwrap().project.title, "kept");
    // Whoever dropped it is in nobody's way.
    project(&workspace, "after").await;
}

pub async fn of_two_that_write_the_second_waits_for_the_first(on: Fixture) {
    let workspace = workspace_of(&on);
    let first = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let second = tokio::spawn({
        let workspace = workspace.clone();
        async move { project(&workspace, "second").await }
    });
    let mut second = Box::pin(second);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    assert!(early.is_err(), "it waits");
    first.commit().await.unwrap();
    second.await.unwrap();
}

pub async fn readers_do_not_wait_for_whoever_writes(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "before").await;
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let mut changed = writing.project(id.parse().unwrap()).await.unwrap().unwrap();
    "after".clone_into(&mut changed.title);
    writing.put_project(&changed).await.unwrap();
    assert_eq!(workspace.project(&id).await.unwrap().project.title, "before");
    writing.commit().await.unwrap();
    assert_eq!(workspace.project(&id).await.unwrap().project.title, "after");
}

pub async fn the_tracker_and_the_workspace_write_in_turns(mut on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "busy").await;
    let opened = Arc::new(crate::fixture::session(1, crate::fixture::ago(600)));
    let tasks = tokio::spawn(async move {
        for number in 0..50 {
            task(&workspace, &id, &format!("task {number}")).await;
        }
        column(&workspace, &id, TaskStatus::Todo).await.len()
    });
    let mut written = 0;
    while !tasks.is_finished() {
        let calls: Vec<_> =
            (0..100).map(|_| tracon::store::Change::Request(on.call(&opened, crate::fixture::ago(500)))).collect();
        written += on.apply(&calls).await.0;
    }
    assert_eq!(tasks.await.unwrap(), 50);
    assert!(written > 0);
}

pub async fn words_are_found_wherever_they_stand_and_no_longer_once_they_are_gone(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "words").await;
    let make = async |title: &str, description: &str, feature: &str| {
        let changes = TaskChanges {
            title: Some(title.to_owned()),
            description: Some(description.to_owned()),
            feature: Some(feature.to_owned()),
            ..TaskChanges::default()
        };
        workspace.create_task(&id, changes, "tester").await.unwrap().id.to_string()
    };
    let first = make("Fix the Log-in", "50%_done *[now]? C:\\dir \"quoted\" it's", "Größe").await;
    make("ÄRGER im Büro", "wide 界世界 text 🦀 crab", "ui").await;
    let found = async |query: &str| {
        let terms = tracon::workspace::terms(query).unwrap();
        let (tasks, total) = workspace.tasks(&TaskQuery { terms, ..TaskQuery::default() }, ALL).await.unwrap();
        assert_eq!(tasks.len() as u64, total, "{query}");
        tasks.into_iter().map(|task| task.title).collect::<Vec<_>>()
    };
    for query in
        ["log-in", "LOG-IN fix", "50%_", "*[now]?", "c:\\DIR", "\"quoted\"", "it's", "größe", "GRÖSSE", "fi", "%", "\\"]
    {
        let expected: &[&str] = if query == "GRÖSSE" { &[] } else { &["Fix the Log-in"] };
        assert_eq!(found(query).await, expected, "{query}");
    }
    for query in ["ärger BÜRO", "界世界", "世", "🦀", "crab ui"] {
        assert_eq!(found(query).await, ["ÄRGER im Büro"], "{query}");
    }
    for query in ["log ärger", "Login", "%%%", "done*", "in\nthe_"] {
        assert_eq!(found(query).await, Vec::<String>::new(), "{query}");
    }
    let renamed = TaskChanges { title: Some("Sign-in".to_owned()), ..TaskChanges::default() };
    workspace.update_task(&first, None, renamed, "tester").await.unwrap();
    assert_eq!(found("log-in").await, Vec::<String>::new());
    assert_eq!(found("sign-in").await, ["Sign-in"]);
    workspace.archive_task(&first, "tester").await.unwrap();
    assert_eq!(found("sign-in").await, Vec::<String>::new());
    workspace.delete_project(&id).await.unwrap();
    assert_eq!(found("crab").await, Vec::<String>::new());
}

pub async fn a_task_goes_where_it_is_moved(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "board").await;
    let mut ids = Vec::new();
    // Without numbers of their own: in the order in which they were made.
    for title in ["a", "b", "c", "d"] {
        ids.push(task(&workspace, &id, title).await);
    }
    let go = async |task: usize, status: TaskStatus, place: Place| {
        workspace.move_task(&ids[task], status, &place, "tester").await.map(|_| ())
    };
    let todo = async || column(&workspace, &id, TaskStatus::Todo).await.concat();
    assert_eq!(todo().await, "abcd");
    for (task, place, expected) in [
        (3, Place::First, "dabc"),
        (3, Place::Earlier, "dabc"),
        (3, Place::Later, "adbc"),
        (0, Place::Last, "dbca"),
        (0, Place::Later, "dbca"),
        (0, Place::Earlier, "dbac"),
        (0, Place::Before(ids[1].clone()), "dabc"),
        (0, Place::Before(ids[0].clone()), "dabc"),
        (2, Place::Before(ids[3].clone()), "cdab"),
    ] {
        go(task, TaskStatus::Todo, place.clone()).await.unwrap();
        assert_eq!(todo().await, expected, "{task} {place}");
    }
    go(2, TaskStatus::Doing, Place::Later).await.unwrap();
    go(0, TaskStatus::Doing, Place::Earlier).await.unwrap();
    go(1, TaskStatus::Doing, Place::Before(ids[2].clone())).await.unwrap();
    assert_eq!(
        (todo().await.as_str(), column(&workspace, &id, TaskStatus::Doing).await.concat().as_str()),
        ("d", "abc")
    );

    let refused = go(3, TaskStatus::Todo, Place::Before(ids[0].clone())).await.unwrap_err();
    assert!(matches!(refused, WorkspaceError::Conflict { .. }), "{refused}");
    workspace.archive_task(&ids[3], "tester").await.unwrap();
    let refused = go(3, TaskStatus::Done, Place::First).await.unwrap_err();
    assert!(matches!(refused, WorkspaceError::Conflict { .. }), "{refused}");
    let (changes, _) = workspace.task_history(&ids[0], Some("status"), ALL).await.unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
}

pub async fn the_database_itself_keeps_one_pinned_and_each_number_once(on: Fixture) {
    let workspace = workspace_of(&on);
    let (first, second) = (project(&workspace, "first").await, project(&workspace, "second").await);
    let (first, second): (Uuid, Uuid) = (first.parse().unwrap(), second.parse().unwrap());
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let mut pinned = [writing.project(first).await.unwrap().unwrap(), writing.project(second).await.unwrap().unwrap()];
    for project in &mut pinned {
        project.pinned = true;
    }
    writing.put_project(&pinned[0]).await.unwrap();
    // Whoever forgot to unpin the other is refused.
    let refused = writing.put_project(&pinned[1]).await.unwrap_err();
    assert!(!refused.is_transient(), "{refused}");
    writing.roll_back().await.unwrap();

    let id = first.to_string();
    let created = workspace.create_version(
        &id,
        tracon_app::workspace::VersionField::Data,
        tracon::workspace::NewVersion::default(),
        "tester",
    );
    assert_eq!(created.await.unwrap().version_number, 1);
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let mut version = writing.version(Owner::Project(first), "data", 1).await.unwrap().unwrap();
    version.head.id = Uuid::from_u128(7);
    let refused = writing.add_version(&version).await.unwrap_err();
    assert!(!refused.is_transient(), "{refused}");
    writing.roll_back().await.unwrap();
}

pub async fn json_is_kept_as_it_was_given(on: Fixture) {
    let workspace = workspace_of(&on);
    let data = json!({"z": [1, 2.5, -7, 1e15, true, null, "\\u0000 ü 🦀 </script>"], "a": {"": {}}, "big": u64::MAX});
    let changes =
        ProjectChanges { title: Some("json".to_owned()), data: Some(data.clone()), ..ProjectChanges::default() };
    let id = workspace.create_project(changes, "tester").await.unwrap().id.to_string();
    assert_eq!(workspace.project(&id).await.unwrap().project.data, data);
    let mut reading = on.store.read_workspace().await.unwrap();
    let (listed, total) = reading.projects(&ProjectQuery::default(), ALL).await.unwrap();
    assert_eq!((listed[0].project.data.clone(), listed[0].documents, total), (data, 0, 1));
    let query = VersionQuery { owner: Owner::Project(id.parse().unwrap()), field_name: None };
    assert_eq!(reading.versions(query, ALL).await.unwrap(), (vec![], 0));
    reading.end().await.unwrap();
}
