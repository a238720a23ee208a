//! Reading a JSON-RPC message without knowing what it is for.

use serde_json::{Map, Value, json};

/// The codes that this server answers with before a handler is reached.
pub mod code {
    /// Not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// JSON, but not a JSON-RPC request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// A bug or a panic of the server.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// Refused for a reason that HTTP's status names; the code the SDKs' own servers use for these.
    pub const REFUSED: i64 = -32000;
    /// No such session; the code the SDKs' own servers use.
    pub const SESSION_NOT_FOUND: i64 = -32001;
}

/// What the bytes of a request are.
#[derive(Clone, Debug, PartialEq)]
pub enum Inspected {
    /// Not JSON: why, and where.
    NotJson(String),
    /// JSON, but not one JSON-RPC message: what is wrong with it.
    NotAMessage(String),
    Message(Message),
}

/// A JSON-RPC message: request, notification, or a client's answer to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `None` for a notification.
    pub id: Option<Value>,
    /// `None` for an answer.
    pub method: Option<String>,
    pub params: Map<String, Value>,
}

impl Message {
    /// The tool that a `tools/call` names.
    #[must_use]
    pub fn tool_name(&self) -> Option<&str> {
        (self.method.as_deref() == Some("tools/call")).then(|| self.params.get("name")?.as_str())?
    }

    /// `params._meta`.
    #[must_use]
    pub fn meta(&self) -> Option<&Map<String, Value>> {
        self.params.get("_meta")?.as_object()
    }
}

/// Says what the bytes are.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspected {
    let value = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => value,
        Err(error) => return Inspected::NotJson(format!("Parse error: {error}")),
    };
    let mut object = match value {
        Value::Object(object) => object,
        Value::Array(_) => return not_a_message("batches are not supported: send one message a request"),
        _ => return not_a_message("expected a JSON object"),
    };
    match object.get("jsonrpc") {
        Some(Value::String(version)) if version == "2.0" => {}
        Some(_) => return not_a_message("`jsonrpc` must be \"2.0\""),
        None => return not_a_message("`jsonrpc` is missing"),
    }
    let id = match object.remove("id") {
        None => None,
        Some(id @ (Value::String(_) | Value::Number(_))) => Some(id),
        Some(_) => return not_a_message("`id` must be a string or a number"),
    };
    let method = match object.remove("method") {
        Some(Value::String(method)) => Some(method),
        Some(_) => return not_a_message("`method` must be a string"),
        None if object.contains_key("result") || object.contains_key("error") => None,
        None => return not_a_message("`method` is missing"),
    };
    let params = match object.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return not_a_message("`params` must be an object"),
    };
    Inspected::Message(Message { id, method, params })
}

fn not_a_message(why: &str) -> Inspected {
    Inspected::NotAMessage(format!("Invalid Request: {why}"))
}

/// A JSON-RPC error as bytes; `id` is `null` where the request's could not be read.
#[must_use]
pub fn error(id: Option<&Value>, code: i64, message: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string().into_bytes()
}

/// What an answer frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    Result,
    Error,
    /// A notification, a request of the server's, or a comment: the answer is still to come.
    Other,
}

/// Tells an answer from what may come before it, without parsing it.
///
/// `"result":`, `"error":` and `"method":` cannot stand inside a JSON string, where quotes are escaped, and rmcp writes
/// them before what they carry: the first of them is the message's own.
#[must_use]
pub fn frame_kind(frame: &[u8]) -> Frame {
    carried(frame).0
}

/// What a frame carries, and the bytes from there on.
fn carried(frame: &[u8]) -> (Frame, &[u8]) {
    let mut rest = frame;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        rest = &rest[quote + 1..];
        let (key, kind): (&[u8], _) = match rest.first() {
            Some(b'r') => (b"result\":", Frame::Result),
            Some(b'e') => (b"error\":", Frame::Error),
            Some(b'm') => (b"method\":", Frame::Other),
            _ => continue,
        };
        if let Some(carried) = rest.strip_prefix(key) {
            return (kind, carried);
        }
    }
    (Frame::Other, &[])
}

