//! JSON in one pass that hides its secrets and drops its blanks, without a tree of it. Cut at a length.

use super::{
    MARK, cards, clean,
    escapes::{Escapes, Unescaped},
    hide,
    names::{Rule, is_named, is_naming, rule_of},
    secrets, secrets_behind,
    shapes::LOOKAHEAD,
    twin::{self, Twin},
};
use std::borrow::Cow;

/// Shorter strings hold no card, and no token, since these have a prefix before what is drawn by lot.
const SHORTEST_TOKEN: usize = 13;

/// How many keys are remembered: to look through more of them would take as long as to judge one.
const KEYS: usize = 32;
/// Longer keys are not.
const LONGEST_KEY: usize = 64;

/// JSON with its secrets hidden: the values of secrets' names at any depth, and what is a secret by its shape. At most
/// `max_bytes` of it; the flag says that there was more.
///
/// What is not JSON, or not UTF-8, is cleaned as free text.
#[must_use]
pub fn redact_json(json: &[u8], max_bytes: usize) -> (String, bool) {
    let mut redaction = Redaction::new(json, 0, max_bytes);
    if json.len() <= max_bytes {
        redaction.twin = twin_in(json, max_bytes);
    }
    match redaction.run() {
        Ok(()) => (redaction.out, false),
        Err(Stop::Full) => (cut(redaction.out, max_bytes), true),
        Err(Stop::NotJson) => redact_text(json, max_bytes),
    }
}

