//! What the server says about itself, on standard error.

use super::Invalid;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// Logging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Directives as of `tracing_subscriber::EnvFilter`: `info`, or `warn,tracon::mcp=debug`. By default rmcp is silent: it
    /// writes session ids, which are what a legacy client is known by, and reports clients' ordinary behaviour as errors.
    pub level: String,
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info,rmcp=off".to_owned(), format: LogFormat::Text }
    }
}

impl Log {
    /// The filter that `level` describes.
    ///
    /// # Errors
    /// What is wrong with the directives.
    pub fn filter(&self) -> Result<EnvFilter, String> {
        if self.level.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        // `EnvFilter` cuts some of these in the middle of a letter and panics (tracing-subscriber 0.3.23).
        if let Some(letter) = self.level.chars().find(|letter| !letter.is_ascii()) {
            return Err(format!("no directive has {letter:?} in it"));
        }
        // `EnvFilter` reads a bare word that is no level as a module to log entirely: `--log vrebose` would be silent.
        for word in directives(&self.level).filter(|directive| !directive.contains(['=', '['])) {
            if word.parse::<LevelFilter>().is_err() {
                return Err(format!("`{word}` is no level; to log a module write `{word}=debug`"));
            }
        }
        EnvFilter::builder().parse(&self.level).map_err(|error| error.to_string())
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        match self.filter() {
            Ok(_) => Ok(()),
            Err(wrong) => Err(Invalid::rule(
                "log.level",
                format!("off, error, warn, info, debug or trace, or directives such as `warn,tracon=debug` ({wrong})"),
            )),
        }
    }
}

/// The comma-separated parts of a filter; commas in brackets belong to a span's fields.
fn directives(filter: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    filter
        .split(move |letter| {
            match letter {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter == ',' && depth == 0
        })
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
}
