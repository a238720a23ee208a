//! One request, from its first byte to its last: what the layer outside and the wrapper inside know of it, and the one
//! record that comes of it.
//!
//! Both hold the same `Arc<Slot>`. The record is made when the frame that carries the answer is handed on; where no
//! answer leaves, when the last holder lets go, so that a handler that outlives its client still has its true duration.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use compact_str::{CompactString, ToCompactString};
use http::HeaderValue;
use serde::Serialize;
use serde_json::Value;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracon_app::reports::Outcome;
use uuid::Uuid;

use super::{
    Tracker,
    attribution::{Origin, Sender},
    capture::{Arguments, TOOLS_LIST, capture, is_captured, is_read_by_models},
    conversation::{conversation, trace_of},
    sessions::{ClientHello, Hold, LiveSession},
};
use crate::{
    config::Capture,
    redaction::clean,
    store::{Change, Kept, Payload, RequestRecord},
    wire::{
        body::BodyTap,
        jsonrpc::{self, Frame, Inspected},
    },
};

/// Longer error messages are cut, bytes.
const MAX_ERROR_MESSAGE: usize = 2048;
/// Longer names from outside (methods, tools, ids) are cut, bytes.
pub(super) const MAX_NAME: usize = 256;

/// What the wrapper knows when a handler starts.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: CompactString,
    pub tool_name: Option<CompactString>,
    /// JSON.
    pub rpc_id: Option<CompactString>,
    pub protocol_version: Option<CompactString>,
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    pub conversation_id: Option<String>,
    pub turn_id: Option<String>,
    pub trace_id: Option<String>,
}

/// How a request ended.
#[derive(Clone, Debug)]
pub struct End {
    pub outcome: Outcome,
    pub error_code: Option<i64>,
    pub error_message: Option<String>,
    at: Instant,
}

impl End {
    /// An end at this moment.
    #[must_use]
    pub fn now(outcome: Outcome, error_code: Option<i64>, error_message: Option<String>) -> Self {
        Self { outcome, error_code, error_message, at: Instant::now() }
    }
}

/// See the [module](self).
#[derive(Debug)]
pub struct Slot {
    tracker: Arc<Tracker>,
    id: Uuid,
    timestamp: DateTime<Utc>,
    started: Instant,
    verb: http::Method,
    tap: BodyTap,
    /// What the HTTP request says of who sent it.
    sender: Sender,
    /// The `Mcp-Session-Id` that was sent.
    transport_session_id: Option<HeaderValue>,
    state: Mutex<State>,
    /// A server that stops waits for this.
    _running: TaskTrackerToken,
}

#[derive(Debug, Default)]
struct State {
    call: Option<Call>,
    end: Option<End>,
    hello: Option<(ClientHello, Option<String>)>,
    session: Option<(Arc<LiveSession>, Hold)>,
    http_status: Option<u16>,
    response_bytes: u64,
    arguments: Option<Arguments>,
    result: Option<Kept>,
    /// The client went before its answer.
    gone: bool,
    /// The record is made, or there is none to make.
    settled: bool,
}

impl Slot {
    pub(super) fn new(
        tracker: Arc<Tracker>,
        verb: http::Method,
        tap: BodyTap,
        sender: Sender,
        sent: Option<HeaderValue>,
    ) -> Self {
        let timestamp = tracker.clock.now();
        Self {
            id: tracker.ids.next(timestamp),
            _running: tracker.calls.token(),
            tracker,
            timestamp,
            started: Instant::now(),
            verb,
            tap,
            sender,
            transport_session_id: sent,
            state: Mutex::default(),
        }
    }

    /// The tracker that it reports to.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// What the HTTP request says of who sent it.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The `Mcp-Session-Id` that was sent, whether there is such a session or not.
    #[must_use]
    pub fn transport_session_id(&self) -> Option<&str> {
        self.transport_session_id.as_ref()?.to_str().ok()
    }

    /// Ties the request to the session whose id was sent, if it is there.
    pub fn find_session(&self) {
        if let Some(held) = self.transport_session_id().and_then(|id| self.tracker.sessions.hold_transport(id)) {
            self.state().session = Some(held);
        }
    }

    /// Ties the request to its session; the session stays while the request runs.
    pub fn belongs_to(&self, session: Arc<LiveSession>) {
        let hold = self.tracker.sessions.hold(&session);
        self.state().session = Some((session, hold));
    }

    /// It belongs to no session after all, or to another one.
    pub fn leave_session(&self) {
        self.state().session = None;
    }

    /// The session it is tied to.
    #[must_use]
    pub fn session(&self) -> Option<Arc<LiveSession>> {
        self.state().session.as_ref().map(|(session, _)| Arc::clone(session))
    }

    /// A handler was reached.
    pub fn started(&self, call: Call) {
        self.tap.release();
        self.state().call = Some(call);
    }

