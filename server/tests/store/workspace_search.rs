//! Which tasks a list has: those that somebody would pick who reads them all.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tracon::{
    clock::Ids,
    store::{
        Store, sqlite_url,
        workspace::{Task, TaskQuery, Window},
    },
    workspace::TaskChanges,
};
use tracon_app::workspace::{Priority, TaskStatus};
use uuid::Uuid;

use crate::{
    fixture::{Dice, Fixture, Place, now},
    migration::of_version,
    workspace::{project, workspace_of},
};

const WORDS: [&str; 36] = [
    "log",
    "Login",
    "log-in",
    "Catalog",
    "dialogue",
    "backlog's",
    "größe",
    "GRÖSSER",
    "Ärger",
    "ärgerlich",
    "界世界",
    "世",
    "user_id",
    "UserId",
    "users",
    "foo.rs",
    "C:\\dir\\[x]",
    "50%",
    "*",
    "ui",
    "Build",
    "guide",
    "\"quoted\"",
    "🦀crab",
    "a",
    "e",
    "tâche",
    "x9f",
    "λόγοι",
    "Ünïcödé",
    "taſk",
    "πελάτης",
    "ΣΟΦΌΣ",
    // As an index has the status.
    "\u{E000}statusdone",
    "x\u{E000}status",
    "x\u{FFFD}status",
];

const ASSIGNEES: [&str; 3] = ["User", "AI IDE Agent", "it's \"one\""];

/// Tasks, among which are words that are rare, that stand everywhere, and that are parts of many others.
async fn fill(on: &Fixture, project: Uuid, tasks: u128, dice: &mut Dice, ids: &Ids) -> Vec<Uuid> {
    let mut writing = on.store.write_workspace(Uuid::nil()).await.unwrap();
    let mut made = Vec::new();
    for number in 0..tasks {
        let at = now() + TimeDelta::milliseconds(i64::try_from(dice.roll(50)).unwrap());
        let words = |dice: &mut Dice, most: u64| {
            let words: Vec<_> = (0..=dice.roll(most)).map(|_| dice.pick(&WORDS)).collect();
            words.join(dice.pick(&[" ", "\n", ", "]))
        };
        // More of one status, of one assignee and of one project than are read.
        let often = |dice: &mut Dice| dice.roll(2) == 0;
        let status = if often(dice) { TaskStatus::Todo } else { dice.pick(&TaskStatus::ALL) };
        let task = Task {
            id: ids.next(at),
            project_id: project,
            parent_task_id: None,
            title: format!("{} task", words(dice, 2)),
            // A word of its own for each, so that "zz" is a part of more than any index is asked for.
            description: format!("{} item{number} zz{:x}", words(dice, 6), project.as_u128() << 16 | number),
            status,
            assignee: if often(dice) { ASSIGNEES[2] } else { dice.pick(&ASSIGNEES) }.to_owned(),
            task_order: i64::try_from(dice.roll(20)).unwrap(),
            priority: Priority::Medium,
            feature: (dice.roll(3) > 0).then(|| words(dice, 1)),
            sources: json!([]),
            code_examples: json!([]),
            archived: false,
            archived_at: None,
            archived_by: None,
            archived_with_project: false,
            completed_at: None,
            completed_by: None,
            created_at: at,
            updated_at: at,
        };
        writing.put_task(&task).await.unwrap();
        made.push(task.id);
    }
    writing.commit().await.unwrap();
    made
}

async fn listed(store: &Store, query: &TaskQuery, window: Window) -> (Vec<Task>, u64) {
    let mut reading = store.read_workspace().await.unwrap();
    let listed = reading.tasks(query, window).await.unwrap();
    reading.end().await.unwrap();
    listed
}

/// Letter case left out.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

/// What a list of these tasks, each with what it says, has of them.
fn picked<'t>(tasks: &'t [(Task, String)], query: &TaskQuery) -> Vec<&'t Task> {
    let terms: Vec<String> = query.terms.iter().map(|term| folded(term)).collect();
    let has = |(task, said): &(Task, String)| {
        terms.iter().all(|term| said.contains(term))
            && query.projects.iter().all(|project| task.project_id == *project)
            && query.status.is_none_or(|status| task.status == status)
            && (query.status.is_some() || !query.open_only || task.status != TaskStatus::Done)
            && query.assignee.as_ref().is_none_or(|assignee| task.assignee == *assignee)
    };
    let mut picked: Vec<_> = tasks.iter().filter(|task| has(task)).map(|(task, _)| task).collect();
    picked.sort_by_key(|task| (task.task_order, task.created_at, task.id));
    picked
}

