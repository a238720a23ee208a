//! The server functions: how the browser asks for the reports that the server reads directly.

pub mod workspace;

use crate::page::set_status;
#[cfg(feature = "ssr")]
use crate::reports::Reports;
use crate::reports::{
    Health, Overview, RecorderHealth, ReportError, RequestDetail, RequestFilter, RequestPage, SessionDetail,
    SessionFilter, SessionPage, TimeRange,
};
use leptos::{
    prelude::*,
    server_fn::{
        codec::{GetUrl, JsonEncoding},
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use serde::{Deserialize, Serialize};

/// Why a page has no figures to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PageError {
    /// A parameter of the address says nothing; the text names it.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing; the text says what was looked for.
    #[error("there is no {0} with this id")]
    NotFound(String),
    /// What was to be changed is no longer as the page showed it; the text says what is in the way.
    #[error("{0}")]
    Conflict(String),
    /// The store failed.
    #[error("the database did not answer; the server’s log says why")]
    Unavailable,
    /// The browser could not reach the server.
    #[error("the server could not be reached")]
    Unreachable,
}

impl PageError {
    /// The status of a page that shows this.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 400,
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::Unavailable | Self::Unreachable => 503,
        }
    }
}

impl From<ReportError> for PageError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Invalid(what) => Self::Invalid(what),
            ReportError::Conflict(what) => Self::Conflict(what),
            ReportError::Unavailable => Self::Unavailable,
        }
    }
}

impl FromServerFnError for PageError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => Self::Invalid(what),
            // Here, what was sent: a form that is too long, or no text. In the browser it is the answer that says nothing.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(what) => Self::Invalid(what),
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            _ => Self::Unavailable,
        };
        set_status(error.status());
        error
    }
}

/// The figures of the front page.
#[server(name = GetOverview, prefix = "/api", endpoint = "overview", input = GetUrl)]
pub async fn overview(range: TimeRange) -> Result<Overview, PageError> {
    answer(reports()?.overview(range).await)
}

/// One page of sessions.
#[server(name = GetSessions, prefix = "/api", endpoint = "sessions", input = GetUrl)]
pub async fn sessions(filter: SessionFilter) -> Result<SessionPage, PageError> {
    answer(reports()?.sessions(filter).await)
}

/// One session; `None` when there is none of that id.
#[server(name = GetSession, prefix = "/api", endpoint = "session", input = GetUrl)]
pub async fn session(id: String) -> Result<Option<SessionDetail>, PageError> {
    answer(reports()?.session(&id).await)
}

/// One page of requests.
#[server(name = GetRequests, prefix = "/api", endpoint = "requests", input = GetUrl)]
pub async fn requests(filter: RequestFilter) -> Result<RequestPage, PageError> {
    answer(reports()?.requests(filter).await)
}

/// One request; `None` when there is none of that id.
#[server(name = GetRequest, prefix = "/api", endpoint = "request", input = GetUrl)]
pub async fn request(id: String) -> Result<Option<RequestDetail>, PageError> {
    answer(reports()?.request(&id).await)
}

/// How the server itself does.
#[server(name = GetHealth, prefix = "/api", endpoint = "health", input = GetUrl)]
pub async fn health() -> Result<Health, PageError> {
    Ok(reports()?.health().await)
}

/// Whether records reach the database; `None` when tracking is off.
#[server(name = GetRecorder, prefix = "/api", endpoint = "recorder", input = GetUrl)]
pub async fn recorder() -> Result<Option<RecorderHealth>, PageError> {
    Ok(reports()?.recorder().await)
}

#[cfg(feature = "ssr")]
fn reports() -> Result<std::sync::Arc<dyn Reports>, PageError> {
    use_context().ok_or(PageError::Unavailable)
}

/// The report, or the error with its status on the answer, whether that is a page or a server function's.
#[cfg(feature = "ssr")]
fn answer<T>(report: Result<T, ReportError>) -> Result<T, PageError> {
    report.map_err(|error| {
        let error = PageError::from(error);
        set_status(error.status());
        error
    })
}
