//! What holds for SQLite alone: its locks, its log, its errors, and the check that the original's users know.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tracon::store::{Change, DisconnectReason, RequestRecord, RetentionPolicy, SessionRecord, StoreError};
use tracon_app::reports::{RequestFilter, SessionFilter, TimeRange};
use uuid::Uuid;

use crate::{
    fixture::{Engine, Fixture, ago, gone, now, session, totals},
    retention::POLICY,
};

/// A connection beside the store's.
async fn raw(on: &Fixture) -> SqliteConnection {
    let options: SqliteConnectOptions = on.url.parse().unwrap();
    SqliteConnection::connect_with(&options).await.unwrap()
}

#[tokio::test]
async fn the_check_of_the_original_works_as_written() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    on.apply(&[Change::Opened(Arc::new(session(7, ago(60))))]).await;
    let row = sqlx::query(
        "SELECT session_id, client_type, status, connected_at FROM archon_mcp_sessions ORDER BY connected_at DESC LIMIT 1",
    )
    .fetch_one(&mut raw(&on).await)
    .await
    .unwrap();
    let cells: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    let expected = ["00000000-0000-0000-0000-000000000007", "Claude Code", "active", "2026-01-09T14:39:37.123456Z"];
    assert_eq!(cells, expected);
}

#[tokio::test]
async fn a_session_that_ended_has_its_duration_in_seconds() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    on.apply(&[Change::Opened(Arc::clone(&opened))]).await;
    // In a batch of its own: from when it lasted, only the database knows.
    on.apply(&[gone(&opened, DisconnectReason::Timeout, ago(300))]).await;
    let left_open = Arc::new(SessionRecord { server_instance: Uuid::nil(), ..session(2, ago(600)) });
    let call = RequestRecord { duration: Duration::from_millis(500), ..on.call(&left_open, ago(590)) };
    on.apply(&[Change::Request(call)]).await;
    on.writer.close_left_open(opened.server_instance).await.unwrap();
    let durations: Vec<f64> = sqlx::query_scalar("SELECT total_duration FROM archon_mcp_sessions ORDER BY session_id")
        .fetch_all(&mut raw(&on).await)
        .await
        .unwrap();
    assert_eq!(durations, [300.0, 10.5]);
}

#[tokio::test]
async fn a_damaged_sum_keeps_no_record_out() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    let calls: Vec<_> = (0..10).map(|second| Change::Request(on.call(&opened, ago(500 + second)))).collect();
    on.apply(&calls).await;
    let damage = "UPDATE archon_mcp_rollups SET latency = x'00ff' WHERE width = 'hour'";
    assert!(sqlx::query(damage).execute(&mut raw(&on).await).await.unwrap().rows_affected() > 0);

    let more = [Change::Request(on.call(&opened, ago(499)))];
    assert_eq!(on.apply(&more).await, (1, 0));
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 11);
    let unreadable = "SELECT COUNT(*) FROM archon_mcp_rollups WHERE latency = x'00ff'";
    let left: i64 = sqlx::query_scalar(unreadable).fetch_one(&mut raw(&on).await).await.unwrap();
    assert_eq!(left, 0, "it begins anew");
}

#[tokio::test]
async fn reports_do_not_wait_for_a_transaction_that_writes() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    let call = on.call(&opened, ago(500));
    on.apply(&[Change::Request(call.clone())]).await;

    let mut other = raw(&on).await;
    let mut writing = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("UPDATE archon_mcp_sessions SET total_requests = 99").execute(&mut *writing).await.unwrap();

    // Less than the time-out of the lock: whoever waited for it would fail here.
    let reports = async {
        on.store.ping().await.unwrap();
        assert_eq!(totals(&on.store, opened.session_id).await, Some((1, 0)), "the last commit");
        assert_eq!(on.store.overview(TimeRange::Hour, now()).await.unwrap().totals.requests, 1);
        assert_eq!(on.store.sessions(&SessionFilter::default(), now()).await.unwrap().total, 1);
        assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 1);
        assert!(on.store.session(&opened.session_id.to_string(), now()).await.unwrap().is_some());
        assert!(on.store.request(&call.id.to_string()).await.unwrap().is_some());
        assert_eq!(on.store.connected_sessions().await.unwrap(), (1, 0));
    };
    tokio::time::timeout(Duration::from_secs(3), reports).await.unwrap();

    writing.commit().await.unwrap();
    assert_eq!(totals(&on.store, opened.session_id).await, Some((99, 0)), "the next one");
}

