//! The partitions of requests and payloads, one a day: made when a record needs them, dropped when they are too old.

use std::collections::HashSet;

use chrono::{DateTime, Days as CalendarDays, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::begin;
use crate::store::{
    Change, StoreError,
    stretch::first_id,
    tables::{PAYLOADS, REQUESTS},
};

/// The days whose partitions this connection has seen. Another server may have dropped one meanwhile; then a batch fails,
/// is repeated, and asks anew.
#[derive(Debug, Default)]
pub struct Days(HashSet<(&'static str, NaiveDate)>);

impl Days {
    /// Makes the partitions that are missing for these changes. Before the transaction that writes them, so that its locks are
    /// not held meanwhile.
    pub async fn ensure(&mut self, connection: &mut PgConnection, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            let Change::Request(request) = change else { continue };
            self.ensure_that_of(connection, REQUESTS, request.id).await?;
            if request.payload.is_some() {
                self.ensure_that_of(connection, PAYLOADS, request.id).await?;
            }
        }
        Ok(())
    }

    /// Makes the partition of the day that an id is of, if it is missing.
    pub async fn ensure_that_of(
        &mut self,
        connection: &mut PgConnection,
        table: &'static str,
        id: Uuid,
    ) -> Result<(), StoreError> {
        let day = day_of(id);
        if !self.0.contains(&(table, day)) {
            make(connection, table, day).await?;
            self.0.insert((table, day));
        }
        Ok(())
    }

    /// Drops a day's partition of a table, unless somebody reads it right now; whether it is gone.
    pub async fn drop(
        &mut self,
        connection: &mut PgConnection,
        table: &'static str,
        day: NaiveDate,
    ) -> Result<bool, StoreError> {
        self.0.remove(&(table, day));
        // After the batch that may be writing to it: dropping needs all of the table for a moment.
        let mut transaction = begin(connection).await?;
        // Whoever waits for it makes all others wait: not for long. An automatic vacuum gives way after a second.
        let statement = format!("SET LOCAL lock_timeout = '1500ms'; DROP TABLE IF EXISTS {}", partition(table, day));
        match sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *transaction).await {
            Ok(_) => transaction.commit().await?,
            Err(error) if is_locked(&error) => {
                transaction.rollback().await?;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }
}

fn is_locked(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(LOCK_NOT_AVAILABLE))
}

/// The days that a table has partitions of, the oldest first.
pub async fn of(connection: &mut PgConnection, table: &'static str) -> Result<Vec<NaiveDate>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = to_regclass($1)",
    )
    .bind(table)
    .fetch_all(connection)
    .await?;
    let day = |name: &String| NaiveDate::parse_from_str(name.strip_prefix(table)?.strip_prefix('_')?, FORMAT).ok();
    let mut days: Vec<NaiveDate> = names.iter().filter_map(day).collect();
    days.sort_unstable();
    Ok(days)
}

/// The day that an id is of, by the milliseconds that it begins with. What no clock shows belongs to the last of them.
fn day_of(id: Uuid) -> NaiveDate {
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(0);
    DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default().date_naive().min(LAST)
}

/// The least id of a day.
pub fn start_of(day: NaiveDate) -> Uuid {
    first_id(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

/// The day after.
pub fn after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(CalendarDays::new(1)).unwrap_or(NaiveDate::MAX)
}

const FORMAT: &str = "%Y%m%d";

/// The last whose name has four digits for the year.
const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");

fn partition(table: &str, day: NaiveDate) -> String {
    format!("{table}_{}", day.format(FORMAT))
}

/// Made beside the table and then attached to it: that lets others write to it meanwhile.
async fn make(connection: &mut PgConnection, table: &'static str, day: NaiveDate) -> Result<(), StoreError> {
    // Another server may be making it.
    let mut transaction = begin(connection).await?;
    if !of(&mut transaction, table).await?.contains(&day) {
        let partition = partition(table, day);
        let from = start_of(day);
        let to = if day < LAST { format!("'{}'", start_of(after(day))) } else { "MAXVALUE".to_owned() };
        let statement = format!(
            "CREATE TABLE {partition} (LIKE {table} INCLUDING ALL);
             ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ('{from}') TO ({to})"
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_the_day_that_it_begins_with() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 9).unwrap_or_default();
        assert_eq!(day_of(start_of(day)), day);
        assert_eq!(day_of(Uuid::from_u128(start_of(after(day)).as_u128() - (1 << 80))), day);
        assert_eq!(day_of(Uuid::max()), LAST);
        assert_eq!(partition("t", day), "t_20260109");
    }
}
