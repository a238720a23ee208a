//! Several servers on one database: what each does for all of them, by locks that PostgreSQL lets go of once it notices that
//! their holder is gone.

use sqlx::PgConnection;

use crate::store::StoreError;

/// Each server has its share of it as long as its writing connection is open. The numbers have no meaning but to differ.
const SERVERS: i64 = 0x7472_6163_6f6e_0002;

/// One server has it: it says which sessions are idle or gone, and deletes what is too old.
const KEEPER: i64 = 0x7472_6163_6f6e_0003;

/// Says that this server is there, until the connection ends or it [leaves](leave).
pub async fn join(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(SERVERS).execute(connection).await?;
    Ok(())
}

/// The server stops: what it still writes is no sign of life.
pub async fn leave(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_unlock_shared($1)").bind(SERVERS).execute(connection).await?;
    Ok(())
}

/// Whether no other server is there. To be asked within a transaction, whose end lets others come.
pub async fn is_alone(connection: &mut PgConnection) -> Result<bool, StoreError> {
    // The own share does not stand in the way.
    Ok(sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(SERVERS).fetch_one(connection).await?)
}

/// Whether this server is now the one that keeps house, until the connection ends. To be asked only as long as it is not.
pub async fn become_keeper(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(KEEPER).fetch_one(connection).await?)
}
