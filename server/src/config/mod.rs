//! What can be set, and from where: defaults < `tracon.toml` < `TRACON_*` environment < flags.
//!
//! To add a setting: a field in its section's struct with its default, its range in that section's `validate`, and a
//! line in [`SETTINGS`], from which `--help`, the environment's names, the errors and `tracon config` all follow. The
//! test `the_table_and_the_structs_agree` fails until all three are there.

mod database;
mod duration;
mod error;
mod file;
mod http;
mod layers;
mod log;
mod mcp;
mod retention;
mod settings;
mod sources;
mod tracking;

#[cfg(test)]
mod tests;

pub use database::DatabaseUrl;
pub use error::{ConfigError, OneLine};
pub use http::Http;
pub use layers::Loaded;
pub use log::{Log, LogFormat};
pub use mcp::Mcp;
pub use retention::Retention;
pub use settings::{Form, SETTINGS, Setting};
pub use sources::{CONFIG_VARIABLE, DEFAULT_FILE, Place, Sources};
pub use tracking::{Capture, Tracking};

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// The effective configuration of one server.
///
/// `Debug` and serialisation hide the password of the database URL, so a `Config` can be logged whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen. Port 0 takes a free port.
    pub bind: SocketAddr,
    /// Where the embedded database lives, relative to the working directory. Made when it is missing.
    pub data_dir: PathBuf,
    /// The database as it was set; see [`Config::effective_database_url`] for the one to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<DatabaseUrl>,
    pub http: Http,
    pub mcp: Mcp,
    pub tracking: Tracking,
    pub retention: Retention,
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8051)),
            data_dir: PathBuf::from("./data"),
            database_url: None,
            http: Http::default(),
            mcp: Mcp::default(),
            tracking: Tracking::default(),
            retention: Retention::default(),
            log: Log::default(),
        }
    }
}

impl Config {
    /// Reads every source, the later ones over the earlier, and checks the result.
    ///
    /// # Errors
    /// The first thing that is wrong, as one line that names it, where it stands and what is allowed.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        Loaded::read(sources).map(|loaded| loaded.config)
    }

    /// The database to open: the one that was set, else `tracon.db` in the data directory.
    pub fn effective_database_url(&self) -> DatabaseUrl {
        self.database_url.clone().unwrap_or_else(|| DatabaseUrl::in_directory(&self.data_dir))
    }

    /// Checks what the types cannot say: ranges, and the relations between settings.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn validate(&self) -> Result<(), Invalid> {
        // A line break in a name is a slip of whatever wrote it, and would break the log's lines; a NUL ends a path early.
        let directory = self.data_dir.to_string_lossy();
        if directory.is_empty() || directory.contains(char::is_control) {
            return Err(Invalid::value("data_dir"));
        }
        self.database_url.as_ref().map_or(Ok(()), DatabaseUrl::validate)?;
        self.http.validate()?;
        self.mcp.validate()?;
        self.tracking.validate()?;
        self.retention.validate()?;
        self.log.validate()
    }
}

/// A setting whose value is of the right type and yet not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The settings that are wrong: one, or the two that do not go together.
    keys: Vec<&'static str>,
    /// What would be right; `None` where the table's own line says it all.
    rule: Option<String>,
}

impl Invalid {
    /// `key` is outside what its line in [`SETTINGS`] allows.
    fn value(key: &'static str) -> Self {
        Self { keys: vec![key], rule: None }
    }

    /// `key` breaks `rule`, which is more exact than its line in [`SETTINGS`].
    fn rule(key: &'static str, rule: impl Into<String>) -> Self {
        Self { keys: vec![key], rule: Some(rule.into()) }
    }

    /// Two settings that are each right, but not together.
    fn pair(keys: [&'static str; 2], rule: impl Into<String>) -> Self {
        Self { keys: keys.to_vec(), rule: Some(rule.into()) }
    }
}
