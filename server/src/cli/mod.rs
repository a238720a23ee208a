//! What a person types: `tracon`, `tracon serve`, `tracon config`, `tracon migrate`.
//!
//! To add a command: a variant of [`Command`] with its help, a file beside this one, a line in [`Cli::run`].

mod banner;
mod flags;
mod logging;
mod migrate;
mod show;

pub use banner::{Listening, banner};
pub use logging::LoggingError;
pub use migrate::MigrateError;

use crate::{
    config::{ConfigError, Loaded, OneLine},
    serve::{self, ServeError},
};
use clap::{Parser, Subcommand};
use flags::Flags;
use migrate::Migrate;
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};
use thiserror::Error;

const AFTER_HELP: &str = "\
Each setting is taken from the last of these that has it:
  its default
  the file tracon.toml in the working directory, or the one named by --config
  its environment variable
  its flag
`tracon config` shows the outcome, and where each value comes from.";

/// A tracked MCP endpoint and its dashboard in one binary
///
/// Clients connect to /mcp; the dashboard at / shows who called what, how long it took and how it ended.
#[derive(Debug, Parser)]
#[command(name = "tracon", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Serve the endpoint and the dashboard; what `tracon` alone does
    Serve,
    /// Print the effective configuration as TOML, with where each value comes from; passwords are hidden
    Config,
    /// Move everything from a SQLite database to a PostgreSQL database, and compare the two
    ///
    /// The server must be stopped. The source is only read. Cut off at any moment, it goes on where it was when it is started
    /// again; at the end every row of both databases is read again. A password may also come from PGPASSWORD or ~/.pgpass.
    Migrate(Migrate),
}

/// Why a command failed, as one line for standard error.
#[derive(Debug, Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Logging(#[from] LoggingError),
    #[error("cannot find the working directory: {0}")]
    Directory(io::Error),
    #[error("cannot start the runtime: {0}")]
    Runtime(io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl CliError {
    /// 2: what was asked for cannot be done, and nothing was begun. 1: it broke on the way.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Logging(_) | Self::Directory(_) => 2,
            Self::Serve(error) => error.exit_code(),
            Self::Migrate(error) => error.exit_code(),
            Self::Runtime(_) | Self::Output(_) => 1,
        }
    }
}

/// Runs the command that the process was started with. Mistakes in the command line itself end the process here, with
/// clap's own message and exit code 2; `--help` and `--version` with 0.
pub fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is nobody left to tell, and the exit code still says it.
            let _ = writeln!(io::stderr(), "tracon: {}", OneLine::whole(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

impl Cli {
    /// # Errors
    /// What was wrong and what to do about it.
    fn run(self) -> Result<(), CliError> {
        let directory = std::env::current_dir().map_err(CliError::Directory)?;
        let loaded = Loaded::read(self.flags.sources(directory).environment(std::env::vars_os()))?;
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve(loaded),
            Command::Config => print(&show::as_toml(&loaded)),
            Command::Migrate(migrate) => self::migrate(&migrate, &loaded),
        }
    }
}

fn serve(loaded: Loaded) -> Result<(), CliError> {
    logging::start(&loaded.config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    Ok(runtime.block_on(serve::run(loaded.config))?)
}

fn migrate(migrate: &Migrate, loaded: &Loaded) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    print(&runtime.block_on(migrate.run(&loaded.config))?)
}

/// A reader that closes early (`tracon config | head -1`) has what it wanted.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}
