//! Whatever a tool is sent: it answers as tools do, changes nothing when it refuses, and the server lives.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    strategy::Union,
    test_runner::{TestCaseError, TestRunner},
};
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

use super::{Desk, rows::count};
use crate::{
    database::Peek,
    workspace::agent::{Agent, Era},
};

/// Something that is there stands for itself in what is generated.
const THERE: [&str; 6] = ["@project", "@archived", "@task", "@deleted", "@document", "@nothing"];

/// A text like those that people and agents send, or like those that they do not.
fn text() -> BoxedStrategy<Value> {
    let words = vec![
        "",
        " ",
        "todo",
        "done",
        "create",
        "status",
        "project",
        "docs",
        "1",
        "null",
        "a\0b",
        "\u{feff}",
        "%_*[\\\"'",
    ];
    prop_oneof![
        4 => select(&THERE[..]).prop_map(Value::from),
        3 => select(words).prop_map(Value::from),
        3 => "\\PC{0,24}".prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => ("[a-zü\0]", 90_000..110_000_usize).prop_map(|(letter, length)| letter.repeat(length).into()),
    ]
    .boxed()
}

fn number() -> BoxedStrategy<Value> {
    prop_oneof![
        3 => (0..6_i64).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => select(vec![json!(1e300), json!(-0.0), json!(0.5), json!(u64::MAX), json!(i64::MIN)]),
    ]
    .boxed()
}

/// JSON of any kind.
fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), text()];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
    .boxed()
}

/// What an argument of that schema may be, more or less.
fn sensible(name: &str, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(words) = schema["enum"].as_array() {
        return select(words.clone()).boxed();
    }
    let id = |name| Just(Value::from(name)).boxed();
    match (name, schema["type"].as_str()) {
        ("project_id", _) => id("@project"),
        ("task_id", _) => id("@task"),
        ("document_id", _) => id("@document"),
        (_, Some("integer")) => (0..4_i64).prop_map(Value::from).boxed(),
        (_, Some("boolean")) => any::<bool>().prop_map(Value::from).boxed(),
        ("fields" | "tags", _) => {
            vec(select(&["title", "id", "stats"][..]), 0..3).prop_map(|names| json!(names)).boxed()
        }
        (_, Some("array")) => Just(json!([{"id": "a", "url": "u"}])).boxed(),
        ("content" | "data", _) => select(vec![json!({"a": 1}), json!([{"id": "a"}]), json!("text")]).boxed(),
        _ => "[a-z]{1,8}".prop_map(Value::from).boxed(),
    }
}