#[tokio::test]
async fn the_file_has_a_write_ahead_log() {
    let on = Fixture::new(Engine::Sqlite).await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut raw(&on).await).await.unwrap();
    assert_eq!(mode, "wal");
}

/// Makes requests of the method `boom` fail the way it says, as a full disk or a broken one would.
async fn sabotage(on: &Fixture, how: &'static str) {
    let trigger = format!(
        "CREATE TRIGGER boom BEFORE INSERT ON archon_mcp_request_rows
         WHEN NEW.kind IN (SELECT number FROM archon_mcp_kinds WHERE method = 'boom')
         BEGIN SELECT RAISE({how}, 'boom'); END"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&mut raw(on).await).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_and_the_next_one_is_written() {
    // ROLLBACK is what SQLite does by itself on a full disk: it ends the transaction without being told to.
    for how in ["ABORT", "FAIL", "ROLLBACK"] {
        let mut on = Fixture::new(Engine::Sqlite).await;
        sabotage(&on, how).await;
        let opened = Arc::new(session(1, ago(600)));
        let good = on.call(&opened, ago(500));
        let bad = RequestRecord { method: "boom".into(), ..on.call(&opened, ago(400)) };
        let before = on.everything().await;
        for _ in 0..3 {
            let batch = [Change::Request(good.clone()), Change::Request(bad.clone())];
            let error = on.writer.apply(&batch).await.unwrap_err();
            assert!(matches!(error, StoreError::Database(_)), "{error:?}");
            assert_eq!(on.everything().await, before, "{how}");
            assert_eq!(numbers(&mut raw(&on).await).await, (0, 0), "{how}");
        }
        assert_eq!(on.apply(&[Change::Request(good)]).await, (1, 1), "{how}");
        assert_eq!(on.writer.close_left_open(Uuid::nil()).await.unwrap(), 1);
    }
}

/// How many sessions and kinds of requests have a number.
async fn numbers(raw: &mut SqliteConnection) -> (i64, i64) {
    let statement = "SELECT (SELECT COUNT(*) FROM archon_mcp_session_numbers), (SELECT COUNT(*) FROM archon_mcp_kinds)";
    sqlx::query_as(statement).fetch_one(raw).await.unwrap()
}

#[tokio::test]
async fn numbers_end_with_what_they_stand_for() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let [old, young] = [1, 2].map(|number| Arc::new(session(number, ago(900_000))));
    let tool = |name: &str, call: RequestRecord| RequestRecord { tool_name: Some(name.into()), ..call };
    on.apply(&[
        Change::Request(tool("gone", on.call(&old, ago(800_000)))),
        Change::Request(tool("both", on.call(&old, ago(800_000)))),
        Change::Request(tool("both", on.call(&young, ago(9)))),
        gone(&old, DisconnectReason::Timeout, ago(700_000)),
    ])
    .await;
    let mut raw = raw(&on).await;
    assert_eq!(numbers(&mut raw).await, (2, 2));

    let day = Duration::from_hours(24);
    let policy = RetentionPolicy { requests: day, payloads: day, sessions: day, ..POLICY };
    while on.writer.retain(&policy, now()).await.unwrap().more {}
    assert_eq!(numbers(&mut raw).await, (1, 1));
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().tools, ["both"]);

    // A person deletes a session in a program that does not ask for its requests: they are not the next session's.
    sqlx::raw_sql("PRAGMA foreign_keys = OFF; DELETE FROM archon_mcp_sessions").execute(&mut raw).await.unwrap();
    let next = Arc::new(session(3, ago(8)));
    on.apply(&[Change::Request(on.call(&next, ago(7)))]).await;
    let of_next = RequestFilter { session: Some(next.session_id.to_string()), ..RequestFilter::default() };
    assert_eq!(on.store.requests(&of_next, now()).await.unwrap().total, 1);
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_batch_that_is_given_up_leaves_nothing_and_the_next_one_is_written() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    let changes: Vec<Change> = (0..500).map(|_| Change::Request(on.call(&opened, ago(500)))).collect();
    for polls in [1_u32, 2, 3, 5, 8, 13] {
        let mut left = polls;
        let mut apply = std::pin::pin!(on.writer.apply(&changes));
        let given_up = std::future::poll_fn(|context| {
            left -= 1;
            match apply.as_mut().poll(context) {
                std::task::Poll::Pending if left > 0 => std::task::Poll::Pending,
                poll => std::task::Poll::Ready(poll.is_pending()),
            }
        });
        assert!(given_up.await, "500 rows need more than {polls} steps");
    }
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 0);
    assert_eq!(on.apply(&changes).await, (500, 1));
}

