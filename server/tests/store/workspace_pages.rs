//! What the pages of projects get.

use serde_json::json;
use tracon::workspace::{DocumentChanges, NewVersion, ProjectChanges, TaskChanges};
use tracon_app::{
    reports::ReportError,
    workspace::{
        BoardFilter, Body, COLUMN, DiffLine, MoveTask, Place, ProjectFilter, RestoreVersion, Subject, TaskStatus,
        VersionField, VersionFilter, Workspace,
    },
};

use crate::{
    fixture::Fixture,
    workspace::{project, task, workspace_of},
};

/// As pages have it.
fn pages(workspace: &tracon::workspace::Workspace) -> &dyn Workspace {
    workspace
}

fn document(title: &str, markdown: &str) -> DocumentChanges {
    DocumentChanges {
        title: Some(title.to_owned()),
        document_type: Some("spec".to_owned()),
        content: Some(json!(markdown)),
        ..DocumentChanges::default()
    }
}

fn id_of(document: &serde_json::Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

pub async fn the_list_of_projects_has_its_figures_and_pages(on: Fixture) {
    let workspace = workspace_of(&on);
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(project(&workspace, &format!("project {number}")).await);
    }
    task(&workspace, &ids[7], "one").await;
    let second = task(&workspace, &ids[7], "two").await;
    workspace.move_task(&second, TaskStatus::Done, &Place::First, "tester").await.unwrap();
    workspace.create_document(&ids[7], document("plan", "# Plan"), "tester").await.unwrap();
    let pinned = ProjectChanges { pinned: Some(true), ..ProjectChanges::default() };
    workspace.update_project(&ids[7], pinned, "tester").await.unwrap();
    workspace.archive_project(&ids[3], None, "tester").await.unwrap();

    let list = pages(&workspace).projects(ProjectFilter::default()).await.unwrap();
    assert_eq!((list.total, list.archived, list.page, list.pages, list.rows.len()), (52, 1, 1, 2, 50));
    let first = &list.rows[0];
    assert_eq!(
        (first.title.as_str(), first.pinned, first.tasks, first.documents),
        ("project 7", true, [1, 0, 0, 1], 1)
    );
    let second = pages(&workspace).projects(ProjectFilter { page: 2, ..ProjectFilter::default() }).await.unwrap();
    assert_eq!(second.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["project 1", "project 0"]);
    let archived = ProjectFilter { archived: true, ..ProjectFilter::default() };
    let archived = pages(&workspace).projects(archived).await.unwrap();
    assert_eq!((archived.total, archived.rows[0].title.as_str()), (1, "project 3"));
    let found = ProjectFilter { text: Some("PROJECT 51".to_owned()), ..ProjectFilter::default() };
    assert_eq!(pages(&workspace).projects(found).await.unwrap().total, 1);
}

pub async fn a_board_has_its_columns_and_their_pages(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "board").await;
    for number in 0..=COLUMN {
        task(&workspace, &id, &format!("task {number}")).await;
    }
    let board = pages(&workspace).board(&id, BoardFilter::default()).await.unwrap().unwrap();
    let shape: Vec<_> = board.columns.iter().map(|column| (column.status, column.tasks.len(), column.total)).collect();
    let empty = |status| (status, 0, 0);
    let todo = (TaskStatus::Todo, COLUMN, COLUMN as u64 + 1);
    assert_eq!(shape, [todo, empty(TaskStatus::Doing), empty(TaskStatus::Review), empty(TaskStatus::Done)]);
    let filter = BoardFilter { status: Some(TaskStatus::Todo), page: 2 };
    let rest = pages(&workspace).board(&id, filter).await.unwrap().unwrap();
    assert_eq!((rest.columns.len(), rest.page, rest.pages), (1, 2, 2));
    assert_eq!(rest.columns[0].tasks.len(), 1);

    let moved =
        MoveTask { task_id: rest.columns[0].tasks[0].id.clone(), status: TaskStatus::Review, place: Place::First };
    assert_eq!(pages(&workspace).move_task(moved.clone()).await.unwrap(), Some(()));
    let board = pages(&workspace).board(&id, BoardFilter::default()).await.unwrap().unwrap();
    assert_eq!(board.project.tasks, [COLUMN as u64, 0, 1, 0]);
    let (changes, _) = workspace
        .task_history(&moved.task_id, Some("status"), tracon::store::workspace::Window { limit: 9, offset: 0 })
        .await
        .unwrap();
    assert_eq!(changes[0].changed_by, "Dashboard");
}

