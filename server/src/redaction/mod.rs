//! Hiding secrets in what is stored: error messages, arguments and results of tools.
//!
//! A secret is known by its **shape** (a token's prefix, a URL with a password, a card's check digit) or by the **name**
//! that it stands under. Where it cannot be told where a secret ends, too much is hidden rather than too little.
//!
//! | file | what |
//! |---|---|
//! | `shapes.rs` | secrets that are known by their shape, and the one scan that looks for all |
//! | `anchors.rs` | the beginnings that the scan stops at |
//! | `pairs.rs` | secrets in running text that are known by the name before them |
//! | `beside.rs` | secrets whose names are values themselves |
//! | `names.rs` | which names are names of secrets: tables |
//! | `cards.rs` | payment cards |
//! | `escapes.rs` | reading through escapes, so that JSON within text within JSON is no hiding place |
//! | `json.rs` | JSON in one pass |
//! | `cut.rs` | the cut at a length |
//! | `strings.rs` | where the strings of JSON end |
//! | `twin.rs` | JSON that stands in one document twice |

mod anchors;
mod beside;
mod cards;
mod cut;
mod escapes;
mod json;
mod names;
mod pairs;
mod shapes;
mod strings;
#[cfg(test)]
mod tests;
mod twin;

pub use cut::cut_json;
pub use json::redact_json;

use std::{borrow::Cow, ops::Range};

use escapes::Escapes;

/// What stands in the place of a secret. Constant: it is searched for, and itself never taken for a secret.
pub const MARK: &str = tracon_app::reports::REDACTED;

/// Layers of escapes that are read through: JSON in a string of JSON in a string of JSON.
const LAYERS: usize = 5;

/// `text` with [`MARK`] in the place of each secret. Cleaning it again changes nothing.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let Some(mut cleaned) = pass(text, false) else { return Cow::Borrowed(text) };
    // What is hidden changes what stands beside it: `password: Bearer x` may have more to hide the second time.
    for _ in 0..8 {
        match pass(&cleaned, false) {
            Some(again) => cleaned = again,
            None => break,
        }
    }
    Cow::Owned(cleaned)
}

fn pass(text: &str, is_json: bool) -> Option<String> {
    let secrets = secrets(text, is_json);
    (!secrets.is_empty()).then(|| hide(text, &secrets, text.len()))
}

/// Where the secrets of `text` stand, ascending and apart from each other. `is_json` says that it is the inside of a JSON
/// string, which is not read before its escapes are.
fn secrets(text: &str, is_json: bool) -> Vec<Range<usize>> {
    secrets_behind(Escapes::of(text.as_bytes()), text, is_json)
}

/// As [`secrets`] does, for whom knows the escapes of the text already.
fn secrets_behind(escapes: Escapes, text: &str, is_json: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !escapes.any {
        shapes::find(text, true, &mut found);
    } else if escapes.may_hide || shapes::may_hold(text) {
        find_in_layers(text, is_json, 0, &mut found);
    }
    if found.is_empty() {
        return found;
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart.retain(|range| text.get(range.clone()) != Some(MARK));
    apart
}

fn find_in_layers(text: &str, is_json: bool, layer: usize, found: &mut Vec<Range<usize>>) {
    let inner = if layer < LAYERS { escapes::Unescaped::of(text) } else { None };
    if !is_json || inner.is_none() {
        shapes::find(text, inner.is_none(), found);
    }
    if let Some(inner) = inner {
        let mut within = Vec::new();
        find_in_layers(&inner.text, false, layer + 1, &mut within);
        found.extend(within.iter().map(|range| inner.in_source(range)));
    }
}

/// `text` up to `end`, with the mark in the place of what begins before there.
fn hide(text: &str, secrets: &[Range<usize>], end: usize) -> String {
    let mut shown = String::with_capacity(end.min(text.len()) + MARK.len());
    let mut done = 0;
    for secret in secrets.iter().take_while(|secret| secret.start < end) {
        shown.push_str(text.get(done..secret.start).unwrap_or_default());
        shown.push_str(MARK);
        done = secret.end;
    }
    shown.push_str(text.get(done..text.floor_char_boundary(end)).unwrap_or_default());
    shown
}
