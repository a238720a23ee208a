//! What can go wrong between the server and its database, each in one line that says what to do.

use std::{io, path::PathBuf};

use sqlx::postgres::PgDatabaseError;

/// Why the store could not do what it was asked. Messages are one line and never hold a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database URL names an engine that this build does not have. Only the scheme is kept: the rest may be secret.
    #[error(
        "a database URL of the scheme `{scheme}` is not supported: use sqlite:PATH or postgres://USER@HOST/DATABASE"
    )]
    UnsupportedScheme { scheme: String },
    /// The URL begins with a known scheme, but what follows is not understood.
    #[error(
        "the database URL is not valid: {reason}; use sqlite:PATH or postgres://USER@HOST/DATABASE, for example \
         sqlite:./data/tracon.db"
    )]
    InvalidUrl { reason: String },
    /// The database's folder is not there.
    #[error("the folder of the database {path} does not exist: create it, or use another --database-url")]
    NoFolder { path: PathBuf },
    /// A folder, or something else that is not a file, is where the database should be.
    #[error("{path} is not a file: use another --database-url")]
    NotAFile { path: PathBuf },
    /// The file cannot be read, or its path cannot be followed.
    #[error("the database {path} cannot be read ({source}): grant access, or use another --database-url")]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file, or the folder in which its write-ahead log belongs, cannot be written.
    #[error("the database {path} cannot be written ({reason}): grant write access, or use another --database-url")]
    Unwritable { path: PathBuf, reason: String },
    /// The file holds something else.
    #[error("{path} is not a SQLite database: use another --database-url")]
    NotADatabase { path: PathBuf },
    /// A database, but of another program.
    #[error("{database} is the database of another program: use another --database-url")]
    Foreign { database: String },
    /// A later version of Tracon wrote it.
    #[error(
        "the database {database} has version {found}, but this tracon knows versions up to {known}: use a newer tracon, or \
         another --database-url"
    )]
    Newer { database: String, found: i64, known: i64 },
    /// A migration was applied in another wording than the one built in: the schema is not what this binary expects.
    #[error(
        "the database {database} was made by another build of tracon (its migration {version} differs): use that build, or \
         another --database-url"
    )]
    ChangedMigration { database: String, version: i64 },
    /// Bringing the schema up to date failed; the database is as it was.
    #[error("the database {database} could not be brought up to date ({source}): it was left as it was")]
    Migration { database: String, source: sqlx::migrate::MigrateError },
    /// There is no file where a database should be that is only read.
    #[error("there is no database {path}: use another --database-url")]
    Missing { path: PathBuf },
    /// An earlier version of Tracon wrote it, and it is only read.
    #[error(
        "the database {database} has version {found}, and {needed} is needed: start this tracon on it once, which brings it up \
         to date, and stop it again"
    )]
    Outdated { database: String, found: i64, needed: i64 },
    /// Another process holds the database's lock.
    #[error("the database {path} is in use by another program: stop that program, or use another --database-url")]
    InUse { path: PathBuf },
    /// SQLite could not open it for a reason not named above.
    #[error("the database {path} cannot be opened ({source}): repair it, or use another --database-url")]
    Open { path: PathBuf, source: sqlx::Error },
    /// The server does not answer, or does not let this user in.
    #[error("the database {database} cannot be reached ({reason}): start or create it, or use another --database-url")]
    Unreachable { database: String, reason: String },
    /// It cannot hold every text.
    #[error("the database {database} has the encoding {found}: make one with UTF8")]
    WrongEncoding { database: String, found: String },
    /// PostgreSQL before the version that this was written for.
    #[error("the database {database} is PostgreSQL {found}: version {needed} or newer is needed")]
    TooOld { database: String, found: String, needed: u32 },
    /// What was asked for cannot be: shown to whoever asked.
    #[error("`{parameter}` {reason}")]
    Invalid { parameter: &'static str, reason: String },
    /// A row holds what this version cannot have written.
    #[error("{table}.{column} of the row {row} is corrupt: {reason}")]
    Corrupt { table: &'static str, column: &'static str, row: String, reason: String },
    /// A statement failed, or no connection could be had in time.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether the same may succeed later: the lock, the disk or the connection was in the way. Otherwise it is what was
    /// given that the database refuses, now and always. What cannot be told apart counts as the former, so that nothing is
    /// set aside for a fault that is not its own.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => !is_refused(error),
            Self::InUse { .. }
            | Self::Open { .. }
            | Self::Unwritable { .. }
            | Self::Unreadable { .. }
            | Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// Whether it was PostgreSQL that refused a statement, on a connection that goes on.
    pub(super) fn is_statement(&self) -> bool {
        // Operator intervention and connection exceptions end the connection.
        const ENDING: [&str; 2] = ["57", "08"];
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| !ENDING.iter().any(|class| code.starts_with(class)))
    }
}

/// Whether the database refuses a value, or holds one that cannot be read.
fn is_refused(error: &sqlx::Error) -> bool {
    // <https://sqlite.org/rescode.html>: too big, constraint, mismatch, range.
    const SQLITE: [i32; 4] = [18, 19, 20, 25];
    // <https://www.postgresql.org/docs/current/errcodes-appendix.html>: data, integrity, program limit exceeded.
    const POSTGRES: [&str; 3] = ["22", "23", "54"];
    match error {
        sqlx::Error::Database(error) => {
            let Some(code) = error.code() else { return false };
            if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                // Without the name of a constraint it says that there is no partition: another server dropped it, or has not
                // made it yet.
                if code == "23514" && error.constraint().is_none() {
                    return false;
                }
                return POSTGRES.iter().any(|class| code.starts_with(class));
            }
            code.parse::<i32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
        }
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => true,
        _ => false,
    }
}
