//! Databases that must not be opened, and what is left as it was. Of SQLite.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tracon::store::{Change, Store, StoreError, sqlite_url};

use crate::fixture::{ago, session, totals};

/// Every file of the folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() })).collect()
}

/// The error of opening that path: one line that names the path and says what to do, and nothing written.
async fn refused(path: &Path) -> StoreError {
    let folder = path.parent().unwrap();
    let before = folder.exists().then(|| contents(folder));
    let error = Store::open(&sqlite_url(path)).await.unwrap_err();
    assert_eq!(folder.exists().then(|| contents(folder)), before, "nothing is written: {error}");
    let message = error.to_string();
    assert!(message.contains(&path.display().to_string()), "{message}");
    assert!(message.contains("another --database-url") && !message.contains('\n'), "{message}");
    error
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// Runs statements on the file behind the store's back.
async fn run(path: &Path, statements: &str) {
    let mut connection = raw(path).await;
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A closed database of ours with a session in it: one file, nothing beside it.
async fn ours(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("tracon.db");
    let (store, mut writer) = Store::open(&sqlite_url(&path)).await.unwrap();
    writer.apply(&[Change::Opened(Arc::new(session(1, ago(60))))]).await.unwrap();
    store.close().await;
    writer.close().await.unwrap();
    assert_eq!(contents(folder.path()).len(), 1, "closing leaves one file");
    path
}

const FROM_THE_FUTURE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                               VALUES (99, 'from the future', TRUE, x'00', 1)";

#[tokio::test]
async fn a_database_is_created_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = ours(&folder).await;
    let (store, writer) = Store::open(&sqlite_url(&path)).await.unwrap();
    assert!(totals(&store, uuid::Uuid::from_u128(1)).await.is_some());
    store.close().await;
    writer.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_file_or_database_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty");
    fs::write(&path, "").unwrap();
    Store::open(&sqlite_url(&path)).await.unwrap();

    // What a first start leaves behind that was cut off before the first migration.
    let path = folder.path().join("cut-off");
    run(&path, "PRAGMA journal_mode = WAL; CREATE TABLE t (x); DROP TABLE t").await;
    Store::open(&sqlite_url(&path)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_may_start_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("tracon.db"));
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = ours(&folder).await;
    run(&path, FROM_THE_FUTURE).await;
    assert_eq!(contents(folder.path()).len(), 1);
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Newer { found: 99, known: 9, .. }), "{error:?}");
    assert!(error.to_string().contains("use a newer tracon, or another --database-url"));
}

#[tokio::test]
async fn a_newer_database_is_refused_also_when_only_its_log_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = ours(&folder).await;
    // As after a crash: what was written last is in the log alone. The connection stays open, so that it is not folded in.
    let mut crashed = raw(&path).await;
    sqlx::raw_sql(FROM_THE_FUTURE).execute(&mut crashed).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("tracon.db{suffix}");
        fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
    }
    let path = copy.path().join("tracon.db");
    let before = (fs::read(&path).unwrap(), fs::read(copy.path().join("tracon.db-wal")).unwrap());
    let error = Store::open(&sqlite_url(&path)).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
    assert_eq!((fs::read(&path).unwrap(), fs::read(copy.path().join("tracon.db-wal")).unwrap()), before);
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = ours(&folder).await;
    run(&path, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    assert!(matches!(refused(&path).await, StoreError::ChangedMigration { version: 1, .. }));
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    run(&path, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('keep me')").await;
    assert!(matches!(refused(&path).await, StoreError::Foreign { .. }));

    // Also one that uses the same migration library, and one of the same table's name without migrations.
    let path = folder.path().join("migrated.db");
    run(&path, "CREATE TABLE users (name TEXT); CREATE TABLE _sqlx_migrations (version, checksum)").await;
    assert!(matches!(refused(&path).await, StoreError::Foreign { .. }));
    let path = folder.path().join("archon.db");
    run(&path, "CREATE TABLE archon_mcp_sessions (session_id TEXT)").await;
    assert!(matches!(refused(&path).await, StoreError::Foreign { .. }));
    let path = folder.path().join("both.db");
    run(&path, "CREATE TABLE archon_mcp_sessions (session_id TEXT); CREATE TABLE _sqlx_migrations (id TEXT)").await;
    assert!(matches!(refused(&path).await, StoreError::Foreign { .. }));
}

#[tokio::test]
async fn what_is_not_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database at all, but longer than the header of one: ".repeat(50)).unwrap();
    assert!(matches!(refused(&path).await, StoreError::NotADatabase { .. }));
    fs::write(&path, "short").unwrap();
    assert!(matches!(refused(&path).await, StoreError::NotADatabase { .. }));

    // The right first bytes, and nonsense after them.
    fs::write(&path, format!("SQLite format 3\0{}", "nonsense ".repeat(900))).unwrap();
    assert!(matches!(refused(&path).await, StoreError::NotADatabase { .. } | StoreError::Open { .. }));

    let path = folder.path().join("folder.db");
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(&path).await, StoreError::NotAFile { .. }));
}

#[tokio::test]
async fn a_missing_folder_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(refused(&folder.path().join("none/tracon.db")).await, StoreError::NoFolder { .. }));
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Store::open(&sqlite_url(&folder.path().join("file/tracon.db"))).await.unwrap_err();
    assert!(matches!(error, StoreError::NoFolder { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    // By its permissions, which bind everybody but root; the store keeps to them as root too.
    let folder = tempfile::tempdir().unwrap();
    let path = ours(&folder).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(refused(&path).await, StoreError::Unwritable { .. }));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    assert!(matches!(refused(&path).await, StoreError::Unwritable { .. }));
    assert!(matches!(refused(&folder.path().join("new.db")).await, StoreError::Unwritable { .. }));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    Store::open(&sqlite_url(&path)).await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_takes_no_files_is_refused() {
    // Its permissions allow it; the file system does not.
    let error = Store::open("sqlite:/proc/self/task/tracon.db").await.unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error:?}");
}

#[tokio::test]
async fn another_scheme_is_named_and_its_password_is_not() {
    for (url, scheme) in [("mssql://user:secret@host/db", "mssql"), ("mysql://user:secret@host", "mysql")] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(&error, StoreError::UnsupportedScheme { scheme: named } if named == scheme), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains(scheme) && message.contains("sqlite:PATH") && !message.contains("secret"),
            "{message}"
        );
    }
    for url in ["/data/tracon.db", "user secret@host:1", "", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=memory"] {
        let message = Store::open(url).await.unwrap_err().to_string();
        assert!(message.contains("sqlite:PATH") && !message.contains("secret"), "{message}");
    }
}
