//! The rows of each table, as they are written.
//!
//! SQLite, `OR FAIL`: a statement that fails leaves the rows that it wrote before, and its transaction is rolled back as a
//! whole. The default undoes that one statement: SQLite then notes each page before a statement of many rows changes it, in a
//! file, which took a third of the writer's time.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use tracon_app::reports::Presence;
use uuid::Uuid;

use super::{
    sink::{Sink, Table},
    states::State,
};
use crate::store::{
    Kept, ParkedSession, Payload, RequestRecord, SessionRecord, ToolDefinition,
    sqlite::{
        Statement,
        numbers::{Numbers, of_outcome},
    },
};

/// The statement of both dialects, where they differ in how they begin and end.
macro_rules! statements {
    ($columns:literal: sqlite $sqlite:expr, postgres $postgres:expr) => {
        fn sqlite() -> &'static Statement {
            static STATEMENT: LazyLock<Statement> = LazyLock::new(|| Statement::new($sqlite, $columns));
            &STATEMENT
        }

        const POSTGRES: &'static str = $postgres;
    };
}

pub(super) use statements;

macro_rules! into_sessions {
    () => {
        "INTO archon_mcp_sessions (session_id, client_type, client_name, client_version, protocol_version,
         client_capabilities, attribution, transport_session_id, status, connected_at, last_activity, is_probe, user_agent,
         peer, server_instance) {} ON CONFLICT (session_id) DO NOTHING"
    };
}

/// Opens sessions, active since they connected.
pub struct NewSessions;

impl Table for NewSessions {
    type Row<'v> = &'v SessionRecord;

    statements!(15: sqlite concat!("INSERT OR FAIL ", into_sessions!()), postgres concat!("INSERT ", into_sessions!()));

    fn bind<'v>(session: &&'v SessionRecord, row: &mut impl Sink<'v>) {
        row.id(Some(session.session_id));
        row.text(session.client_type.as_deref());
        row.text(session.client_name.as_deref());
        row.text(session.client_version.as_deref());
        row.text(session.protocol_version.as_deref());
        row.json(session.client_capabilities.as_deref());
        row.text(Some(session.attribution.as_str()));
        row.text(session.transport_session_id.as_deref());
        row.text(Some(Presence::Active.as_str()));
        row.time(Some(session.connected_at));
        row.time(Some(session.connected_at));
        row.flag(session.is_probe);
        row.text(session.user_agent.as_deref());
        row.text(session.peer.as_deref());
        row.id(Some(session.server_instance));
    }
}

/// Those that both engines have, between those that SQLite has numbers for.
macro_rules! request_columns {
    ($outcome:literal, $start:literal, $instance:literal) => {
        concat!(
            $outcome,
            ", error_code, error_message, ",
            $start,
            ", duration_ms, request_bytes, response_bytes, response_tokens, http_status, rpc_id, protocol_version,
             conversation_id, turn_id, trace_id, ",
            $instance,
            ") {}"
        )
    };
}

/// A request that is not there yet.
#[derive(Clone, Copy, Debug)]
pub struct NewRequest<'v> {
    pub request: &'v RequestRecord,
    /// Of its row, where the engine numbers rows.
    pub row_id: i64,
    /// What its row has in place of names, where the engine numbers these.
    pub numbers: Option<Numbers>,
}

/// Adds requests that are not there, each with its session where that is there.
pub struct NewRequests;

impl Table for NewRequests {
    type Row<'v> = (NewRequest<'v>, Option<Uuid>);

    statements!(19:
        sqlite concat!(
            "INSERT OR FAIL INTO archon_mcp_request_rows (row_id, id, session, kind, ",
            request_columns!("outcome", "started", "instance")
        ),
        postgres concat!(
            "INSERT INTO archon_mcp_requests (id, session_id, client_type, method, tool_name, ",
            request_columns!("status, outcome", "timestamp", "server_instance")
        )
    );

    fn bind<'v>((new, session): &(NewRequest<'v>, Option<Uuid>), row: &mut impl Sink<'v>) {
        let NewRequest { request, row_id, numbers } = new;
        row.row_id(*row_id);
        row.short_id(request.id);
        row.numbered(numbers.and_then(|numbers| numbers.session), |row| row.id(*session));
        row.numbered(numbers.map(|numbers| numbers.kind), |row| {
            row.text(request.client_type.as_deref());
            row.text(Some(&request.method));
            row.text(request.tool_name.as_deref());
        });
        row.numbered(Some(of_outcome(request.outcome)), |row| {
            row.text(Some(if request.outcome.is_error() { "error" } else { "success" }));
            row.text(Some(request.outcome.as_str()));
        });
        row.integer(request.error_code);
        row.text(request.error_message.as_deref());
        row.numbered(Some(request.timestamp.timestamp_micros()), |row| row.time(Some(request.timestamp)));
        row.real(Some(request.duration.as_micros() as f64 / 1e3));
        row.count(request.request_bytes);
        row.count(request.response_bytes);
        row.integer(request.response_tokens.map(i64::from));
        row.integer(request.http_status.map(i64::from));
        row.text(request.rpc_id.as_deref());
        row.text(request.protocol_version.as_deref());
        row.text(request.conversation_id.as_deref());
        row.text(request.turn_id.as_deref());
        row.text(request.trace_id.as_deref());
        row.numbered(numbers.map(|numbers| numbers.instance), |row| row.id(Some(request.server_instance)));
    }
}

