//! JSON in one pass, without a tree of it: copied with its secrets hidden and its blanks dropped, and cut at a length.

use super::{
    MARK, cards, clean, hide,
    names::{Rule, is_named, is_naming, rule_of},
    secrets,
    shapes::LOOKAHEAD,
};
use std::borrow::Cow;

/// Shorter strings hold no card, and no token, since these have a prefix before what is drawn by lot.
const SHORTEST_TOKEN: usize = 13;

/// JSON with its secrets hidden: the values of secrets' names at any depth, and what is a secret by its shape. At most
/// `max_bytes` of it; the flag says that there was more.
///
/// What is not JSON, or not UTF-8, is cleaned as free text.
#[must_use]
pub fn redact_json(json: &[u8], max_bytes: usize) -> (String, bool) {
    let mut redaction = Redaction {
        json,
        at: 0,
        out: String::with_capacity(json.len().min(max_bytes) + MARK.len()),
        max_bytes,
        frames: Vec::new(),
    };
    match redaction.run() {
        Ok(()) => (redaction.out, false),
        Err(Stop::Full) => (cut(redaction.out, max_bytes), true),
        Err(Stop::NotJson) => redact_text(json, max_bytes),
    }
}

/// JSON as it is, for those who chose to store all: at most `max_bytes` of it; the flag says that there was more.
#[must_use]
pub fn cut_json(json: &[u8], max_bytes: usize) -> (String, bool) {
    // A letter takes at most four bytes, and bytes that are none become one of three.
    let start = &json[..json.len().min(max_bytes.saturating_add(4))];
    let text = String::from_utf8_lossy(start).into_owned();
    let is_cut = start.len() < json.len() || text.len() > max_bytes;
    (cut(text, max_bytes), is_cut)
}

fn redact_text(bytes: &[u8], max_bytes: usize) -> (String, bool) {
    let mut window = max_bytes.saturating_add(max_bytes / 4 + LOOKAHEAD);
    loop {
        let start = &bytes[..bytes.len().min(window)];
        let text = String::from_utf8_lossy(start);
        if start.len() == bytes.len() {
            let cleaned = clean(&text).into_owned();
            let is_cut = cleaned.len() > max_bytes;
            return (cut(cleaned, max_bytes), is_cut);
        }
        // What stands before here was judged as if the whole text had been read.
        let judged = text.len().saturating_sub(LOOKAHEAD);
        let cleaned = hide(&text, &secrets(&text, false), judged);
        if cleaned.len() > max_bytes {
            return (cut(cleaned, max_bytes), true);
        }
        window = window.saturating_mul(2);
    }
}

fn cut(mut text: String, max_bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(max_bytes));
    text
}

enum Stop {
    /// `max_bytes` are written.
    Full,
    NotJson,
}

/// An object or array that is open.
struct Frame {
    is_object: bool,
    /// Text in it is hidden, as it stands under a name such as `tokens`.
    hides_text: bool,
    /// The value that follows is a secret: the last text was `--password`, or `"name": "API_KEY"`.
    secret_follows: bool,
}

struct Redaction<'a> {
    json: &'a [u8],
    at: usize,
    out: String,
    max_bytes: usize,
    frames: Vec<Frame>,
}

/// What is to be done with the next value.
#[derive(Clone, Copy, Default)]
struct Treatment {
    rule: Option<Rule>,
    /// The value may be a name, whose value stands beside it.
    is_naming: bool,
}

