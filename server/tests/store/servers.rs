//! Several servers on one PostgreSQL database.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tracon::store::{Change, RequestRecord, RetentionPolicy, SessionRecord, Store};
use tracon_app::reports::{Presence, RequestFilter, TimeRange};
use uuid::Uuid;

use crate::{
    fixture::{Engine, Fixture, INSTANCE, Place, ago, now, session},
    postgres::Database,
};

#[tokio::test]
async fn servers_that_start_together_migrate_once() {
    let database = Database::new().await;
    let opened = join_all((0..8).map(|_| Store::open(&database.url))).await;
    for opened in opened {
        let (store, writer) = opened.unwrap();
        store.ping().await.unwrap();
        store.close().await;
        writer.close().await.unwrap();
    }
    // None of them leaves a connection behind.
    tokio::time::timeout(Duration::from_secs(20), database.alone()).await.unwrap();
}

#[tokio::test]
async fn sessions_of_a_process_that_lives_are_not_closed_by_another() {
    let mut on = Fixture::new(Engine::Postgres).await;
    on.writer.announce(INSTANCE);
    assert_eq!(on.writer.close_left_open(INSTANCE).await.unwrap(), 0);
    let own = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Opened(Arc::clone(&own))]).await;

    let (_, mut other) = Store::open(&on.url).await.unwrap();
    let another = Uuid::from_u128(0x0002_0000);
    assert_eq!(other.close_left_open(another).await.unwrap(), 0, "its process lives");
    on.writer.close().await.unwrap();
    // The server lets go of its lock a moment after the connection ended.
    let closed = async { while other.close_left_open(another).await.unwrap() == 0 {} };
    tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap();
    let closed = on.store.session(&own.session_id.to_string(), now()).await.unwrap().unwrap().session;
    assert_eq!(closed.presence, Presence::Disconnected);
    assert_eq!(closed.disconnect_reason.as_deref(), Some("server_restart"));
}

#[tokio::test]
async fn a_day_that_another_server_dropped_is_made_again_for_a_late_record() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let own = Arc::new(session(1, ago(90_000)));
    on.apply(&[Change::Request(on.call(&own, ago(86_400)))]).await;
    let (_, mut other) = Store::open(&on.url).await.unwrap();
    let policy = RetentionPolicy {
        requests: Duration::ZERO,
        payloads: Duration::ZERO,
        sessions: Duration::from_hours(1_000),
        minute_buckets: Duration::from_hours(1_000),
        hour_buckets: Duration::from_hours(1_000),
        quota_bytes: u64::MAX,
    };
    while other.retain(&policy, now()).await.unwrap().more {}
    assert_eq!(on.store.requests(&RequestFilter::default(), now()).await.unwrap().total, 0);

    let late = [Change::Request(on.call(&own, ago(86_399)))];
    let error = on.writer.apply(&late).await.unwrap_err();
    assert!(error.is_transient(), "it is not the record's fault: {error}");
    assert_eq!(on.writer.apply(&late).await.unwrap().requests, 1);
}

#[tokio::test]
async fn what_postgresql_cannot_hold_is_replaced() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let capabilities = Some(r#"{"experimental":{"a\u0000b":{}}}"#.to_owned());
    let own = Arc::new(SessionRecord { client_capabilities: capabilities, ..session(1, ago(60)) });
    let text = || Some("a\0b".to_owned());
    let named = |tool: &str| RequestRecord {
        tool_name: Some(tool.to_owned()),
        error_message: text(),
        conversation_id: text(),
        rpc_id: text(),
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

#[tokio::test]
async fn batches_of_two_servers_add_up() {
    let on = Fixture::new(Engine::Postgres).await;
    let (_, other) = Store::open(&on.url).await.unwrap();
    let own: Arc<SessionRecord> = Arc::new(session(1, ago(600)));
    let batches: Vec<Vec<Change>> =
        (0..40).map(|_| (0..25).map(|_| Change::Request(on.call(&own, ago(300)))).collect()).collect();
    let (mine, theirs) = batches.split_at(20);
    let write = async |mut writer: tracon::store::Writer, batches: &[Vec<Change>]| {
        for batch in batches {
            writer.apply(batch).await.unwrap();
        }
    };
    tokio::join!(write(on.writer, mine), write(other, theirs));
    assert_eq!(on.store.session_totals(own.session_id).await.unwrap(), Some((1_000, 0)));
    let overview = on.store.overview(TimeRange::Hour, now()).await.unwrap();
    assert_eq!(overview.totals.requests, 1_000, "the figures are those of the rows");
}

#[tokio::test]
async fn a_batch_that_meets_a_stopped_server_is_transient_and_written_when_it_is_back() {
    let mut on = Fixture::new(Engine::Postgres).await;
    let own = Arc::new(session(1, ago(60)));
    on.apply(&[Change::Request(on.call(&own, ago(50)))]).await;
    let Place::Server(database) = &on.place else { panic!("it is on PostgreSQL") };
    database.refuse_connections(true).await;
    let batch = [Change::Request(on.call(&own, ago(40)))];
    for _ in 0..2 {
        let error = on.writer.apply(&batch).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert!(on.store.ping().await.unwrap_err().is_transient());
    database.refuse_connections(false).await;
    assert_eq!(on.writer.apply(&batch).await.unwrap().requests, 1);
    assert_eq!(on.store.session_totals(own.session_id).await.unwrap(), Some((2, 0)));
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
    for bad in
        ["postgres://user:hunter2@host:port/x", "postgres://h/x?sslmode=hunter2", "postgres://h/x?sslpassword=hunter2"]
    {
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
    sqlx::raw_sql("UPDATE _sqlx_migrations SET version = 9999").execute(&mut connection).await.unwrap();
    let message = Store::open(&database.url).await.unwrap_err().to_string();
    assert!(message.contains("has version 9999, but this tracon knows versions up to 1"), "{message}");
    sqlx::raw_sql("UPDATE _sqlx_migrations SET version = 1, checksum = 'x'").execute(&mut connection).await.unwrap();
    let message = Store::open(&database.url).await.unwrap_err().to_string();
    assert!(message.contains("its migration 1 differs"), "{message}");
}
