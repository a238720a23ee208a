//! What the store is given to write: records of requests as a busy server makes them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tracon::{
    clock::Ids,
    store::{Attribution, Change, Payload, RequestRecord, SessionKey, SessionRecord, SessionRef},
};
use tracon_app::reports::{Captured, Outcome};
use uuid::Uuid;

/// When the first record is made.
pub const BEGIN: DateTime<Utc> = DateTime::from_timestamp(1_767_969_600, 0).expect("a time");

const TOOLS: [&str; 12] = [
    "health_check",
    "session_info",
    "search",
    "read_file",
    "list_projects",
    "create_task",
    "update_task",
    "find_documents",
    "get_version",
    "list_features",
    "fetch_page",
    "code_examples",
];

/// Makes records a fixed time apart: twenty clients, a dozen tools, one failure in sixteen.
pub struct Traffic {
    ids: Ids,
    sessions: Vec<Arc<SessionRecord>>,
    /// Of the latest record.
    pub at: DateTime<Utc>,
    made: u64,
    apart: TimeDelta,
    with_payload: bool,
}

impl Traffic {
    pub fn new(apart: TimeDelta, with_payload: bool) -> Self {
        Self { ids: Ids::default(), sessions: sessions(20), at: BEGIN, made: 0, apart, with_payload }
    }

    /// Of so many clients.
    pub fn of_clients(self, clients: u128) -> Self {
        Self { sessions: sessions(clients), ..self }
    }

    /// A number that looks random, of the next record.
    fn dice(&self) -> u64 {
        let mixed = (self.made + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 29)
    }

    fn request(&mut self) -> Change {
        let dice = self.dice();
        self.made += 1;
        self.at += self.apart;
        let session = &self.sessions[dice as usize % self.sessions.len()];
        let failed = dice.is_multiple_of(16);
        Change::Request(RequestRecord {
            id: self.ids.next(self.at),
            session: Some(SessionRef::Opens(Arc::clone(session))),
            client_type: session.client_type.clone(),
            method: "tools/call".into(),
            tool_name: Some(TOOLS[(dice >> 8) as usize % TOOLS.len()].into()),
            outcome: if failed { Outcome::ToolError } else { Outcome::Ok },
            error_code: None,
            error_message: failed.then(|| "the document does not exist".to_owned()),
            timestamp: self.at,
            duration: Duration::from_micros(500 + (dice >> 16) % 1_000 * ((dice >> 32) % 1_000)),
            request_bytes: 200 + (dice >> 20) % 400,
            response_bytes: 300 + (dice >> 24) % 4_000,
            response_tokens: Some(75 + (dice >> 26) as u32 % 1_000),
            payload: self.with_payload.then(|| Box::new(payload(dice))),
            http_status: Some(200),
            rpc_id: Some(self.made.to_string().into()),
            protocol_version: session.protocol_version.clone(),
            conversation_id: Some("4f9d3c7e-6a52-4b1e-8f0d-2c9a7b5e1d34".to_owned()),
            turn_id: None,
            trace_id: None,
            server_instance: session.server_instance,
        })
    }

    pub fn batch(&mut self, requests: usize) -> Vec<Change> {
        (0..requests).map(|_| self.request()).collect()
    }
}

fn sessions(number: u128) -> Vec<Arc<SessionRecord>> {
    let session = |number: u128| {
        Arc::new(SessionRecord {
            session_id: Uuid::from_u128(0x019b_a32c_0000_7000_8000_0000_0000_0000 | number),
            key: SessionKey { key: Uuid::from_u128(number), since: BEGIN, until: BEGIN },
            client_type: Some(["Claude Code", "Cursor", "VS Code", "Codex"][number as usize % 4].into()),
            client_name: Some("claude-code".to_owned()),
            client_version: Some("2.1.0".to_owned()),
            protocol_version: Some("2025-11-25".into()),
            client_capabilities: Some(r#"{"roots":{}}"#.to_owned()),
            attribution: Attribution::Transport,
            transport_session_id: Some(format!("transport-{number}")),
            connected_at: BEGIN,
            is_probe: false,
            user_agent: Some("claude-code/2.1.0".to_owned()),
            peer: Some("127.0.0.1".to_owned()),
            server_instance: Uuid::from_u128(1),
        })
    };
    (0..number).map(session).collect()
}

/// About a kibibyte in all.
fn payload(dice: u64) -> Payload {
    let arguments = format!(r#"{{"query":"{dice:x}","limit":20,"project":"tracon"}}"#);
    // Not so long that it would be packed, and of words that would not get shorter by it.
    let word = |number: u64| dice.wrapping_mul(2 * number + 0x9E37_79B9_7F4A_7C15).to_string();
    let words = (1..=46).map(word).collect::<Vec<_>>().join(" ");
    let result = format!(r#"{{"content":[{{"type":"text","text":"{words}"}}]}}"#);
    let captured = |json| Some(Captured { json, is_cut: false }.into());
    Payload { arguments: captured(arguments), result: captured(result) }
}
