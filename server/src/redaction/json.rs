//! JSON in one pass that hides its secrets and drops its blanks, without a tree of it, up to a length.
//!
//! Most JSON has no secret, and is compact: what is shown is then what was read, and nothing is copied. Else what lies between two
//! changes is copied at once.

use super::{
    MARK, beside, cards,
    cut::{cut, redact_text},
    escapes::Unescaped,
    hide,
    names::{Rule, is_named, is_naming, rule_of},
    secrets, secrets_behind,
    shapes::LOOKAHEAD,
    strings::string_end,
    twin::{self, Twin},
};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Shorter strings hold no card, and no token, since these have a prefix before what is drawn by lot.
const SHORTEST_TOKEN: usize = 13;

/// The keys of a tool's result by MCP, in the order in which they come here, which is sorted: none names a secret, or what does.
const RESULT_KEYS: [&str; 6] = ["content", "text", "type", "isError", "resultType", "structuredContent"];

/// How many keys are remembered: to look through more of them would take as long as to judge one.
const KEYS: usize = 32;
/// Longer keys are not.
const LONGEST_KEY: usize = 64;

/// JSON with its secrets hidden: the values of secrets' names at any depth, and what is a secret by its shape. At most
/// `max_bytes` of it; the flag says that there was more. Borrowed where nothing in it had to change.
///
/// What is not JSON, or not UTF-8, is cleaned as free text. Arguments and results are always both.
#[must_use]
pub fn redact_json(json: &[u8], max_bytes: usize) -> (Cow<'_, str>, bool) {
    let Ok(text) = std::str::from_utf8(json) else { return redact_text(json, max_bytes) };
    let mut redaction = Redaction::new(text, 0, max_bytes);
    redaction.may_have_twin = json.len() <= max_bytes;
    match redaction.run() {
        Ok(()) => (redaction.shown(), false),
        Err(Stop::Full) => (cut(redaction.shown(), max_bytes), true),
        Err(Stop::NotJson) => redact_text(json, max_bytes),
    }
}

/// The structured content of a result, of which nothing is to be cut off.
fn twin_in(json: &str, max_bytes: usize) -> Option<Twin<'_>> {
    let start = twin::start(json.as_bytes())?;
    let mut redaction = Redaction::new(json, start, max_bytes);
    redaction.one().ok()?;
    Some(Twin { range: start..redaction.at, shown: redaction.shown() })
}

