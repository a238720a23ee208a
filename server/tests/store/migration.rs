//! A database of the first version, opened by this one. Of SQLite.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions,
};
use tracon::store::{Change, DisconnectReason, Payload, RequestRecord, SessionRef, Store, sqlite_url};
use tracon_app::reports::{Captured, Outcome, RequestFilter, TimeRange};
use uuid::Uuid;

use crate::fixture::{Dice, Engine, Fixture, ago, gone, now, session};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

/// An empty database as that version made it.
pub async fn of_version(path: &Path, version: i64) -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut connection).await.unwrap();
    let known = MIGRATOR.iter().filter(|migration| migration.version <= version).cloned().collect();
    let migrator = Migrator::with_migrations(known);
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    connection
}

const COLUMNS: &str =
    "id, session_id, client_type, method, tool_name, status, outcome, error_code, error_message, timestamp,
    duration_ms, request_bytes, response_bytes, http_status, rpc_id, protocol_version, conversation_id, turn_id,
    trace_id, user_id, server_instance";

const SESSION_COLUMNS: &str =
    "session_id, client_type, client_name, client_version, protocol_version, client_capabilities, attribution,
    transport_session_id, status, disconnect_reason, connected_at, last_activity, disconnected_at, total_duration,
    total_requests, failed_requests, tool_calls, is_probe, user_id, user_email, user_agent, peer, server_instance";

#[tokio::test]
async fn a_database_of_the_first_version_shows_the_same() {
    // What it should show is what the same records show when this version writes them; of the first, none had tokens.
    let mut on = Fixture::new(Engine::Sqlite).await;
    let mut dice = Dice::new(41);
    let sessions: Vec<_> = (1..=5).map(|number| Arc::new(session(number, ago(3_000_000)))).collect();
    let mut changes: Vec<Change> = (0..2_000)
        .map(|_| {
            let session = dice.pick(&sessions);
            let at = ago(i64::try_from(dice.roll(14).pow(u32::try_from(dice.roll(7)).unwrap()) % 2_900_000).unwrap());
            let mut request = on.call(&session, at);
            request.tool_name = (dice.roll(4) > 0).then(|| format!("tool_{}", dice.roll(9)).into());
            request.outcome = dice.pick(&Outcome::ALL);
            request.duration = Duration::from_micros(dice.roll(4_000_000));
            request.session = (dice.roll(9) > 0).then_some(SessionRef::Opens(session));
            Change::Request(RequestRecord { response_tokens: None, ..request })
        })
        .collect();
    changes.push(gone(&sessions[0], DisconnectReason::ClientDisconnect, ago(1)));
    on.apply(&changes).await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.db");
    let mut first = of_version(&path, 1).await;
    let copy = format!(
        "ATTACH '{}' AS new;
         INSERT INTO main.archon_mcp_sessions ({SESSION_COLUMNS}) SELECT {SESSION_COLUMNS} FROM new.archon_mcp_sessions;
         INSERT INTO main.archon_mcp_requests ({COLUMNS}) SELECT {COLUMNS} FROM new.archon_mcp_requests;",
        on.place.folder().join("tracon.db").display()
    );
    sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut first).await.unwrap();
    first.close().await.unwrap();

    let shown = on.everything().await;
    // The second start finds it done.
    for _ in 0..2 {
        let (store, writer) = Store::open(&sqlite_url(&path)).await.unwrap();
        for range in TimeRange::ALL {
            let expected = on.store.overview(range, now()).await.unwrap();
            assert!(expected.totals.requests > 0);
            assert_eq!(store.overview(range, now()).await.unwrap(), expected, "{range:?}");
            let filter = RequestFilter { range: Some(range), ..RequestFilter::default() };
            assert_eq!(store.requests(&filter, now()).await.unwrap(), on.store.requests(&filter, now()).await.unwrap());
        }
        assert_eq!(store.coverage(now()).await.unwrap(), on.store.coverage(now()).await.unwrap());
        let old = std::mem::replace(&mut on.store, store);
        assert_eq!(on.everything().await, shown);
        let opened = std::mem::replace(&mut on.store, old);
        opened.close().await;
        writer.close().await.unwrap();
    }

    let mut raw = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let auto_vacuum: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut raw).await.unwrap();
    assert_eq!(auto_vacuum, 2, "it can give space back");
    let violations = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut raw).await.unwrap();
    assert!(violations.is_empty(), "each request still has its session");
}

