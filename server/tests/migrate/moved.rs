//! What is moved is all there is, as it is.

use std::{fs, sync::Arc, time::Duration};

use sqlx::SqlitePool;
use tracon::store::{
    Change, DisconnectReason, ParkedSession, Payload, RequestRecord, SessionRecord, Store, ToolDefinition,
};
use tracon_app::reports::{Captured, Outcome, TimeRange};
use uuid::Uuid;

use crate::{
    command::{Move, execute},
    fixture::{Engine, Fixture, ago, gone, idle_before, now, session},
};

/// JSON, and how PostgreSQL holds it.
const GIVEN: &str = r#"{"z":1.50,"a":{"b":[1e16,-0.0,"\u0000"]},"c":null}"#;
const HELD: &str = r#"{"a":{"b":[10000000000000000,0.0,"�"]},"c":null,"z":1.5}"#;

/// Every kind of row, with the oddest values.
async fn filled() -> Fixture {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let long = "long \u{1f980} ".repeat(100_000);
    let plain = Arc::new(session(1, ago(9_000)));
    let odd = Arc::new(SessionRecord {
        client_type: Some("a\0b".into()),
        client_capabilities: Some(GIVEN.to_owned()),
        user_agent: Some(long.clone()),
        is_probe: true,
        ..session(2, ago(8_000))
    });
    let bare = Arc::new(SessionRecord {
        client_type: None,
        client_name: None,
        client_version: None,
        protocol_version: None,
        client_capabilities: None,
        transport_session_id: None,
        user_agent: None,
        peer: None,
        ..session(3, ago(7_000))
    });

    let mut changes = vec![Change::Opened(Arc::clone(&odd)), Change::Opened(Arc::clone(&bare))];
    // The oldest is of the first day of all.
    for (number, seconds) in [1, 60, 4_000, 90_000, 3_500_000, 1_767_900_000].into_iter().enumerate() {
        for outcome in Outcome::ALL {
            let request = on.call(if number % 2 == 0 { &plain } else { &bare }, ago(seconds));
            changes.push(Change::Request(RequestRecord { outcome, ..request }));
        }
    }
    let captured = |json: &str, is_cut| Some(Captured { json: json.to_owned(), is_cut }.into());
    let payload = |arguments, result| Some(Box::new(Payload { arguments, result }));
    changes.push(Change::Request(RequestRecord {
        session: None,
        client_type: None,
        tool_name: Some("nul \0 \u{fffd} é".into()),
        error_message: Some(long.clone()),
        error_code: Some(i64::MIN),
        response_bytes: i64::MAX as u64,
        duration: Duration::from_micros(123_456_789_012_345),
        conversation_id: Some(String::new()),
        turn_id: Some("turn".to_owned()),
        trace_id: Some("trace".to_owned()),
        payload: payload(captured("{\"a\":\"\0", true), captured(&long, false)),
        ..on.call(&odd, ago(30))
    }));
    changes.push(Change::Request(RequestRecord {
        tool_name: None,
        response_tokens: None,
        http_status: None,
        rpc_id: None,
        protocol_version: None,
        payload: payload(None, captured("", true)),
        ..on.call(&plain, ago(20))
    }));
    changes.push(Change::Request(RequestRecord {
        payload: payload(captured(&long, true), captured("{}", false)),
        ..on.call(&plain, ago(18))
    }));
    changes.push(gone(&plain, DisconnectReason::ClientDisconnect, ago(10)));
    changes.push(Change::Seen { session_id: bare.session_id, at: ago(12) });
    changes.push(idle_before(ago(15)));
    for tool_name in ["health_check", "nul \0", "", "ümlaut"] {
        changes.push(Change::Defined(ToolDefinition { tool_name: tool_name.to_owned(), tokens: 70, at: ago(5) }));
    }
    for id in ["B", "a", "ä", "nul \0"] {
        let state = format!("{{\"id\":\"{id}\\u0000\"}}");
        changes.push(Change::Parked(ParkedSession {
            session_id: bare.session_id,
            transport_session_id: id.to_owned(),
            state,
            at: ago(4),
        }));
    }
    on.apply(&changes).await;

    // What nothing writes yet, and what no session has any more.
    let raw = SqlitePool::connect(&on.url).await.unwrap();
    sqlx::raw_sql(
        "UPDATE archon_mcp_sessions SET user_id = 'u', user_email = 'u@example.org' WHERE is_probe = 0;
         UPDATE archon_mcp_request_rows SET user_id = 'u' WHERE turn_id IS NOT NULL",
    )
    .execute(&raw)
    .await
    .unwrap();
    raw.close().await;
    on
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_moved_and_shown_as_before() {
    let mut on = filled().await;
    let escaped = |text: &str| format!("{text:?}");
    let storable = |shown: String| shown.replace(&escaped(GIVEN), &escaped(HELD)).replace("\\0", "\u{fffd}");
    let shown = storable(on.everything().await);
    let mut overviews = Vec::new();
    for range in TimeRange::ALL {
        overviews.push(storable(format!("{:?}", on.store.overview(range, now()).await.unwrap())));
    }
    let moving = Move::of(&on).await;
    // With the server's connections open, and then without.
    let ended = moving.done().await;
    assert!(ended.out.contains("the same") && ended.out.contains("archon_mcp_rollups"), "{}", ended.out);
    assert!(ended.err.contains("comparing archon_mcp_requests: 63 of 63 rows, 100 %"), "{}", ended.err);

    let (store, _writer) = Store::open(&moving.to).await.unwrap();
    on.store = store;
    // Without both texts in the message: they have megabytes.
    let differs = on.everything().await.lines().zip(shown.lines()).position(|(one, other)| one != other);
    assert_eq!(differs, None);
    for (range, overview) in TimeRange::ALL.into_iter().zip(overviews) {
        assert_eq!(format!("{:?}", on.store.overview(range, now()).await.unwrap()), overview, "{range:?}");
    }
    for (id, state) in [("ä", "{\"id\":\"ä\\u0000\"}"), ("nul \u{fffd}", "{\"id\":\"nul \u{fffd}\\u0000\"}")] {
        assert_eq!(on.store.parked_session(id).await.unwrap().as_deref(), Some(state));
    }

    for statement in [
        "SELECT COUNT(user_id), COUNT(user_email), COUNT(disconnected_at), COUNT(total_duration), COUNT(*)
         FROM archon_mcp_sessions",
        "SELECT COUNT(user_id), COUNT(rpc_id), COUNT(trace_id), MIN(error_code), COUNT(*) FROM archon_mcp_requests",
        "SELECT COUNT(arguments), COUNT(result), COUNT(CASE WHEN arguments_cut THEN 1 END),
             COUNT(CASE WHEN result_cut THEN 1 END), COUNT(*) FROM archon_mcp_payloads",
        "SELECT COUNT(arguments_lz4), COUNT(result_lz4), CAST(SUM(LENGTH(arguments_lz4)) AS BIGINT),
             CAST(SUM(LENGTH(result_lz4)) AS BIGINT), COUNT(*) FROM archon_mcp_payloads",
        "SELECT COUNT(*), CAST(SUM(tokens) AS BIGINT), COUNT(listed_at), MIN(tokens), MAX(tokens) FROM archon_mcp_tool_definitions",
    ] {
        let (source, target) = moving.both::<(i64, i64, i64, i64, i64)>(statement).await;
        assert_eq!(source, target, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_is_as_it_was_and_a_finished_move_does_nothing() {
    let on = filled().await;
    let moving = Move::of(&on).await;
    let Fixture { store, writer, place, .. } = on;
    store.close().await;
    writer.close().await.unwrap();
    let listing = || {
        let files = fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect::<Vec<_>>()
    };
    let before = listing();
    moving.done().await;
    assert_eq!(listing(), before);

    let target = moving.target().await;
    execute(&target, "DELETE FROM archon_mcp_tool_definitions").await;
    let ended = moving.done().await;
    assert!(ended.out.contains("had been moved") && ended.err.is_empty(), "{ended:?}");
    let definitions: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM archon_mcp_tool_definitions").fetch_one(&target).await.unwrap();
    assert_eq!(definitions, 0);
    assert_eq!(listing(), before);

    // What was written since then would be left behind.
    let (store, mut writer) = Store::open(&moving.from).await.unwrap();
    let later = ToolDefinition { tool_name: "later".to_owned(), tokens: 1, at: ago(1) };
    writer.apply(&[Change::Defined(later)]).await.unwrap();
    store.close().await;
    writer.close().await.unwrap();
    let ended = moving.run().await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("since then somebody wrote to archon_mcp_tool_definitions"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_is_moved() {
    let on = Fixture::new(Engine::Sqlite).await;
    assert!(Move::of(&on).await.done().await.out.contains("the same"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_same_is_named_until_it_is() {
    let mut on = filled().await;
    let moving = Move::of(&on).await;
    moving.done().await;
    let target = moving.target().await;
    for (statement, undone, named) in [
        (
            "UPDATE archon_mcp_requests SET response_bytes = response_bytes + 1 WHERE response_bytes = 340",
            "UPDATE archon_mcp_requests SET response_bytes = response_bytes - 1 WHERE response_bytes = 341",
            "archon_mcp_requests.response_bytes adds up to",
        ),
        (
            "UPDATE archon_mcp_sessions SET peer = '127.0.0.2' WHERE peer IS NOT NULL",
            "UPDATE archon_mcp_sessions SET peer = '127.0.0.1' WHERE peer IS NOT NULL",
            "archon_mcp_sessions has rows that are not the same",
        ),
        (
            "INSERT INTO archon_mcp_tool_definitions VALUES ('another', 0, now())",
            "DELETE FROM archon_mcp_tool_definitions WHERE tool_name = 'another'",
            "archon_mcp_tool_definitions has 4 rows in the source and 5 in the target",
        ),
    ] {
        moving.forget_comparison().await;
        execute(&target, statement).await;
        let said = moving.failed(1).await;
        assert!(said.contains(named), "{said}");
        execute(&target, undone).await;
        moving.done().await;
    }

    // Somebody else wrote what is to be moved.
    moving.forget_comparison().await;
    let source = moving.source().await;
    let late = "INSERT INTO archon_mcp_transport_sessions VALUES ('ö', '{}', '2026-01-09T14:40:00.000000Z')";
    sqlx::raw_sql(late).execute(&source).await.unwrap();
    execute(&target, late).await;
    let said = moving.failed(1).await;
    assert!(said.contains("duplicate key") && said.contains("nobody else may write"), "{said}");
    execute(&target, "DELETE FROM archon_mcp_transport_sessions WHERE transport_session_id = 'ö'").await;
    moving.done().await;

    // The server was not stopped: its request is moved, and the session that it changed is not again.
    moving.forget_comparison().await;
    let late = on.call(&Arc::new(session(3, ago(7_000))), ago(0));
    on.apply(&[Change::Request(RequestRecord { id: Uuid::max(), ..late })]).await;
    let said = moving.failed(1).await;
    assert!(said.contains("archon_mcp_sessions.total_requests") && !said.contains("requests has"), "{said}");
}
