//! What must hold before the first byte is written, and bringing the schema up to date.

use sqlx::{
    PgConnection,
    migrate::{MigrateError, Migrator},
};

use crate::store::{StoreError, tables::SESSIONS};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/postgres");

/// The oldest version that this is tested with.
const OLDEST: u32 = 15;

/// Applies what is missing. Servers that start at the same time do it one after the other: sqlx takes an advisory lock for it.
pub async fn run(database: &str, connection: &mut PgConnection) -> Result<(), StoreError> {
    check_version(database, connection).await?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut *connection).await?;
    if encoding != "UTF8" {
        return Err(StoreError::WrongEncoding { database: database.to_owned(), found: encoding });
    }
    let unmanaged: bool =
        sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL AND to_regclass('_sqlx_migrations') IS NULL")
            .bind(SESSIONS)
            .fetch_one(&mut *connection)
            .await?;
    let managed_by_another: bool = sqlx::query_scalar(
        "SELECT to_regclass($1) IS NULL AND to_regclass('_sqlx_migrations') IS NOT NULL
             AND (SELECT COUNT(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                  WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND relname <> '_sqlx_migrations') > 0",
    )
    .bind(SESSIONS)
    .fetch_one(&mut *connection)
    .await?;
    if unmanaged || managed_by_another {
        return Err(StoreError::Foreign { database: database.to_owned() });
    }
    MIGRATOR.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) => {
            let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
            StoreError::Newer { database: database.to_owned(), found, known }
        }
        MigrateError::VersionMismatch(version) => {
            StoreError::ChangedMigration { database: database.to_owned(), version }
        }
        source => StoreError::Migration { database: database.to_owned(), source },
    })
}

async fn check_version(database: &str, connection: &mut PgConnection) -> Result<(), StoreError> {
    let number: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *connection).await?;
    let is_new_enough = number.parse::<u32>().is_ok_and(|number| number / 10_000 >= OLDEST);
    if is_new_enough {
        return Ok(());
    }
    let found: String = sqlx::query_scalar("SHOW server_version").fetch_one(connection).await?;
    Err(StoreError::TooOld { database: database.to_owned(), found, needed: OLDEST })
}