pub async fn a_task_shows_its_text_rendered_and_its_history(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "detail").await;
    let changes = TaskChanges {
        title: Some("<b>bold</b>".to_owned()),
        description: Some("*see* <script>alert(1)</script>".to_owned()),
        sources: Some(json!([{"url": "https://example.com"}])),
        ..TaskChanges::default()
    };
    let made = workspace.create_task(&id, changes, "tester").await.unwrap().id.to_string();
    let detail = pages(&workspace).task(&id, &made).await.unwrap().unwrap();
    assert_eq!(detail.task.title, "<b>bold</b>", "pages write it as text");
    let Body::Html(html) = &detail.description else { panic!("{:?}", detail.description) };
    assert!(html.contains("<em>see</em>") && !html.contains("<script"), "{html}");
    assert_eq!((detail.sources.len(), detail.changes), (1, 1));
    assert_eq!((detail.history[0].change.as_str(), detail.history[0].actor.as_str()), ("created", "tester"));
    let other = project(&workspace, "other").await;
    assert_eq!(pages(&workspace).task(&other, &made).await.unwrap(), None, "it is not of that project");
}

pub async fn documents_are_rendered_and_html_is_text(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "documents").await;
    let empty = pages(&workspace).documents(&id, None).await.unwrap().unwrap();
    assert_eq!((empty.rows.len(), empty.chosen), (0, None));
    let first = workspace.create_document(&id, document("one", "# One\n<img src=x onerror=alert(1)>"), "tester").await;
    let structured = DocumentChanges { content: Some(json!({"goals": ["a"]})), ..document("two", "") };
    workspace.create_document(&id, structured, "tester").await.unwrap();
    let first = id_of(&first.unwrap().document);
    let shown = pages(&workspace).documents(&id, Some(&first)).await.unwrap().unwrap();
    let Some((row, Body::Html(html))) = shown.chosen else { panic!("{:?}", shown.chosen) };
    assert_eq!((row.title.as_str(), row.author.as_deref(), shown.rows.len()), ("one", Some("tester"), 2));
    assert!(html.contains("<h3>One</h3>") && html.contains("&lt;img") && !html.contains("<img"), "{html}");
    let second = shown.rows.iter().find(|row| row.title == "two").unwrap();
    let shown = pages(&workspace).documents(&id, Some(&second.id)).await.unwrap().unwrap();
    assert!(matches!(&shown.chosen, Some((_, Body::Json(json))) if json.contains("goals")), "{:?}", shown.chosen);
}

