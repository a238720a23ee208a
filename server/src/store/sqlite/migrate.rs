//! What must hold before the first byte is written, and bringing the schema up to date.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::{MigrateError, Migrator},
};

use super::{backfill, options};
use crate::store::StoreError;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

/// The table of the first migration: a database with sqlx's table but without this one belongs to another program.
const OURS: &str = "archon_mcp_sessions";
const APPLIED: &str = "_sqlx_migrations";

/// Whether the path can hold, or holds, a database that this binary may write to. Writes nothing.
pub async fn check(path: &Path) -> Result<(), StoreError> {
    if holds_data(path)? { check_schema(path).await } else { Ok(()) }
}

/// Whether there is a database that is not empty, in a place that can be written.
fn holds_data(path: &Path) -> Result<bool, StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
    let unwritable = |reason: String| StoreError::Unwritable { path: path.to_owned(), reason };

    let folder = path.parent().unwrap_or(Path::new("/"));
    match fs::metadata(folder) {
        Ok(folder) if !folder.is_dir() => return Err(StoreError::NoFolder { path: path.to_owned() }),
        // The log and the lock file live beside the database, so that its folder must be writable as well.
        Ok(folder) if folder.permissions().readonly() => return Err(unwritable("its folder is read-only".to_owned())),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(StoreError::NoFolder { path: path.to_owned() });
        }
        Err(error) => return Err(unreadable(error)),
    }

    let file = match fs::metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unreadable(error)),
    };
    if !file.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    if file.permissions().readonly() {
        return Err(unwritable("it is read-only".to_owned()));
    }
    OpenOptions::new().append(true).open(path).map_err(|error| unwritable(error.to_string()))?;
    if file.len() == 0 {
        return Ok(false);
    }
    check_magic(path)?;
    Ok(true)
}

fn check_magic(path: &Path) -> Result<(), StoreError> {
    let mut magic = Vec::new();
    File::open(path)
        .and_then(|file| file.take(16).read_to_end(&mut magic))
        .map_err(|source| StoreError::Unreadable { path: path.to_owned(), source })?;
    if magic == b"SQLite format 3\0" { Ok(()) } else { Err(StoreError::NotADatabase { path: path.to_owned() }) }
}

