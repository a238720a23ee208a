//! What the tracker hands to the store: values without behaviour, complete in themselves.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc, serde::ts_microseconds};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use tracon_app::reports::Outcome;
use uuid::Uuid;

use super::kept::Kept;

/// Which signal ties requests to their session; `tracking::attribution` says in what order they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Attribution {
    /// The `Mcp-Session-Id` of the legacy protocol.
    Transport,
    /// A conversation id that the client sends in `_meta`.
    Conversation,
    /// The trace id of a `traceparent`.
    Trace,
    /// Same client, user agent and address, without a gap longer than the session time-out.
    Window,
}

impl Attribution {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Conversation => "conversation",
            Self::Trace => "trace",
            Self::Window => "window",
        }
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DisconnectReason {
    /// The client sent DELETE.
    ClientDisconnect,
    /// No request for longer than the session time-out.
    Timeout,
    /// The last server was told to stop.
    ServerShutdown,
    /// The last server process ended without closing it.
    ServerRestart,
}

impl DisconnectReason {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client_disconnect",
            Self::Timeout => "timeout",
            Self::ServerShutdown => "server_shutdown",
            Self::ServerRestart => "server_restart",
        }
    }
}

/// What ties the requests of a session together, for servers that know nothing of each other: where two open a session for the
/// same key, it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKey {
    /// A hash of the transport id or of the signal.
    pub key: Uuid,
    /// An open session of this key that was heard of since then goes on; one that was silent for longer timed out.
    #[serde(with = "ts_microseconds")]
    pub since: DateTime<Utc>,
    /// One that began later is another one: this was written late.
    #[serde(with = "ts_microseconds")]
    pub until: DateTime<Utc>,
}

/// A session as it was when it opened; what changes later is in the requests and other changes that name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub session_id: Uuid,
    pub key: SessionKey,
    pub client_type: Option<CompactString>,
    /// As sent.
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    pub protocol_version: Option<CompactString>,
    /// JSON.
    pub client_capabilities: Option<String>,
    pub attribution: Attribution,
    pub transport_session_id: Option<String>,
    #[serde(with = "ts_microseconds")]
    pub connected_at: DateTime<Utc>,
    /// The client is known to connect only to see whether a server answers.
    pub is_probe: bool,
    pub user_agent: Option<String>,
    /// The address it connects from, without the port.
    pub peer: Option<String>,
    pub server_instance: Uuid,
}

/// The session of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SessionRef {
    /// Its opening was written, or refused, and its id says all. Where it is not in the database, the request stands alone.
    Stored(Uuid),
    /// It may not be there yet: then the request opens it.
    Opens(Arc<SessionRecord>),
}

impl SessionRef {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Stored(id) => *id,
            Self::Opens(session) => session.session_id,
        }
    }
}

/// One JSON-RPC request, answered or not. There is one for each, exactly.
///
/// What is short, and the same in most of them, takes no allocation: a busy server makes each record twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// A `UUIDv7`, so that ids sort by start.
    pub id: Uuid,
    pub session: Option<SessionRef>,
    pub client_type: Option<CompactString>,
    /// The JSON-RPC method; the HTTP verb where a refused request's body was not read or could not be.
    pub method: CompactString,
    /// Of `tools/call`.
    pub tool_name: Option<CompactString>,
    pub outcome: Outcome,
    /// The JSON-RPC error's code.
    pub error_code: Option<i64>,
    pub error_message: Option<String>,
    /// Start, by the wall clock.
    #[serde(with = "ts_microseconds")]
    pub timestamp: DateTime<Utc>,
    /// From the start to the end of the handler, or to the refusal.
    pub duration: Duration,
    /// Of the HTTP body.
    pub request_bytes: u64,
    /// Of the HTTP body, as far as it was handed on.
    pub response_bytes: u64,
    /// What the result costs the context of the model that reads it, in tokens: an estimate. `None` where there was no
    /// result, or none that a model reads.
    pub response_tokens: Option<u32>,
    /// What was captured of arguments and result; `None` when capture is off.
    pub payload: Option<Box<Payload>>,
    pub http_status: Option<u16>,
    /// The JSON-RPC id, as JSON.
    pub rpc_id: Option<CompactString>,
    pub protocol_version: Option<CompactString>,
    pub conversation_id: Option<String>,
    pub turn_id: Option<String>,
    pub trace_id: Option<String>,
    pub server_instance: Uuid,
}

/// What was captured of one request. At least one of the two is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    pub arguments: Option<Kept>,
    pub result: Option<Kept>,
}

/// What the definition of a tool costs each client that lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    pub tool_name: String,
    /// An estimate.
    pub tokens: u32,
    /// When it was last listed to a client.
    #[serde(with = "ts_microseconds")]
    pub at: DateTime<Utc>,
}

/// What brings a session of the legacy protocol back after it was parked, or after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedSession {
    pub session_id: Uuid,
    pub transport_session_id: String,
    /// The parameters of its `initialize`, JSON.
    pub state: String,
    #[serde(with = "ts_microseconds")]
    pub at: DateTime<Utc>,
}

/// A session of the legacy protocol whose client sent DELETE, to whichever server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgottenSession {
    pub transport_session_id: String,
    /// See [`SessionKey::key`].
    pub key: Uuid,
    #[serde(with = "ts_microseconds")]
    pub at: DateTime<Utc>,
}

/// How long a silence makes a session idle, and how long ends it, as points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Whoever has sent no request since then is idle.
    #[serde(with = "ts_microseconds")]
    pub idle_before: DateTime<Utc>,
    /// Whoever was not [seen](Change::Seen) since then either is gone.
    #[serde(with = "ts_microseconds")]
    pub gone_before: DateTime<Utc>,
}

/// A session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    pub session_id: Uuid,
    pub reason: DisconnectReason,
    #[serde(with = "ts_microseconds")]
    pub at: DateTime<Utc>,
}

/// One thing to write, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all are requests: a box would cost an allocation each")]
pub enum Change {
    /// A session opened. A request that [carries](SessionRef::Opens) a session which is not there yet opens it too.
    Opened(Arc<SessionRecord>),
    Request(RequestRecord),
    /// Of a session that is not there it says nothing.
    Ended(EndedSession),
    /// A tool's definition was listed. The latest counts.
    Defined(ToolDefinition),
    /// A session of the legacy protocol can be brought back from now on, unless its client has ended it. The latest state
    /// counts.
    Parked(ParkedSession),
    /// It cannot any more: its client ended it.
    Forgotten(ForgottenSession),
    /// The client was there, although no request says so: it has a stream open, or it sent notifications.
    Seen {
        session_id: Uuid,
        #[serde(with = "ts_microseconds")]
        at: DateTime<Utc>,
    },
    /// Time to see who is silent.
    Swept(Silence),
    /// The server stops. If it is the last one, all sessions end.
    Stopped {
        instance: Uuid,
        #[serde(with = "ts_microseconds")]
        at: DateTime<Utc>,
    },
}

impl Change {
    /// Whether something happened: a look around is no record, and none that is lost is missed.
    #[must_use]
    pub const fn is_record(&self) -> bool {
        !matches!(self, Self::Swept(_))
    }
}