/// Arguments of a tool as it publishes them, in part sensible, in part not.
fn arguments(tool: &Value) -> BoxedStrategy<Value> {
    let schema = &tool["inputSchema"];
    let required: Vec<&str> =
        schema["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let properties = schema["properties"].as_object().expect("properties");
    // One call in some is as it should be, but for what it leaves out and what does not go together.
    let each = |odd: u32| -> Vec<_> {
        let value = |(name, schema): (&String, &Value)| {
            let (given, left_out) = if required.contains(&name.as_str()) { (40, 1) } else { (4, 4) };
            let sensible = sensible(name, schema).prop_map(Some).boxed();
            let mut values = vec![(given, sensible), (left_out, Just(None).boxed())];
            if odd > 0 {
                values.push((odd, anything().prop_map(Some).boxed()));
            }
            (Just(name.clone()), Union::new_weighted(values))
        };
        properties.iter().map(value).collect()
    };
    let unknown = prop_oneof![
        15 => Just(None),
        1 => ("\\PC{0,12}", anything()).prop_map(Some),
        1 => (Just("k".repeat(100_000)), Just(Value::Null)).prop_map(Some),
    ];
    let each = prop_oneof![2 => each(0), 1 => each(1), 2 => each(4)];
    let object = (each, unknown).prop_map(|(each, unknown)| {
        let mut fields: Map<String, Value> =
            each.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        fields.extend(unknown);
        Value::Object(fields)
    });
    prop_oneof![40 => object, 1 => anything()].boxed()
}

/// What is there for the calls to name.
struct There([(&'static str, String); 6]);

impl There {
    async fn made(desk: &Desk) -> Self {
        let (project, archived) = (desk.project("Alpha").await, desk.project("Beta").await);
        desk.call("manage_project", json!({"action": "archive", "project_id": archived})).await;
        let (task, deleted) =
            (desk.task(&project, "One", json!({})).await, desk.task(&project, "Two", json!({})).await);
        desk.call("manage_task", json!({"action": "delete", "task_id": deleted})).await;
        let document = desk.document(&project, "Plan", json!({})).await;
        let nothing = "01a206b6-260a-728e-b8af-3730c3027319".to_owned();
        let ids = [project, archived, task, deleted, document, nothing];
        Self(std::array::from_fn(|place| (THERE[place], ids[place].clone())))
    }

    fn put_into(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some((_, id)) = self.0.iter().find(|(name, _)| name == text) {
                    text.clone_from(id);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_into(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.put_into(field)),
            _ => {}
        }
    }
}

/// Changes with every change that a tool can make, and costs little: the clock moves before each call.
async fn mark(database: &Peek) -> (String, i64, i64) {
    let statement = "SELECT CONCAT_WS(' ',
             (SELECT CONCAT_WS('/', COUNT(*), MAX(updated_at)) FROM archon_projects),
             (SELECT CONCAT_WS('/', COUNT(*), MAX(updated_at)) FROM archon_tasks),
             (SELECT CONCAT_WS('/', COUNT(*), MAX(changed_at)) FROM archon_task_history),
             (SELECT CONCAT_WS('/', COUNT(*), MAX(created_at)) FROM archon_document_versions)),
         CAST((SELECT COUNT(*) FROM archon_projects WHERE pinned = TRUE) AS BIGINT),
         CAST((SELECT COALESCE(SUM(task_order), 0) FROM archon_tasks) AS BIGINT)";
    database.row(statement).await
}

/// Sends one call and holds the answer against what every call is promised. Gives whether it succeeded.
async fn tried(desk: &Desk, agent: &Agent, tool: &str, params: Value) -> Result<bool, TestCaseError> {
    desk.clock.advance(chrono::TimeDelta::milliseconds(1));
    let before = mark(&desk.database).await;
    let is_object = params.get("arguments").is_none_or(|arguments| arguments.is_object() || arguments.is_null());
    let (id, answer) = agent.ask("tools/call", params).await;
    let succeeded = if answer.message["error"].is_object() {
        prop_assert!(!is_object, "{}: {:?}", tool, answer);
        prop_assert_ne!(answer.error_code(), Some(-32_603), "{}: {:?}", tool, answer);
        prop_assert!(!answer.message["error"]["message"].as_str().unwrap_or_default().is_empty());
        false
    } else {
        let called = agent.checked(tool, id, &answer);
        prop_assert_ne!(&called.content["error"]["type"], "internal");
        !called.is_error
    };
    if !succeeded {
        prop_assert_eq!(mark(&desk.database).await, before, "{} changed something and said that it did not", tool);
    }
    Ok(succeeded)
}

/// The server lives, its tools work, and no call was recorded as its own fault.
async fn assert_sound(desk: &Desk, calls: i64) {
    desk.project("Still there").await;
    desk.server.tracker().expect("tracking is on").recorder.settled().await;
    let strange = "tool_name IS NOT NULL AND outcome NOT IN ('ok', 'tool_error', 'protocol_error')";
    assert_eq!(count(&desk.database, "archon_mcp_requests", strange).await, 0);
    assert_eq!(count(&desk.database, "archon_mcp_requests", "error_message LIKE 'internal%'").await, 0);
    let recorded = count(&desk.database, "archon_mcp_requests", "method = 'tools/call'").await;
    assert!(recorded >= calls, "{recorded} of {calls} calls were recorded");
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn tools(agent: &Agent) -> Vec<Value> {
    let listed = agent.ask("tools/list", json!({})).await.1.message["result"]["tools"].clone();
    let mut tools = listed.as_array().expect("tools").clone();
    tools.retain(|tool| tool["inputSchema"]["properties"].as_object().is_some_and(|properties| !properties.is_empty()));
    assert_eq!(tools.len(), 12);
    tools
}

/// So many calls of each tool, half of them in each era.
const CASES: u32 = 40;

#[test]
fn whatever_a_tool_is_sent_it_answers_as_tools_do() {
    let runtime = runtime();
    let desk = runtime.block_on(Desk::open(Era::Legacy));
    let there = std::cell::RefCell::new(runtime.block_on(There::made(&desk)));
    let other = runtime.block_on(Agent::greet(&desk.server, Era::Sessionless, "claude-code"));
    let mut sent = 0;
    for tool in runtime.block_on(tools(&desk.agent)) {
        let name = tool["name"].as_str().expect("a name");
        let succeeded = std::cell::Cell::new(0);
        let case = (arguments(&tool), any::<bool>(), any::<Index>());
        let check = |(mut arguments, in_session, rare): (Value, bool, Index)| {
            there.borrow().put_into(&mut arguments);
            let agent = if in_session { &desk.agent } else { &other };
            let params = match rare.index(30) {
                0 => json!({"name": name}),
                _ => json!({"name": name, "arguments": arguments}),
            };
            let is_success = runtime.block_on(tried(&desk, agent, name, params))?;
            succeeded.set(succeeded.get() + u32::from(is_success));
            if is_success && name.starts_with("manage_") {
                // It may have taken away what later calls would name.
                there.replace(runtime.block_on(There::made(&desk)));
            }
            Ok(())
        };
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
        TestRunner::new(config).run(&case, check).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name:24} {:3} of {CASES} calls succeeded", succeeded.get());
        assert!(succeeded.get() > 0, "{name}: some of them are what it can do");
        sent += i64::from(CASES);
    }
    runtime.block_on(assert_sound(&desk, sent));
}

#[test]
fn whatever_is_huge_is_refused_in_few_words() {
    let runtime = runtime();
    let desk = runtime.block_on(Desk::open(Era::Sessionless));
    let there = runtime.block_on(There::made(&desk));
    let huge = "h".repeat(3_000_000);
    let nested = (0..100).fold(json!(huge), |inner, _| json!([inner]));
    let key: Value = [(huge.clone(), json!(1))].into_iter().collect::<Map<_, _>>().into();
    let cases = [
        ("find_tasks", json!({"query": huge})),
        ("find_tasks", json!({"fields": [huge]})),
        ("find_tasks", json!({"filter_by": huge})),
        ("get_task_history", json!({"task_id": "@task", "field_name": huge})),
        ("manage_task", json!({"action": "create", "project_id": "@project", "title": huge})),
        ("manage_task", json!({"action": huge})),
        ("manage_project", json!({"action": "update", "project_id": "@project", "data": nested})),
        (
            "manage_document",
            json!({"action": "create", "project_id": "@project", "title": "A", "document_type": "note", "content": huge}),
        ),
        (
            "manage_document",
            json!({"action": "update", "project_id": "@project", "document_id": "@document", "tags": [huge]}),
        ),
        ("manage_version", json!({"action": "create", "project_id": "@project", "field_name": "data", "content": key})),
        ("find_documents", json!({"project_id": "@project", "document_id": huge})),
        ("find_projects", key),
    ];
    let calls = cases.len();
    for (tool, mut arguments) in cases {
        there.put_into(&mut arguments);
        let params = json!({"name": tool, "arguments": arguments});
        let outcome = runtime.block_on(tried(&desk, &desk.agent, tool, params));
        assert!(matches!(outcome, Ok(false)), "{tool}: {outcome:?}");
    }
    runtime.block_on(assert_sound(&desk, i64::try_from(calls).expect("few")));
}
