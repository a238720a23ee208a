//! The cut at a length: of JSON as it is, and of free text.

use super::{clean, hide, secrets, shapes::LOOKAHEAD};
use std::borrow::Cow;

/// JSON as it is, for those who chose to store all: at most `max_bytes` of it; the flag says that there was more.
#[must_use]
pub fn cut_json(json: &[u8], max_bytes: usize) -> (Cow<'_, str>, bool) {
    // A letter takes at most four bytes, and bytes that are none become one of three.
    let start = &json[..json.len().min(max_bytes.saturating_add(4))];
    let text = String::from_utf8_lossy(start);
    let is_cut = start.len() < json.len() || text.len() > max_bytes;
    (cut(text, max_bytes), is_cut)
}

/// Free text with its secrets hidden, at most `max_bytes` of it. Only as much is read as is needed up to the cut.
pub(super) fn redact_text(bytes: &[u8], max_bytes: usize) -> (Cow<'static, str>, bool) {
    let mut window = max_bytes.saturating_add(max_bytes / 4 + LOOKAHEAD);
    loop {
        let start = &bytes[..bytes.len().min(window)];
        let text = String::from_utf8_lossy(start);
        if start.len() == bytes.len() {
            let cleaned = clean(&text).into_owned();
            let is_cut = cleaned.len() > max_bytes;
            return (cut(cleaned.into(), max_bytes), is_cut);
        }
        // What stands before here was judged as if the whole text had been read.
        let judged = text.len().saturating_sub(LOOKAHEAD);
        let cleaned = hide(&text, &secrets(&text, false), judged);
        if cleaned.len() > max_bytes {
            return (cut(cleaned.into(), max_bytes), true);
        }
        window = window.saturating_mul(2);
    }
}

/// Up to so many bytes, and between two letters.
pub(super) fn cut(text: Cow<'_, str>, max_bytes: usize) -> Cow<'_, str> {
    let end = text.floor_char_boundary(max_bytes);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