/// Whether there is a database to be read, whatever may be written there.
pub fn check_source(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(file) if file.is_file() => check_magic(path),
        Ok(_) => Err(StoreError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Missing { path: path.to_owned() }),
        Err(source) => Err(StoreError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Whether it has the schema that this binary makes: what [`run`] would leave as it is.
pub async fn check_current(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let (tables, applied) = read_schema(connection).await.map_err(|error| open_error(path, error))?;
    judge(path, &tables, &applied)?;
    let newest = |versions: &mut dyn Iterator<Item = i64>| versions.max().unwrap_or(0);
    let (found, needed) = (
        newest(&mut applied.iter().map(|(version, _)| *version)),
        newest(&mut MIGRATOR.iter().map(|migration| migration.version)),
    );
    if found == needed { Ok(()) } else { Err(StoreError::Outdated { database: name_of(path), found, needed }) }
}

async fn check_schema(path: &Path) -> Result<(), StoreError> {
    let opened = async {
        // A read-only connection to a database with a write-ahead log leaves its files behind when it made them. Without
        // a log there is nothing that `immutable`, which opens the file and nothing else, could miss.
        let immutable = !(is_filled(path, "-wal") || is_filled(path, "-journal"));
        let mut connection = options(path).read_only(true).immutable(immutable).connect().await?;
        let schema = read_schema(&mut connection).await;
        connection.close().await?;
        schema
    };
    let (tables, applied) = opened.await.map_err(|error| open_error(path, error))?;
    judge(path, &tables, &applied)
}

/// Whether SQLite left a file of that suffix beside the database that has something in it.
fn is_filled(path: &Path, suffix: &str) -> bool {
    fs::metadata(beside(path, suffix)).is_ok_and(|file| file.len() > 0)
}

/// Whether somebody has the database open, or left without closing it: the log goes with the last who closes it.
pub fn is_open(path: &Path) -> bool {
    beside(path, "-wal").exists() || is_filled(path, "-journal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    beside.into()
}

type AppliedMigration = (i64, Vec<u8>);

async fn read_schema(connection: &mut SqliteConnection) -> Result<(Vec<String>, Vec<AppliedMigration>), sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        r"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let is_ours = tables.iter().any(|table| table == OURS) && tables.iter().any(|table| table == APPLIED);
    if !is_ours {
        return Ok((tables, Vec::new()));
    }
    let applied = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
    match applied.fetch_all(connection).await {
        Ok(applied) => Ok((tables, applied)),
        // No such column: a table of that name, but another one.
        Err(error) if primary_code(&error) == Some(ERROR) => Ok((tables, Vec::new())),
        Err(error) => Err(error),
    }
}

/// How errors call it.
fn name_of(path: &Path) -> String {
    path.display().to_string()
}

fn judge(path: &Path, tables: &[String], applied: &[AppliedMigration]) -> Result<(), StoreError> {
    // Nothing in it, or a first start that was cut off before the first migration.
    if tables.iter().all(|table| table == APPLIED) {
        return Ok(());
    }
    if applied.is_empty() {
        return Err(StoreError::Foreign { database: name_of(path) });
    }
    if let Some((found, _)) = applied.iter().rfind(|(version, _)| !MIGRATOR.version_exists(*version)) {
        let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
        return Err(StoreError::Newer { database: name_of(path), found: *found, known });
    }
    for migration in MIGRATOR.iter() {
        let differs = |(version, checksum): &AppliedMigration| {
            *version == migration.version && checksum[..] != migration.checksum[..]
        };
        if applied.iter().any(differs) {
            return Err(StoreError::ChangedMigration { database: name_of(path), version: migration.version });
        }
    }
    Ok(())
}

/// Applies what is missing, all of it or nothing. Taking the write lock first lets two processes that start at the same
/// time do it one after the other.
pub async fn run(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let migration_error = |source| StoreError::Migration { database: name_of(path), source };
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|error| open_error(path, error))?;
    // What `run` does with the connection it acquires. Through `Acquire` the future could not be seen to be `Send`.
    MIGRATOR.run_direct(None, &mut *transaction, false).await.map_err(migration_error)?;
    backfill::build_if_missing(&mut transaction).await?;
    transaction.commit().await.map_err(|error| migration_error(MigrateError::Execute(error)))
}

/// Rewrites a file, once, that an earlier version made: only a file with a map of its pages can give single ones back.
/// Without it, retention still deletes, and what is written next takes the space.
pub async fn prepare_for_giving_back(path: &Path, connection: &mut SqliteConnection) {
    const INCREMENTAL: i64 = 2;
    let rewrite = async {
        let mode: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *connection).await?;
        if mode == INCREMENTAL {
            return Ok(());
        }
        sqlx::raw_sql("PRAGMA auto_vacuum = INCREMENTAL; VACUUM").execute(&mut *connection).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
        tracing::info!(path = %path.display(), "rewrote the database, so that it can give space back");
        Ok::<_, sqlx::Error>(())
    };
    if let Err(error) = rewrite.await {
        tracing::warn!(path = %path.display(), %error, "the database cannot give space back until a later start");
    }
}

// <https://sqlite.org/rescode.html>
const ERROR: i32 = 1;
const BUSY: i32 = 5;
const READONLY: i32 = 8;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// SQLite's result code, without the detail in its upper bytes.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Whether the error says that another connection holds the lock.
pub fn is_busy(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(BUSY)
}

/// What an error while opening means for whoever chose the path.
pub fn open_error(path: &Path, error: sqlx::Error) -> StoreError {
    let path = path.to_owned();
    match primary_code(&error) {
        Some(BUSY) => StoreError::InUse { path },
        Some(READONLY | CANTOPEN) => StoreError::Unwritable { path, reason: error.to_string() },
        Some(NOTADB) => StoreError::NotADatabase { path },
        _ => StoreError::Open { path, source: error },
    }
}