#[tokio::test]
async fn a_corrupt_row_is_named() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    let call = on.call(&opened, ago(500));
    on.apply(&[Change::Request(call.clone())]).await;
    let mut other = raw(&on).await;
    for (statement, column) in [
        ("UPDATE archon_mcp_request_rows SET started = 9223372036854775807", "timestamp"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE archon_mcp_request_rows SET outcome = 10", "outcome"),
        ("UPDATE archon_mcp_request_rows SET outcome = 0, started = 0, response_bytes = -1", "response_bytes"),
        ("UPDATE archon_mcp_request_rows SET response_bytes = 0, http_status = 70000", "http_status"),
    ] {
        sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        let error = on.store.request(&call.id.to_string()).await.unwrap_err();
        let expected = format!("archon_mcp_requests.{column} of the row {} is corrupt", call.id);
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
    let cut_off = "UPDATE archon_mcp_request_rows SET http_status = 200;
        INSERT INTO archon_mcp_payloads (row_id, request_id, result_lz4)
        SELECT row_id, id, x'00010000' FROM archon_mcp_requests";
    sqlx::raw_sql(cut_off).execute(&mut other).await.unwrap();
    let error = on.store.request(&call.id.to_string()).await.unwrap_err();
    let expected = format!("archon_mcp_payloads.result_lz4 of the row {} is corrupt", call.id);
    assert!(error.to_string().starts_with(&expected), "{error}");
    for (statement, column) in [
        ("UPDATE archon_mcp_sessions SET last_activity = 'never'", "last_activity"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE archon_mcp_sessions SET status = 'asleep'", "status"),
    ] {
        sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        let error = on.store.session(&opened.session_id.to_string(), now()).await.unwrap_err();
        let expected = format!("archon_mcp_sessions.{column} of the row {} is corrupt", opened.session_id);
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

/// The plan of a statement, one step a line.
async fn plan(on: &Fixture, statement: &str) -> String {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps = sqlx::query(explain).fetch_all(&mut raw(on).await).await.unwrap();
    steps.iter().map(|step| step.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn pages_are_read_from_an_index_without_sorting() {
    let on = Fixture::new(Engine::Sqlite).await;
    for statement in [
        "SELECT * FROM archon_mcp_requests WHERE row_id < $1 ORDER BY row_id DESC LIMIT 51",
        "SELECT * FROM archon_mcp_requests WHERE session_number = $1 AND row_id < $2 ORDER BY row_id DESC LIMIT 51",
        "SELECT * FROM archon_mcp_requests WHERE kind = $1 AND row_id < $2 ORDER BY row_id DESC LIMIT 51",
        "SELECT * FROM archon_mcp_requests WHERE outcome_number > 1 AND row_id < $1 ORDER BY row_id DESC LIMIT 51",
        "SELECT * FROM archon_mcp_sessions WHERE (last_activity, session_id) < ($1, $2)
         ORDER BY last_activity DESC, session_id DESC LIMIT 51",
    ] {
        let plan = plan(&on, statement).await;
        assert!(plan.contains("SEARCH") && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
    }
    // A range of time is one of the rows' numbers, of whichever index.
    let in_range =
        "row_id >= $1 AND row_id < $2 AND (row_id >= $3 OR timestamp >= $4) AND (row_id < $5 OR timestamp < $6)";
    for (filter, index) in [
        ("", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("session_number = $7 AND ", "by_session (session=? AND row_id>? AND row_id<?)"),
        ("session_number = $7 AND +method = $8 AND ", "by_session (session=? AND row_id>? AND row_id<?)"),
        ("kind = $7 AND ", "by_kind (kind=? AND rowid>? AND rowid<?)"),
        ("outcome_number > 1 AND +tool_name = $7 AND ", "failed (row_id>? AND row_id<?)"),
    ] {
        for (select, end) in [("*", " ORDER BY row_id DESC LIMIT 51"), ("COUNT(*)", "")] {
            let statement = format!("SELECT {select} FROM archon_mcp_requests WHERE {filter}{in_range}{end}");
            let plan = plan(&on, &statement).await;
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
        }
    }
}

#[tokio::test]
async fn figures_and_retention_read_no_more_than_they_must() {
    let on = Fixture::new(Engine::Sqlite).await;
    for (statement, step) in [
        (
            "SELECT * FROM json_each($1) AS starts CROSS JOIN archon_mcp_rollups
             ON width = $2 AND bucket_start = starts.value AND tool_name = ''",
            "(width=? AND bucket_start=? AND tool_name=?)",
        ),
        (
            "SELECT * FROM (SELECT value ->> 0 AS in_width, value ->> 1 AS starts, value ->> 2 AS ends FROM json_each($1))
             CROSS JOIN archon_mcp_rollups ON width = in_width AND bucket_start >= starts AND bucket_start < ends",
            "(width=? AND bucket_start>? AND bucket_start<?)",
        ),
        (
            "SELECT rowid FROM archon_mcp_rollups WHERE width = $2 AND bucket_start < $1 LIMIT 500",
            "(width=? AND bucket_start<?)",
        ),
        ("SELECT row_id FROM archon_mcp_payloads WHERE row_id < $1 ORDER BY row_id LIMIT 250", "(rowid<?)"),
        ("DELETE FROM archon_mcp_request_rows WHERE row_id <= $1", "(rowid<?)"),
        (
            "SELECT session_id FROM archon_mcp_sessions AS ended
             WHERE last_activity < $1 AND status = 'disconnected' AND disconnected_at < $1
                 AND NOT EXISTS (SELECT 1 FROM archon_mcp_requests WHERE session_number = (
                     SELECT number FROM archon_mcp_session_numbers AS numbers WHERE numbers.session_id = ended.session_id
                 ))
             ORDER BY last_activity LIMIT 250",
            "by_session (session=?)",
        ),
        ("SELECT transport_session_id FROM archon_mcp_transport_sessions WHERE updated_at < $1", "by_age (updated_at<?)"),
    ] {
        let plan = plan(&on, statement).await;
        assert!(plan.contains(step) && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
    }
}

#[tokio::test]
async fn made_up_names_of_tools_do_not_fill_the_figures() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    for batch in 0..4 {
        let call =
            |number| RequestRecord { tool_name: Some(format!("{batch} {number}").into()), ..on.call(&opened, ago(30)) };
        let mut calls: Vec<Change> = (0..100).map(call).map(Change::Request).collect();
        calls.push(Change::Request(on.call(&opened, ago(30))));
        on.apply(&calls).await;
    }
    let tools: Vec<i64> = sqlx::query_scalar("SELECT COUNT(*) - 1 FROM archon_mcp_rollups GROUP BY width")
        .fetch_all(&mut raw(&on).await)
        .await
        .unwrap();
    assert_eq!(tools, [256, 256, 256]);
    let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
    assert_eq!(overview.totals.requests, 404, "all count");
    assert_eq!((overview.top_tools[0].tool_name.as_str(), overview.top_tools[0].calls), ("health_check", 4));
}

#[tokio::test]
async fn errors_say_whether_the_same_may_succeed_later() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let opened = Arc::new(session(1, ago(600)));
    let call = Change::Request(on.call(&opened, ago(500)));

    // The lock is held by another process.
    let mut other = raw(&on).await;
    let writing = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = on.writer.apply(std::slice::from_ref(&call)).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    writing.rollback().await.unwrap();

    // The database refuses the record.
    sabotage(&on, "ABORT").await;
    let bad = Change::Request(RequestRecord { method: "boom".into(), ..on.call(&opened, ago(400)) });
    let error = on.writer.apply(&[call.clone(), bad]).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    assert_eq!(on.apply(&[call]).await, (1, 1));

    // There is no connection.
    on.store.close().await;
    assert!(on.store.ping().await.unwrap_err().is_transient());
}

#[tokio::test]
async fn the_last_to_leave_folds_the_log_into_the_file() {
    let on = Fixture::new(Engine::Sqlite).await;
    let Fixture { store, writer, place, .. } = on;
    store.close().await;
    writer.close().await.unwrap();
    let names: Vec<_> = std::fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["tracon.db"]);
}
