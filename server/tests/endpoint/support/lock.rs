//! Somebody else who keeps the server from writing.

use crate::database::Peek;

/// While it exists, nobody writes.
#[derive(Debug)]
pub enum Lock {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Lock {
    pub async fn of(database: &Peek) -> Self {
        match database {
            Peek::Sqlite(pool) => Self::Sqlite(pool.begin_with("BEGIN EXCLUSIVE").await.expect("it is locked")),
            Peek::Postgres(pool) => {
                let mut transaction = pool.begin().await.expect("a transaction");
                let lock = "LOCK TABLE archon_mcp_sessions, archon_mcp_requests IN SHARE MODE";
                sqlx::query(lock).execute(&mut *transaction).await.expect("it is locked");
                Self::Postgres(transaction)
            }
        }
    }

    pub async fn release(self) {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
        .expect("it is let go of");
    }
}
