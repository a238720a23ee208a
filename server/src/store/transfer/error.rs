//! Why not all was moved, in one line each that says what to do.

use chrono::{DateTime, Utc};

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("--from must name a SQLite database: sqlite:PATH")]
    NotSqlite,
    #[error("--to must name a PostgreSQL database: postgres://USER:PASSWORD@HOST/DATABASE")]
    NotPostgres,
    #[error("{}", of_flag(.0, "--from"))]
    Source(StoreError),
    #[error("{}", of_flag(.0, "--to"))]
    Target(StoreError),
    #[error("there are rows in {table} of the database that --to names already: make an empty one")]
    Occupied { table: &'static str },
    #[error("the database that --to names has what was moved from {file}: go on with that one, or make an empty one")]
    OtherSource { file: String },
    #[error("{}: start it again, and it goes on where it was", of_flag(.0, "--from or --to"))]
    Broken(StoreError),
    #[error(
        "{0}: nobody else may write to the target, and what the source has that cannot be read must be put right first"
    )]
    Stuck(StoreError),
    #[error(
        "everything was moved and compared at {}, but since then somebody wrote to {table} of the database that --from names: make \
         an empty database, and move to that",
        .at.format("%Y-%m-%d %H:%M UTC")
    )]
    Grown { table: &'static str, at: DateTime<Utc> },
    #[error("another tracon moves to the same database: let it end")]
    Taken,
    #[error(
        "the databases are not the same: {differences}. Stop every server on either, make an empty database, and move to that"
    )]
    Differs { differences: String },
    #[error(
        "somebody wrote to the database that --from names meanwhile: stop every server on it, make an empty database, and move to \
         that"
    )]
    Changed,
}

/// On the way.
impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::Broken(error) } else { Self::Stuck(error) }
    }
}

impl TransferError {
    /// 2: nothing was begun. 1: it broke on the way.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotSqlite
            | Self::NotPostgres
            | Self::Source(_)
            | Self::Target(_)
            | Self::Occupied { .. }
            | Self::OtherSource { .. }
            | Self::Grown { .. } => 2,
            Self::Broken(_) | Self::Stuck(_) | Self::Taken | Self::Differs { .. } | Self::Changed => 1,
        }
    }
}

/// What the store says to whoever starts a server, to whoever named the database by another flag.
fn of_flag(error: &StoreError, flag: &str) -> String {
    error.to_string().replace("--database-url", flag)
}
