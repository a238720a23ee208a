//! Many rows in few statements.

use std::{fmt::Write, sync::Arc};

use chrono::{DateTime, Utc};
use futures::future;
use sqlx::{
    Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, error::BoxDynError, sqlite::SqliteArguments,
};
use uuid::Uuid;

use super::text::time_text;
use crate::store::{
    StoreError,
    write::{Sink, Table},
};

/// The most rows of one statement, a power of two: what is left over is written by statements of half the size, and half
/// of that …, so that a handful of prepared statements serves every batch.
const MOST: usize = 256;

/// A statement with `{}` where the rows go, in every size.
#[derive(Debug)]
pub struct Statement {
    columns: usize,
    sizes: [Arc<str>; MOST.ilog2() as usize + 1],
}

impl Statement {
    /// Placeholders are `?`: to find the name of a numbered one, as sqlx does for each value it binds, SQLite goes through
    /// the names of all before it, and here they are more than a thousand.
    pub fn new(template: &str, columns: usize) -> Self {
        let row = format!("({}?)", "?, ".repeat(columns - 1));
        let sizes = std::array::from_fn(|size| {
            let mut rows = row.clone();
            for _ in 1..(1 << size) {
                // Writing to a string cannot fail.
                let _ = write!(rows, ", {row}");
            }
            template.replace("{}", &format!("VALUES {rows}")).into()
        });
        Self { columns, sizes }
    }

    /// Runs the statement for all rows. While the connection's thread executes one part, the next one is bound here: on two
    /// cores that takes a third less time than one after the other.
    pub async fn execute<T: Table>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T::Row<'_>],
    ) -> Result<(), StoreError> {
        let mut later = rows;
        let mut previous = vec![None; self.columns];
        let mut next = || {
            let size = later.len().min(MOST).checked_ilog2()? as usize;
            let (now, rest) = later.split_at(1 << size);
            later = rest;
            let mut values = Values { previous: std::mem::take(&mut previous), ..Values::default() };
            values.arguments.reserve(now.len() * self.columns, 0);
            for row in now {
                values.column = 0;
                T::bind(row, &mut values);
            }
            previous = std::mem::take(&mut values.previous);
            Some((AssertSqlSafe(Arc::clone(&self.sizes[size])), values))
        };
        let mut bound = next();
        while let Some((statement, values)) = bound {
            let executed = sqlx::query_with(statement, values.into_arguments()?).execute(&mut *connection);
            // The first is polled first, which hands the statement to the connection's thread.
            let (executed, following) = future::join(executed, async { next() }).await;
            executed?;
            bound = following;
        }
        Ok(())
    }
}

/// The values of some rows, in the order of their columns.
#[derive(Debug, Default)]
struct Values {
    arguments: SqliteArguments,
    /// Of the row that is being bound, the one that is next.
    column: usize,
    /// The latest text of each column.
    previous: Vec<Option<Arc<str>>>,
    failed: Option<BoxDynError>,
}

impl Values {
    fn add<T: for<'q> Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) {
        self.column += 1;
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
    }

    /// As a shared text: what sqlx makes of a `&str` takes two allocations, and a column's text is often that of the row
    /// before.
    fn shared(&mut self, text: &str) {
        let shared = match self.previous.get_mut(self.column) {
            Some(Some(previous)) if **previous == *text => Arc::clone(previous),
            Some(previous) => Arc::clone(previous.insert(text.into())),
            None => text.into(),
        };
        self.add(shared);
    }

    fn into_arguments(self) -> Result<SqliteArguments, StoreError> {
        self.failed.map_or(Ok(self.arguments), |error| Err(sqlx::Error::Encode(error).into()))
    }
}

impl<'v> Sink<'v> for Values {
    fn row_id(&mut self, row_id: i64) {
        self.add(row_id);
    }

    fn id(&mut self, id: Option<Uuid>) {
        match id {
            Some(id) => self.shared(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            None => self.add(None::<bool>),
        }
    }

    fn short_id(&mut self, id: Uuid) {
        self.add(id.as_bytes().to_vec());
    }

    fn numbered(&mut self, number: Option<i64>, _names: impl FnOnce(&mut Self)) {
        self.add(number);
    }

    fn text(&mut self, text: Option<&'v str>) {
        match text {
            Some(text) => self.shared(text),
            None => self.add(None::<bool>),
        }
    }

    fn json(&mut self, json: Option<&'v str>) {
        self.text(json);
    }

    fn time(&mut self, time: Option<DateTime<Utc>>) {
        self.add(time.map(time_text));
    }

    fn integer(&mut self, number: Option<i64>) {
        self.add(number);
    }

    fn real(&mut self, number: Option<f64>) {
        self.add(number);
    }

    fn flag(&mut self, flag: bool) {
        self.add(flag);
    }

    fn bytes(&mut self, bytes: Option<Vec<u8>>) {
        self.add(bytes);
    }
}
