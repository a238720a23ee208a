//! What a tool answers: one JSON object, as text and as structured content, be it a success or a failure.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::workspace::WorkspaceError;

/// The answer of a tool.
#[derive(Debug)]
pub struct Answer(Result<Value, Failure>);

/// Why a tool could not do what it was asked: the error object of every tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// `validation_error`, `not_found`, `invalid_action`, `conflict`, `unavailable`, `internal` …
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'static str>,
    http_status: u16,
}

impl Failure {
    fn new(kind: &'static str, http_status: u16, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None, suggestion: None, http_status }
    }

    /// An argument is not what it may be.
    pub(super) fn invalid(argument: &str, message: impl Into<String>) -> Self {
        Self { details: Some(json!({ "argument": argument })), ..Self::new("validation_error", 400, message) }
    }

    /// The action is none of the tool's.
    pub(super) fn invalid_action(message: impl Into<String>) -> Self {
        Self { details: Some(json!({ "argument": "action" })), ..Self::new("invalid_action", 400, message) }
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        let message = error.to_string();
        match error {
            WorkspaceError::Invalid { argument, .. } => Self::invalid(argument, message),
            WorkspaceError::NotFound { .. } => Self::new("not_found", 404, message),
            WorkspaceError::Conflict { suggestion, .. } => {
                Self { suggestion: Some(suggestion), ..Self::new("conflict", 409, message) }
            }
            WorkspaceError::Unsure(error) => {
                tracing::error!(%error, "a change may have been lost");
                let message = "the database went away while this was being kept: it may be there, or not";
                Self { suggestion: Some("look before you try again"), ..Self::new("unavailable", 503, message) }
            }
            WorkspaceError::Store(error) => {
                tracing::error!(%error, "a tool could not use the database");
                if error.is_transient() {
                    let failure =
                        Self::new("unavailable", 503, "the database does not answer now; nothing was changed");
                    Self { suggestion: Some("try again in a moment"), ..failure }
                } else {
                    Self::new("internal", 500, "the database refused this; the server's log says why")
                }
            }
        }
    }
}

impl Answer {
    /// A success.
    pub(super) fn of(success: impl Serialize) -> Self {
        Self::from(Ok::<_, Failure>(success))
    }
}

impl<T: Serialize> From<Result<T, Failure>> for Answer {
    fn from(result: Result<T, Failure>) -> Self {
        let value = result.and_then(|success| {
            serde_json::to_value(success).map_err(|error| {
                tracing::error!(%error, "an answer could not be written");
                Failure::new("internal", 500, "the answer could not be written; the server's log says why")
            })
        });
        Self(value)
    }
}

impl IntoCallToolResult for Answer {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let result = match self.0 {
            Ok(Value::Object(mut fields)) => {
                fields.insert("success".to_owned(), Value::Bool(true));
                CallToolResult::structured(Value::Object(fields))
            }
            Ok(value) => CallToolResult::structured(value),
            Err(failure) => CallToolResult::structured_error(json!({ "success": false, "error": failure })),
        };
        Ok(result.into())
    }
}
