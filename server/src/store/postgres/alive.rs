//! Which server processes live: each holds a lock of its own as long as its writing connection is open, and the database lets
//! go of it once it notices that the process is gone.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::StoreError;

/// Says that this process lives, until the connection ends.
pub async fn announce(connection: &mut PgConnection, instance: Uuid) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(key(instance)).execute(connection).await?;
    Ok(())
}

/// The processes with open sessions that live, `instance` among them. To be asked within a transaction.
pub async fn living(connection: &mut PgConnection, instance: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let instances: Vec<Uuid> =
        sqlx::query_scalar("SELECT DISTINCT server_instance FROM archon_mcp_sessions WHERE status <> 'disconnected'")
            .fetch_all(&mut *connection)
            .await?;
    let mut alive = vec![instance];
    for other in instances {
        // Of a process that lives nobody else gets it. What is got is let go of when the transaction ends.
        let is_dead: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
            .bind(key(other))
            .fetch_one(&mut *connection)
            .await?;
        if !is_dead {
            alive.push(other);
        }
    }
    Ok(alive)
}

/// The number of a process's lock: of the random end of its id.
fn key(instance: Uuid) -> i64 {
    let (_, low) = instance.as_u64_pair();
    low.cast_signed()
}