/// The `result` of an answer, bare or as an SSE event, as it stands there; `None` where [`frame_kind`] finds another. rmcp writes
/// `result` last, so that it ends where the message does.
#[must_use]
pub fn result_of(frame: &[u8]) -> Option<&[u8]> {
    let (Frame::Result, carried) = carried(frame) else { return None };
    carried.get(..memchr::memrchr(b'}', carried)?)
}

/// Code and message of the JSON-RPC error in an answer, bare or as an SSE event.
#[must_use]
pub fn error_of(frame: &[u8]) -> Option<(i64, String)> {
    let start = frame.iter().position(|&byte| byte == b'{')?;
    let mut values = serde_json::Deserializer::from_slice(&frame[start..]).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let error = value.get("error")?;
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    Some((error.get("code")?.as_i64()?, message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        match inspect(body.as_bytes()) {
            Inspected::NotJson(why) | Inspected::NotAMessage(why) => why,
            Inspected::Message(message) => panic!("{body} was taken for {message:?}"),
        }
    }

    #[test]
    fn every_bad_form_is_named() {
        assert!(refused("{").starts_with("Parse error: EOF"));
        assert!(refused("").starts_with("Parse error: EOF"));
        assert_eq!(refused("[]"), "Invalid Request: batches are not supported: send one message a request");
        assert_eq!(refused("3"), "Invalid Request: expected a JSON object");
        assert_eq!(refused(r#"{"id":1,"method":"ping"}"#), "Invalid Request: `jsonrpc` is missing");
        assert_eq!(
            refused(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#),
            "Invalid Request: `jsonrpc` must be \"2.0\""
        );
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#),
            "Invalid Request: `id` must be a string or a number"
        );
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":1}"#), "Invalid Request: `method` is missing");
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}"#),
            "Invalid Request: `params` must be an object"
        );
    }

    #[test]
    fn a_request_gives_its_method_tool_and_meta() {
        let body = br#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"echo","_meta":{"k":1}}}"#;
        let Inspected::Message(message) = inspect(body) else { panic!("not a message") };
        assert_eq!(message.tool_name(), Some("echo"));
        assert_eq!(message.id, Some(json!("a")));
        assert_eq!(message.meta().and_then(|meta| meta.get("k")), Some(&json!(1)));
    }

    #[test]
    fn an_answer_is_told_from_what_comes_before_it() {
        assert_eq!(frame_kind(br#"data: {"jsonrpc":"2.0","id":1,"result":{"method":"x"}}"#), Frame::Result);
        assert_eq!(frame_kind(br#"data: {"jsonrpc":"2.0","id":"\"method\":","error":{}}"#), Frame::Error);
        assert_eq!(frame_kind(br#"data: {"jsonrpc":"2.0","method":"n","params":{"result":1}}"#), Frame::Other);
        assert_eq!(frame_kind(b": keep-alive\n\n"), Frame::Other);
    }

    #[test]
    fn a_result_is_what_stands_between_its_key_and_the_end_of_the_message() {
        assert_eq!(result_of(br#"{"jsonrpc":"2.0","id":1,"result":{"a":{}}}"#), Some(&br#"{"a":{}}"#[..]));
        assert_eq!(result_of(b"id: 1\ndata: {\"id\":1,\"result\":{}}\n\n"), Some(&b"{}"[..]));
        assert_eq!(result_of(b"{}"), None);
    }

    #[test]
    fn an_error_is_read_from_a_body_and_from_an_event() {
        let body = error(Some(&json!(1)), -32601, "no");
        assert_eq!(error_of(&body), Some((-32601, "no".to_owned())));
        let event = [b"id: 0/1\ndata: ".as_slice(), &body, b"\n\n"].concat();
        assert_eq!(error_of(&event), Some((-32601, "no".to_owned())));
        assert_eq!(error_of(b"Not Found"), None);
    }
}
