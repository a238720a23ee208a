//! The store on PostgreSQL: for teams that outgrow one file.
//!
//! Batches of all servers that write to one database go in one after the other, by an advisory lock: what a batch reads first
//! (the state of sessions, the rollups that it adds to) is what it changes.

mod days;
mod insert;
mod migrate;
mod notices;
mod retain;
mod servers;
mod transfer;

use std::{borrow::Cow, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, Connection as _, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use self::days::Days;
pub use self::{
    insert::insert,
    notices::PostgresListener,
    transfer::{Begun, Position},
};
use super::{
    Applied, Change, Retained, RetentionPolicy, StoreError,
    connection::{Connection, Snapshot},
    write::{self, Duties, presence},
};

/// Reports at the same time, of one server.
const READERS: u32 = 8;

/// How long a report waits for a connection, and a batch for a lock, before it fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may work on one statement of a report.
const REPORT: Duration = Duration::from_secs(30);

/// How long a batch may take in all. Where the network swallows what is sent, nothing else would ever end it.
const BATCH: Duration = Duration::from_mins(1);

/// A writing connection that is not used for so long is ended.
const SILENT: Duration = Duration::from_mins(5);

/// Whoever has it writes. The number has no meaning but this.
const WRITE_LOCK: i64 = 0x7472_6163_6f6e_0001;

/// Whoever has it changes the workspace.
const WORK_LOCK: i64 = 0x7472_6163_6f6e_0010;

/// Changes of the workspace that may wait for each other, of one server.
const WORKERS: u32 = 4;

/// The reading half. Its connections cannot write, but for those that change the workspace.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    readers: PgPool,
    workers: PgPool,
    options: Box<PgConnectOptions>,
}

/// The writing half.
#[derive(Debug)]
pub struct PostgresWriter {
    options: Box<PgConnectOptions>,
    /// The server process that it writes for, once that has said so.
    instance: Option<Uuid>,
    /// `None` at first, and after the connection was lost: then one is made.
    connection: Option<Box<WriteConnection>>,
}

#[derive(Debug)]
struct WriteConnection {
    connection: PgConnection,
    days: Days,
    /// It keeps house for all servers.
    is_keeper: bool,
}

/// Opens the database that `url` names, which must be there, and brings its schema up to date.
pub async fn open(url: &str) -> Result<(PostgresStore, PostgresWriter), StoreError> {
    let options = options_of(url)?.application_name("tracon").options([
        // Plans are made for the values at hand: else a range of ids could not leave out the days that it is not of.
        ("plan_cache_mode", "force_custom_plan"),
        // Whoever vanishes without a word keeps neither a connection nor a lock for hours.
        ("idle_in_transaction_session_timeout", "60s"),
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
    ]);
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
    let waiting = options.clone().options([("lock_timeout", format!("{}s", PATIENCE.as_secs()))]);
    let workers = PgPoolOptions::new()
        .max_connections(WORKERS)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(waiting.clone().options([("statement_timeout", format!("{}s", REPORT.as_secs()))]));
    let store = PostgresStore { readers, workers, options: Box::new(options) };
    let options = waiting.options([
        // A process that hangs does not keep house for ever: one that works looks every minute for what is too old.
        ("idle_session_timeout", format!("{}s", SILENT.as_secs())),
    ]);
    Ok((store, PostgresWriter { options: Box::new(options), instance: None, connection: None }))
}

/// What the URL says. What is not understood is refused, without a word of it: it may be a part of a password.
fn options_of(url: &str) -> Result<PgConnectOptions, StoreError> {
    const KNOWN: [&str; 10] =
        ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "user", "password", "options"];
    let invalid = || StoreError::InvalidUrl { reason: "what stands behind the scheme is not understood".to_owned() };
    let parsed = url::Url::parse(url).map_err(|_| invalid())?;
    // A password with `@` or `/` in it that was not written as `%40` or `%2F`: it would be taken for a host and a database, and
    // those are shown.
    if parsed.path().contains('@') {
        return Err(StoreError::InvalidUrl {
            reason: "in a user or a password, write %40 for @, %2F for /, %3A for :".to_owned(),
        });
    }
    // sqlx logs a parameter that it does not know, with its value.
    if !parsed.query_pairs().all(|(key, _)| KNOWN.contains(&&*key)) {
        return Err(StoreError::InvalidUrl {
            reason: format!("the parameters behind `?` may be {}", KNOWN.join(", ")),
        });
    }
    PgConnectOptions::from_str(url).map_err(|_| invalid())
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

/// The JSON as this engine can hold it: NUL cannot stand in it in its escaped form either.
pub fn storable_json(json: &str) -> Option<serde_json::Value> {
    let value = serde_json::from_str(json).ok()?;
    // Behind another backslash it is none, so that only the parsed text tells.
    Some(if json.contains("\\u0000") { without_nul(value) } else { value })
}

