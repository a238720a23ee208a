//! What can be wrong with a configuration. Every error shows as exactly one line.

use super::Place;
use std::{fmt, path::Path};
use thiserror::Error;

/// Why a configuration was refused. Values of secret settings are never part of it.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A key, variable or flag that is no setting.
    #[error("unknown setting {key} in {place}; {advice}")]
    UnknownKey { key: OneLine, place: Place, advice: Advice },
    /// A variable that begins with `TRACON_` and is no setting.
    #[error("unknown environment variable {name}; {advice}")]
    UnknownVariable { name: OneLine, advice: Advice },
    /// A value of the wrong type, or out of range. `value` is `None` where it is a secret.
    #[error("{key}{} from {place} is not allowed; expected {allowed}", Shown(value.as_ref()))]
    BadValue { key: &'static str, place: Place, value: Option<OneLine>, allowed: OneLine },
    /// The file cannot be read.
    #[error("cannot read {file}{}: {reason}", NamedBy(*named_by))]
    Unreadable {
        file: OneLine,
        /// The flag or variable that named it; `None` for the default file.
        named_by: Option<&'static str>,
        reason: OneLine,
    },
    /// The file is not TOML. `line` counts from 1.
    #[error("{file}:{line}: not TOML: {reason}")]
    Malformed { file: OneLine, line: usize, reason: OneLine },
}

/// Text that shows as one line: what would break or reorder a line is escaped, and what is very long is cut.
#[derive(Clone, PartialEq, Eq)]
pub struct OneLine(String);

impl OneLine {
    /// Characters that are shown; a path may be long, a pasted file should not fill the screen.
    const LENGTH: usize = 300;

    pub fn new(text: impl fmt::Display) -> Self {
        Self::cut(&text.to_string(), Self::LENGTH)
    }

    /// As [`OneLine::new`], but never cut: for a message whose parts are short already.
    pub fn whole(text: impl fmt::Display) -> Self {
        Self::cut(&text.to_string(), usize::MAX)
    }

    fn cut(text: &str, length: usize) -> Self {
        let mut shown = String::with_capacity(text.len().min(length));
        for (count, letter) in text.chars().enumerate() {
            if count == length {
                shown.push('…');
                break;
            }
            if breaks_the_line(letter) {
                shown.extend(letter.escape_default());
            } else {
                shown.push(letter);
            }
        }
        Self(shown)
    }

    pub fn path(path: &Path) -> Self {
        Self::new(path.display())
    }
}

/// Controls, the separators of Unicode, and what turns the direction of writing around.
fn breaks_the_line(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What to do about an unknown name: the nearest known one, where one is near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice(pub(super) Option<String>);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(known) => write!(f, "did you mean {known}?"),
            None => f.write_str("`tracon --help` lists the known ones"),
        }
    }
}

struct Shown<'a>(Option<&'a OneLine>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |value| write!(f, " = {value}"))
    }
}

struct NamedBy(Option<&'static str>);

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, " (named by {name})"))
    }
}
