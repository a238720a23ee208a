//! The server's log, on standard error: standard output is for what was asked for.

use crate::config::{Log, LogFormat};
use std::io;
use thiserror::Error;

/// Why the log could not be started.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// The directives were checked with the configuration, so this comes only from one made by hand.
    #[error("log.level: {0}")]
    Level(String),
    #[error("cannot start the log: {0}")]
    Start(Box<dyn std::error::Error + Send + Sync>),
}

/// Starts the process's log; once a process.
///
/// # Errors
/// When the level is no filter, or a log was started before.
pub(super) fn start(log: &Log) -> Result<(), LoggingError> {
    let filter = log.filter().map_err(LoggingError::Level)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match log.format {
        LogFormat::Text => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    }
    .map_err(LoggingError::Start)
}
