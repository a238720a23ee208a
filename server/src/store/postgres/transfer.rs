//! The end that a SQLite database is moved to: rows, and in the same transaction where the move stands.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use super::{PostgresStore, PostgresWriter, begin, insert::insert_by};
use crate::store::{
    StoreError,
    cells::Cells,
    connection::{Row, Snapshot},
    tables::{PAYLOADS, REQUESTS},
    transfer::{LAYOUTS, Layout},
};

/// How far the move of one table has come.
#[derive(Clone, Debug)]
pub struct Position {
    pub table: String,
    /// The file that is moved.
    pub source: String,
    /// Rows.
    pub moved: u64,
    /// Of the last of them.
    pub last_key: Option<Vec<String>>,
    /// All of the database was read again, and was the same on both sides.
    pub verified_at: Option<DateTime<Utc>>,
}

/// What a move finds.
#[derive(Debug)]
pub enum Begun {
    /// Where each table's stands.
    At(Vec<Position>),
    /// None was begun, and there are rows in this table already.
    Occupied(&'static str),
}

impl PostgresStore {
    /// The file that is being moved here and of which not all is there yet, or was not compared.
    pub async fn half_moved(&self) -> Result<Option<String>, StoreError> {
        let statement = "SELECT source FROM archon_mcp_transfer WHERE verified_at IS NULL LIMIT 1";
        Ok(sqlx::query_scalar(statement).fetch_optional(&self.readers).await?)
    }
}

impl PostgresWriter {
    /// Where the move stands; one from `source` begins where there was none.
    pub async fn begin_transfer(&mut self, source: &str) -> Result<Begun, StoreError> {
        self.work(async |this| {
            // With the lock: what a process that was killed had begun is committed by now, or never will be.
            let mut transaction = begin(&mut this.connection).await?;
            let read = "SELECT table_name, source, moved, last_key, verified_at FROM archon_mcp_transfer";
            let mut stored = sqlx::query(read).fetch_all(&mut *transaction).await?;
            if stored.is_empty() {
                for Layout { table, .. } in &LAYOUTS {
                    let any = sqlx::AssertSqlSafe(format!("SELECT EXISTS (SELECT 1 FROM {table})"));
                    if sqlx::query_scalar(any).fetch_one(&mut *transaction).await? {
                        // Said at once: dropped, it would keep the lock until the connection is used again.
                        transaction.rollback().await?;
                        return Ok(Begun::Occupied(table));
                    }
                    sqlx::query("INSERT INTO archon_mcp_transfer (table_name, source) VALUES ($1, $2)")
                        .bind(table)
                        .bind(source)
                        .execute(&mut *transaction)
                        .await?;
                }
                stored = sqlx::query(read).fetch_all(&mut *transaction).await?;
            }
            transaction.commit().await?;
            let position = |row: &sqlx::postgres::PgRow| -> Result<Position, sqlx::Error> {
                let last_key: Option<String> = row.try_get("last_key")?;
                Ok(Position {
                    table: row.try_get("table_name")?,
                    source: row.try_get("source")?,
                    moved: row.try_get::<i64, _>("moved")?.max(0).unsigned_abs(),
                    last_key: last_key.and_then(|key| serde_json::from_str(&key).ok()),
                    verified_at: row.try_get("verified_at")?,
                })
            };
            Ok(Begun::At(stored.iter().map(position).collect::<Result<_, _>>()?))
        })
        .await
    }

    /// Writes the rows that follow on `position`, and moves it behind them. `false`: somebody else did, and nothing was
    /// written.
    pub async fn transfer(
        &mut self,
        layout: &Layout,
        rows: &[Row],
        position: &mut Position,
    ) -> Result<bool, StoreError> {
        let last_key = rows.last().map(|row| layout.key_of(row)).transpose()?;
        let moved = position.moved + rows.len() as u64;
        let is_moved = self
            .work(async |this| {
                if [REQUESTS, PAYLOADS].contains(&layout.table) {
                    for row in rows {
                        let id = Cells::keyed(row, layout.table, layout.key[0])?.id(layout.key[0])?;
                        this.days.ensure_that_of(&mut this.connection, layout.table, id).await?;
                    }
                }
                let mut transaction = begin(&mut this.connection).await?;
                let statement = "UPDATE archon_mcp_transfer SET moved = $1, last_key = $2
                     WHERE table_name = $3 AND moved = $4 AND verified_at IS NULL";
                let changed = sqlx::query(statement)
                    .bind(moved.cast_signed())
                    .bind(serde_json::json!(last_key).to_string())
                    .bind(layout.table)
                    .bind(position.moved.cast_signed())
                    .execute(&mut *transaction)
                    .await?;
                if changed.rows_affected() != 1 {
                    transaction.rollback().await?;
                    return Ok(false);
                }
                insert_by(&mut transaction, &layout.insert(), rows, |row, columns| layout.bind(row, columns)).await?;
                transaction.commit().await?;
                Ok(true)
            })
            .await?;
        if is_moved {
            (position.moved, position.last_key) = (moved, last_key);
        }
        Ok(is_moved)
    }

    /// Notes that what was moved is what the source has.
    pub async fn end_transfer(&mut self) -> Result<(), StoreError> {
        self.work(async |this| {
            let statement = "UPDATE archon_mcp_transfer SET verified_at = now()";
            sqlx::query(statement).execute(&mut this.connection).await?;
            Ok(())
        })
        .await
    }
}

impl PostgresStore {
    /// What is there now, for as long as it takes to read all of it.
    pub async fn long_snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut snapshot = self.snapshot().await?;
        for statement in ["SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"] {
            snapshot.connection().execute(statement, vec![]).await?;
        }
        Ok(snapshot)
    }
}
