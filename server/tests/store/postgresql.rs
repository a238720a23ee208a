//! PostgreSQL alone: what it cannot hold, and databases that are refused.

use std::sync::Arc;

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tracon::store::{Change, Payload, RequestRecord, SessionRecord, Store};
use tracon_app::reports::{Captured, RequestFilter, TimeRange};

use crate::{
    fixture::{Engine, Fixture, ago, now, session},
    postgres::Database,
};

#[tokio::test]
async fn what_postgresql_cannot_hold_is_replaced() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let capabilities = Some(r#"{"experimental":{"a\u0000b":{}}}"#.to_owned());
    let own = Arc::new(SessionRecord { client_capabilities: capabilities, ..session(1, ago(60)) });
    let text = || Some("a\0b".to_owned());
    let named = |tool: &str| RequestRecord {
        tool_name: Some(tool.into()),
        error_message: text(),
        conversation_id: text(),
        rpc_id: Some("a\0b".into()),
        ..on.call(&own, ago(50))
    };
    let calls = [named("a\0b"), named("a\u{fffd}b")];
    on.apply(&calls.map(Change::Request)).await;
    let page = on.store.requests(&RequestFilter { tool: text(), ..RequestFilter::default() }, now()).await.unwrap();
    assert_eq!(page.total, 2, "it is found by either name");
    assert_eq!(page.rows[0].tool_name.as_deref(), Some("a\u{fffd}b"));
    let tools = on.store.overview(TimeRange::Hour, now()).await.unwrap().top_tools;
    assert_eq!(tools.iter().map(|tool| tool.calls).collect::<Vec<_>>(), [2], "one tool");
}

/// In the partition of a day that an earlier version made.
#[tokio::test]
async fn payloads_of_an_earlier_version_and_packed_ones_are_read_beside_each_other() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let own = Arc::new(session(1, ago(60)));
    let captured = |json: &str| Captured { json: json.to_owned(), is_cut: false };
    let call = |json: &str| RequestRecord {
        payload: Some(Box::new(Payload { arguments: None, result: Some(captured(json).into()) })),
        ..on.call(&own, ago(50))
    };
    let long = "[\"long\"]".repeat(1_000);
    let calls = [call("[1]"), call(&long)];
    on.apply(&[Change::Request(calls[0].clone())]).await;

    let options: PgConnectOptions = on.url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let undone = "ALTER TABLE archon_mcp_payloads DROP COLUMN arguments_lz4, DROP COLUMN result_lz4;
         DELETE FROM _sqlx_migrations WHERE version > 5";
    sqlx::raw_sql(undone).execute(&mut connection).await.unwrap();
    (on.store, on.writer) = Store::open(&on.url).await.unwrap();
    on.apply(&[Change::Request(calls[1].clone())]).await;

    for (call, json) in calls.iter().zip(["[1]", &long]) {
        let detail = on.store.request(&call.id.to_string()).await.unwrap().unwrap();
        assert_eq!(detail.result, Some(captured(json)));
    }
    let kept = "SELECT payloads.tableoid::regclass::text, result IS NULL, result_lz4 IS NULL, attstorage::text
         FROM archon_mcp_payloads AS payloads JOIN pg_attribute ON attrelid = payloads.tableoid AND attname = 'result_lz4' ORDER BY 2";
    let kept: Vec<(String, bool, bool, String)> = sqlx::query_as(kept).fetch_all(&mut connection).await.unwrap();
    let [(table, false, true, _), (other, true, false, storage)] = &*kept else { panic!("{kept:?}") };
    assert_eq!((table, &**storage), (other, "e"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let database = Database::new().await;
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_path("nothere");
    url.set_password(Some("hunter2")).unwrap();
    let message = Store::open(url.as_str()).await.unwrap_err().to_string();
    let place = format!("nothere on {}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    assert_eq!(
        message,
        format!(
            "the database {place} cannot be reached (database \"nothere\" does not exist): start or create it, or use another \
             --database-url"
        )
    );
    // Nobody listens there.
    let message = Store::open("postgres://tracon:hunter2@127.0.0.1:1/x").await.unwrap_err().to_string();
    assert!(message.starts_with("the database x on 127.0.0.1:1 cannot be reached"), "{message}");
    for bad in [
        "postgres://user:hunter2@host:port/x",
        "postgres://user:hunter@2/hunter2@host/x",
        "postgres://h/x?sslmode=hunter2",
        "postgres://h/x?sslpassword=hunter2",
    ] {
        let message = Store::open(bad).await.unwrap_err().to_string();
        assert!(message.starts_with("the database URL is not valid") && !message.contains("hunter2"), "{message}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let database = Database::new().await;
    let options: PgConnectOptions = database.url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE archon_mcp_sessions (id INT)").execute(&mut connection).await.unwrap();
    let message = Store::open(&database.url).await.unwrap_err().to_string();
    assert!(message.contains("is the database of another program"), "{message}");
    sqlx::raw_sql("DROP TABLE archon_mcp_sessions").execute(&mut connection).await.unwrap();

    let (_, writer) = Store::open(&database.url).await.unwrap();
    writer.close().await.unwrap();
    let newer = "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1";
    sqlx::raw_sql(newer).execute(&mut connection).await.unwrap();
    let message = Store::open(&database.url).await.unwrap_err().to_string();
    assert!(message.contains("has version 9999, but this tracon knows versions up to "), "{message}");
    let changed = "UPDATE _sqlx_migrations SET version = 1, checksum = 'x' WHERE version = 9999";
    sqlx::raw_sql(changed).execute(&mut connection).await.unwrap();
    let message = Store::open(&database.url).await.unwrap_err().to_string();
    assert!(message.contains("its migration 1 differs"), "{message}");
}
