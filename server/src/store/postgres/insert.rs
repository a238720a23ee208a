//! Many rows in few statements: a list a column, taken apart again by `unnest`.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Arguments, AssertSqlSafe, PgConnection, error::BoxDynError, postgres::PgArguments, types::Json};
use uuid::Uuid;

use super::{storable, storable_json};
use crate::store::{
    StoreError,
    write::{Sink, Table},
};

/// The most rows of one statement: from about here on, more are no faster.
const MOST: usize = 1_000;

/// Writes all rows.
pub async fn insert<T: Table>(connection: &mut PgConnection, rows: &[T::Row<'_>]) -> Result<(), StoreError> {
    insert_by(connection, T::POSTGRES, rows, |row, columns| {
        T::bind(row, columns);
        Ok(())
    })
    .await
}

/// Writes all rows by a statement that has `{}` where they go.
pub async fn insert_by<'r, 'v, R>(
    connection: &mut PgConnection,
    statement: &str,
    rows: &'r [R],
    bind: impl Fn(&'r R, &mut Columns<'v>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for rows in rows.chunks(MOST) {
        let mut columns = Columns { lists: Vec::new(), at: 0, rows: rows.len() };
        for row in rows {
            columns.at = 0;
            bind(row, &mut columns)?;
        }
        let numbers: Vec<String> = (1..=columns.lists.len()).map(|number| format!("${number}")).collect();
        let statement = statement.replace("{}", &format!("SELECT * FROM unnest({})", numbers.join(", ")));
        let arguments = columns.into_arguments().map_err(sqlx::Error::Encode)?;
        sqlx::query_with(AssertSqlSafe(statement), arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The values of some rows, by column.
#[derive(Debug)]
pub struct Columns<'v> {
    lists: Vec<Column<'v>>,
    /// Of the row that is being bound, the one that is next.
    at: usize,
    /// How many there will be.
    rows: usize,
}

#[derive(Debug)]
enum Column<'v> {
    Ids(Vec<Option<Uuid>>),
    Texts(Vec<Option<Cow<'v, str>>>),
    Json(Vec<Option<Json<Value>>>),
    Times(Vec<Option<DateTime<Utc>>>),
    Integers(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Flags(Vec<bool>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Columns<'_> {
    fn into_arguments(self) -> Result<PgArguments, BoxDynError> {
        let mut arguments = PgArguments::default();
        for column in self.lists {
            match column {
                Column::Ids(values) => arguments.add(values)?,
                Column::Texts(values) => arguments.add(values)?,
                Column::Json(values) => arguments.add(values)?,
                Column::Times(values) => arguments.add(values)?,
                Column::Integers(values) => arguments.add(values)?,
                Column::Reals(values) => arguments.add(values)?,
                Column::Flags(values) => arguments.add(values)?,
                Column::Bytes(values) => arguments.add(values)?,
            }
        }
        Ok(arguments)
    }
}

/// Each method puts a value into the column that is next: all rows of a table have the same columns.
macro_rules! add {
    ($columns:ident, $kind:ident, $value:expr) => {{
        let value = $value;
        if $columns.at == $columns.lists.len() {
            $columns.lists.push(Column::$kind(Vec::with_capacity($columns.rows)));
        }
        match $columns.lists.get_mut($columns.at) {
            Some(Column::$kind(values)) => values.push(value),
            other => debug_assert!(false, "{} in a column of {other:?}", stringify!($kind)),
        }
        $columns.at += 1;
    }};
}

impl<'v> Sink<'v> for Columns<'v> {
    fn id(&mut self, id: Option<Uuid>) {
        add!(self, Ids, id);
    }

    fn text(&mut self, text: Option<&'v str>) {
        add!(self, Texts, text.map(storable));
    }

    fn json(&mut self, json: Option<&'v str>) {
        add!(self, Json, json.and_then(storable_json).map(Json));
    }

    fn time(&mut self, time: Option<DateTime<Utc>>) {
        add!(self, Times, time);
    }

    fn integer(&mut self, number: Option<i64>) {
        add!(self, Integers, number);
    }

    fn real(&mut self, number: Option<f64>) {
        add!(self, Reals, number);
    }

    fn flag(&mut self, flag: bool) {
        add!(self, Flags, flag);
    }

    fn bytes(&mut self, bytes: Option<Vec<u8>>) {
        add!(self, Bytes, bytes);
    }
}
