//! `tracon migrate`: moves everything from SQLite to PostgreSQL, and shows how far it is.

use crate::{
    config::{Config, DatabaseUrl},
    spool::{self, Spool},
    store::transfer::{self, Progress, Step, TransferError, Transferred},
};
use clap::Args;
use std::{
    cell::RefCell,
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use thiserror::Error;

const TO: &str =
    "The database that it is moved to, which must be there and empty: postgres://USER:PASSWORD@HOST/DATABASE";

#[derive(Clone, Debug, Args)]
pub(super) struct Migrate {
    /// The database that is moved, such as sqlite:./data/tracon.db
    #[arg(long, value_name = "URL")]
    from: DatabaseUrl,
    #[arg(long, value_name = "URL", help = TO)]
    to: DatabaseUrl,
}

/// Why not all was moved.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error(transparent)]
    Transfer(#[from] TransferError),
    #[error(transparent)]
    Spool(#[from] spool::OpenError),
    #[error("the spool {} cannot be read ({source}): grant access to it", path.display())]
    SpoolUnreadable { path: PathBuf, source: io::Error },
    #[error(
        "{records} records wait in the spool {} and are in no database yet: start the server on SQLite once more, which writes \
         them, and stop it",
        path.display()
    )]
    Waiting { path: PathBuf, records: u64 },
}

impl MigrateError {
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Transfer(error) => error.exit_code(),
            Self::Spool(_) | Self::SpoolUnreadable { .. } | Self::Waiting { .. } => 2,
        }
    }
}

impl Migrate {
    /// Moves, and gives what is to be said of it.
    pub(super) async fn run(&self, config: &Config) -> Result<String, MigrateError> {
        let beside = transfer::source_folder(self.from.expose())?;
        let _held = hold([&config.data_dir, &beside], config.tracking.spool_quota_bytes)?;
        let shown = Shown::new();
        let transferred = transfer::run(self.from.expose(), self.to.expose(), &|progress| shown.show(progress)).await;
        shown.end();
        Ok(summary(&transferred?))
    }
}

/// The spools of these folders, which must be empty. As long as they are held, no server starts in either folder.
fn hold(folders: [&Path; 2], quota: u64) -> Result<Vec<Spool>, MigrateError> {
    let mut paths: Vec<_> = folders.iter().filter_map(|folder| folder.join("spool").canonicalize().ok()).collect();
    paths.dedup();
    let mut held = Vec::new();
    for path in paths {
        let (spool, reader) = Spool::open(&path, quota)?;
        match reader.count() {
            Ok(0) => held.push(spool),
            Ok(records) => return Err(MigrateError::Waiting { path, records }),
            Err(source) => return Err(MigrateError::SpoolUnreadable { path, source }),
        }
    }
    Ok(held)
}

fn summary(transferred: &Transferred) -> String {
    let tables = match transferred {
        Transferred::Before { at } => {
            let at = at.format("%Y-%m-%d %H:%M UTC");
            return format!("Everything had been moved and compared at {at}; nothing was done now.\n");
        }
        Transferred::Now(tables) => tables,
    };
    let mut text = String::from("Everything was moved. Both databases were read again, and are the same:\n");
    for table in tables {
        let _ = writeln!(text, "  {:<30} {:>12} rows  checksum {:016x}", table.table, table.rows, table.checksum);
    }
    text
}

/// The progress on standard error: on a terminal one line that changes, elsewhere a line now and then.
struct Shown {
    is_terminal: bool,
    state: RefCell<Option<State>>,
}

/// Of the table that is on its way.
struct State {
    step: Step,
    table: &'static str,
    began: Instant,
    /// Rows that were done when it began.
    before: u64,
    said: Instant,
}

impl Shown {
    fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), state: RefCell::new(None) }
    }

    fn show(&self, progress: Progress) {
        let Progress { step, table, done, of } = progress;
        let now = Instant::now();
        let mut state = self.state.borrow_mut();
        let is_next = state.as_ref().is_none_or(|state| (state.step, state.table) != (step, table));
        if is_next {
            *state = Some(State { step, table, began: now, before: done, said: now });
        }
        let Some(state) = &mut *state else { return };
        let pause = Duration::from_secs(if self.is_terminal { 1 } else { 5 });
        if !is_next && done < of && now - state.said < pause {
            return;
        }
        state.said = now;
        let what = match step {
            Step::Moving => "moving",
            Step::Comparing => "comparing",
        };
        let percent = (done * 100).checked_div(of).unwrap_or(100);
        let rate = (done - state.before) as f64 / (now - state.began).as_secs_f64();
        let rate = if rate.is_normal() { format!(", {rate:.0} rows/s") } else { String::new() };
        let line = format!("{what} {table}: {done} of {of} rows, {percent} %{rate}");
        // Nobody has to listen.
        let _ = match (self.is_terminal, done < of) {
            (true, true) => write!(io::stderr(), "\r\x1b[K{line}"),
            (true, false) => writeln!(io::stderr(), "\r\x1b[K{line}"),
            (false, _) => writeln!(io::stderr(), "{line}"),
        };
    }

    /// What is said next stands on a line of its own.
    fn end(&self) {
        if self.is_terminal && self.state.borrow().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
