//! What is not begun, and why.

use std::{fs, path::Path};

use sqlx::{ConnectOptions, Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tracon::{
    spool::Spool,
    store::{Change, Store, sqlite_url},
};

use crate::{
    command::Move,
    fixture::{Engine, Fixture, ago, session},
};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Refused in words with this in them, and nothing was made.
async fn refused(moving: &Move, why: &str) {
    let said = moving.failed(2).await;
    assert!(said.contains(why) && !said.contains("hunter2"), "{said}");
    assert!(fs::read_dir(moving.folder.path()).unwrap().all(|entry| entry.unwrap().path().is_dir()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_sqlite_is_moved_and_only_to_postgresql() {
    let on = Fixture::new(Engine::Sqlite).await;
    let mut moving = Move::of(&on).await;
    let (from, to) = (moving.from.clone(), moving.to.clone());
    for wrong in ["postgres://tracon:hunter2@h/d", "mysql://tracon:hunter2@h/d", "hunter2", "data/tracon.db"] {
        wrong.clone_into(&mut moving.from);
        refused(&moving, "--from must name a SQLite database").await;
    }
    moving.from.clone_from(&from);
    for wrong in ["sqlite:other.db", "mysql://tracon:hunter2@h/d", "hunter2"] {
        wrong.clone_into(&mut moving.to);
        refused(&moving, "--to must name a PostgreSQL database").await;
    }
    // Nobody listens on port 1.
    "postgres://tracon:hunter2@127.0.0.1:1/d".clone_into(&mut moving.to);
    refused(&moving, "d on 127.0.0.1:1 cannot be reached").await;
    format!("{to}?password=x&hunter2=1").clone_into(&mut moving.to);
    refused(&moving, "the parameters behind `?`").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_must_be_there_and_of_this_version() {
    let on = Fixture::new(Engine::Sqlite).await;
    let mut moving = Move::of(&on).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("notes"), "not a database at all").unwrap();
    first_version(&path("first.db")).await;
    let (store, writer) = Store::open(&sqlite_url(&path("newer.db"))).await.unwrap();
    store.close().await;
    writer.close().await.unwrap();
    make_newer(&path("newer.db")).await;
    foreign(&path("foreign.db")).await;
    for (name, why) in [
        ("none.db", "there is no database"),
        ("", "is not a file"),
        ("notes", "is not a SQLite database"),
        ("first.db", "has version 1, and"),
        ("newer.db", "use a newer tracon"),
        ("foreign.db", "of another program"),
    ] {
        moving.from = sqlite_url(&path(name));
        refused(&moving, why).await;
    }
    assert!(!path("none.db").exists());
}

async fn first_version(path: &Path) {
    let mut connection = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    let first = MIGRATOR.iter().filter(|migration| migration.version == 1).cloned().collect();
    Migrator::with_migrations(first).run_direct(None, &mut connection, false).await.unwrap();
    connection.close().await.unwrap();
}

async fn make_newer(path: &Path) {
    let statement = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99990101000000, 'of the future', TRUE, x'00', 0)";
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn foreign(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE other (x)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_must_be_empty_or_have_the_beginning_of_the_same() {
    let on = Fixture::new(Engine::Sqlite).await;
    let mut moving = Move::of(&on).await;
    let (store, mut writer) = Store::open(&moving.to).await.unwrap();
    writer.apply(&[Change::Opened(session(1, ago(1)).into())]).await.unwrap();
    writer.close().await.unwrap();
    store.close().await;
    refused(&moving, "there are rows in archon_mcp_sessions").await;

    let target = moving.target().await;
    crate::command::execute(&target, "DELETE FROM archon_mcp_sessions").await;
    moving.done().await;
    let other = Fixture::new(Engine::Sqlite).await;
    moving.from.clone_from(&other.url);
    refused(&moving, "has what was moved from").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_in_the_spool_must_be_written_first_and_by_a_server_that_has_ended() {
    let on = Fixture::new(Engine::Sqlite).await;
    let moving = Move::of(&on).await;
    // Beside the database, and in the data directory that is configured.
    for folder in [on.place.folder().join("spool"), moving.folder.path().join("data/spool")] {
        let (spool, reader) = Spool::open(&folder, 1 << 20).unwrap();
        refused(&moving, "is in use by another tracon").await;
        let record = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(b"a record");
            Ok(())
        };
        spool.append(&mut Vec::new(), record).unwrap();
        drop((spool, reader));
        refused(&moving, "1 records wait in the spool").await;
        fs::remove_dir_all(&folder).unwrap();
    }
    moving.done().await;
}
