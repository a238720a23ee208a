//! How long the tools take that find something, with 100 projects and 100,000 tasks: by the clock of a client of the Rust SDK, from
//! the call to its answer, tracking included.
//!
//! Every call of a round takes its turn, so that what else the machine does falls on each. On SQLite and, where a server is
//! named, on PostgreSQL.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation},
    service::RunningService,
    transport::StreamableHttpClientTransport,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracon::{
    clock::Ids,
    config::Config,
    serve::Setup,
    store::{
        Engine, Store,
        workspace::{Owner, Project, Task, Version, VersionHead},
    },
};
use tracon_app::workspace::{Priority, TaskStatus};
use uuid::Uuid;

use super::database::{self, Database};

const PROJECTS: usize = 100;
const TASKS: usize = 1_000;
const DOCUMENTS: usize = 10;
const VERSIONS: usize = 20;
const ROUNDS: usize = 51;

/// The workspace that is searched.
struct Filled {
    project: Uuid,
    task: Uuid,
}

/// Words as they are in texts: a few stand everywhere, most hardly anywhere.
struct Words(u64);

impl Words {
    fn number(&mut self, below: usize) -> usize {
        // Knuth's generator: the same words each time.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn text(&mut self, words: usize) -> String {
        let word = |this: &mut Self| {
            // Every other word is one of twenty.
            let number = if this.number(2) == 0 { this.number(20) } else { this.number(20_000) };
            format!("word{number:05}")
        };
        (0..words).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }
}

async fn fill(url: &str) -> Filled {
    let (store, writer) = Store::open(url).await.unwrap();
    let (ids, begin): (_, DateTime<Utc>) = (Ids::default(), "2026-01-09T14:40:00Z".parse().unwrap());
    let mut words = Words(7);
    let mut filled = Filled { project: Uuid::nil(), task: Uuid::nil() };
    for number in 0..PROJECTS {
        let at = begin + TimeDelta::minutes(i64::try_from(number).unwrap());
        let mut writing = store.write_workspace(Uuid::nil()).await.unwrap();
        let project = project(&ids, at, &mut words);
        writing.put_project(&project).await.unwrap();
        for place in 0..TASKS {
            let task = task(&ids, &project, at, place, &mut words);
            writing.put_task(&task).await.unwrap();
            filled.task = task.id;
        }
        for number in 1..=VERSIONS {
            let head = VersionHead {
                id: ids.next(at),
                owner: Owner::Project(project.id),
                field_name: "docs".to_owned(),
                version_number: i64::try_from(number).unwrap(),
                change_type: "update".to_owned(),
                change_summary: None,
                document_id: None,
                created_by: "bench".to_owned(),
                created_at: at,
            };
            writing.add_version(&Version { head, content: project.docs.clone() }).await.unwrap();
        }
        writing.commit().await.unwrap();
        filled.project = project.id;
    }
    store.close().await;
    writer.close().await.unwrap();
    filled
}

fn project(ids: &Ids, at: DateTime<Utc>, words: &mut Words) -> Project {
    let document = |words: &mut Words| {
        json!({
            "id": ids.next(at), "document_type": "spec", "title": words.text(5), "tags": [words.text(1)],
            "content": {"markdown": words.text(400)}, "status": "draft", "version": "1.0", "author": "bench",
            "created_at": at, "updated_at": at,
        })
    };
    Project {
        id: ids.next(at),
        title: words.text(5),
        description: words.text(50),
        github_repo: None,
        pinned: false,
        docs: (0..DOCUMENTS).map(|_| document(words)).collect(),
        features: json!([{"id": "a", "label": "A", "type": "page"}]),
        data: json!([]),
        prd: json!({}),
        archived: false,
        archived_at: None,
        archived_by: None,
        created_at: at,
        updated_at: at,
    }
}

fn task(ids: &Ids, project: &Project, at: DateTime<Utc>, place: usize, words: &mut Words) -> Task {
    let status = TaskStatus::ALL[words.number(TaskStatus::ALL.len())];
    Task {
        id: ids.next(at),
        project_id: project.id,
        parent_task_id: None,
        title: words.text(8),
        description: words.text(60),
        status,
        assignee: ["User", "AI IDE Agent", "Reviewer"][words.number(3)].to_owned(),
        task_order: i64::try_from(place).unwrap(),
        priority: Priority::Medium,
        feature: Some(words.text(1)),
        sources: json!([]),
        code_examples: json!([]),
        archived: false,
        archived_at: None,
        archived_by: None,
        archived_with_project: false,
        completed_at: (status == TaskStatus::Done).then_some(at + TimeDelta::hours(5)),
        completed_by: None,
        created_at: at,
        updated_at: at,
    }
}

