//! Moving everything from SQLite to PostgreSQL, in parts. With each part the target notes where it stands, in one
//! transaction, so that whoever is cut off goes on there. At the end both databases are read again and compared; only then
//! is it done.

mod error;
mod layout;
mod sums;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use futures::{TryStream, TryStreamExt, future};

pub(super) use self::layout::LAYOUTS;
use self::sums::{Canonical, Sums};
pub use self::{error::TransferError, layout::Layout};
use super::{
    PostgresStore, PostgresWriter, Store, StoreError, Writer,
    connection::{Connection, Row, Value},
    postgres::{Begun, Position},
    sqlite::{self, SqliteSource},
};

/// The most rows of one part, and of how many bytes no more follow: what is held in memory, two at a time.
const ROWS: usize = 2_000;
const BYTES: usize = 8 << 20;

/// Of how many rows that are compared one is told of.
const STRIDE: u64 = 1_000;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Moving,
    Comparing,
}

/// How far a step has come with a table.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub step: Step,
    pub table: &'static str,
    /// Rows, those of earlier runs among them.
    pub done: u64,
    pub of: u64,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum Transferred {
    /// Each table, the same in both databases.
    Now(Vec<Compared>),
    /// An earlier run had ended with that; this one has changed nothing.
    Before { at: DateTime<Utc> },
}

/// A table that is the same in both databases.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    pub table: &'static str,
    pub rows: u64,
    /// Of all columns of all rows.
    pub checksum: u64,
}

/// The folder of the SQLite database that `from` names.
pub fn source_folder(from: &str) -> Result<PathBuf, TransferError> {
    if from.split_once(':').is_none_or(|(scheme, _)| scheme != "sqlite") {
        return Err(TransferError::NotSqlite);
    }
    sqlite::folder_of(from).map_err(TransferError::Source)
}

/// Moves all that is in the SQLite database `from`, which is only read, to the PostgreSQL database `to`, or goes on with it.
/// Nobody else may write to either meanwhile: where somebody does, that is found at the end.
///
/// # Errors
/// What kept it from beginning, broke it off, or differs at the end.
pub async fn run(from: &str, to: &str, progress: &dyn Fn(Progress)) -> Result<Transferred, TransferError> {
    source_folder(from)?;
    if !to.split_once(':').is_some_and(|(scheme, _)| ["postgres", "postgresql"].contains(&scheme)) {
        return Err(TransferError::NotPostgres);
    }
    let source = SqliteSource::open(from).await.map_err(TransferError::Source)?;
    let (Store::Postgres(store), Writer::Postgres(mut writer)) =
        Store::open(to).await.map_err(TransferError::Target)?
    else {
        return Err(TransferError::NotPostgres);
    };
    let transferred = transfer(source, from, &store, &mut writer, progress).await;
    store.close().await;
    let closed = writer.close().await;
    let transferred = transferred?;
    closed?;
    Ok(transferred)
}

async fn transfer(
    mut source: SqliteSource,
    from: &str,
    store: &PostgresStore,
    writer: &mut PostgresWriter,
    progress: &dyn Fn(Progress),
) -> Result<Transferred, TransferError> {
    let mut positions = match writer.begin_transfer(&name_of(source.path())).await.map_err(TransferError::Target)? {
        Begun::At(positions) => positions,
        Begun::Occupied(table) => return Err(TransferError::Occupied { table }),
    };
    if let Some(other) = positions.iter().find(|position| position.source != name_of(source.path())) {
        return Err(TransferError::OtherSource { file: other.source.clone() });
    }
    if let Some(at) = positions.iter().filter_map(|position| position.verified_at).max() {
        for layout in &LAYOUTS {
            let there = rows_of(&mut source.connection(), layout).await.map_err(TransferError::Source)?;
            let moved = positions.iter().find(|position| position.table == layout.table);
            if moved.is_none_or(|position| position.moved != there) {
                return Err(TransferError::Grown { table: layout.table, at });
            }
        }
        return Ok(Transferred::Before { at });
    }
    for layout in &LAYOUTS {
        let position = positions.iter_mut().find(|position| position.table == layout.table);
        let position = position.ok_or(TransferError::Taken)?;
        move_table(&mut source, writer, layout, position, progress).await?;
    }
    drop(source);
    // Opened anew: what somebody has written since is seen.
    let mut source = SqliteSource::open(from).await?;
    let compared = compare(&mut source, store, progress).await?;
    writer.end_transfer().await?;
    Ok(Transferred::Now(compared))
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}

