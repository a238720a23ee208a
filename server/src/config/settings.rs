//! The one table of settings. `--help`, the names of environment variables, errors and `tracon config` derive from it.

use super::{Config, error::Advice};
use std::{collections::HashMap, sync::LazyLock};
use toml::{Table, Value};

/// How the text of a flag or a variable becomes a TOML value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Number,
    Switch,
    /// Comma separated.
    List,
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its path in `tracon.toml`.
    pub key: &'static str,
    /// Its flag, without the leading dashes.
    pub flag: &'static str,
    /// What stands for the value in `--help`.
    pub placeholder: &'static str,
    pub form: Form,
    /// Whether its value may hold a password, and so is never part of an error.
    pub secret: bool,
    /// What it does, for `--help`.
    pub doc: &'static str,
    /// What a value must be, to follow "expected" in an error.
    pub allowed: &'static str,
}

/// Every setting there is, in the order of `--help`.
pub static SETTINGS: [Setting; 21] = [
    Setting {
        key: "bind",
        flag: "bind",
        placeholder: "IP:PORT",
        form: Form::Text,
        secret: false,
        doc: "Address to listen on",
        allowed: "IP:PORT, such as 127.0.0.1:8051 or [::1]:8051",
    },
    Setting {
        key: "data_dir",
        flag: "data-dir",
        placeholder: "DIR",
        form: Form::Text,
        secret: false,
        doc: "Directory of the spool and of the embedded database; made when it is missing",
        allowed: "the path of a directory, such as ./data",
    },
    Setting {
        key: "database_url",
        flag: "database-url",
        placeholder: "URL",
        form: Form::Text,
        secret: true,
        doc: "Database to use, SQLite or PostgreSQL; by default tracon.db in the data directory",
        allowed: super::database::ALLOWED,
    },
    Setting {
        key: "http.allowed_hosts",
        flag: "http-allowed-hosts",
        placeholder: "HOST,…",
        form: Form::List,
        secret: false,
        doc: "Host names the server may be asked for by, with or without a port; by default also the address of --bind",
        allowed: "a list of hosts, such as [\"localhost\", \"tracon.example.com:443\"]",
    },
    Setting {
        key: "http.allowed_origins",
        flag: "http-allowed-origins",
        placeholder: "ORIGIN,…",
        form: Form::List,
        secret: false,
        doc: "Foreign web origins that may send requests; the server's own pages always may",
        allowed: "a list of origins, such as [\"https://tracon.example.com\"]",
    },
    Setting {
        key: "mcp.tool_timeout",
        flag: "mcp-tool-timeout",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long one tool call may take",
        allowed: "a duration from 10ms to 1h, such as \"120s\"",
    },
    Setting {
        key: "mcp.max_body_bytes",
        flag: "mcp-max-body-bytes",
        placeholder: "BYTES",
        form: Form::Number,
        secret: false,
        doc: "Largest request body",
        allowed: "a number of bytes from 1024 to 67108864",
    },
    Setting {
        key: "mcp.max_sessions",
        flag: "mcp-max-sessions",
        placeholder: "COUNT",
        form: Form::Number,
        secret: false,
        doc: "Live sessions at which further initialize requests are refused",
        allowed: "a number from 1 to 1000000",
    },
    Setting {
        key: "tracking.enabled",
        flag: "tracking-enabled",
        placeholder: "true|false",
        form: Form::Switch,
        secret: false,
        doc: "Whether sessions and requests are recorded",
        allowed: "true or false",
    },
    Setting {
        key: "tracking.idle_after",
        flag: "tracking-idle-after",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "Silence after which a session counts as idle",
        allowed: "a duration from 1s to 365days, such as \"5m\"",
    },
    Setting {
        key: "tracking.session_timeout",
        flag: "tracking-session-timeout",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "Silence after which a session counts as gone",
        allowed: "a duration from 1s to 365days, such as \"30m\"",
    },
    Setting {
        key: "tracking.capture",
        flag: "tracking-capture",
        placeholder: "off|redacted|full",
        form: Form::Text,
        secret: false,
        doc: "What is kept of arguments and results, at most 16 KiB each: nothing, secrets replaced, or all",
        allowed: "\"off\", \"redacted\" or \"full\"",
    },
    Setting {
        key: "tracking.spool_quota_bytes",
        flag: "tracking-spool-quota-bytes",
        placeholder: "BYTES",
        form: Form::Number,
        secret: false,
        doc: "What may wait on disk for the database before records are dropped and counted",
        allowed: "a number of bytes from 1048576 to 1099511627776",
    },
    Setting {
        key: "retention.requests",
        flag: "retention-requests",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long requests are kept",
        allowed: "a duration from 1h to 3650days, such as \"30days\"",
    },
    Setting {
        key: "retention.payloads",
        flag: "retention-payloads",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long captured arguments and results are kept",
        allowed: "a duration from 1h to 3650days, such as \"30days\"",
    },
    Setting {
        key: "retention.sessions",
        flag: "retention-sessions",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long sessions that have ended are kept",
        allowed: "a duration from 1h to 3650days, such as \"30days\"",
    },
    Setting {
        key: "retention.minute_buckets",
        flag: "retention-minute-buckets",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long figures by the minute are kept",
        allowed: "a duration from 1h to 3650days, such as \"30days\"",
    },
    Setting {
        key: "retention.hour_buckets",
        flag: "retention-hour-buckets",
        placeholder: "DURATION",
        form: Form::Text,
        secret: false,
        doc: "How long figures by the hour are kept; those by the day stay",
        allowed: "a duration from 1h to 3650days, such as \"30days\"",
    },
    Setting {
        key: "retention.database_quota_bytes",
        flag: "retention-database-quota-bytes",
        placeholder: "BYTES",
        form: Form::Number,
        secret: false,
        doc: "What the database may take on disk before the oldest rows are deleted",
        allowed: "a number of bytes from 16777216 to 70368744177664",
    },
    Setting {
        key: "log.level",
        flag: "log",
        placeholder: "LEVEL",
        form: Form::Text,
        secret: false,
        doc: "What to log: off, error, warn, info, debug, trace, or directives such as warn,tracon=debug",
        allowed: "off, error, warn, info, debug or trace, or directives such as \"warn,tracon=debug\"",
    },
    Setting {
        key: "log.format",
        flag: "log-format",
        placeholder: "text|json",
        form: Form::Text,
        secret: false,
        doc: "How a log line looks",
        allowed: "\"text\" or \"json\"",
    },
];