/// A part of a word, in whichever case.
fn term(dice: &mut Dice) -> String {
    let mut choices = WORDS.to_vec();
    choices.extend(["task", "item", "item1", "tem1", "em", "zz", "zz0", "absent", "qq", "1"]);
    let letters: Vec<char> = dice.pick(&choices).chars().collect();
    let begin = if dice.roll(2) == 0 { 0 } else { usize::try_from(dice.roll(letters.len() as u64)).unwrap() };
    let end = begin + 1 + usize::try_from(dice.roll((letters.len() - begin) as u64)).unwrap();
    let part: String = letters[begin..if dice.roll(2) == 0 { letters.len() } else { end }].iter().collect();
    match dice.roll(3) {
        0 => part.to_uppercase(),
        1 => part.to_lowercase(),
        _ => part,
    }
}

async fn agrees(store: &Store, tasks: &[Task], projects: &[Uuid], dice: &mut Dice) {
    let said = |task: &Task| {
        folded(&format!("{}\n{}\n{}", task.title, task.description, task.feature.as_deref().unwrap_or_default()))
    };
    let tasks: Vec<(Task, String)> = tasks.iter().map(|task| (task.clone(), said(task))).collect();
    for _ in 0..300 {
        let query = TaskQuery {
            terms: (0..dice.roll(4)).map(|_| term(dice)).collect(),
            projects: (0..dice.roll(3).saturating_sub(1)).map(|_| dice.pick(projects)).collect(),
            status: (dice.roll(3) == 0).then(|| dice.pick(&TaskStatus::ALL)),
            assignee: (dice.roll(4) == 0).then(|| dice.pick(&ASSIGNEES).to_owned()),
            open_only: dice.roll(3) == 0,
        };
        let window =
            Window { limit: u32::try_from(1 + dice.roll(100)).unwrap(), offset: dice.pick(&[0, 0, 1, 30, 500]) };
        let expected = picked(&tasks, &query);
        let (found, total) = listed(store, &query, window).await;
        assert_eq!(total, expected.len() as u64, "{query:?}");
        let page = expected.into_iter().skip(window.offset.try_into().unwrap()).take(window.limit as usize);
        assert!(found.iter().eq(page), "{query:?} {window:?}");
    }
    for project in projects {
        let mut reading = store.read_workspace().await.unwrap();
        let counts = reading.task_counts(&[*project]).await.unwrap()[0].1;
        reading.end().await.unwrap();
        for (status, count) in std::iter::zip(TaskStatus::ALL, counts) {
            let of_status = tasks.iter().filter(|(task, _)| task.project_id == *project && task.status == status);
            assert_eq!(of_status.count() as u64, count, "{project} {status:?}");
        }
    }
}

/// All that are there and not archived, asked for one by one.
async fn open_tasks(store: &Store, ids: &[Uuid]) -> Vec<Task> {
    let mut reading = store.read_workspace().await.unwrap();
    let mut tasks = Vec::new();
    for id in ids {
        tasks.extend(reading.task(*id).await.unwrap().filter(|task| !task.archived));
    }
    reading.end().await.unwrap();
    tasks
}

