//! What servers on one database tell each other: that they wrote something, and which sessions of the legacy protocol their
//! clients ended. It leaves with the commit, so that whoever hears of it can read it.

use std::time::Duration;

use sqlx::{
    PgConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::PATIENCE;
use crate::store::{Applied, Notice, StoreError};

const CHANNEL: &str = "tracon";

/// Keys of sessions in one notice: PostgreSQL takes 8,000 bytes.
const MOST_KEYS: usize = 200;

/// Pause before a connection that was lost is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// After such a silence it is asked whether the connection still is one.
const SILENCE: Duration = Duration::from_mins(1);

/// Tells the others, once the transaction is committed, what came of it.
pub async fn send(connection: &mut PgConnection, instance: Uuid, applied: &Applied) -> Result<(), StoreError> {
    let instance = instance.simple().to_string();
    let keys: Vec<String> = applied.forgotten.iter().map(|key| key.simple().to_string()).collect();
    let mut notices: Vec<String> =
        keys.chunks(MOST_KEYS).map(|keys| format!("{instance} {}", keys.join(" "))).collect();
    if applied.changed && notices.is_empty() {
        notices.push(instance);
    }
    for notice in notices {
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(notice).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Hears what the other servers tell.
#[derive(Debug)]
pub struct PostgresListener {
    options: Box<PgConnectOptions>,
    /// What this server tells itself is passed over.
    instance: Uuid,
    listener: Option<PgListener>,
    /// Since it was last there, it was said that it is not.
    is_told: bool,
}

impl PostgresListener {
    pub fn new(options: &PgConnectOptions, instance: Uuid) -> Self {
        let options = Box::new(options.clone().application_name("tracon listener"));
        Self { options, instance, listener: None, is_told: false }
    }

    /// What another server tells, however long that takes. A connection that is lost is made again.
    pub async fn next(&mut self) -> Notice {
        loop {
            let Some(listener) = &mut self.listener else {
                match self.connect().await {
                    Ok(listener) => {
                        self.listener = Some(listener);
                        self.is_told = false;
                        return Notice::Missed;
                    }
                    Err(error) => {
                        if !std::mem::replace(&mut self.is_told, true) {
                            tracing::warn!(%error, "what other servers write cannot be heard of; it will be tried again");
                        }
                        sleep(PAUSE).await;
                        continue;
                    }
                }
            };
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => {
                    if let Some(notice) = read(notification.payload(), self.instance) {
                        return notice;
                    }
                }
                Err(_) if is_there(listener).await => {}
                Ok(Ok(None) | Err(_)) | Err(_) => self.listener = None,
            }
        }
    }

    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        // A pool of its own each time: one that was lost may hold its place until the network notices.
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let pool = pool.connect_lazy_with(PgConnectOptions::clone(&self.options));
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

async fn is_there(listener: &mut PgListener) -> bool {
    matches!(timeout(PATIENCE, sqlx::query("SELECT 1").execute(listener)).await, Ok(Ok(_)))
}

/// `None` when it says nothing to this server.
fn read(payload: &str, instance: Uuid) -> Option<Notice> {
    let mut words = payload.split(' ').map(Uuid::try_parse);
    if words.next()?.ok()? == instance {
        return None;
    }
    let forgotten: Vec<Uuid> = words.filter_map(Result::ok).collect();
    Some(if forgotten.is_empty() { Notice::Changed } else { Notice::Forgotten(forgotten) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_tells_itself_or_nobody_understands_says_nothing() {
        let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(read(&own.simple().to_string(), own), None);
        assert_eq!(read("hello", own), None);
        assert_eq!(read("", own), None);
        assert_eq!(read(&other.simple().to_string(), own), Some(Notice::Changed));
        let forgotten = format!("{} {} nonsense", other.simple(), own.simple());
        assert_eq!(read(&forgotten, own), Some(Notice::Forgotten(vec![own])));
    }
}
