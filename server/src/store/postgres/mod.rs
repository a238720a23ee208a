//! The store on PostgreSQL: for teams that outgrow one file.
//!
//! Batches of all servers that write to one database go in one after the other, by an advisory lock: what a batch reads first
//! (the state of sessions, the rollups that it adds to) is what it changes.

mod alive;
mod days;
mod insert;
mod migrate;
mod retain;

use std::{borrow::Cow, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use self::days::Days;
pub use self::insert::insert;
use super::{
    Applied, Change, Retained, RetentionPolicy, StoreError,
    connection::{Connection, Snapshot},
    write,
};

/// Reports at the same time, of one server.
const READERS: u32 = 8;

/// How long a report waits for a connection, and a batch for a lock, before it fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may work on one statement of a report.
const REPORT: Duration = Duration::from_secs(30);

/// How long a batch may take in all. Where the network swallows what is sent, nothing else would ever end it.
const BATCH: Duration = Duration::from_mins(1);

/// Whoever has it writes. The number has no meaning but this.
const WRITE_LOCK: i64 = 0x7472_6163_6f6e_0001;

/// The reading half. Its connections cannot write.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    readers: PgPool,
}

/// The writing half.
#[derive(Debug)]
pub struct PostgresWriter {
    options: Box<PgConnectOptions>,
    /// The server process that it writes for, once that has said so.
    instance: Option<Uuid>,
    /// `None` at first, and after a transaction that did not end well: then one is made.
    connection: Option<Box<WriteConnection>>,
}

#[derive(Debug)]
struct WriteConnection {
    connection: PgConnection,
    days: Days,
}

/// Opens the database that `url` names, which must be there, and brings its schema up to date.
pub async fn open(url: &str) -> Result<(PostgresStore, PostgresWriter), StoreError> {
    // Its message may hold the URL, and that a password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::InvalidUrl { reason: "what stands behind the scheme is not understood".to_owned() })?;
    let options = options.application_name("tracon").options([("lock_timeout", format!("{}s", PATIENCE.as_secs()))]);
    let name = name_of(&options);
    let unreachable = |error: sqlx::Error| {
        // Without the line of PostgreSQL's own source.
        let reason = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        StoreError::Unreachable { database: name.clone(), reason }
    };

    let mut connection = options.connect().await.map_err(unreachable)?;
    // Servers that start together wait here for each other, however long it takes.
    migrate::run(&name, &mut connection).await?;
    connection.close().await.map_err(unreachable)?;

    let readers = PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone().options([
            ("default_transaction_read_only", "on".to_owned()),
            ("statement_timeout", format!("{}s", REPORT.as_secs())),
        ]))
        .await
        .map_err(unreachable)?;
    let options = options.options([("lock_timeout", format!("{}s", PATIENCE.as_secs()))]);
    Ok((PostgresStore { readers }, PostgresWriter { options: Box::new(options), instance: None, connection: None }))
}

/// What errors call the database: without user and password.
fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    format!("{database} on {}:{}", options.get_host(), options.get_port())
}

/// The text as this engine can hold it: without NUL, which stands as the sign for what cannot be shown.
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

impl PostgresStore {
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    pub async fn size(&self) -> Result<u64, StoreError> {
        retain::size(&mut *self.readers.acquire().await?).await
    }

    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let transaction = self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(Snapshot::Postgres(transaction))
    }

    pub async fn close(&self) {
        self.readers.close().await;
    }
}

impl PostgresWriter {
    pub async fn apply(&mut self, changes: &[Change]) -> Result<Applied, StoreError> {
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        self.work(async |this| {
            this.days.ensure(&mut this.connection, changes).await?;
            let mut transaction = this.connection.begin().await?;
            lock(&mut transaction).await?;
            let applied = write::apply(&mut Connection::Postgres(&mut transaction), changes).await?;
            transaction.commit().await?;
            Ok(applied)
        })
        .await
    }

    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        if self.instance.replace(instance) != Some(instance) {
            // What there is says it for another one, or for none.
            self.connection = None;
        }
        self.work(async |this| {
            let mut transaction = this.connection.begin().await?;
            lock(&mut transaction).await?;
            let alive = alive::others(&mut transaction, instance).await?;
            let closed = write::close_left_open(&mut Connection::Postgres(&mut transaction), &alive).await?;
            transaction.commit().await?;
            Ok(closed)
        })
        .await
    }

    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        self.work(async |this| retain::step(&mut this.connection, &mut this.days, policy, now).await).await
    }

    /// Does something with the connection, which is out of its place meanwhile: it comes back only when all went well.
    async fn work<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut WriteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut this = self.connection.take();
        let working = async {
            let this = match &mut this {
                Some(this) => this,
                None => this.insert(Box::new(WriteConnection::open(&self.options, self.instance).await?)),
            };
            work(this).await
        };
        let done = tokio::time::timeout(BATCH, working).await;
        let done = done.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??;
        self.connection = this;
        Ok(done)
    }

    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(this) = self.connection {
            this.connection.close().await?;
        }
        Ok(())
    }
}

impl WriteConnection {
    /// A new one. While it is open, other servers see that `instance` lives.
    async fn open(options: &PgConnectOptions, instance: Option<Uuid>) -> Result<Self, StoreError> {
        let mut connection = options.connect().await?;
        if let Some(instance) = instance {
            alive::announce(&mut connection, instance).await?;
        }
        Ok(Self { connection, days: Days::default() })
    }
}

/// Waits for the other writers' batches; until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITE_LOCK).execute(connection).await?;
    Ok(())
}
