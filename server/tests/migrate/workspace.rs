//! Projects are moved with all that is theirs, and work goes on where it was.

use std::sync::Arc;

use serde_json::json;
use sqlx::SqlitePool;
use tracon::{
    clock::{Ids, ManualClock},
    store::{
        Store,
        workspace::{TaskQuery, Window},
    },
    workspace::{DocumentChanges, NewVersion, ProjectChanges, TaskChanges, Workspace},
};
use tracon_app::workspace::{Place, TaskStatus, VersionField};
use uuid::Uuid;

use crate::{
    command::Move,
    fixture::{Engine, Fixture, now},
};

const ALL: Window = Window { limit: 100, offset: 0 };

fn workspace_of(store: &Store) -> Workspace {
    let clock = Arc::new(ManualClock::at(now()));
    Workspace::new(store.clone(), clock, Arc::new(Ids::default()), Uuid::from_u128(1))
}

/// A project with a task of each fate, documents and versions.
async fn fill(workspace: &Workspace) -> String {
    let changes = ProjectChanges {
        title: Some("ümlaut 🦀 'quoted'".to_owned()),
        description: Some("long ".repeat(10_000)),
        github_repo: Some("https://example.com/a".to_owned()),
        features: Some(json!([{"id": 1.50, "label": "\\u0000"}, "text"])),
        data: Some(json!({"z": [1.25, -7, null, true], "a": {}})),
        pinned: Some(true),
    };
    let id = workspace.create_project(changes, "tester").await.unwrap().id.to_string();
    let mut tasks = Vec::new();
    for title in ["kept", "done", "archived"] {
        let changes = TaskChanges {
            title: Some(title.to_owned()),
            sources: Some(json!([{"url": "https://example.com"}])),
            task_order: Some(1),
            ..TaskChanges::default()
        };
        tasks.push(workspace.create_task(&id, changes, "tester").await.unwrap().id.to_string());
    }
    workspace.move_task(&tasks[1], TaskStatus::Done, &Place::First, "tester").await.unwrap();
    workspace.archive_task(&tasks[2], "tester").await.unwrap();
    let renamed = TaskChanges { title: Some("renamed".to_owned()), ..TaskChanges::default() };
    workspace.update_task(&tasks[0], None, renamed, "tester").await.unwrap();
    let document = DocumentChanges {
        title: Some("plan".to_owned()),
        document_type: Some("prp".to_owned()),
        content: Some(json!("# Plan\n\n<b>")),
        ..DocumentChanges::default()
    };
    workspace.create_document(&id, document, "tester").await.unwrap();
    let version = NewVersion { content: Some(json!({"goal": "all"})), ..NewVersion::default() };
    workspace.create_version(&id, VersionField::Prd, version, "tester").await.unwrap();
    id
}

/// All of it, as text.
async fn everything(workspace: &Workspace, project: &str) -> String {
    let view = workspace.project(project).await.unwrap();
    let (tasks, _) = workspace.tasks(&TaskQuery::default(), ALL).await.unwrap();
    let mut texts = vec![format!("{view:?}")];
    for task in tasks {
        let id = task.id.to_string();
        let history = workspace.task_history(&id, None, ALL).await.unwrap();
        let versions = workspace.task_versions(&id, None, ALL).await.unwrap();
        texts.extend([format!("{task:?}"), format!("{history:?}"), format!("{versions:?}")]);
    }
    for field in VersionField::ALL {
        let (heads, total) = workspace.project_versions(project, Some(field), ALL).await.unwrap();
        texts.push(format!("{total} {heads:?}"));
        for head in heads {
            let number = head.version_number.unsigned_abs();
            texts.push(format!("{:?}", workspace.project_version(project, field, number).await.unwrap()));
        }
    }
    texts.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projects_are_moved_and_work_goes_on() {
    let on = Fixture::new(Engine::Sqlite).await;
    let before = workspace_of(&on.store);
    let id = fill(&before).await;
    let raw = SqlitePool::connect(&on.url).await.unwrap();
    let linked = format!(
        "INSERT INTO archon_project_sources VALUES
             ('0190a000-0000-7000-8000-000000000001', '{id}', '0123456789abcdef', 'technical', 'system', '2026-01-09T14:40:00.000000Z')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(linked)).execute(&raw).await.unwrap();
    raw.close().await;
    let expected = everything(&before, &id).await;
    assert!(expected.contains("0123456789abcdef") && expected.contains("goal"), "{expected}");

    let moving = Move::of(&on).await;
    let ended = moving.done().await;
    assert!(ended.out.contains("the same") && ended.out.contains("archon_document_versions"), "{}", ended.out);
    let (store, _writer) = Store::open(&moving.to).await.unwrap();
    let after = workspace_of(&store);
    let moved = everything(&after, &id).await;
    assert!(moved == expected, "{moved}\n\n{expected}");

    let next = after.create_version(&id, VersionField::Prd, NewVersion::default(), "tester").await.unwrap();
    assert_eq!(next.version_number, 2);
    let changes = TaskChanges { title: Some("next".to_owned()), task_order: Some(1), ..TaskChanges::default() };
    after.create_task(&id, changes, "tester").await.unwrap();
}