fn without_nul(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(storable(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (storable(&key).into_owned(), without_nul(value))).collect()
        }
        other => other,
    }
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

    /// A transaction that changes the workspace: it waits for the others of all servers, and they for its end.
    pub async fn begin_write(&self) -> Result<Snapshot, StoreError> {
        let mut transaction = self.workers.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WORK_LOCK).execute(&mut *transaction).await?;
        Ok(Snapshot::Postgres(transaction))
    }

    /// What the other servers tell this one.
    pub fn listen(&self, instance: Uuid) -> PostgresListener {
        PostgresListener::new(&self.options, instance)
    }

    pub async fn close(&self) {
        // A connection that nobody answers on does not keep the server from stopping.
        let closing = futures::future::join(self.readers.close(), self.workers.close());
        let _ = tokio::time::timeout(PATIENCE, closing).await;
    }
}

impl PostgresWriter {
    pub async fn apply(&mut self, changes: &[Change]) -> Result<Applied, StoreError> {
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        let instance = self.instance.unwrap_or_default();
        let stops = changes.iter().any(|change| matches!(change, Change::Stopped { .. }));
        let sweeps = changes.iter().any(|change| matches!(change, Change::Swept(_)));
        self.work(async |this| {
            this.days.ensure(&mut this.connection, changes).await?;
            let presence = sweeps && this.keeps_house().await?;
            let mut transaction = begin(&mut this.connection).await?;
            let is_last = stops && servers::is_alone(&mut transaction).await?;
            let duties = Duties { presence, is_last };
            let applied = write::apply(&mut Connection::Postgres(&mut transaction), changes, duties).await?;
            notices::send(&mut transaction, instance, &applied).await?;
            // One that it finds in its spool is of the process before it.
            if changes.iter().any(|change| matches!(change, Change::Stopped { instance: of, .. } if *of == instance)) {
                servers::leave(&mut transaction).await?;
            }
            transaction.commit().await?;
            Ok(applied)
        })
        .await
    }

    pub async fn close_left_open(&mut self, instance: Uuid) -> Result<u64, StoreError> {
        self.work(async |this| {
            let mut transaction = begin(&mut this.connection).await?;
            // Where another server is there, they live on with it.
            let closed = if servers::is_alone(&mut transaction).await? {
                presence::close_left_open(&mut Connection::Postgres(&mut transaction), instance).await?
            } else {
                0
            };
            transaction.commit().await?;
            Ok(closed)
        })
        .await
    }

    pub async fn retain(&mut self, policy: &RetentionPolicy, now: DateTime<Utc>) -> Result<Retained, StoreError> {
        self.work(async |this| {
            if !this.keeps_house().await? {
                return Ok(Retained::default());
            }
            retain::step(&mut this.connection, &mut this.days, policy, now).await
        })
        .await
    }

    /// From now on its connections say that this server process is there.
    pub fn announce(&mut self, instance: Uuid) {
        self.instance = Some(instance);
        self.connection = None;
    }

    /// Does something with the connection, which is out of its place meanwhile. It comes back when all went well, or when
    /// the server refused a statement; what was begun then is rolled back before the next.
    async fn work<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut WriteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut this = self.connection.take();
        let working = async {
            let this = match &mut this {
                Some(this) => this,
                None => this.insert(Box::new(WriteConnection::open(&self.options, self.instance.is_some()).await?)),
            };
            work(this).await
        };
        let done = tokio::time::timeout(BATCH, working).await;
        let done = done.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))?;
        match &done {
            Ok(_) => self.connection = this,
            Err(error) if error.is_statement() => {
                self.connection = this.map(|this| Box::new(WriteConnection { days: Days::default(), ..*this }));
            }
            Err(_) => {}
        }
        done
    }

    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(this) = self.connection {
            // What was applied is there already.
            let _ = tokio::time::timeout(PATIENCE, this.connection.close()).await;
        }
        Ok(())
    }
}

impl WriteConnection {
    /// A new one. While that of a server is open, the others see that it is there.
    async fn open(options: &PgConnectOptions, is_server: bool) -> Result<Self, StoreError> {
        let mut connection = options.connect().await?;
        if is_server {
            servers::join(&mut connection).await?;
        }
        Ok(Self { connection, days: Days::default(), is_keeper: false })
    }

    /// Whether this is the server that keeps house for all, be it from now on.
    async fn keeps_house(&mut self) -> Result<bool, StoreError> {
        if !self.is_keeper {
            self.is_keeper = servers::become_keeper(&mut self.connection).await?;
        }
        Ok(self.is_keeper)
    }
}

/// Tells the other servers, once the transaction is committed, that pages may show something else now.
pub async fn notify_changed(connection: &mut PgConnection, instance: Uuid) -> Result<(), StoreError> {
    notices::send(connection, instance, &Applied { changed: true, ..Applied::default() }).await
}

/// A transaction for which no other writer's runs meanwhile: it waits for theirs, and they for its end. Each statement sees
/// what was committed before it, so that what is read is what the last batch left.
async fn begin(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, StoreError> {
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITE_LOCK).execute(&mut *transaction).await?;
    Ok(transaction)
}