/// The structured content of a result, of which nothing is to be cut off.
fn twin_in(json: &[u8], max_bytes: usize) -> Option<Twin> {
    let start = twin::start(json)?;
    let mut redaction = Redaction::new(json, start, max_bytes);
    redaction.one().ok()?;
    let (range, shown) = (start..redaction.at, redaction.out);
    Some(Twin { is_clean: json[range.clone()] == *shown.as_bytes(), range, shown })
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
    /// Lists are made of objects that have the same keys, again and again, in the same order.
    keys: Vec<(&'a str, Treatment)>,
    /// Which of them followed on the last one before.
    next_key: usize,
    twin: Option<Twin>,
}

/// What is to be done with the next value.
#[derive(Clone, Copy, Default)]
struct Treatment {
    rule: Option<Rule>,
    /// The value may be a name, whose value stands beside it.
    is_naming: bool,
}

impl<'a> Redaction<'a> {
    fn new(json: &'a [u8], at: usize, max_bytes: usize) -> Self {
        let out = String::with_capacity(json.len().min(max_bytes) + MARK.len());
        Self { json, at, out, max_bytes, frames: Vec::new(), keys: Vec::new(), next_key: 0, twin: None }
    }

    fn run(&mut self) -> Result<(), Stop> {
        self.one()?;
        if self.peek().is_none() { Ok(()) } else { Err(Stop::NotJson) }
    }

    /// One value, whatever stands behind it.
    fn one(&mut self) -> Result<(), Stop> {
        let mut treatment = Treatment::default();
        loop {
            let opened = self.value(treatment)?;
            let mut is_first = opened;
            // Behind a value: the ends of what is open, and what leads to the next value.
            loop {
                let Some(frame) = self.frames.last() else { return Ok(()) };
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
        let (end, escapes) = string_end(json, start, json.len());
        let end = end.ok_or(Stop::NotJson)?;
        let bytes = &json[start..end];
        let (name, mut treatment) = if let Some((key, treatment)) = self.remembered(bytes) {
            self.at = end + 1;
            self.out.push('"');
            self.out.push_str(key);
            self.write("\"")?;
            (Cow::Borrowed(key), treatment)
        } else {
            let raw = text(bytes)?;
            let unescaped = if escapes.any { Unescaped::of(raw) } else { None };
            let name = unescaped.map_or(Cow::Borrowed(raw), |unescaped| Cow::Owned(unescaped.text));
            let treatment = Treatment { rule: Some(rule_of(&name)), is_naming: is_naming(&name) };
            let is_shown = self.string(start)?;
            if is_shown && !escapes.any && raw.len() <= LONGEST_KEY && self.keys.len() < KEYS {
                self.keys.push((raw, treatment));
                self.next_key = self.keys.len();
            }
            (name, treatment)
        };
        if let Some(frame) = self.frames.last_mut()
            && frame.secret_follows
            && is_named(&name)
        {
            frame.secret_follows = false;
            treatment.rule = Some(Rule::Hidden);
        }
        if self.peek() != Some(b':') {
            return Err(Stop::NotJson);
        }
        self.copy()?;
        Ok(treatment)
    }

    /// A key that was shown before, and what it means for its value.
    fn remembered(&mut self, key: &[u8]) -> Option<(&'a str, Treatment)> {
        let is_it = |(remembered, _): &(&str, Treatment)| remembered.as_bytes() == key;
        let at = match self.keys.get(self.next_key) {
            Some(next) if is_it(next) => self.next_key,
            _ => self.keys.iter().position(is_it)?,
        };
        self.next_key = at + 1;
        Some(self.keys[at])
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
            b'{' if !hides_text && self.twin.as_ref().is_some_and(|twin| twin.range.start == self.at) => {
                self.write_twin()?;
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
        let (Some(end), _) = string_end(json, start, json.len().min(start + 64)) else { return Ok(()) };
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

    /// Copies what has been read already.
    fn write_twin(&mut self) -> Result<(), Stop> {
        if let Some(twin) = &self.twin {
            self.at = twin.range.end;
            self.out.push_str(&twin.shown);
        }
        self.check()
    }

    /// Where the string at `start` ends, if it is what has been read already and has no secret.
    fn end_of_twin(&self, start: usize) -> Option<usize> {
        let twin = self.twin.as_ref().filter(|twin| twin.is_clean && self.json.get(start) == Some(&b'{'))?;
        twin::end_of_text(self.json, start, twin.shown.as_bytes())
    }

    fn string_end(&self, start: usize) -> Result<usize, Stop> {
        string_end(self.json, start, self.json.len()).0.ok_or(Stop::NotJson)
    }

    /// Copies a string with its secrets hidden, and says whether there were none. Of a long one only as much is read as is needed up to
    /// the cut.
    fn string(&mut self, start: usize) -> Result<bool, Stop> {
        let json = self.json;
        if let Some(end) = self.end_of_twin(start) {
            self.at = end + 1;
            self.out.push('"');
            self.out.push_str(text(&json[start..end])?);
            self.write("\"")?;
            return Ok(true);
        }
        let room = self.max_bytes - self.out.len();
        let mut window = room.saturating_add(room / 4 + LOOKAHEAD);
        loop {
            let limit = json.len().min(start.saturating_add(window));
            let (end, escapes) = string_end(json, start, limit);
            if end.is_none() && limit == json.len() {
                return Err(Stop::NotJson);
            }
            let raw = match (end, std::str::from_utf8(&json[start..end.unwrap_or(limit)])) {
                (_, Ok(raw)) => raw,
                (None, Err(error)) if error.error_len().is_none() => text(&json[start..start + error.valid_up_to()])?,
                _ => return Err(Stop::NotJson),
            };
            let found = if is_worth_a_look(raw) { secrets_behind(escapes, raw, true) } else { Vec::new() };
            if let Some(end) = end {
                self.out.push('"');
                if found.is_empty() {
                    self.out.push_str(raw);
                } else {
                    self.out.push_str(&clean_again(hide(raw, &found, raw.len())));
                }
                self.at = end + 1;
                self.write("\"")?;
                return Ok(found.is_empty());
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

/// The end of the string that begins at `start`, where that is before `limit`, and its escapes up to there.
fn string_end(json: &[u8], start: usize, limit: usize) -> (Option<usize>, Escapes) {
    let (text, mut at, mut escapes) = (&json[..limit], start, Escapes::default());
    loop {
        let Some(rest) = text.get(at..) else { return (None, escapes) };
        let Some(length) = near(rest).or_else(|| memchr::memchr2(b'"', b'\\', rest)) else { return (None, escapes) };
        at += length;
        if text[at] == b'"' {
            return (Some(at), escapes);
        }
        at = escapes.pass(text, at);
    }
}

/// Where among the first sixteen bytes the first quote or backslash stands. Where text was written as JSON there is mostly one, and
/// [`memchr`] takes longer to begin than to look through so few.
fn near(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    words.iter().take(2).enumerate().find_map(|(number, word)| {
        let place = first_mark(u64::from_le_bytes(*word));
        (place < 8).then_some(number * 8 + place)
    })
}

/// Which of the eight bytes of a word, the lowest first, is the first quote or backslash; 8 when none is.
pub(super) fn first_mark(word: u64) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
    found.trailing_zeros() as usize / 8
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
fn is_worth_a_look(raw: &str) -> bool {
    raw.len() >= SHORTEST_TOKEN || raw.bytes().any(|byte| matches!(byte, b':' | b'=' | b'>' | b' ' | b'%' | b'\\'))
}

fn text(bytes: &[u8]) -> Result<&str, Stop> {
    std::str::from_utf8(bytes).map_err(|_| Stop::NotJson)
}
