//! What is refused before a handler is reached gets a JSON-RPC error in its body, as clients expect.
//!
//! rmcp refuses in plain text, malformed JSON with 415. Clients decide by the status and show the body: Claude Code and
//! Codex re-initialize on 404 with a JSON-RPC error, others print `message`.

use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::{
    Response,
    body::BodyTap,
    jsonrpc::{self, Inspected, code},
};

/// A refusal as JSON-RPC. `id` is the request's where it is known.
#[must_use]
pub fn response(status: StatusCode, id: Option<&Value>, code: i64, message: &str) -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from(jsonrpc::error(id, code, message))).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// Gives a refusal in plain text its JSON-RPC form; leaves every other answer as it is.
pub async fn as_jsonrpc(answer: Response, tap: &BodyTap) -> Response {
    let status = answer.status();
    if status.is_success() || is_json(&answer) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let inspected = tap.contents().map(|contents| jsonrpc::inspect(&contents));

    let (status, code, message, id) = match (status, inspected) {
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Inspected::NotJson(why))) => {
            (StatusCode::BAD_REQUEST, code::PARSE_ERROR, why, None)
        }
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Inspected::NotAMessage(why))) => {
            (StatusCode::BAD_REQUEST, code::INVALID_REQUEST, why, None)
        }
        // The body is a message, but not one of MCP's: an `id` out of range, say.
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Inspected::Message(message))) => {
            (StatusCode::BAD_REQUEST, code::INVALID_REQUEST, format!("Invalid Request: {text}"), message.id)
        }
        // The session ended between rmcp's looking and its asking: the client is to start anew, as for any that is gone.
        (StatusCode::INTERNAL_SERVER_ERROR, inspected) if text.contains("Session not found") => (
            StatusCode::NOT_FOUND,
            code::SESSION_NOT_FOUND,
            "Not Found: Session not found".to_owned(),
            id_of(inspected),
        ),
        // Chunks that are none, or fewer bytes than were announced.
        (StatusCode::INTERNAL_SERVER_ERROR, _) if tap.is_broken() => {
            (StatusCode::BAD_REQUEST, code::PARSE_ERROR, "Parse error: the body could not be read".to_owned(), None)
        }
        (StatusCode::NOT_FOUND, inspected) => (status, code::SESSION_NOT_FOUND, text, id_of(inspected)),
        (StatusCode::BAD_REQUEST, inspected) => (status, code::INVALID_REQUEST, text, id_of(inspected)),
        (StatusCode::SERVICE_UNAVAILABLE, inspected) => (
            status,
            code::INTERNAL_ERROR,
            "Service Unavailable: the session cannot be looked up right now, try again".to_owned(),
            id_of(inspected),
        ),
        // What went wrong inside stays in the log.
        (status, inspected) if status.is_server_error() => {
            (status, code::INTERNAL_ERROR, "Internal error".to_owned(), id_of(inspected))
        }
        (status, inspected) => (status, code::REFUSED, text, id_of(inspected)),
    };
    let mut refusal = response(status, id.as_ref(), code, &message);
    if let Some(allow) = parts.headers.remove(header::ALLOW) {
        refusal.headers_mut().insert(header::ALLOW, allow);
    }
    refusal
}

fn is_json(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn id_of(inspected: Option<Inspected>) -> Option<Value> {
    match inspected {
        Some(Inspected::Message(message)) => message.id,
        _ => None,
    }
}