    /// What a handler is called with.
    pub fn captures<T: Serialize>(&self, arguments: &T) {
        let mode = self.tracker.capture;
        if mode != Capture::Off
            && let Ok(json) = serde_json::to_vec(arguments)
        {
            self.state().arguments = Arguments::new(mode, json);
        }
    }

    /// The handshake succeeded: what the client said of itself, and what brings its session back after it was parked. The
    /// session opens when the transport's id is known.
    pub fn greeted(&self, hello: ClientHello, state: Option<String>) {
        self.state().hello = Some((hello, state));
    }

    /// The handshake's transport id, from the answer's header: the session is there. `None` when the handshake failed:
    /// then nobody will ever know that id.
    pub fn opened(&self, transport_session_id: &str) -> Option<Arc<LiveSession>> {
        let (hello, state) = self.state().hello.take()?;
        let session = self.tracker.sessions.open_transport(transport_session_id, hello, state, &self.sender.origin());
        self.belongs_to(Arc::clone(&session));
        Some(session)
    }

    /// rmcp brought the session of this request back.
    pub fn restored(&self, transport_session_id: &str, hello: ClientHello) {
        let session = self.tracker.sessions.restore_transport(transport_session_id, hello, &self.sender.origin());
        self.belongs_to(session);
    }

    /// The handler ended. The first end counts.
    pub fn ended(&self, end: End) {
        self.state().end.get_or_insert(end);
    }

    /// The handler was told to stop and no answer will leave.
    pub fn cancelled(&self) {
        let mut state = self.state();
        if state.gone {
            // The connection closed: that is why it was told.
            return;
        }
        state.end = Some(self.cut_off());
        self.settle(&mut state);
    }

    /// The end of a request whose answer will not leave although its client is there: the client ended the call or its
    /// session, or the server stops.
    fn cut_off(&self) -> End {
        if self.tracker.is_stopping() {
            End::now(Outcome::Internal, None, Some("the server stopped before the answer".to_owned()))
        } else {
            End::now(Outcome::Cancelled, None, None)
        }
    }

    /// The answer's head.
    pub fn answering(&self, status: http::StatusCode) {
        self.state().http_status = Some(status.as_u16());
    }

    /// There is nothing to record: what came is no request (a notification, a stream, a DELETE).
    pub fn discard(&self) {
        self.state().settled = true;
    }

    /// A frame of the answer is about to be handed on; `last` when the body ends with it.
    pub fn frame(&self, frame: &Bytes, last: bool) {
        let mut state = self.state();
        // Where the connection broke before the request was read, what is said now reaches nobody.
        if state.settled || self.tap.is_broken() {
            return;
        }
        state.response_bytes += frame.len() as u64;
        let kind = jsonrpc::frame_kind(frame);
        // What was refused before a handler and is no JSON-RPC still is an answer: its status says so.
        let refused = state.http_status.is_some_and(|status| status >= 400);
        if kind == Frame::Other && !(last && refused) {
            return;
        }
        if state.end.is_none() {
            state.end = Some(Self::refusal(state.http_status, kind, frame));
        }
        if kind == Frame::Result
            && let Some(call) = &state.call
        {
            if is_read_by_models(&call.method) {
                self.tracker.recorder.keep_text(self.id, frame, call.method == TOOLS_LIST);
            }
            if is_captured(&call.method) {
                state.result = jsonrpc::result_of(frame).and_then(|result| capture(self.tracker.capture, result));
            }
        }
        self.settle(&mut state);
    }

    /// The connection was closed; without an answer, that is how the request ended.
    pub fn gone(&self) {
        self.state().gone = true;
    }

    /// The end of a request that was answered without reaching a handler.
    fn refusal(http_status: Option<u16>, kind: Frame, frame: &[u8]) -> End {
        if kind == Frame::Result {
            return End::now(Outcome::Ok, None, None);
        }
        let (code, message) = jsonrpc::error_of(frame).unzip();
        let outcome = match http_status {
            Some(401 | 403) => Outcome::Denied,
            Some(429) => Outcome::RateLimited,
            Some(500..) => Outcome::Internal,
            _ => Outcome::ProtocolError,
        };
        End::now(outcome, code, message)
    }