impl Setting {
    /// The setting at a path of `tracon.toml`.
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The setting of an environment variable.
    pub(super) fn of_variable(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.variable() == name)
    }

    /// Its environment variable: `TRACON_` and the path.
    pub fn variable(&self) -> String {
        format!("TRACON_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// Its default, as it would be written after its flag; empty where there is none.
    pub fn default_text(&self) -> &'static str {
        DEFAULTS.get(self.key).map_or("", String::as_str)
    }

    /// The text of a flag or variable as a TOML value. What does not fit the form stays text, for the types to refuse.
    pub(super) fn value_of(&self, text: &str) -> Value {
        let fitting = match self.form {
            Form::Text => None,
            Form::Number => text.trim().parse().ok().map(Value::Integer),
            Form::Switch => text.trim().parse().ok().map(Value::Boolean),
            Form::List => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                Some(Value::Array(entries.map(Value::from).collect()))
            }
        };
        fitting.unwrap_or_else(|| Value::from(text))
    }

    /// Puts `value` where this setting belongs in a document.
    pub(super) fn insert(&self, document: &mut Table, value: Value) {
        let Some((section, name)) = self.key.split_once('.') else {
            document.insert(self.key.to_owned(), value);
            return;
        };
        if let Value::Table(section) = document.entry(section).or_insert_with(|| Value::Table(Table::new())) {
            section.insert(name.to_owned(), value);
        }
    }

    /// The value of this setting in a document.
    pub(super) fn get<'a>(&self, document: &'a Table) -> Option<&'a Value> {
        match self.key.split_once('.') {
            None => document.get(self.key),
            Some((section, name)) => document.get(section)?.get(name),
        }
    }
}

/// The defaults as text, read off [`Config::default`] so that they stand in one place.
static DEFAULTS: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let config = Config { database_url: Some(Config::default().effective_database_url()), ..Config::default() };
    let document = Table::try_from(config).unwrap_or_default();
    SETTINGS.iter().filter_map(|setting| Some((setting.key, text_of(setting.get(&document)?)))).collect()
});

/// A value as it would be written after a flag.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The nearest of `known` to a name that is none of them; nothing if none is near.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = String>) -> Advice {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let near = known.map(|known| (distance(&known), known)).min_by_key(|(distance, _)| *distance);
    // A third of the letters wrong is a slip of the hand; more is another word.
    Advice(near.filter(|(distance, known)| *distance <= (known.len() / 3).max(2)).map(|(_, known)| known))
}

/// The nearest path to an unknown one: the same name in another section first, then the most alike.
pub(super) fn nearest_key(key: &str) -> Advice {
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    if let Some(setting) = SETTINGS.iter().find(|setting| last(setting.key) == last(key)) {
        return Advice(Some(setting.key.to_owned()));
    }
    let sections = SETTINGS.iter().filter_map(|setting| setting.key.split_once('.')).map(|(section, _)| section);
    nearest(key, SETTINGS.iter().map(|setting| setting.key).chain(sections).map(str::to_owned))
}
