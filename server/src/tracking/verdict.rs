//! What a handler's result says of how the request ended, and what a client is told of the server's own accidents.

use std::{any::Any, time::Duration};

use rmcp::{
    ErrorData,
    model::{
        CallToolResponse, CallToolResult, CompleteResult, CustomResult, DiscoverResult, ErrorCode, GetPromptResponse,
        GetSkillResult, GetTaskResult, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListSkillsResult, ListToolsResult, ReadResourceResponse,
    },
};
use serde_json::{Value, json};
use tracon_app::reports::Outcome;

use super::slot::End;
use crate::wire::jsonrpc::code;

/// What a handler's result says of the outcome.
pub(super) trait Verdict {
    /// `None` is a plain success.
    fn verdict(&self) -> Option<(Outcome, Option<String>)> {
        None
    }
}

/// How a request ended, by its handler's result.
pub(super) fn end_of<T: Verdict>(result: &Result<T, ErrorData>) -> End {
    match result {
        Ok(result) => match result.verdict() {
            Some((outcome, message)) => End::now(outcome, None, message),
            None => End::now(Outcome::Ok, None, None),
        },
        Err(error) => {
            let outcome = match error.code {
                ErrorCode::INTERNAL_ERROR => Outcome::Internal,
                TOO_MANY_SESSIONS => Outcome::RateLimited,
                _ => Outcome::ProtocolError,
            };
            End::now(outcome, Some(i64::from(error.code.0)), Some(error.message.to_string()))
        }
    }
}

/// The answer to a handshake when there is no room for one more session.
#[expect(clippy::cast_possible_truncation, reason = "the code is -32000")]
pub(super) const TOO_MANY_SESSIONS: ErrorCode = ErrorCode(code::REFUSED as i32);

/// The answer to a request whose handler panicked.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> ErrorData {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    // What it was goes to the log; the client is told only that it was the server's fault.
    tracing::error!(panic = what, "a handler panicked");
    ErrorData::internal_error("Internal error: the server failed while handling this request", None)
}

/// A tool's failure as agents can read it: an `isError` result, not a protocol error, which clients do not show them.
pub(super) fn timed_out(tool: &str, after: Duration) -> CallToolResult {
    CallToolResult::structured_error(json!({
        "success": false,
        "error": {
            "type": TIMEOUT,
            "message": format!("{tool} did not finish within {}", humantime::format_duration(after)),
            "suggestion": "try again, or ask for less at once",
        },
    }))
}

/// The type of error by which a tool, or [`timed_out`] for it, says that the time was up.
const TIMEOUT: &str = "timeout";

impl Verdict for CallToolResponse {
    fn verdict(&self) -> Option<(Outcome, Option<String>)> {
        match self {
            Self::Complete(result) if result.is_error == Some(true) => {
                let error = result.structured_content.as_ref().and_then(|content| content.get("error"));
                let text = |key: &str| error.and_then(|error| error.get(key)).and_then(Value::as_str);
                let message = match (text("type"), text("message")) {
                    (Some(kind), Some(message)) => Some(format!("{kind}: {message}")),
                    (None, Some(message)) => Some(message.to_owned()),
                    _ => result.content.iter().find_map(|block| Some(block.as_text()?.text.clone())),
                };
                let outcome = if text("type") == Some(TIMEOUT) { Outcome::Timeout } else { Outcome::ToolError };
                Some((outcome, message))
            }
            Self::InputRequired(_) => Some((Outcome::InputRequired, None)),
            _ => None,
        }
    }
}

impl Verdict for GetPromptResponse {
    fn verdict(&self) -> Option<(Outcome, Option<String>)> {
        matches!(self, Self::InputRequired(_)).then_some((Outcome::InputRequired, None))
    }
}

impl Verdict for ReadResourceResponse {
    fn verdict(&self) -> Option<(Outcome, Option<String>)> {
        matches!(self, Self::InputRequired(_)).then_some((Outcome::InputRequired, None))
    }
}

impl Verdict for () {}
impl Verdict for InitializeResult {}
impl Verdict for DiscoverResult {}
impl Verdict for CompleteResult {}
impl Verdict for ListPromptsResult {}
impl Verdict for ListResourcesResult {}
impl Verdict for ListResourceTemplatesResult {}
impl Verdict for ListToolsResult {}
impl Verdict for ListSkillsResult {}
impl Verdict for GetSkillResult {}
impl Verdict for GetTaskResult {}
impl Verdict for CustomResult {}
