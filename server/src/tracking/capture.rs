//! What is kept of arguments and results.

use crate::{
    config::Capture,
    redaction::{cut_json, redact_json},
    store::Kept,
};

/// Longer arguments and results are cut, bytes.
pub const MAX_CAPTURED: usize = 16 << 10;

/// The methods whose results are captured: what a model reads. So are the arguments of a tool and of a prompt; those of a resource are
/// its address, and say no more than the result.
const CAPTURED: [&str; 3] = ["tools/call", "resources/read", "prompts/get"];

/// Whether the results of this method are worth keeping.
pub(super) fn is_captured(method: &str) -> bool {
    CAPTURED.contains(&method)
}

/// Whether the results of this method come into a model's context: what is captured, and the list of tools, which is the
/// same again and again.
pub(super) fn is_read_by_models(method: &str) -> bool {
    is_captured(method) || method == TOOLS_LIST
}

/// The method whose results are tool definitions.
pub(super) const TOOLS_LIST: &str = "tools/list";

/// JSON as it may be kept; `None` when nothing may.
pub(super) fn capture(mode: Capture, json: &[u8]) -> Option<Kept> {
    let (json, is_cut) = match mode {
        Capture::Off => return None,
        Capture::Redacted => redact_json(json, MAX_CAPTURED),
        Capture::Full => cut_json(json, MAX_CAPTURED),
    };
    Some(Kept::new(json, is_cut))
}

/// What a handler was called with, until its record is made.
pub(super) enum Arguments {
    /// JSON, as it came. It is redacted when the record is made, beside the result: code and tables are in the processor's caches then.
    Json(Vec<u8>),
    /// What is longer than may be kept is redacted and cut at once, since a handler may run for long.
    Kept(Kept),
}

impl Arguments {
    /// Arguments as JSON; `None` when nothing of them may be kept.
    pub fn new(mode: Capture, json: Vec<u8>) -> Option<Self> {
        if json.len() > MAX_CAPTURED { capture(mode, &json).map(Self::Kept) } else { Some(Self::Json(json)) }
    }

    /// As they may be kept; `None` when nothing may.
    pub fn captured(self, mode: Capture) -> Option<Kept> {
        match self {
            Self::Json(json) => capture(mode, &json),
            Self::Kept(kept) => Some(kept),
        }
    }
}

// Not derived: nobody's log is to show what was not redacted.
impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").finish_non_exhaustive()
    }
}