pub async fn a_list_has_what_a_reader_of_all_tasks_would_pick(on: Fixture) {
    let (workspace, ids, mut dice) = (workspace_of(&on), Ids::default(), Dice::new(11));
    let mut projects = Vec::new();
    let mut tasks = Vec::new();
    for (title, count) in [("first", 1_250), ("second", 250), ("third", 250), ("fourth", 250), ("gone", 250)] {
        let id: Uuid = project(&workspace, title).await.parse().unwrap();
        projects.push(id);
        tasks.extend(fill(&on, id, count, &mut dice, &ids).await);
    }
    agrees(&on.store, &open_tasks(&on.store, &tasks).await, &projects, &mut dice).await;

    // Words that are longer than an index takes them, one of which it would cut within a letter.
    for description in [format!("{}needle", "a".repeat(40_000)), format!("x{}", "ä".repeat(20_000))] {
        let changes =
            TaskChanges { title: Some("long".to_owned()), description: Some(description), ..TaskChanges::default() };
        tasks.push(workspace.create_task(&projects[4].to_string(), changes, "tester").await.unwrap().id);
    }
    let needle = TaskQuery { terms: vec!["needle".to_owned()], ..TaskQuery::default() };
    assert_eq!(listed(&on.store, &needle, Window { limit: 9, offset: 0 }).await.1, 1);
    let is_sqlite = matches!(on.place, Place::Folder(_));
    assert!(!is_sqlite || cut_words(&on).await == 1, "that there are such words is known");
    agrees(&on.store, &open_tasks(&on.store, &tasks).await, &projects, &mut dice).await;

    // Everything that changes a task, and what undoes it.
    for _ in 0..200 {
        let changes = TaskChanges {
            // Mostly what is filtered by, and that alone.
            title: (dice.roll(4) == 0).then(|| format!("changed {}", dice.pick(&WORDS))),
            status: (dice.roll(2) == 0).then(|| dice.pick(&TaskStatus::ALL)),
            assignee: Some(dice.pick(&ASSIGNEES).to_owned()),
            feature: (dice.roll(4) == 0).then(|| dice.pick(&["", "crab", "fresh-word"]).to_owned()),
            ..TaskChanges::default()
        };
        let task = dice.pick(&tasks).to_string();
        workspace.update_task(&task, None, changes, "tester").await.unwrap();
    }
    let mut archived = tasks.clone();
    archived.retain(|_| dice.roll(8) == 0);
    for task in &archived {
        workspace.archive_task(&task.to_string(), "tester").await.unwrap();
    }
    for project in &projects[..2] {
        workspace.archive_project(&project.to_string(), None, "tester").await.unwrap();
    }
    workspace.unarchive_project(&projects[0].to_string(), "tester").await.unwrap();
    workspace.delete_project(&projects[4].to_string()).await.unwrap();
    assert!(!is_sqlite || cut_words(&on).await == 0, "words of a deleted project are forgotten");
    let open = open_tasks(&on.store, &tasks).await;
    assert!((1_400..1_650).contains(&open.len()), "{}", open.len());
    agrees(&on.store, &open, &projects, &mut dice).await;

    // What PostgreSQL has after the fifth is not about tasks.
    for version in if is_sqlite { 4..=5 } else { 4..=4 } {
        let upgraded = upgraded(&on, version).await;
        agrees(&upgraded, &open, &projects, &mut dice).await;
    }
}

/// How often SQLite's index of words has one that it cut.
async fn cut_words(on: &Fixture) -> i64 {
    let mut connection = SqliteConnection::connect(&on.url).await.unwrap();
    let cut = "SELECT COUNT(*) FROM archon_words WHERE word = '' OR word LIKE '%aaaaaaaa%'";
    sqlx::query_scalar(cut).fetch_one(&mut connection).await.unwrap()
}

/// The same tasks as a program of an earlier version left them, opened by this one.
async fn upgraded(on: &Fixture, version: i64) -> Store {
    let url = match &on.place {
        Place::Server(_) => {
            let mut connection = PgConnection::connect(&on.url).await.unwrap();
            let undone = "DROP FUNCTION archon_count_tasks CASCADE; DROP TABLE archon_task_counts;
                 ALTER TABLE archon_mcp_payloads DROP COLUMN arguments_lz4, DROP COLUMN result_lz4;
                 DELETE FROM _sqlx_migrations WHERE version > 4";
            sqlx::raw_sql(undone).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            on.url.clone()
        }
        Place::Folder(folder) => {
            let path = folder.path().join(format!("of_{version}.db"));
            let mut earlier = of_version(&path, version).await;
            let copy = format!(
                "ATTACH '{}' AS new;
                 INSERT INTO main.archon_projects SELECT * FROM new.archon_projects;
                 INSERT INTO main.archon_tasks SELECT * FROM new.archon_tasks;",
                folder.path().join("tracon.db").display()
            );
            sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut earlier).await.unwrap();
            earlier.close().await.unwrap();
            sqlite_url(&path)
        }
    };
    Store::open(&url).await.unwrap().0
}
