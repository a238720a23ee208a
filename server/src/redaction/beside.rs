//! Secrets whose names are values themselves: `{"name": "API_KEY", "value": "x"}`, `["--api-key", "x"]`. In JSON, and in text that
//! has JSON in it.
//!
//! Each look at a neighbourhood is bounded, as it is taken at each name.

use super::{
    escapes::Unescaped,
    names::{Rule, is_named, is_naming, rule_of},
    pairs::{bracket_end, quote_end},
};
use std::{borrow::Cow, ops::Range};

/// How many bytes may stand between a value and a name in one object.
const REACH: usize = 1024;

/// Longer values are not known by a name behind them.
const LONGEST_VALUE: usize = 4096;

/// Longer texts are no names, nor keys that matter here.
const LONGEST_NAME: usize = 64;

/// As many bytes may be written for each byte of a name: `\u0070`.
const LONGEST_ESCAPE: usize = 6;

/// Whether the text behind the quote at `open` is the name of a secret. `is_object` says that it stands in an object, not in a list.
/// `None` where it is too long for a name.
pub(super) fn is_secrets_name(json: &str, open: usize, is_object: bool) -> Option<bool> {
    let bytes = json.as_bytes();
    let start = open + 1;
    let limit = bytes.len().min(start + LONGEST_NAME * LONGEST_ESCAPE);
    let raw = &json[start..quote_end(&bytes[..limit], start, bytes[open])?];
    let name = unescaped(raw);
    let is_secrets = |name: &str| {
        name.len() < LONGEST_NAME && (is_object || name.starts_with("--")) && rule_of(name) == Rule::Hidden
    };
    // As it is written as well: too much is hidden rather than too little.
    let is_secret = is_secrets(&name) || (name.len() < raw.len() && is_secrets(raw));
    (is_secret || raw.len() < LONGEST_NAME).then_some(is_secret)
}

/// Whether the value at `start` belongs to the name of a secret that stands behind it in its object.
pub(super) fn is_named_behind(json: &str, start: usize) -> bool {
    let bytes = json.as_bytes();
    pairs_behind(bytes, behind_blanks(bytes, start)).any(|(key, value)| {
        is_text(bytes, value) && is_naming(&unescaped(&json[key])) && is_secrets_name(json, value, true) == Some(true)
    })
}

/// Where the value begins that stands behind `name`, a secret's name between quotes: in the same object under a key for values, or
/// behind an option in a list.
pub(super) fn value_behind(text: &str, name: &Range<usize>) -> Option<usize> {
    let bytes = text.as_bytes();
    let (open, close) = (name.start - 1, name.end);
    let comma = behind_blanks(bytes, close + 1);
    if bytes.get(comma) != Some(&b',') {
        return None;
    }
    if let Some(key) = key_before(bytes, open) {
        let is_other_name = |key: &Range<usize>, value| is_naming(&text[key.clone()]) && is_text(bytes, value);
        let mut pairs = pairs_behind(bytes, open).take_while(|(key, value)| !is_other_name(key, *value));
        let is_name = is_naming(&text[key]);
        return pairs.find(|(key, _)| is_name && is_named(&text[key.clone()])).map(|(_, value)| value);
    }
    let is_item = matches!(bytes[..open].trim_ascii_end().last(), None | Some(b'[' | b','));
    let start = behind_blanks(bytes, comma + 1);
    let is_value = matches!(bytes.get(start)?, b'"' | b'\'' | b'0'..=b'9' | b'[' | b'{');
    // A list of options has no values: `["--user", "--password", "--verbose"]`.
    let is_option = bytes[start + 1..].starts_with(b"--");
    (is_item && is_value && !is_option && text[name.clone()].starts_with("--")).then_some(start)
}

/// The value that stands before `name`, a secret's name between quotes, in the same object under a key for values.
pub(super) fn value_before(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let behind = bytes.get(behind_blanks(bytes, name.end + 1))?;
    let key = key_before(bytes, name.start - 1)?;
    if !matches!(behind, b',' | b'}') || !is_naming(&text[key.clone()]) {
        return None;
    }
    pairs_before(bytes, key.start - 1).find(|(key, _)| is_named(&text[key.clone()])).map(|(_, value)| value)
}