impl Redaction<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mut treatment = Treatment::default();
        loop {
            let opened = self.value(treatment)?;
            let mut is_first = opened;
            // Behind a value: the ends of what is open, and what leads to the next value.
            loop {
                let Some(frame) = self.frames.last() else {
                    return if self.peek().is_none() { Ok(()) } else { Err(Stop::NotJson) };
                };
                let is_object = frame.is_object;
                match (self.peek(), is_object) {
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.copy()?;
                        self.frames.pop();
                        is_first = false;
                        continue;
                    }
                    (Some(b','), _) if !is_first => self.copy()?,
                    (Some(_), _) if is_first => {}
                    _ => return Err(Stop::NotJson),
                }
                treatment = if is_object { self.key()? } else { Treatment { rule: None, is_naming: true } };
                break;
            }
        }
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.json.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Copies the byte at hand, one of JSON's marks.
    fn copy(&mut self) -> Result<(), Stop> {
        self.out.push(char::from(self.json[self.at]));
        self.at += 1;
        self.check()
    }

    fn write(&mut self, text: &str) -> Result<(), Stop> {
        self.out.push_str(text);
        self.check()
    }

    fn check(&self) -> Result<(), Stop> {
        if self.out.len() > self.max_bytes { Err(Stop::Full) } else { Ok(()) }
    }

    /// Copies a key and its colon, and says what it means for its value.
    fn key(&mut self) -> Result<Treatment, Stop> {
        if self.peek() != Some(b'"') {
            return Err(Stop::NotJson);
        }
        let json = self.json;
        let start = self.at + 1;
        let end = self.string_end(start)?;
        let raw = text(&json[start..end])?;
        let name = if raw.contains('\\') {
            super::escapes::Unescaped::of(raw).map_or(Cow::Borrowed(raw), |unescaped| Cow::Owned(unescaped.text))
        } else {
            Cow::Borrowed(raw)
        };
        let mut treatment = Treatment { rule: Some(rule_of(&name)), is_naming: is_naming(&name) };
        if let Some(frame) = self.frames.last_mut()
            && frame.secret_follows
            && is_named(&name)
        {
            frame.secret_follows = false;
            treatment.rule = Some(Rule::Hidden);
        }
        self.string(start)?;
        if self.peek() != Some(b':') {
            return Err(Stop::NotJson);
        }
        self.copy()?;
        Ok(treatment)
    }

    /// Copies a value, or its place, or the bracket that opens it: then it gives true.
    fn value(&mut self, treatment: Treatment) -> Result<bool, Stop> {
        let byte = self.peek().ok_or(Stop::NotJson)?;
        let parent = self.frames.last_mut();
        let is_object = parent.as_ref().is_some_and(|parent| parent.is_object);
        let mut hides_text = parent.as_ref().is_some_and(|parent| parent.hides_text);
        let follows = parent.is_some_and(|parent| !parent.is_object && std::mem::take(&mut parent.secret_follows));
        let rule = if follows { Rule::Hidden } else { treatment.rule.unwrap_or(Rule::Shown) };
        let hides = rule == Rule::Hidden;
        hides_text |= rule != Rule::Shown;
        match byte {
            b'{' | b'[' if hides => {
                self.skip_container()?;
                self.write_mark()?;
                Ok(false)
            }
            b'{' | b'[' => {
                self.copy()?;
                self.frames.push(Frame { is_object: byte == b'{', hides_text, secret_follows: false });
                Ok(true)
            }
            b'"' => {
                let start = self.at + 1;
                if hides_text && !self.is_number_in_quotes(start, hides)? {
                    self.at = self.string_end(start)? + 1;
                    self.write_mark()?;
                    return Ok(false);
                }
                if treatment.is_naming {
                    self.note_name(start, is_object)?;
                }
                self.string(start)?;
                Ok(false)
            }
            _ => {
                self.scalar(hides)?;
                Ok(false)
            }
        }
    }

    /// Quantities that are written as text stay readable where numbers do.
    fn is_number_in_quotes(&self, start: usize, hides: bool) -> Result<bool, Stop> {
        if hides {
            return Ok(false);
        }
        let text = &self.json[start..self.string_end(start)?];
        Ok(text.len() < 12 && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
    }

    /// Remembers that a secret follows this text.
    fn note_name(&mut self, start: usize, is_object: bool) -> Result<(), Stop> {
        let json = self.json;
        if json.get(start).is_none_or(|byte| !is_object && *byte != b'-') {
            return Ok(());
        }
        // What does not end near is no name.
        let Some(end) = end_before(json, start, json.len().min(start + 64)) else { return Ok(()) };
        let name = text(&json[start..end])?;
        let is_secret = (is_object || name.starts_with("--")) && rule_of(name) == Rule::Hidden;
        if let Some(frame) = self.frames.last_mut() {
            frame.secret_follows = is_secret;
        }
        Ok(())
    }

    fn write_mark(&mut self) -> Result<(), Stop> {
        self.out.push('"');
        self.out.push_str(MARK);
        self.write("\"")
    }

    fn string_end(&self, start: usize) -> Result<usize, Stop> {
        let mut at = start;
        loop {
            let rest = self.json.get(at..).ok_or(Stop::NotJson)?;
            at += memchr::memchr2(b'"', b'\\', rest).ok_or(Stop::NotJson)?;
            if self.json[at] == b'"' {
                return Ok(at);
            }
            at += 2;
        }
    }

    /// Copies a string with its secrets hidden. Of a long one only as much is read as is needed up to the cut.
    fn string(&mut self, start: usize) -> Result<(), Stop> {
        let json = self.json;
        let room = self.max_bytes - self.out.len();
        let mut window = room.saturating_add(room / 4 + LOOKAHEAD);
        loop {
            let limit = json.len().min(start.saturating_add(window));
            let end = end_before(json, start, limit);
            if end.is_none() && limit == json.len() {
                return Err(Stop::NotJson);
            }
            let raw = match (end, std::str::from_utf8(&json[start..end.unwrap_or(limit)])) {
                (_, Ok(raw)) => raw,
                (None, Err(error)) if error.error_len().is_none() => text(&json[start..start + error.valid_up_to()])?,
                _ => return Err(Stop::NotJson),
            };
            let found = if may_hold(raw) { secrets(raw, true) } else { Vec::new() };
            if let Some(end) = end {
                self.out.push('"');
                if found.is_empty() {
                    self.out.push_str(raw);
                } else {
                    self.out.push_str(&clean_again(hide(raw, &found, raw.len())));
                }
                self.at = end + 1;
                return self.write("\"");
            }
            let cleaned = hide(raw, &found, raw.len().saturating_sub(LOOKAHEAD));
            if cleaned.len() > room {
                self.out.push('"');
                self.out.push_str(&cleaned);
                return Err(Stop::Full);
            }
            window = window.saturating_mul(2);
        }
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, hides: bool) -> Result<(), Stop> {
        let json = self.json;
        let start = self.at;
        let rest = &json[start..];
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count();
        let word = &rest[..length];
        let is_number = match word {
            b"true" | b"false" | b"null" => false,
            [b'-' | b'0'..=b'9', ..] => word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)),
            _ => return Err(Stop::NotJson),
        };
        if !is_number && !matches!(word, b"true" | b"false" | b"null") {
            return Err(Stop::NotJson);
        }
        self.at += length;
        if is_number && (hides || cards::is_card(word)) {
            return self.write_mark();
        }
        self.write(text(word)?)
    }

    /// Passes over an object or array.
    fn skip_container(&mut self) -> Result<(), Stop> {
        let mut depth = 0_usize;
        loop {
            match self.json.get(self.at).ok_or(Stop::NotJson)? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => self.at = self.string_end(self.at + 1)?,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// The end of a string, where that is before `limit`.
fn end_before(json: &[u8], start: usize, limit: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..limit)?)?;
        if json[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// As [`clean`] does, for the inside of a JSON string.
fn clean_again(mut raw: String) -> String {
    for _ in 0..8 {
        let found = secrets(&raw, true);
        if found.is_empty() {
            break;
        }
        raw = hide(&raw, &found, raw.len());
    }
    raw
}

/// Tells most short strings from those that need to be examined: a URL or a pair has a mark in it.
fn may_hold(raw: &str) -> bool {
    raw.len() >= SHORTEST_TOKEN || raw.bytes().any(|byte| matches!(byte, b':' | b'=' | b'>' | b' ' | b'%' | b'\\'))
}

fn text(bytes: &[u8]) -> Result<&str, Stop> {
    std::str::from_utf8(bytes).map_err(|_| Stop::NotJson)
}
