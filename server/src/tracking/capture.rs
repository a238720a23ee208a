//! What is kept of arguments and results.

use crate::{
    config::Capture,
    redaction::{cut_json, redact_json},
    store::Captured,
};

/// Longer arguments and results are cut, bytes.
pub const MAX_CAPTURED: usize = 16 << 10;

/// The methods whose results a model reads: they are captured, and their tokens estimated.
const READ_BY_MODELS: [&str; 3] = ["tools/call", "resources/read", "prompts/get"];

/// Whether a model reads the results of this method, and so whether they are worth keeping.
pub(super) fn is_read_by_models(method: &str) -> bool {
    READ_BY_MODELS.contains(&method)
}

/// JSON as it may be kept; `None` when nothing may.
pub(super) fn capture(mode: Capture, json: &[u8]) -> Option<Captured> {
    let (json, is_cut) = match mode {
        Capture::Off => return None,
        Capture::Redacted => redact_json(json, MAX_CAPTURED),
        Capture::Full => cut_json(json, MAX_CAPTURED),
    };
    Some(Captured { json, is_cut })
}