/// The pairs of an object behind the value at `start`: where their keys stand, and where their values begin.
fn pairs_behind(bytes: &[u8], start: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    let longest = if is_text(bytes, start) { LONGEST_VALUE } else { REACH };
    let end = value_end(bytes, start, start + longest);
    let limit = bytes.len().min(end.unwrap_or(start) + REACH);
    let bytes = &bytes[..limit];
    let mut end = end;
    std::iter::from_fn(move || {
        let open = behind_mark(bytes, end?, b',')?;
        let close = quote_end(bytes, open + 1, *quote_at(bytes, open)?)?;
        let value = behind_mark(bytes, close + 1, b':')?;
        end = value_end(bytes, value, limit);
        Some((open + 1..close, value))
    })
}

/// The pairs of an object before the key whose quote stands at `open`, the nearest first: where their keys and their values stand.
fn pairs_before(bytes: &[u8], open: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let floor = open.saturating_sub(REACH);
    let mut open = open;
    std::iter::from_fn(move || {
        let end = before_mark(bytes, open, b',').filter(|end| *end > floor)?;
        let last = end - 1;
        let start = match bytes[last] {
            b'"' | b'\'' => quote_before(bytes, last, LONGEST_VALUE)?,
            b']' | b'}' => bracket_before(bytes, last, floor)?,
            _ => end - bytes[floor..end].iter().rev().take_while(|byte| is_scalar(**byte)).count(),
        };
        let key = key_before(bytes, start)?;
        open = key.start - 1;
        Some((key, if is_text(bytes, start) { start + 1..last } else { start..end }))
    })
}

/// Behind the value at `start`, where it ends before `limit`.
fn value_end(bytes: &[u8], start: usize, limit: usize) -> Option<usize> {
    let limit = bytes.len().min(limit);
    match bytes.get(start)? {
        quote @ (b'"' | b'\'') => Some(quote_end(&bytes[..limit], start + 1, *quote)? + 1),
        b'[' | b'{' => bracket_end(bytes, start, limit),
        _ => Some(start + bytes.get(start..limit)?.iter().take_while(|byte| is_scalar(**byte)).count()),
    }
}

/// The key, without its quotes, of the value at `start`.
fn key_before(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let close = before_mark(bytes, start, b':')?.checked_sub(1)?;
    Some(quote_before(bytes, close, LONGEST_NAME)? + 1..close)
}

/// Where what ends with the quote at `close` begins: the quote before it that is not escaped.
fn quote_before(bytes: &[u8], close: usize, longest: usize) -> Option<usize> {
    let quote = *quote_at(bytes, close)?;
    let floor = close.saturating_sub(longest);
    let mut at = close;
    loop {
        at = floor + memchr::memrchr(quote, &bytes[floor..at])?;
        let backslashes = bytes[floor..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 0 {
            return Some(at);
        }
    }
}

/// Where the bracket opens that closes at `close`, not before `floor`.
fn bracket_before(bytes: &[u8], close: usize, floor: usize) -> Option<usize> {
    let (mut at, mut depth) = (close, 0_usize);
    while at >= floor {
        match bytes[at] {
            b']' | b'}' => depth += 1,
            b'[' | b'{' => depth -= 1,
            b'"' => at = quote_before(bytes, at, at - floor)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        at = at.checked_sub(1)?;
    }
    None
}

/// Behind the mark that follows at `at`, and the blanks around it.
fn behind_mark(bytes: &[u8], at: usize, mark: u8) -> Option<usize> {
    let at = behind_blanks(bytes, at);
    (bytes.get(at) == Some(&mark)).then(|| behind_blanks(bytes, at + 1))
}

/// Before the mark that stands before `at`, and the blanks around it.
fn before_mark(bytes: &[u8], at: usize, mark: u8) -> Option<usize> {
    let floor = at.saturating_sub(REACH);
    let before = bytes[floor..at].trim_ascii_end().strip_suffix(&[mark])?;
    Some(floor + before.trim_ascii_end().len())
}

fn behind_blanks(bytes: &[u8], at: usize) -> usize {
    bytes.len() - bytes.get(at..).unwrap_or_default().trim_ascii_start().len()
}

fn quote_at(bytes: &[u8], at: usize) -> Option<&u8> {
    bytes.get(at).filter(|byte| matches!(byte, b'"' | b'\''))
}

fn is_text(bytes: &[u8], at: usize) -> bool {
    quote_at(bytes, at).is_some()
}

/// Whether a number has this byte, or `true`, `false` and `null` do.
fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn unescaped(raw: &str) -> Cow<'_, str> {
    Unescaped::of(raw).map_or(Cow::Borrowed(raw), |unescaped| Cow::Owned(unescaped.text))
}
