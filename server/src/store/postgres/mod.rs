//! The store on PostgreSQL: for teams that outgrow one file.
//!
//! Batches of all servers that write to one database go in one after the other, by an advisory lock: what a batch reads first
//! (the state of sessions, the rollups that it adds to) is what it changes.

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

/// How long a report waits for a connection before it fails.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// `None` after a transaction that did not end well: then one is made anew.
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
    let options = options.application_name("tracon");
    let name = name_of(&options);
    let unreachable = |source| StoreError::Unreachable { database: name.clone(), source };

    let mut connection = options.connect().await.map_err(unreachable)?;
    migrate::run(&name, &mut connection).await?;

    let readers = PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone().options([("default_transaction_read_only", "on")]))
        .await
        .map_err(unreachable)?;
    let connection = Some(Box::new(WriteConnection { connection, days: Days::default() }));
    Ok((PostgresStore { readers }, PostgresWriter { options: Box::new(options), connection }))
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
        let mut this = self.take().await?;
        this.days.ensure(&mut this.connection, changes).await?;
        let mut transaction = this.connection.begin().await?;
        lock(&mut transaction).await?;
        let applied = write::apply(&mut Connection::Postgres(&mut transaction), changes).await?;
        transaction.commit().await?;
        self.connection = Some(this);
        Ok(applied)
    }

    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        let mut this = self.take().await?;
        let mut transaction = this.connection.begin().await?;
        lock(&mut transaction).await?;
        let closed = write::close_left_open(&mut Connection::Postgres(&mut transaction), instance).await?;
        transaction.commit().await?;
        self.connection = Some(this);
        Ok(closed)
    }

    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        let mut this = self.take().await?;
        let retained = retain::step(&mut this.connection, &mut this.days, policy, now).await?;
        self.connection = Some(this);
        Ok(retained)
    }

    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(this) = self.connection {
            this.connection.close().await?;
        }
        Ok(())
    }

    /// The connection, out of its place: whoever takes it puts it back only after a transaction that ended well.
    async fn take(&mut self) -> Result<Box<WriteConnection>, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(Box::new(WriteConnection { connection: self.options.connect().await?, days: Days::default() })),
        }
    }
}

/// Waits for the other writers' batches; until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITE_LOCK).execute(connection).await?;
    Ok(())
}
