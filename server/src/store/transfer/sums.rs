//! What a table holds, in numbers that are the same for both engines when the rows are, in whatever order they are read.

use std::{
    fmt::Write,
    hash::{DefaultHasher, Hasher},
};

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use serde_json::Value;
use uuid::Uuid;

use super::layout::{Kind, Layout};
use crate::store::{
    StoreError,
    connection::{Connection, Row},
    postgres::{storable, storable_json},
    write::Sink,
};

/// Of all rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    pub rows: u64,
    /// Of each column what its numbers add up to, reals in millionths; 0 where it has none.
    totals: Vec<i128>,
    /// The hashes of all rows, added up: each is of every column.
    pub checksum: u64,
}

impl Sums {
    /// Reads the table from its first row to its last; `seen` is called for each.
    pub async fn read(connection: &mut Connection<'_>, layout: &Layout, seen: impl Fn()) -> Result<Self, StoreError> {
        let mut sums = Self { rows: 0, totals: vec![0; layout.columns.len()], checksum: 0 };
        let mut values = Canonical::default();
        let mut rows = connection.fetch(layout.select(), vec![])?;
        while let Some(row) = rows.try_next().await? {
            sums.add(layout, &row, &mut values)?;
            seen();
        }
        Ok(sums)
    }

    fn add(&mut self, layout: &Layout, row: &Row, values: &mut Canonical) -> Result<(), StoreError> {
        values.read(layout, row)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&values.bytes);
        self.rows += 1;
        self.checksum = self.checksum.wrapping_add(hasher.finish());
        for (total, number) in self.totals.iter_mut().zip(&values.numbers) {
            *total += number;
        }
        Ok(())
    }

    /// The first thing in which the target differs from this source, if there is one.
    pub fn difference(&self, target: &Self, layout: &Layout) -> Option<String> {
        let table = layout.table;
        if self.rows != target.rows {
            return Some(format!("{table} has {} rows in the source and {} in the target", self.rows, target.rows));
        }
        let totals = self.totals.iter().zip(&target.totals).zip(layout.columns);
        if let Some(((source, target), (kind, column))) =
            totals.into_iter().find(|((source, target), _)| source != target)
        {
            let shown = |total: i128| if *kind == Kind::Real { total as f64 / 1e6 } else { total as f64 };
            return Some(format!(
                "{table}.{column} adds up to {} in the source and {} in the target",
                shown(*source),
                shown(*target)
            ));
        }
        (self != target).then(|| format!("{table} has rows that are not the same in both"))
    }
}

/// The values of a row in one form for both engines, as PostgreSQL holds them.
#[derive(Debug, Default)]
pub struct Canonical {
    pub bytes: Vec<u8>,
    numbers: Vec<i128>,
}

impl Canonical {
    /// Takes a row in the place of the one before.
    pub fn read(&mut self, layout: &Layout, row: &Row) -> Result<(), StoreError> {
        self.bytes.clear();
        self.numbers.clear();
        layout.bind(row, self)
    }

    /// Such that no two different rows are the same bytes: with its length, and apart from NULL.
    fn put(&mut self, value: Option<&[u8]>, number: i128) {
        self.numbers.push(number);
        let length = value.map_or(u64::MAX, |value| value.len() as u64);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(value.unwrap_or_default());
    }
}

impl<'v> Sink<'v> for Canonical {
    fn id(&mut self, id: Option<Uuid>) {
        self.put(id.as_ref().map(|id| &id.as_bytes()[..]), 0);
    }

    fn text(&mut self, text: Option<&'v str>) {
        self.put(text.map(storable).as_deref().map(str::as_bytes), 0);
    }

    fn json(&mut self, json: Option<&'v str>) {
        let text = json.and_then(storable_json).map(|json| {
            let mut text = String::new();
            write_json(&json, &mut text);
            text
        });
        self.put(text.as_deref().map(str::as_bytes), 0);
    }

    fn time(&mut self, time: Option<DateTime<Utc>>) {
        self.put(time.map(|time| time.timestamp_micros().to_le_bytes()).as_ref().map(|time| &time[..]), 0);
    }

    fn integer(&mut self, number: Option<i64>) {
        self.put(number.map(i64::to_le_bytes).as_ref().map(|number| &number[..]), number.unwrap_or(0).into());
    }

    fn real(&mut self, number: Option<f64>) {
        #[expect(clippy::cast_possible_truncation, reason = "beyond what can be counted it stays at the largest")]
        let millionths = (number.unwrap_or(0.0) * 1e6).round() as i64;
        self.put(number.map(f64::to_le_bytes).as_ref().map(|number| &number[..]), millionths.into());
    }

    fn flag(&mut self, flag: bool) {
        self.put(Some(&[flag.into()]), 0);
    }

    fn bytes(&mut self, bytes: Option<Vec<u8>>) {
        self.put(bytes.as_deref(), 0);
    }
}

/// Keys sorted, numbers by their value: what JSONB gives back is not written as what it was given.
fn write_json(json: &Value, into: &mut String) {
    match json {
        // Digits beyond these may differ by how a number was read; and JSONB knows no negative zero.
        Value::Number(number) => {
            // Writing to a string cannot fail.
            let _ = write!(into, "{:.12e}", number.as_f64().unwrap_or(0.0) + 0.0);
        }
        Value::Array(values) => {
            into.push('[');
            for value in values {
                write_json(value, into);
                into.push(',');
            }
            into.push(']');
        }
        Value::Object(values) => {
            let mut values: Vec<_> = values.iter().collect();
            values.sort_unstable_by_key(|(key, _)| *key);
            into.push('{');
            for (key, value) in values {
                into.push_str(&Value::from(key.as_str()).to_string());
                into.push(':');
                write_json(value, into);
                into.push(',');
            }
            into.push('}');
        }
        other => into.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> Vec<u8> {
        let mut values = Canonical::default();
        values.json(Some(json));
        values.bytes
    }

    #[test]
    fn json_is_the_same_however_it_is_written() {
        for (one, other) in [
            (r#"{"roots":{},"a":[1,2]}"#, r#"{"a": [1, 2], "roots": {}}"#),
            (r#"{"n":1e16}"#, r#"{"n": 10000000000000000}"#),
            (r#"{"n":-0.0}"#, r#"{"n": 0.0}"#),
            (r#"{"t":"a\u0000"}"#, r#"{"t": "a\ufffd"}"#),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
        assert_ne!(canonical(r#"{"a":[1,2]}"#), canonical(r#"{"a":[2,1]}"#));
        assert_ne!(canonical(r#"{"a":"1"}"#), canonical(r#"{"a":1}"#));
    }

    #[test]
    fn null_is_not_what_is_empty_and_no_value_runs_into_the_next() {
        let bytes = |texts: [Option<&str>; 2]| {
            let mut values = Canonical::default();
            for text in texts {
                values.text(text);
            }
            values.bytes
        };
        assert_ne!(bytes([None, Some("")]), bytes([Some(""), None]));
        assert_ne!(bytes([Some("ab"), Some("c")]), bytes([Some("a"), Some("bc")]));
    }
}
