//! One way to ask either engine: statements with `$1`, values of the types that tables have, rows with cells.
//!
//! A statement is written once, in what both engines understand. Some things differ everywhere, and are put right here: a list
//! that is bound as one value (`unnest($1) AS list (value)`), the types of ids and times (text in SQLite), and what SQLite has a
//! number for: the [place](PLACE) of a request, its [session](SESSION) and [start](START), that it [failed](FAILED). Where more
//! differs, whoever asks has two statements, side by side.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use sqlx::{
    Arguments, AssertSqlSafe, PgConnection, Postgres, Row as _, SqlSafeStr, Sqlite, SqliteConnection, Transaction,
    error::BoxDynError,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{StoreError, postgres, sqlite, write::Table};

/// What requests are sorted by, in the order of their start: their ids or, in SQLite, the numbers of their rows, which are made from
/// them.
pub const PLACE: &str = "request_place";
/// The place of its request, in a payload.
pub const PAYLOAD_PLACE: &str = "payload_place";
/// What tells the sessions of requests apart: their ids or, in SQLite, their numbers.
const SESSION: &str = "request_session";
/// That a request is of the session of this id, which stands in brackets behind it.
const OF_SESSION: &str = "of_session(";
/// When a request began, to be compared with a [start](Value::Start).
const START: &str = "request_start";
/// That a request failed, as the index of the failed has it.
const FAILED: &str = "is_failed";

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// The statement in the engine's own words.
    fn statement(self, mut statement: Cow<'static, str>) -> impl SqlSafeStr {
        let mut put = |word: &str, own: &str| {
            let is_there = statement.contains(word);
            if is_there {
                statement = Cow::Owned(statement.replace(word, own));
            }
            is_there
        };
        match self {
            Self::Sqlite => {
                if put("unnest(", "json_each(") {
                    put(" (value)", "");
                }
                put(PLACE, "row_id");
                put(PAYLOAD_PLACE, "row_id");
                put(SESSION, "session_number");
                put(
                    OF_SESSION,
                    "session_number = (SELECT number FROM archon_mcp_session_numbers AS numbers WHERE numbers.session_id = ",
                );
                put(START, "started");
                put(FAILED, "outcome_number > 1");
            }
            Self::Postgres => {
                put(PLACE, "id");
                put(PAYLOAD_PLACE, "request_id");
                put(SESSION, "session_id");
                put(OF_SESSION, "(archon_mcp_requests.session_id = ");
                put(START, "timestamp");
                put(FAILED, "status = 'error'");
            }
        }
        AssertSqlSafe(statement)
    }
}

