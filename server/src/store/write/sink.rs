//! Where the values of a row go on their way into a statement, and what a statement that writes many rows is.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::store::sqlite::Statement;

/// The values of rows, in the order of their table's columns.
pub trait Sink<'v> {
    /// The number of the row, where the engine has a column for it.
    fn row_id(&mut self, _row_id: i64) {}
    fn id(&mut self, id: Option<Uuid>);
    /// An id that the engine may have in fewer bytes than as a text.
    fn short_id(&mut self, id: Uuid) {
        self.id(Some(id));
    }
    /// A number, where the engine has it in place of what `names` adds.
    fn numbered(&mut self, _number: Option<i64>, names: impl FnOnce(&mut Self))
    where
        Self: Sized,
    {
        names(self);
    }
    fn text(&mut self, text: Option<&'v str>);
    /// JSON, as text.
    fn json(&mut self, json: Option<&'v str>);
    fn time(&mut self, time: Option<DateTime<Utc>>);
    fn integer(&mut self, number: Option<i64>);
    fn real(&mut self, number: Option<f64>);
    fn flag(&mut self, flag: bool);
    fn bytes(&mut self, bytes: Option<Vec<u8>>);

    /// Integers are signed; nothing here is counted or measured up to 2^63.
    fn count(&mut self, count: u64) {
        self.integer(Some(i64::try_from(count).unwrap_or(i64::MAX)));
    }
}

/// A statement that writes many rows, in both dialects, with `{}` where the rows go.
pub trait Table {
    type Row<'v>;

    fn sqlite() -> &'static Statement;
    const POSTGRES: &'static str;

    /// Hands over the values of a row.
    fn bind<'v>(row: &Self::Row<'v>, into: &mut impl Sink<'v>);
}