enum Stop {
    /// More than `max_bytes` would be shown.
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
    json: &'a str,
    /// From here to `at` it has been read.
    start: usize,
    at: usize,
    /// What is shown of `json` up to `copied`. From there to `at` it is shown as it stands.
    out: String,
    copied: usize,
    max_bytes: usize,
    // Most JSON is short, and has few of both: for these nothing is allocated.
    frames: SmallVec<[Frame; 16]>,
    /// Lists are made of objects that have the same keys, again and again, in the same order.
    keys: SmallVec<[(&'a str, Treatment); 16]>,
    /// Which of them followed on the last one before.
    next_key: usize,
    /// Structured content may be there, and was not searched yet.
    may_have_twin: bool,
    twin: Option<Twin<'a>>,
}

/// What is to be done with the next value.
#[derive(Clone, Copy, Default)]
struct Treatment {
    rule: Option<Rule>,
    /// The value may be a name, whose value stands beside it.
    is_naming: bool,
    /// The value may be that value.
    is_named: bool,
}

impl<'a> Redaction<'a> {
    fn new(json: &'a str, start: usize, max_bytes: usize) -> Self {
        let known = Treatment { rule: Some(Rule::Shown), is_naming: false, is_named: false };
        let keys = RESULT_KEYS.iter().map(|key| (*key, known)).collect();
        let (out, frames) = (String::new(), SmallVec::new());
        Self {
            json,
            start,
            at: start,
            out,
            copied: start,
            max_bytes,
            frames,
            keys,
            next_key: 0,
            may_have_twin: false,
            twin: None,
        }
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
                        self.pass()?;
                        self.frames.pop();
                        is_first = false;
                        continue;
                    }
                    (Some(b','), _) if !is_first => self.pass()?,
                    (Some(_), _) if is_first => {}
                    _ => return Err(Stop::NotJson),
                }
                treatment = if is_object { self.key()? } else { Treatment { is_naming: true, ..Treatment::default() } };
                break;
            }
        }
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.json.as_bytes();
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let byte = *bytes.get(self.at)?;
        if !is_blank(&byte) {
            return Some(byte);
        }
        let blanks = bytes[self.at..].iter().take_while(|byte| is_blank(byte)).count();
        self.replace(self.at + blanks, "");
        bytes.get(self.at).copied()
    }

    /// Passes over the byte at hand, one of JSON's marks.
    fn pass(&mut self) -> Result<(), Stop> {
        self.pass_to(self.at + 1)
    }

    /// Up to `end`, it is shown as it stands.
    fn pass_to(&mut self, end: usize) -> Result<(), Stop> {
        self.at = end;
        self.check()
    }

    /// Shows `text` in the place of what stands from here to `end`.
    fn replace(&mut self, end: usize, text: &str) {
        let as_it_stands = &self.json[self.copied..self.at];
        if self.out.is_empty() {
            self.out.reserve((self.json.len() - self.start).min(self.max_bytes) + MARK.len());
        }
        self.out.push_str(as_it_stands);
        self.out.push_str(text);
        (self.at, self.copied) = (end, end);
    }

    /// How much is shown so far, bytes.
    fn length(&self) -> usize {
        self.out.len() + self.at - self.copied
    }

    fn check(&self) -> Result<(), Stop> {
        if self.length() > self.max_bytes { Err(Stop::Full) } else { Ok(()) }
    }

    /// What is shown of what was read.
    fn shown(mut self) -> Cow<'a, str> {
        if self.copied == self.start {
            return Cow::Borrowed(&self.json[self.start..self.at]);
        }
        self.replace(self.at, "");
        Cow::Owned(self.out)
    }

    /// Passes over a key and its colon, and says what it means for its value.
    fn key(&mut self) -> Result<Treatment, Stop> {
        if self.peek() != Some(b'"') {
            return Err(Stop::NotJson);
        }
        let start = self.at + 1;
        let mut treatment = match self.expected(start) {
            Some((key, treatment)) => {
                self.pass_to(start + key.len() + 1)?;
                treatment
            }
            None => self.other_key(start)?,
        };
        if self.peek() != Some(b':') {
            return Err(Stop::NotJson);
        }
        self.pass()?;
        if treatment.is_named && (self.takes_secret() || beside::is_named_behind(self.json, self.at)) {
            treatment.rule = Some(Rule::Hidden);
        }
        Ok(treatment)
    }

    /// Whether a secret was to follow, which does so now.
    fn takes_secret(&mut self) -> bool {
        self.frames.last_mut().is_some_and(|frame| std::mem::take(&mut frame.secret_follows))
    }

    /// The key that followed before, if it is the one at `start`.
    fn expected(&mut self, start: usize) -> Option<(&'a str, Treatment)> {
        let known = *self.keys.get(self.next_key)?;
        let is_it = self.json.as_bytes()[start..].strip_prefix(known.0.as_bytes())?.first() == Some(&b'"');
        self.next_key += usize::from(is_it);
        is_it.then_some(known)
    }

    fn other_key(&mut self, start: usize) -> Result<Treatment, Stop> {
        let (end, escapes) = string_end(self.json.as_bytes(), start, self.json.len());
        let end = end.ok_or(Stop::NotJson)?;
        let raw = &self.json[start..end];
        if let Some(place) = self.keys.iter().position(|(known, _)| *known == raw) {
            self.next_key = place + 1;
            self.pass_to(end + 1)?;
            return Ok(self.keys[place].1);
        }
        let unescaped = if escapes.any { Unescaped::of(raw) } else { None };
        let name = unescaped.map_or(Cow::Borrowed(raw), |unescaped| Cow::Owned(unescaped.text));
        let treatment =
            Treatment { rule: Some(rule_of(&name)), is_naming: is_naming(&name), is_named: is_named(&name) };
        let is_shown = self.string(start)?;
        if is_shown && !escapes.any && raw.len() <= LONGEST_KEY && self.keys.len() < KEYS {
            self.keys.push((raw, treatment));
            self.next_key = self.keys.len();
        }
        Ok(treatment)
    }

    /// Passes over a value, or its place, or the bracket that opens it: then it gives true.
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
                let end = self.container_end()?;
                self.hide_to(end)?;
                Ok(false)
            }
            b'{' if !hides_text && self.twin.as_ref().is_some_and(|twin| twin.range.start == self.at) => {
                self.pass_twin()?;
                Ok(false)
            }
            b'{' | b'[' => {
                self.pass()?;
                self.frames.push(Frame { is_object: byte == b'{', hides_text, secret_follows: false });
                Ok(true)
            }
            b'"' => {
                let start = self.at + 1;
                if hides_text && !self.is_number_in_quotes(start, hides)? {
                    let end = self.string_end(start)? + 1;
                    self.hide_to(end)?;
                    return Ok(false);
                }
                if treatment.is_naming {
                    self.note_name(start, is_object);
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
        Ok(text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    }

    /// Remembers that a secret follows this text.
    fn note_name(&mut self, start: usize, is_object: bool) {
        let bytes = self.json.as_bytes();
        if bytes.get(start).is_none_or(|byte| !is_object && !matches!(byte, b'-' | b'\\')) {
            return;
        }
        if let Some(is_secret) = beside::is_secrets_name(self.json, start - 1, is_object)
            && let Some(frame) = self.frames.last_mut()
        {
            frame.secret_follows = is_secret;
        }
    }

    /// Shows the mark in the place of what stands from here to `end`.
    fn hide_to(&mut self, end: usize) -> Result<(), Stop> {
        if self.json[self.at..end].strip_prefix('"').and_then(|text| text.strip_suffix('"')) == Some(MARK) {
            return self.pass_to(end);
        }
        self.replace(end, "\"");
        self.out.push_str(MARK);
        self.out.push('"');
        self.check()
    }

    /// Passes over what has been read already.
    fn pass_twin(&mut self) -> Result<(), Stop> {
        let twin = self.twin.take();
        match &twin {
            Some(Twin { range, shown: Cow::Owned(shown) }) => self.replace(range.end, shown),
            Some(Twin { range, shown: Cow::Borrowed(_) }) => self.at = range.end,
            None => {}
        }
        self.twin = twin;
        self.check()
    }

    /// Where the string at `start` ends, if it is what has been read already and has no secret.
    fn end_of_twin(&mut self, start: usize) -> Option<usize> {
        let json = self.json.as_bytes();
        if json.get(start) != Some(&b'{') {
            return None;
        }
        // Not before: most texts are no JSON, and have no twin.
        if std::mem::take(&mut self.may_have_twin) {
            self.twin = twin_in(self.json, self.max_bytes);
        }
        match &self.twin.as_ref()?.shown {
            Cow::Borrowed(shown) => twin::end_of_text(json, start, shown.as_bytes()),
            Cow::Owned(_) => None,
        }
    }

    fn string_end(&self, start: usize) -> Result<usize, Stop> {
        string_end(self.json.as_bytes(), start, self.json.len()).0.ok_or(Stop::NotJson)
    }

    /// Passes over a string with its secrets hidden, and says whether there were none. Of a long one only as much is read as is needed
    /// up to the cut.
    fn string(&mut self, start: usize) -> Result<bool, Stop> {
        let json = self.json;
        if let Some(end) = self.end_of_twin(start) {
            self.pass_to(end + 1)?;
            return Ok(true);
        }
        let room = self.max_bytes - self.length();
        let mut window = room.saturating_add(room / 4 + LOOKAHEAD);
        loop {
            let limit = json.len().min(start.saturating_add(window));
            let (end, escapes) = string_end(json.as_bytes(), start, limit);
            if end.is_none() && limit == json.len() {
                return Err(Stop::NotJson);
            }
            let raw = &json[start..end.unwrap_or_else(|| json.floor_char_boundary(limit))];
            let found = if is_worth_a_look(raw) { secrets_behind(escapes, raw, true) } else { Vec::new() };
            if let Some(end) = end {
                if !found.is_empty() {
                    let cleaned = clean_again(hide(raw, &found, raw.len()));
                    self.at = start;
                    self.replace(end, &cleaned);
                }
                self.pass_to(end + 1)?;
                return Ok(found.is_empty());
            }
            let cleaned = hide(raw, &found, raw.len().saturating_sub(LOOKAHEAD));
            if cleaned.len() > room {
                self.at = start;
                self.replace(start + raw.len(), &cleaned);
                return Err(Stop::Full);
            }
            window = window.saturating_mul(2);
        }
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, hides: bool) -> Result<(), Stop> {
        let rest = &self.json.as_bytes()[self.at..];
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count();
        let word = &rest[..length];
        let is_number = match word {
            b"true" | b"false" | b"null" => false,
            [b'-' | b'0'..=b'9', ..] if word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)) => {
                true
            }
            _ => return Err(Stop::NotJson),
        };
        let end = self.at + length;
        if is_number && (hides || cards::is_card(word)) { self.hide_to(end) } else { self.pass_to(end) }
    }

    /// The end of the object or array at hand.
    fn container_end(&self) -> Result<usize, Stop> {
        let (mut at, mut depth) = (self.at, 0_usize);
        loop {
            match self.json.as_bytes().get(at).ok_or(Stop::NotJson)? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => at = self.string_end(at + 1)?,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return Ok(at);
            }
        }
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
fn is_worth_a_look(raw: &str) -> bool {
    raw.len() >= SHORTEST_TOKEN || raw.bytes().any(|byte| matches!(byte, b':' | b'=' | b'>' | b' ' | b'%' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::{RESULT_KEYS, Rule, is_naming, rule_of, secrets};

    #[test]
    fn the_keys_of_results_are_what_they_are_taken_for() {
        for key in RESULT_KEYS {
            assert!(rule_of(key) == Rule::Shown && !is_naming(key), "{key}");
            assert!(secrets(key, true).is_empty(), "{key}");
        }
    }
}
