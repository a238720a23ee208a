//! What is kept of arguments and results.

use crate::{
    config::Capture,
    redaction::{cut_json, redact_json},
    store::Kept,
};

/// Longer arguments and results are cut, bytes.
pub const MAX_CAPTURED: usize = 16 << 10;

/// The methods whose arguments and results are captured: what a model asks for and reads.
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