#[tokio::test]
async fn requests_get_numbers_and_payloads_stay_with_them() {
    let mut on = Fixture::new(Engine::Sqlite).await;
    let session = Arc::new(session(1, ago(600)));
    let requests: Vec<RequestRecord> = (0..400_u32)
        .map(|number| {
            let request = on.call(&session, ago(500 - i64::from(number) / 100));
            // Most begin as the one before.
            let id = Uuid::from_u128(request.id.as_u128() >> 64 << 64 | 1 << 63 | u128::from(number * 173 % 401) << 20);
            let arguments = Some(Captured { json: format!("[{number}]"), is_cut: number % 2 == 0 }.into());
            let payload = (number % 5 > 0).then(|| Box::new(Payload { arguments, result: None }));
            RequestRecord { id, payload, rpc_id: Some(number.to_string().into()), ..request }
        })
        .collect();
    on.apply(&requests.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sixth.db");
    let mut sixth = of_version(&path, 6).await;
    let payloads = "request_id, arguments, result, arguments_cut, result_cut";
    let copy = format!(
        "ATTACH '{}' AS new;
         INSERT INTO main.archon_mcp_sessions ({SESSION_COLUMNS}) SELECT {SESSION_COLUMNS} FROM new.archon_mcp_sessions;
         INSERT INTO main.archon_mcp_requests ({COLUMNS}, response_tokens)
         SELECT {COLUMNS}, response_tokens FROM new.archon_mcp_requests ORDER BY random();
         INSERT INTO main.archon_mcp_payloads ({payloads}) SELECT {payloads} FROM new.archon_mcp_payloads
         ORDER BY random();
         INSERT INTO main.archon_mcp_rollups SELECT * FROM new.archon_mcp_rollups;",
        on.place.folder().join("tracon.db").display()
    );
    sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut sixth).await.unwrap();
    sixth.close().await.unwrap();

    let (store, mut writer) = Store::open(&sqlite_url(&path)).await.unwrap();
    on.store = store;
    // They are known: they come again as from a spool, and nothing changes.
    writer.apply(&requests.iter().cloned().map(Change::Request).collect::<Vec<_>>()).await.unwrap();
    let mut listed: Vec<String> =
        on.all_requests(&RequestFilter::default()).await.into_iter().map(|row| row.id).collect();
    listed.reverse();
    let mut ids: Vec<String> = requests.iter().map(|request| request.id.to_string()).collect();
    ids.sort();
    assert_eq!(listed, ids, "in the order of their ids, each once");
    for request in &requests {
        let detail = on.store.request(&request.id.to_string()).await.unwrap().unwrap();
        assert_eq!(detail.rpc_id.as_deref(), request.rpc_id.as_deref());
        assert_eq!(
            detail.arguments,
            request.payload.as_ref().and_then(|payload| Some(payload.arguments.as_ref()?.captured().unwrap()))
        );
    }
    let mut raw = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT row_id, id FROM archon_mcp_requests ORDER BY id").fetch_all(&mut raw).await.unwrap();
    assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let first = |id: &str| {
        let bits = id.parse::<Uuid>().unwrap().as_u128();
        i64::try_from(bits >> 80 << 12 | bits >> 64 & 0xfff).unwrap()
    };
    assert_eq!(rows[0].0, first(&rows[0].1), "what the server makes of an id, too");
    assert!(rows.iter().all(|(row_id, id)| (0..400).contains(&(row_id - first(id)))));
}

#[tokio::test]
async fn requests_keep_what_numbers_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eighth.db");
    let mut eighth = of_version(&path, 8).await;
    // Every combination of what may be missing; one session is not there.
    let insert = "PRAGMA foreign_keys = OFF;
        INSERT INTO archon_mcp_sessions (session_id, attribution, status, connected_at, last_activity, server_instance, is_probe)
        VALUES ('00000000-0000-7000-8000-000000000001', 'transport', 'idle', '2026-01-09T14:40:00.000000Z',
            '2026-01-09T14:40:00.000000Z', '00000000-0000-7000-8000-0000000000ee', 0);
        WITH sessions (session) AS (VALUES (NULL), ('00000000-0000-7000-8000-000000000001'),
                 ('00000000-0000-7000-8000-00000000dead')),
             tools (tool) AS (VALUES (NULL), (''), ('find')), clients (client) AS (VALUES (NULL), (''), ('Codex'))
        INSERT INTO archon_mcp_requests (row_id, id, session_id, client_type, method, tool_name, status, outcome, error_code,
            error_message, timestamp, duration_ms, request_bytes, response_bytes, server_instance)
        SELECT 6851680000000000 + n, printf('019ba32b-0000-7%03x-8000-000000000000', n), session, client, 'tools/call', tool,
            'error', 'tool_error', n, 'no ' || n, printf('2026-01-09T14:40:00.%06dZ', n * 7), n + 0.5, n, n,
            '00000000-0000-7000-8000-0000000000e' || (n % 3)
        FROM (SELECT *, ROW_NUMBER() OVER () AS n FROM sessions, tools, clients)";
    sqlx::raw_sql(insert).execute(&mut eighth).await.unwrap();
    let before = all_requests(&mut eighth).await;
    assert_eq!(before.len(), 27);
    eighth.close().await.unwrap();

    Store::open(&sqlite_url(&path)).await.unwrap();
    let mut raw = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    assert_eq!(all_requests(&mut raw).await, before);
}

/// Each as JSON, in the order of their numbers.
async fn all_requests(connection: &mut SqliteConnection) -> Vec<String> {
    let statement = format!("SELECT json_array(row_id, {COLUMNS}) FROM archon_mcp_requests ORDER BY row_id");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(connection).await.unwrap()
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_keep_an_old_database_shut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.db");
    let mut first = of_version(&path, 1).await;
    // Nor can the time be told from the first one's id.
    for (id, time) in [("ffffffff-ffff-7fff-bfff-ffffffffffff", "yesterday"), ("b", "2026-01-09T14:40:00.123456Z")] {
        let insert = format!(
            "INSERT INTO archon_mcp_requests (id, method, status, outcome, timestamp, duration_ms, request_bytes,
                 response_bytes, server_instance) VALUES ('{id}', 'ping', 'success', 'ok', '{time}', 1, 1, 1, 'x')"
        );
        sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut first).await.unwrap();
    }
    first.close().await.unwrap();
    let (store, _writer) = Store::open(&sqlite_url(&path)).await.unwrap();
    assert_eq!(store.coverage(now()).await.unwrap().requests, 1);
}