/// What is bound to a `$1`.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Id(Uuid),
    /// The first [`PLACE`] that the request of this id may have.
    FirstPlace(Uuid),
    /// The last one.
    LastPlace(Uuid),
    Time(DateTime<Utc>),
    /// When a request may have begun.
    Start(DateTime<Utc>),
    Integer(i64),
    Real(f64),
    Ids(Vec<Uuid>),
    Times(Vec<DateTime<Utc>>),
    Texts(Vec<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

/// A connection of either engine.
#[derive(Debug)]
pub enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A row of either engine.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Connection<'_> {
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    pub async fn fetch_all(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.engine().statement(statement.into());
        Ok(match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query_with(statement, for_sqlite(values)?).fetch_all(&mut **connection).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query_with(statement, for_postgres(values)?).fetch_all(&mut **connection).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The rows one after the other, as they are read: for more than are held in memory.
    pub fn fetch(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<BoxStream<'_, Result<Row, StoreError>>, StoreError> {
        let statement = self.engine().statement(statement.into());
        Ok(match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query_with(statement, for_sqlite(values)?).fetch(&mut **connection);
                rows.map_ok(Row::Sqlite).map_err(StoreError::from).boxed()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query_with(statement, for_postgres(values)?).fetch(&mut **connection);
                rows.map_ok(Row::Postgres).map_err(StoreError::from).boxed()
            }
        })
    }

    /// The first row, if there is one.
    pub async fn fetch_optional(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(statement, values).await?.into_iter().next())
    }

    /// The first row of a statement that always gives one.
    pub async fn fetch_one(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Row, StoreError> {
        Ok(self.fetch_optional(statement, values).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// The number that a statement gives as its one row's one column.
    pub async fn count(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let count: i64 = match self.fetch_one(statement, values).await? {
            Row::Sqlite(row) => row.try_get(0)?,
            Row::Postgres(row) => row.try_get(0)?,
        };
        Ok(count.max(0).unsigned_abs())
    }

    /// The first column of each row.
    pub async fn texts(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Vec<String>, StoreError> {
        let text = |row: &Row| match row {
            Row::Sqlite(row) => row.try_get(0),
            Row::Postgres(row) => row.try_get(0),
        };
        Ok(self.fetch_all(statement, values).await?.iter().map(text).collect::<Result<_, _>>()?)
    }

    /// Writes all rows into a table, or, where that is what its statement says, changes them.
    pub async fn insert<T: Table>(&mut self, rows: &[T::Row<'_>]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => T::sqlite().execute::<T>(connection, rows).await,
            Self::Postgres(connection) => postgres::insert::<T>(connection, rows).await,
        }
    }

    /// How many rows the statement changed.
    pub async fn execute(
        &mut self,
        statement: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let statement = self.engine().statement(statement.into());
        Ok(match self {
            Self::Sqlite(connection) => {
                sqlx::query_with(statement, for_sqlite(values)?).execute(&mut **connection).await?.rows_affected()
            }
            Self::Postgres(connection) => {
                sqlx::query_with(statement, for_postgres(values)?).execute(&mut **connection).await?.rows_affected()
            }
        })
    }
}

fn for_sqlite(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    let mut add = |value| -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Id(id) => arguments.add(id.to_string()),
            Value::FirstPlace(id) => arguments.add(sqlite::row_ids::first(id)),
            Value::LastPlace(id) => arguments.add(sqlite::row_ids::last(id)),
            Value::Time(time) => arguments.add(sqlite::time_text(time)),
            Value::Start(time) => arguments.add(time.timestamp_micros()),
            Value::Integer(number) => arguments.add(number),
            Value::Real(number) => arguments.add(number),
            Value::Ids(ids) => arguments.add(sqlite::json_list(ids)),
            Value::Times(times) => arguments.add(sqlite::json_list(times.into_iter().map(sqlite::time_text))),
            Value::Texts(texts) => arguments.add(serde_json::json!(texts).to_string()),
        }
    };
    values.into_iter().try_for_each(&mut add).map_err(sqlx::Error::Encode)?;
    Ok(arguments)
}

fn for_postgres(values: Vec<Value>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    let mut add = |value| -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) => arguments.add(postgres::storable(&text)),
            Value::Id(id) | Value::FirstPlace(id) | Value::LastPlace(id) => arguments.add(id),
            Value::Time(time) | Value::Start(time) => arguments.add(time),
            Value::Integer(number) => arguments.add(number),
            Value::Real(number) => arguments.add(number),
            Value::Ids(ids) => arguments.add(ids),
            Value::Times(times) => arguments.add(times),
            Value::Texts(texts) => arguments.add(texts.iter().map(|text| postgres::storable(text)).collect::<Vec<_>>()),
        }
    };
    values.into_iter().try_for_each(&mut add).map_err(sqlx::Error::Encode)?;
    Ok(arguments)
}

/// A transaction: as reports have it, one that sees the last commit and, until it ends, no later one.
#[derive(Debug)]
pub enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Snapshot {
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Ends it, with all that was done in it undone.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await?,
            Self::Postgres(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }

    /// Ends it. On SQLite, whoever lets go of it without leaves a connection that is not used again.
    pub async fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