macro_rules! payload_columns {
    () => {
        "request_id, arguments, arguments_lz4, arguments_cut, result, result_lz4, result_cut) {}"
    };
}

/// Adds what was captured of requests that are new.
pub struct NewPayloads;

impl Table for NewPayloads {
    type Row<'v> = (NewRequest<'v>, &'v Payload);

    statements!(8:
        sqlite concat!("INSERT OR FAIL INTO archon_mcp_payloads (row_id, ", payload_columns!()),
        postgres concat!("INSERT INTO archon_mcp_payloads (", payload_columns!())
    );

    fn bind<'v>((new, payload): &(NewRequest<'v>, &'v Payload), row: &mut impl Sink<'v>) {
        row.row_id(new.row_id);
        row.id(Some(new.request.id));
        for kept in [&payload.arguments, &payload.result] {
            row.text(kept.as_ref().and_then(Kept::plain));
            row.bytes(kept.as_ref().and_then(Kept::packed).map(<[u8]>::to_vec));
            row.flag(kept.as_ref().is_some_and(Kept::is_cut));
        }
    }
}

macro_rules! set_states {
    () => {
        "archon_mcp_sessions SET status = new.column2, last_activity = new.column3,
         disconnect_reason = CASE WHEN new.column2 = 'disconnected' THEN COALESCE(new.column4, disconnect_reason) END,
         disconnected_at = CASE WHEN new.column2 = 'disconnected' THEN COALESCE(new.column5, disconnected_at) END,
         total_duration = CASE WHEN new.column2 = 'disconnected' THEN COALESCE(new.column6, total_duration) END,
         total_requests = total_requests + new.column7,
         failed_requests = failed_requests + new.column8, tool_calls = tool_calls + new.column9
         FROM ({}) AS new"
    };
}

/// Moves sessions, which are there, to their new state.
pub struct NewStates;

impl Table for NewStates {
    type Row<'v> = &'v State;

    statements!(9:
        sqlite concat!("UPDATE OR FAIL ", set_states!(), " WHERE session_id = new.column1"),
        postgres concat!(
            "UPDATE ",
            set_states!(),
            " (column1, column2, column3, column4, column5, column6, column7, column8, column9) \
             WHERE session_id = new.column1"
        )
    );

    fn bind<'v>(state: &&'v State, row: &mut impl Sink<'v>) {
        let ended = state.ended.as_ref();
        row.id(Some(state.session_id));
        row.text(Some(state.presence.as_str()));
        row.time(Some(state.last_activity));
        row.text(ended.map(|ended| ended.reason));
        row.time(ended.map(|ended| ended.at));
        row.real(ended.map(|ended| ended.duration));
        row.integer(Some(state.requests));
        row.integer(Some(state.failed));
        row.integer(Some(state.tool_calls));
    }
}

const DEFINITIONS: &str = "INSERT INTO archon_mcp_tool_definitions AS old (tool_name, tokens, listed_at) {}
         ON CONFLICT (tool_name) DO UPDATE SET tokens = excluded.tokens, listed_at = excluded.listed_at
         WHERE excluded.listed_at >= old.listed_at";

/// Notes what definitions cost, each tool once. The latest counts.
pub struct Definitions;

impl Table for Definitions {
    type Row<'v> = &'v ToolDefinition;

    statements!(3: sqlite DEFINITIONS, postgres DEFINITIONS);

    fn bind<'v>(definition: &&'v ToolDefinition, row: &mut impl Sink<'v>) {
        row.text(Some(&definition.tool_name));
        row.integer(Some(definition.tokens.into()));
        row.time(Some(definition.at));
    }
}

const PARKED: &str = "INSERT INTO archon_mcp_transport_sessions (transport_session_id, state, updated_at) {}
         ON CONFLICT (transport_session_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at";

/// Keeps what brings sessions back, each once.
pub struct Parked;

impl Table for Parked {
    type Row<'v> = &'v ParkedSession;

    statements!(3: sqlite PARKED, postgres PARKED);

    fn bind<'v>(parked: &&'v ParkedSession, row: &mut impl Sink<'v>) {
        row.text(Some(&parked.transport_session_id));
        row.text(Some(&parked.state));
        row.time(Some(parked.at));
    }
}

macro_rules! set_seen {
    () => {
        "archon_mcp_sessions SET seen_at = new.column2 FROM ({}) AS new"
    };
}

/// Notes when clients were last there without a request.
pub struct LastSeen;

impl Table for LastSeen {
    type Row<'v> = (Uuid, DateTime<Utc>);

    statements!(2:
        sqlite concat!(
            "UPDATE OR FAIL ",
            set_seen!(),
            " WHERE session_id = new.column1 AND (seen_at IS NULL OR seen_at < new.column2)"
        ),
        postgres concat!(
            "UPDATE ",
            set_seen!(),
            " (column1, column2) WHERE session_id = new.column1 AND (seen_at IS NULL OR seen_at < new.column2)"
        )
    );

    fn bind<'v>((session_id, at): &(Uuid, DateTime<Utc>), row: &mut impl Sink<'v>) {
        row.id(Some(*session_id));
        row.time(Some(*at));
    }
}