async fn rows_of(connection: &mut Connection<'_>, layout: &Layout) -> Result<u64, StoreError> {
    connection.count(format!("SELECT COUNT(*) FROM {}", layout.table), vec![]).await
}

/// While the target writes one part, the next one is read.
async fn move_table(
    source: &mut SqliteSource,
    writer: &mut PostgresWriter,
    layout: &Layout,
    position: &mut Position,
    progress: &dyn Fn(Progress),
) -> Result<(), TransferError> {
    let mut connection = source.connection();
    let of = rows_of(&mut connection, layout).await?;
    let key = position.last_key.clone().unwrap_or_default();
    let select = layout.select_sorted(!key.is_empty());
    let mut rows = connection.fetch(select, key.into_iter().map(Value::Text).collect())?;

    let mut part = next_part(layout, &mut rows).await?;
    while !part.is_empty() {
        progress(Progress { step: Step::Moving, table: layout.table, done: position.moved, of });
        let (written, next) =
            future::join(writer.transfer(layout, &part, position), next_part(layout, &mut rows)).await;
        if !written? {
            return Err(TransferError::Taken);
        }
        part = next?;
    }
    progress(Progress { step: Step::Moving, table: layout.table, done: position.moved, of });
    Ok(())
}

async fn next_part(
    layout: &Layout,
    rows: &mut (impl TryStream<Ok = Row, Error = StoreError> + Unpin),
) -> Result<Vec<Row>, StoreError> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    let mut values = Canonical::default();
    while part.len() < ROWS && bytes < BYTES {
        let Some(row) = rows.try_next().await? else { break };
        values.read(layout, &row)?;
        bytes += values.bytes.len();
        part.push(row);
    }
    Ok(part)
}

/// Reads both databases from the first row to the last.
async fn compare(
    source: &mut SqliteSource,
    store: &PostgresStore,
    progress: &dyn Fn(Progress),
) -> Result<Vec<Compared>, TransferError> {
    let version = source.version().await?;
    let mut snapshot = store.long_snapshot().await?;
    let (mut compared, mut differences) = (Vec::new(), Vec::new());
    for layout in &LAYOUTS {
        let mut connections = (source.connection(), snapshot.connection());
        let of = rows_of(&mut connections.0, layout).await?;
        let seen = Cell::new(0_u64);
        let tell = |seen: u64| {
            progress(Progress { step: Step::Comparing, table: layout.table, done: seen / 2, of });
        };
        let count = || {
            seen.set(seen.get() + 1);
            if seen.get().is_multiple_of(STRIDE) && seen.get() < 2 * of {
                tell(seen.get());
            }
        };
        let both = future::try_join(
            Sums::read(&mut connections.0, layout, count),
            Sums::read(&mut connections.1, layout, count),
        );
        let (ours, theirs) = both.await?;
        tell(2 * of);
        differences.extend(ours.difference(&theirs, layout));
        compared.push(Compared { table: layout.table, rows: ours.rows, checksum: ours.checksum });
    }
    snapshot.end().await?;
    if !differences.is_empty() {
        return Err(TransferError::Differs { differences: differences.join("; ") });
    }
    if source.version().await? != version {
        return Err(TransferError::Changed);
    }
    Ok(compared)
}