type Client = RunningService<RoleClient, ClientConfig>;

async fn call(client: &Client, tool: &'static str, arguments: &Value) -> Value {
    let call = CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone());
    let answer = client.call_tool(call).await.unwrap().structured_content.unwrap();
    assert_eq!(answer["success"], true, "{tool} {arguments}: {answer}");
    answer
}

/// What is asked, each as an agent would.
fn questions(filled: &Filled) -> Vec<(&'static str, Value)> {
    let project = filled.project;
    vec![
        ("find_tasks", json!({})),
        ("find_tasks", json!({"page": 500})),
        ("find_tasks", json!({"per_page": 100})),
        ("find_tasks", json!({"include_closed": false})),
        ("find_tasks", json!({"filter_by": "status", "filter_value": "doing"})),
        ("find_tasks", json!({"filter_by": "assignee", "filter_value": "User", "include_closed": false})),
        ("find_tasks", json!({"filter_by": "project", "filter_value": project})),
        ("find_tasks", json!({"project_id": project, "filter_by": "status", "filter_value": "todo"})),
        ("find_tasks", json!({"task_id": filled.task})),
        // In every other task, in one of fifty, in some, in none.
        ("find_tasks", json!({"query": "word00003"})),
        ("find_tasks", json!({"query": "word00003 word00004 word00005"})),
        ("find_tasks", json!({"query": "word04711"})),
        ("find_tasks", json!({"query": "absent"})),
        ("find_tasks", json!({"query": "word00003", "project_id": project})),
        // Too short for the index of words.
        ("find_tasks", json!({"query": "47"})),
        ("find_projects", json!({})),
        ("find_projects", json!({"query": "word00003"})),
        ("find_projects", json!({"project_id": project})),
        ("find_documents", json!({"project_id": project})),
        ("find_documents", json!({"project_id": project, "query": "word00003"})),
        ("find_versions", json!({"project_id": project})),
        ("find_versions", json!({"project_id": project, "field_name": "docs", "version_number": 7})),
        ("get_task_history", json!({"task_id": filled.task})),
        ("get_completion_stats", json!({"days": 3650, "limit": 10})),
    ]
}

async fn measure(engine: Engine) {
    let database = Database::new(engine).await;
    let filling = Instant::now();
    let filled = fill(&database.url()).await;
    let (tasks, took) = (PROJECTS * TASKS, filling.elapsed().as_secs_f64());
    let folder = TempDir::new().unwrap();
    let config = Config {
        bind: ([127, 0, 0, 1], 0).into(),
        data_dir: folder.path().to_owned(),
        database_url: Some(database.url().into()),
        ..Config::default()
    };
    let server = Setup::new(config).start().await.unwrap();
    let size = server.store.size().await.unwrap() >> 20;
    println!("{}: {PROJECTS} projects with {tasks} tasks in {took:.0} s, {size} MiB", engine.name());
    let transport = StreamableHttpClientTransport::from_uri(format!("http://{}/mcp", server.address));
    let client = ClientConfig::new(ClientCapabilities::default(), Implementation::new("claude-code", "2.1.0"));
    let client = client.serve(transport).await.unwrap();
    let questions = questions(&filled);
    let mut times = vec![Vec::new(); questions.len()];
    for _ in 0..ROUNDS {
        for ((tool, arguments), times) in std::iter::zip(&questions, &mut times) {
            let start = Instant::now();
            call(&client, tool, arguments).await;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    for ((tool, arguments), mut times) in std::iter::zip(&questions, times) {
        times.sort_by(f64::total_cmp);
        let total = call(&client, tool, arguments).await["total"].as_u64();
        let total = total.map_or_else(String::new, |total| format!("of {total}"));
        let (median, most) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        let shown =
            arguments.to_string().replace(&filled.project.to_string(), "…").replace(&filled.task.to_string(), "…");
        println!("  {tool:<21} {shown:<75} {total:>10}: median {median:>6.2} ms, max {most:>6.2}");
    }
    client.cancel().await.unwrap();
    server.stop().await.unwrap();
}

/// On each engine.
pub async fn run() {
    for engine in database::engines() {
        measure(engine).await;
    }
}
