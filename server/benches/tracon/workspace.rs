//! How long the tools take that find something, with 100 projects and 100,000 tasks: by the clock of a client of the Rust SDK, from
//! the call to its answer, tracking included.
//!
//! Every call of a round takes its turn, so that what else the machine does falls on each. On SQLite and, where a server is
//! named, on PostgreSQL.

use std::{collections::HashSet, time::Instant};

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
const VOCABULARY: usize = 20_000;
const ROUNDS: usize = 51;

/// The workspace that is searched.
struct Filled {
    project: Uuid,
    task: Uuid,
}

/// Words as they are in texts: the n-th most frequent stands about 1/n times as often as the first, and each is made of
/// syllables, so that the same three letters stand in many.
struct Words {
    random: u64,
    vocabulary: Vec<String>,
    /// Of each word, how often it or a more frequent one is taken.
    weights: Vec<f64>,
}

impl Words {
    fn new() -> Self {
        let mut words = Self { random: 7, vocabulary: Vec::new(), weights: Vec::new() };
        let mut made = HashSet::new();
        let mut weight = 0.0;
        while made.len() < VOCABULARY {
            let word = words.made_up();
            if word.len() > 3 && made.insert(word.clone()) {
                words.vocabulary.push(word);
                weight += 1.0 / (made.len() as f64 + 2.7);
                words.weights.push(weight);
            }
        }
        words
    }

    fn number(&mut self, below: usize) -> usize {
        // Knuth's generator: the same words each time.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % below
    }

    fn made_up(&mut self) -> String {
        const BEGINS: [&str; 21] = [
            "b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pr", "ch", "th", "",
        ];
        const VOWELS: [&str; 9] = ["a", "e", "i", "o", "u", "ea", "ai", "io", "ou"];
        const ENDS: [&str; 11] = ["", "n", "r", "s", "t", "ng", "l", "ck", "tion", "er", "ed"];
        let syllables = [1, 2, 2, 3][self.number(4)];
        let mut word: String = (0..syllables)
            .flat_map(|_| [BEGINS[self.number(BEGINS.len())], VOWELS[self.number(VOWELS.len())]])
            .collect();
        word.push_str(ENDS[self.number(ENDS.len())]);
        word
    }

    /// The n-th most frequent word, from 0 on.
    fn nth(&self, place: usize) -> &str {
        &self.vocabulary[place]
    }

    fn text(&mut self, words: usize) -> String {
        let all = self.weights[VOCABULARY - 1];
        let mut text = String::new();
        for _ in 0..words {
            if !text.is_empty() {
                text.push_str(["-", "_", ", ", ". ", " ", " ", " ", " "][self.number(8)]);
            }
            let taken = all * self.number(1 << 30) as f64 / f64::from(1 << 30);
            let place = self.weights.partition_point(|weight| *weight <= taken);
            text.push_str(self.nth(place));
        }
        text
    }
}

async fn fill(url: &str, words: &mut Words) -> Filled {
    let (store, writer) = Store::open(url).await.unwrap();
    let (ids, begin): (_, DateTime<Utc>) = (Ids::default(), "2026-01-09T14:40:00Z".parse().unwrap());
    let mut filled = Filled { project: Uuid::nil(), task: Uuid::nil() };
    for number in 0..PROJECTS {
        let at = begin + TimeDelta::minutes(i64::try_from(number).unwrap());
        let mut writing = store.write_workspace(Uuid::nil()).await.unwrap();
        let project = project(&ids, at, words);
        writing.put_project(&project).await.unwrap();
        for place in 0..TASKS {
            let task = task(&ids, &project, at, place, words);
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
        title: if place < TASKS - TASKS / 20 { words.text(8) } else { format!("{} lately", words.text(7)) },
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
fn questions(filled: &Filled, words: &Words) -> Vec<(&'static str, Value)> {
    let project = filled.project;
    // In most tasks, in every seventh, in some of a hundred, in a handful.
    let [most, common, some, rare] = [5, 50, 300, 10_000].map(|place| words.nth(place));
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
        ("find_tasks", json!({"query": rare})),
        ("find_tasks", json!({"query": some})),
        ("find_tasks", json!({"query": common})),
        ("find_tasks", json!({"query": most})),
        ("find_tasks", json!({"query": format!("{common} {some}")})),
        ("find_tasks", json!({"query": format!("{most} {common} {some}")})),
        ("find_tasks", json!({"query": "absent"})),
        ("find_tasks", json!({"query": common, "project_id": project})),
        ("find_tasks", json!({"query": common, "filter_by": "status", "filter_value": "doing"})),
        ("find_tasks", json!({"query": common, "page": 50})),
        // In the last twentieth of each project only.
        ("find_tasks", json!({"query": "lately"})),
        // With what parts words.
        ("find_tasks", json!({"query": format!("{}-{}", &some[1..], &common[..3])})),
        // Three letters, and two that are in a few words.
        ("find_tasks", json!({"query": "ear"})),
        ("find_tasks", json!({"query": "ui"})),
        // What takes longest: what many words have in common.
        ("find_tasks", json!({"query": common[1..5]})),
        ("find_tasks", json!({"query": format!("{rare} tion")})),
        ("find_tasks", json!({"query": "tion"})),
        ("find_tasks", json!({"query": "io"})),
        ("find_projects", json!({})),
        ("find_projects", json!({"query": common})),
        ("find_projects", json!({"project_id": project})),
        ("find_documents", json!({"project_id": project})),
        ("find_documents", json!({"project_id": project, "query": common})),
        ("find_versions", json!({"project_id": project})),
        ("find_versions", json!({"project_id": project, "field_name": "docs", "version_number": 7})),
        ("get_task_history", json!({"task_id": filled.task})),
        ("get_completion_stats", json!({"days": 3650, "limit": 10})),
    ]
}

async fn measure(engine: Engine) {
    let database = Database::new(engine).await;
    let filling = Instant::now();
    let mut words = Words::new();
    let filled = fill(&database.url(), &mut words).await;
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
    let questions = questions(&filled, &words);
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
    // What keeps the figures and indexes of lists costs where many tasks come or go at once.
    for action in ["archive", "unarchive"] {
        let arguments = json!({"action": action, "project_id": filled.project});
        let start = Instant::now();
        call(&client, "manage_project", &arguments).await;
        println!("  manage_project        {action} {TASKS} tasks: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
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
