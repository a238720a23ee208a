//! Reading the cells of a row, such that a corrupt one is named.

use chrono::{DateTime, Utc};
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use tracon_app::{
    reports::{Outcome, Presence},
    workspace::{Priority, TaskStatus},
};
use uuid::Uuid;

use super::{StoreError, connection::Row, sqlite::parse_time};

/// A row, and what to call it when one of its cells is corrupt.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r Row,
    table: &'static str,
    key: String,
}

impl<'r> Cells<'r> {
    /// A row whose key is known.
    pub fn of(row: &'r Row, table: &'static str, key: String) -> Self {
        Self { row, table, key }
    }

    /// A row that has its id in the column `key`.
    pub fn keyed(row: &'r Row, table: &'static str, key: &'static str) -> Result<Self, StoreError> {
        let mut cells = Self { row, table, key: "?".to_owned() };
        cells.key = cells.id_text(key)?;
        Ok(cells)
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The cell as whatever `T` the column holds, where both engines hold it alike: texts, numbers, truths, bytes.
    pub fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self.row {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| self.corrupt(column, error))
    }

    /// A cell that is not negative, and no more than `T` can be.
    pub fn count<T: TryFrom<i64, Error: std::fmt::Display>>(&self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|error| self.corrupt(column, error))
    }

    pub fn optional_count<T: TryFrom<i64, Error: std::fmt::Display>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let count: Option<i64> = self.get(column)?;
        count.map(|count| T::try_from(count).map_err(|error| self.corrupt(column, error))).transpose()
    }

    pub fn id(&self, column: &'static str) -> Result<Uuid, StoreError> {
        self.optional_id(column)?.ok_or_else(|| self.corrupt(column, "it is NULL"))
    }

    pub fn optional_id(&self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        match self.row {
            Row::Sqlite(row) => {
                let text: Option<&str> = row.try_get(column).map_err(|error| self.corrupt(column, error))?;
                text.map(|text| Uuid::try_parse(text).map_err(|error| self.corrupt(column, error))).transpose()
            }
            Row::Postgres(row) => row.try_get(column).map_err(|error| self.corrupt(column, error)),
        }
    }

    /// An id as pages show it.
    pub fn id_text(&self, column: &'static str) -> Result<String, StoreError> {
        self.optional_id_text(column)?.ok_or_else(|| self.corrupt(column, "it is NULL"))
    }

    pub fn optional_id_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.row {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column).map(|id: Option<Uuid>| id.map(|id| id.to_string())),
        }
        .map_err(|error| self.corrupt(column, error))
    }

    /// JSON, as text.
    pub fn optional_json(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.row {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => {
                row.try_get(column).map(|json: Option<serde_json::Value>| json.map(|json| json.to_string()))
            }
        }
        .map_err(|error| self.corrupt(column, error))
    }

    /// JSON as what it says.
    pub fn json(&self, column: &'static str) -> Result<serde_json::Value, StoreError> {
        match self.row {
            Row::Sqlite(row) => {
                let text: &str = row.try_get(column).map_err(|error| self.corrupt(column, error))?;
                serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
            }
            Row::Postgres(row) => row.try_get(column).map_err(|error| self.corrupt(column, error)),
        }
    }

    pub fn time(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        self.optional_time(column)?.ok_or_else(|| self.corrupt(column, "it is NULL"))
    }

    pub fn optional_time(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, StoreError> {
        match self.row {
            Row::Sqlite(row) => {
                let text: Option<&str> = row.try_get(column).map_err(|error| self.corrupt(column, error))?;
                text.map(|text| parse_time(text).ok_or_else(|| self.unknown(column, text))).transpose()
            }
            Row::Postgres(row) => row.try_get(column).map_err(|error| self.corrupt(column, error)),
        }
    }

    pub fn outcome(&self, column: &'static str) -> Result<Outcome, StoreError> {
        let name: &str = self.get(column)?;
        Outcome::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    pub fn presence(&self, column: &'static str) -> Result<Presence, StoreError> {
        let name: &str = self.get(column)?;
        Presence::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    pub fn task_status(&self, column: &'static str) -> Result<TaskStatus, StoreError> {
        let name: &str = self.get(column)?;
        TaskStatus::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    pub fn priority(&self, column: &'static str) -> Result<Priority, StoreError> {
        let name: &str = self.get(column)?;
        Priority::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    fn unknown(&self, column: &'static str, value: &str) -> StoreError {
        self.corrupt(column, format_args!("`{value}` is none that is known"))
    }

    pub fn corrupt(&self, column: &'static str, reason: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.key.clone(), reason: reason.to_string() }
    }
}
