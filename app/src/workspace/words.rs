//! The words that tasks and versions share with addresses, forms, tools and the database.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    Todo,
    Doing,
    Review,
    Done,
}

impl TaskStatus {
    /// Every status, in the order of the columns.
    pub const ALL: [Self; 4] = [Self::Todo, Self::Doing, Self::Review, Self::Done];

    /// The name in the database, in tools and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Doing => "doing",
            Self::Review => "review",
            Self::Done => "done",
        }
    }

    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Todo => "To do",
            Self::Doing => "Doing",
            Self::Review => "Review",
            Self::Done => "Done",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl Priority {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in the database and in tools.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }
}

/// A field of a project that has versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionField {
    Docs,
    Features,
    Data,
    Prd,
}

impl VersionField {
    pub const ALL: [Self; 4] = [Self::Docs, Self::Features, Self::Data, Self::Prd];

    /// The name in the database, in tools and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docs => "docs",
            Self::Features => "features",
            Self::Data => "data",
            Self::Prd => "prd",
        }
    }

    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Docs => "Documents",
            Self::Features => "Features",
            Self::Data => "Data",
            Self::Prd => "PRD",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// Where in its column a task goes. In forms and addresses it is a word: `first`, `last`, `earlier`, `later`, or
/// `before:` and the id of another task of the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    First,
    Last,
    /// One place up from where it is; in another column, the first.
    Earlier,
    /// One place down from where it is; in another column, the last.
    Later,
    /// Before the task of this id.
    Before(String),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => formatter.write_str("first"),
            Self::Last => formatter.write_str("last"),
            Self::Earlier => formatter.write_str("earlier"),
            Self::Later => formatter.write_str("later"),
            Self::Before(id) => write!(formatter, "before:{id}"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "first" => Ok(Self::First),
            "last" => Ok(Self::Last),
            "earlier" => Ok(Self::Earlier),
            "later" => Ok(Self::Later),
            other => match other.strip_prefix("before:") {
                Some(id) if !id.is_empty() => Ok(Self::Before(id.to_owned())),
                _ => {
                    let shown: String = other.chars().take(80).collect();
                    Err(format!("“{shown}” is no place: give first, last, earlier, later or before:ID"))
                }
            },
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_word() {
        for place in [Place::First, Place::Last, Place::Earlier, Place::Later, Place::Before("a".to_owned())] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for word in ["", "before:", "middle"] {
            assert!(word.parse::<Place>().is_err(), "{word}");
        }
    }
}
