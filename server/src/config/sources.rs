//! Where settings come from, handed in whole: nothing here looks at the process's own environment.

use super::OneLine;
use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

/// The file that is read, if it is there, when none is named.
pub const DEFAULT_FILE: &str = "tracon.toml";

/// The variable that names the file to read.
pub const CONFIG_VARIABLE: &str = "TRACON_CONFIG";

/// Everything a configuration is made of, apart from the defaults.
#[derive(Clone, Default)]
pub struct Sources {
    pub(super) directory: PathBuf,
    pub(super) file: Option<PathBuf>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) flags: Vec<(String, String)>,
}

impl Sources {
    /// Nothing but what a `tracon.toml` in this directory says. Relative paths of files start there.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    /// Reads this file instead of `tracon.toml`; it must be there.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Reads the `TRACON_*` of these variables.
    #[must_use]
    pub fn environment<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        self.environment.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sets the setting at a path (`mcp.tool_timeout`) as its flag does.
    #[must_use]
    pub fn flag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.flags.push((key.into(), value.into()));
        self
    }
}

/// Names only: the values may be secret, and most of the environment is not ours.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags: Vec<_> = self.flags.iter().map(|(key, _)| key).collect();
        f.debug_struct("Sources")
            .field("directory", &self.directory)
            .field("file", &self.file)
            .field("flags", &flags)
            .finish_non_exhaustive()
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Default,
    /// `line` counts from 1.
    File {
        path: OneLine,
        line: usize,
    },
    /// The name of the variable.
    Environment(String),
    /// The flag, without the dashes.
    Flag(String),
}

impl Place {
    pub(super) fn file(path: &Path, line: usize) -> Self {
        Self::File { path: OneLine::path(path), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => OneLine::new(name).fmt(f),
            Self::Flag(name) => write!(f, "--{}", OneLine::new(name)),
        }
    }
}