    /// Makes the record, once.
    fn settle(&self, state: &mut State) {
        if std::mem::replace(&mut state.settled, true) {
            return;
        }
        let end = state.end.take().unwrap_or_else(|| End::now(Outcome::Internal, None, None));
        let call = match state.call.take() {
            Some(call) => call,
            None => self.read(),
        };
        let held = state.session.take();
        let session = match &held {
            // Whoever is turned away is in nobody's session, whatever id was sent.
            _ if end.outcome == Outcome::Denied => None,
            Some((session, _)) => Some(Arc::clone(session)),
            // Refused before a handler: it belongs to the client's session if that is there, and opens none.
            None => self.tracker.sessions.by_origin(&Origin {
                client_name: call.client_name.clone(),
                client_version: call.client_version.clone(),
                conversation_id: call.conversation_id.clone(),
                trace_id: call.trace_id.clone(),
                ..self.sender.origin()
            }),
        };
        if let Some(session) = &session {
            self.tracker.sessions.count(session, end.outcome.is_error());
        }
        let arguments = state.arguments.take().and_then(|arguments| arguments.captured(self.tracker.capture));
        let payload = Payload { arguments, result: state.result.take() };
        let payload = (payload != Payload::default()).then(|| Box::new(payload));
        self.tracker.recorder.record(&Change::Request(RequestRecord {
            id: self.id,
            client_type: session
                .as_ref()
                .and_then(|session| session.record.client_type.clone())
                .or_else(|| call.client_name.as_deref().map(|name| super::client::client_type(name).name.into())),
            session: session.map(|session| self.tracker.sessions.reference(&session)),
            method: call.method,
            tool_name: call.tool_name,
            outcome: end.outcome,
            error_code: end.error_code,
            error_message: end.error_message.map(|message| cut(clean(&message).into_owned(), MAX_ERROR_MESSAGE)),
            timestamp: self.timestamp,
            duration: end.at.duration_since(self.started),
            request_bytes: self.tap.size(),
            response_bytes: state.response_bytes,
            response_tokens: None,
            payload,
            http_status: state.http_status,
            rpc_id: call.rpc_id,
            protocol_version: call.protocol_version,
            conversation_id: call.conversation_id,
            turn_id: call.turn_id,
            trace_id: call.trace_id,
            server_instance: self.tracker.instance,
        }));
    }

    /// The message that was sent, where that is one.
    fn message(&self) -> Option<jsonrpc::Message> {
        match jsonrpc::inspect(&self.tap.contents()?) {
            Inspected::Message(message) => Some(message),
            _ => None,
        }
    }

    /// Whether it asks for an answer, as far as can be told. What opens a stream, ends a session, notifies or answers the server does not:
    /// nobody misses anything when its client goes.
    fn asks(&self) -> bool {
        self.verb == http::Method::POST
            && self.message().is_none_or(|message| message.id.is_some() && message.method.is_some())
    }

    /// Names a request that no handler was reached for, from its body.
    fn read(&self) -> Call {
        let message = self.message();
        let meta = message.as_ref().and_then(jsonrpc::Message::meta);
        let found = meta.map(conversation).unwrap_or_default();
        let text = |value: Option<&Value>| Some(name(value?.as_str()?));
        let client = |key: &str| text(meta?.get("io.modelcontextprotocol/clientInfo")?.get(key)).map(String::from);
        Call {
            method: name(message.as_ref().and_then(|message| message.method.as_deref()).unwrap_or(self.verb.as_str())),
            tool_name: message.as_ref().and_then(|message| Some(name(message.tool_name()?))),
            rpc_id: message.as_ref().and_then(|message| message.id.clone()).map(id_as_json),
            protocol_version: text(meta.and_then(|meta| meta.get("io.modelcontextprotocol/protocolVersion"))),
            client_name: client("name"),
            client_version: client("version"),
            conversation_id: found.conversation_id,
            turn_id: found.turn_id,
            trace_id: meta.and_then(trace_of).or_else(|| self.sender.trace_id()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.settled {
            return;
        }
        let mut state = std::mem::take(state);
        if state.call.is_none() && state.http_status.is_none() && !self.asks() {
            return;
        }
        // No answer left: whatever the handler came to, the client has not got it.
        let refused = state.http_status.is_some_and(|status| status >= 400);
        let call = state.call.take().unwrap_or_else(|| self.read());
        // A subscription stays open until its client goes: that is its end, not a failure.
        let is_subscription = call.method == "subscriptions/listen" && state.http_status == Some(200);
        state.call = Some(call);
        state.end = Some(match state.end.take() {
            None if refused && !self.tap.is_broken() => Self::refusal(state.http_status, Frame::Other, &[]),
            None if is_subscription => End::now(Outcome::Ok, None, None),
            _ if self.tracker.is_stopping() || !state.gone => self.cut_off(),
            end => {
                let at = end.map_or_else(Instant::now, |end| end.at);
                End { outcome: Outcome::Disconnected, error_code: None, error_message: None, at }
            }
        });
        self.settle(&mut state);
    }
}

/// A JSON-RPC id as JSON, also where it had to be cut.
pub(super) fn id_as_json(id: Value) -> CompactString {
    match id {
        Value::String(text) => Value::String(cut(text, MAX_NAME)).to_compact_string(),
        id => id.to_compact_string(),
    }
}

/// A name from outside, as much of it as is kept.
pub(super) fn name(text: &str) -> CompactString {
    text[..text.floor_char_boundary(MAX_NAME)].into()
}

/// At most `max` bytes of the text, whole characters.
pub(super) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_cut_keeps_characters_whole() {
        assert_eq!(cut("abc".into(), 3), "abc");
        assert_eq!(cut("aé".into(), 2), "a");
    }
}
