//! Reading the cells of a row, such that a corrupt one is named.

use chrono::{DateTime, Utc};
use sqlx::{Decode, Row, Sqlite, Type, sqlite::SqliteRow};
use tracon_app::reports::{Outcome, Presence};

use crate::store::{StoreError, sqlite::text::parse_time};

/// A row, and what to call it when one of its cells is corrupt.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    key: String,
}

impl<'r> Cells<'r> {
    /// A row whose key is known.
    pub fn of(row: &'r SqliteRow, table: &'static str, key: String) -> Self {
        Self { row, table, key }
    }

    /// A row that has its key in the column `key`.
    pub fn keyed(row: &'r SqliteRow, table: &'static str, key: &'static str) -> Result<Self, StoreError> {
        let mut cells = Self { row, table, key: "?".to_owned() };
        cells.key = cells.get(key)?;
        Ok(cells)
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The cell as whatever `T` the column holds.
    pub fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|error| self.corrupt(column, error))
    }

    /// A cell that is not negative.
    pub fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(column)?).map_err(|error| self.corrupt(column, error))
    }

    pub fn time(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        let text: &str = self.get(column)?;
        parse_time(text).ok_or_else(|| self.unknown(column, text))
    }

    pub fn optional_time(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| parse_time(text).ok_or_else(|| self.unknown(column, text))).transpose()
    }

    pub fn outcome(&self, column: &'static str) -> Result<Outcome, StoreError> {
        let name: &str = self.get(column)?;
        Outcome::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    pub fn presence(&self, column: &'static str) -> Result<Presence, StoreError> {
        let name: &str = self.get(column)?;
        Presence::parse(name).ok_or_else(|| self.unknown(column, name))
    }

    fn unknown(&self, column: &'static str, value: &str) -> StoreError {
        self.corrupt(column, format_args!("`{value}` is none that is known"))
    }

    pub fn corrupt(&self, column: &'static str, reason: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.key.clone(), reason: reason.to_string() }
    }
}
