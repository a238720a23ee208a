//! Why something could not be read or changed.

use super::excerpt::shown;
use crate::store::StoreError;

/// What was wrong, in words for whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// An argument is not what it may be.
    #[error("`{argument}` {reason}")]
    Invalid {
        argument: &'static str,
        /// Goes on where the argument's name ends: `must not be empty`.
        reason: String,
    },
    /// There is nothing of that id.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// `task`, `project` …
        what: &'static str,
        id: String,
    },
    /// It is not in the state that this would need.
    #[error("{message}")]
    Conflict { message: String, suggestion: &'static str },
    /// The database failed while it was to make a change last: it may be there.
    #[error(transparent)]
    Unsure(StoreError),
    /// The database failed; what it said is for the log.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WorkspaceError {
    pub(super) fn invalid(argument: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { argument, reason: reason.into() }
    }

    pub(super) fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound { what, id: shown(&id.to_string()) }
    }

    pub(super) fn conflict(message: impl Into<String>, suggestion: &'static str) -> Self {
        Self::Conflict { message: message.into(), suggestion }
    }
}