pub async fn a_version_shows_what_restoring_it_would_change(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "versions").await;
    let kept = id_of(&workspace.create_document(&id, document("kept", "old"), "tester").await.unwrap().document);
    let gone = id_of(&workspace.create_document(&id, document("gone", "text"), "tester").await.unwrap().document);
    let version = NewVersion { change_summary: Some("milestone".to_owned()), ..NewVersion::default() };
    let version = workspace.create_version(&id, VersionField::Docs, version, "tester").await.unwrap();
    let newer = DocumentChanges { content: Some(json!("new")), ..DocumentChanges::default() };
    workspace.update_document(&id, &kept, newer, "tester").await.unwrap();
    workspace.delete_document(&id, &gone, "tester").await.unwrap();

    let number = version.version_number.unsigned_abs();
    let filter = VersionFilter { field: Some(VersionField::Docs), number: Some(number), page: 0 };
    let versions = pages(&workspace).versions(&id, filter.clone()).await.unwrap().unwrap();
    assert_eq!((versions.total, versions.rows.len()), (5, 5), "two created, one by hand, one update, one delete");
    let parts = versions.chosen.unwrap().parts;
    assert_eq!(parts.iter().map(|part| part.title.as_str()).collect::<Vec<_>>(), ["kept", "gone"]);
    assert!(parts[0].lines.contains(&DiffLine::Removed("new".to_owned())), "{:?}", parts[0].lines);
    assert!(parts[0].lines.contains(&DiffLine::Added("old".to_owned())), "{:?}", parts[0].lines);

    let one =
        RestoreVersion { project_id: id.clone(), field: VersionField::Docs, number, document_id: Some(gone.clone()) };
    assert_eq!(pages(&workspace).restore_version(one.clone()).await.unwrap(), Some(()));
    let documents = workspace.documents(&id, &[], None).await.unwrap();
    let texts: Vec<_> = documents.iter().map(|document| document["content"]["markdown"].as_str().unwrap()).collect();
    assert_eq!(texts, ["new", "text"], "that document alone");
    let all = RestoreVersion { document_id: Some(String::new()), ..one };
    assert_eq!(pages(&workspace).restore_version(all.clone()).await.unwrap(), Some(()));
    let versions = pages(&workspace).versions(&id, filter).await.unwrap().unwrap();
    assert_eq!(versions.chosen.unwrap().parts, [], "nothing differs any more");
    assert_eq!(versions.rows[0].change_type, "restore");
    assert_eq!(versions.rows[1].change_type, "backup");
    let absent = RestoreVersion { number: 99, ..all };
    assert_eq!(pages(&workspace).restore_version(absent).await.unwrap(), None);
}

pub async fn the_history_of_a_project_has_each_event_once(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "history").await;
    let made = task(&workspace, &id, "busy").await;
    for number in 0..120 {
        let changes = TaskChanges { feature: Some(format!("feature {number}")), ..TaskChanges::default() };
        workspace.update_task(&made, None, changes, "tester").await.unwrap();
    }
    workspace.create_document(&id, document("last", "text"), "tester").await.unwrap();
    let mut rows = Vec::new();
    let mut before = None;
    loop {
        let page = pages(&workspace).history(&id, before.as_deref()).await.unwrap().unwrap();
        rows.extend(page.rows);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(rows.len(), 122);
    assert!(matches!(rows[0].subject, Subject::Version { field: VersionField::Docs, number: 1 }), "{:?}", rows[0]);
    let features: Vec<_> =
        rows.iter().filter(|row| row.change == "feature").map(|row| row.new.clone().unwrap()).collect();
    assert_eq!(features, (0..120).rev().map(|number| format!("feature {number}")).collect::<Vec<_>>());
    assert_eq!(rows[121].change, "created");
}

pub async fn what_is_not_there_is_none_and_what_is_wrong_is_told(on: Fixture) {
    let workspace = workspace_of(&on);
    let id = project(&workspace, "one").await;
    let made = task(&workspace, &id, "task").await;
    let absent = uuid::Uuid::from_u128(9).to_string();
    for id in ["nonsense", &*absent] {
        assert_eq!(pages(&workspace).board(id, BoardFilter::default()).await, Ok(None));
        assert_eq!(pages(&workspace).documents(id, None).await, Ok(None));
        assert_eq!(pages(&workspace).versions(id, VersionFilter::default()).await, Ok(None));
        assert_eq!(pages(&workspace).history(id, None).await, Ok(None));
        assert_eq!(pages(&workspace).task(id, &made).await, Ok(None));
    }
    assert_eq!(pages(&workspace).documents(&id, Some("absent")).await, Ok(None));
    let invalid = |told: Result<Option<()>, ReportError>, name: &str| match told {
        Err(ReportError::Invalid(message)) => assert!(message.contains(name), "{message}"),
        other => panic!("{other:?}"),
    };
    let history = pages(&workspace).history(&id, Some("nonsense")).await;
    invalid(history.map(|page| page.map(|_| ())), "before");
    let number = VersionFilter { number: Some(1), ..VersionFilter::default() };
    invalid(pages(&workspace).versions(&id, number).await.map(|page| page.map(|_| ())), "field");
    let nowhere = MoveTask { task_id: made, status: TaskStatus::Todo, place: Place::Before("nonsense".to_owned()) };
    invalid(pages(&workspace).move_task(nowhere).await, "place");
}
