//! Secrets in running text that are known by the name before them: `password = x`, `"token": "x"`, `--api-key x`,
//! `<secret>x</secret>`, `Authorization: Basic x`.

use super::{
    MARK, beside,
    names::{Rule, rule_of},
};
use std::ops::Range;

/// Longer names are none; a bound keeps long words from being read again for each part of them.
const LONGEST_NAME: usize = 64;

/// How far a bracket inside a value is followed.
const LONGEST_BRACKET: usize = 256;

/// Values that give nothing away: states, and the names of types where the text is about code.
const HARMLESS: [&str; 22] = [
    "true",
    "false",
    "null",
    "none",
    "nil",
    "undefined",
    "yes",
    "no",
    "required",
    "optional",
    "missing",
    "invalid",
    "expired",
    "empty",
    "string",
    "str",
    "&str",
    "number",
    "boolean",
    "object",
    "array",
    "bytes",
];

/// First words of an `Authorization` header's value: the credentials follow.
const SCHEMES: [&str; 12] = [
    "bearer",
    "basic",
    "digest",
    "token",
    "apikey",
    "negotiate",
    "ntlm",
    "hawk",
    "dpop",
    "gnap",
    "aws4-hmac-sha256",
    "sharedkey",
];

/// Finds the values of names around the anchors that [`super::shapes`] meets.
#[derive(Default)]
pub(super) struct Pairs {
    /// The value in brackets that ends last: it is hidden whole.
    hidden: Range<usize>,
    /// The end of the last name in quotes that has no value of its own: each part of it names the same.
    quoted: usize,
    /// The last unquoted value: from each place in it, it ends at the same place.
    plain: Range<usize>,
    /// The last line that was hidden to its end, likewise.
    line: Range<usize>,
}

impl Pairs {
    /// The value of the name that the bytes at `anchor` belong to, where it is a secret's.
    ///
    /// `deepest` says that no further layer of escapes will be read.
    pub(super) fn find(&mut self, text: &str, anchor: Range<usize>, deepest: bool) -> Option<Range<usize>> {
        if self.hidden.contains(&anchor.start) {
            return None;
        }
        let bytes = text.as_bytes();
        let end = word_end(bytes, anchor.end);
        // The separator first: most words have none behind them.
        let Some(separator) = separator(bytes, end) else { return self.beside(text, &anchor, end, deepest) };
        let start = name_start(bytes, &anchor, end);
        let name = text.get(start..end)?;
        let before = &bytes[..start];
        match separator.kind {
            Kind::Option if !name.starts_with("--") => return None,
            Kind::Element if !is_element(bytes, start, separator.end) => return None,
            _ => {}
        }
        let rule = rule_of(name);
        match (rule, &separator.kind) {
            (Rule::Shown, _)
            | (Rule::Assigned, Kind::Named | Kind::Element)
            | (Rule::NumbersShown | Rule::Assigned, Kind::Option) => {
                return None;
            }
            _ => {}
        }
        if before.len() >= 11 && before[before.len() - 11..].eq_ignore_ascii_case(b"unexpected ") {
            // What every parser says of input that it does not understand.
            return None;
        }
        let value = self.value(text, &separator, name, deepest)?;
        let shown = text.get(value.clone())?;
        if is_harmless(shown) || (rule != Rule::Hidden && is_quantity(shown)) {
            return None;
        }
        Some(value)
    }

    /// The value of a name in quotes that ends at `end` and is a value itself: `"name": "API_KEY", "value": "x"`.
    fn beside(&mut self, text: &str, anchor: &Range<usize>, end: usize, deepest: bool) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let quote = bytes.get(end).filter(|byte| matches!(byte, b'"' | b'\''))?;
        if std::mem::replace(&mut self.quoted, end) == end {
            return None;
        }
        let near = end.saturating_sub(LONGEST_NAME);
        let start = near + memchr::memrchr(*quote, &bytes[near..end])? + 1;
        let name = text.get(start..end)?;
        // Its last word alone as well: only by that is it known where escapes are not read.
        let is_secrets = |name: &str| rule_of(name) == Rule::Hidden;
        if !is_secrets(name) || !is_secrets(&text[name_start(bytes, anchor, end)..end]) {
            return None;
        }
        let behind = beside::value_behind(text, &(start..end))
            .and_then(|at| self.value(text, &Separator { kind: Kind::Named, end: at }, name, deepest));
        let values = [behind, beside::value_before(text, &(start..end))];
        values.into_iter().flatten().find(|value| text.get(value.clone()).is_some_and(|shown| !is_harmless(shown)))
    }

    fn value(&mut self, text: &str, separator: &Separator, name: &str, deepest: bool) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let start = separator.end;
        if text.get(start..)?.starts_with(MARK) {
            return None;
        }
        if separator.kind == Kind::Element {
            let end = memchr::memchr2(b'<', b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            return Some(start..end);
        }
        match bytes.get(start)? {
            quote @ (b'"' | b'\'' | b'`') => {
                // Without its end, text that was cut off: hidden to there.
                let end = quote_end(bytes, start + 1, *quote).unwrap_or(bytes.len());
                Some(start + 1..end)
            }
            b'[' | b'{' => {
                let end = bracket_end(bytes, start, bytes.len()).unwrap_or(bytes.len());
                if end > self.hidden.end {
                    self.hidden = start..end;
                }
                Some(start..end)
            }
            b'\\' if !deepest && matches!(bytes.get(start + 1), Some(b'"' | b'\'' | b'\\')) => None,
            _ if is_header(name) && (is_cookie(name) || has_scheme(text.get(start..)?)) => {
                Some(start..self.line_end(bytes, start))
            }
            _ => Some(start..self.plain_end(bytes, start)),
        }
    }

    fn plain_end(&mut self, bytes: &[u8], start: usize) -> usize {
        if !self.plain.contains(&start) {
            self.plain = start..plain_end(bytes, start);
        }
        self.plain.end
    }

    /// The end of a header's value: of the line, or the quote around the header.
    fn line_end(&mut self, bytes: &[u8], start: usize) -> usize {
        if !self.line.contains(&start) {
            let mut at = start;
            while let Some(length) = memchr::memchr3(b'\n', b'"', b'\'', &bytes[at..]) {
                at += length;
                if bytes[at] == b'\n' || closes(bytes, at) {
                    break;
                }
                at += 1;
                if at == bytes.len() {
                    break;
                }
            }
            let is_open = bytes.get(at).is_none_or(|byte| !matches!(byte, b'\n' | b'"' | b'\''));
            self.line = start..if is_open { bytes.len() } else { at };
        }
        let end = self.line.end;
        if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end }
    }
}

/// Whether the word that the bytes at `anchor` belong to is no secret's name, in whichever layer of escapes it is read. They must
/// be escapes that hide no letters.
pub(super) fn names_no_secret(text: &str, anchor: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let word = word_start(bytes, anchor.start)..word_end(bytes, anchor.end);
    let Some(name) = text.get(word.clone()) else { return false };
    // `\npassword`: the first letter may belong to the escape before it.
    let is_behind_escape = bytes[..word.start].ends_with(b"\\");
    !is_second_word(bytes, word)
        && rule_of(name) == Rule::Shown
        && (!is_behind_escape || name.get(1..).is_none_or(|rest| rule_of(rest) == Rule::Shown))
}

#[derive(PartialEq)]
enum Kind {
    /// `name=value`
    Assigned,
    /// `name: value`, `"name": "value"`, `name => value`, `name = value`
    Named,
    /// `--name value`
    Option,
    /// `<name>value</name>`
    Element,
}

struct Separator {
    kind: Kind,
    /// Where the value begins.
    end: usize,
}

/// What stands between a name that ends at `at` and its value.
fn separator(bytes: &[u8], at: usize) -> Option<Separator> {
    let blank = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    let mut end = at;
    if bytes.get(end) == Some(&b'>') {
        return Some(Separator { kind: Kind::Element, end: end + 1 });
    }
    // The end of a quoted name, of an index (`env["TOKEN"]`), of an optional field (`password?: string`).
    while bytes.get(end).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b')' | b'*' | b'?')) {
        end += 1;
    }
    let is_bare = end == at;
    end = blank(end);
    let mark = end;
    let mut kind = Kind::Named;
    match (bytes.get(end)?, bytes.get(end + 1)) {
        (b':', Some(b':')) => return None,
        (b':' | b'=', Some(b'=' | b'>')) => end += 2,
        (b'=', _) => {
            if is_bare && mark == at {
                kind = Kind::Assigned;
            }
            end += 1;
        }
        (b':', _) => end += 1,
        // Percent-encoded `=` and `:`, in text that holds a query string as a value.
        (b'%', Some(b'3')) if matches!(bytes.get(end + 2), Some(b'D' | b'd' | b'A' | b'a')) => end += 3,
        _ if is_bare && mark > at => return Some(Separator { kind: Kind::Option, end }),
        _ => return None,
    }
    // Two stars of Markdown: `**Password:** x`.
    while bytes.get(end) == Some(&b'*') {
        end += 1;
    }
    end = blank(end);
    if matches!(bytes.get(end), Some(b'\n' | b'\r')) {
        // A value of its own line only where the text is JSON.
        while bytes.get(end).is_some_and(u8::is_ascii_whitespace) {
            end += 1;
        }
        if !matches!(bytes.get(end), Some(b'"' | b'[' | b'{')) {
            return None;
        }
    }
    Some(Separator { kind, end })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `API key: x`: the name is of two words.
fn is_second_word(bytes: &[u8], word: Range<usize>) -> bool {
    bytes[..word.start].ends_with(b" ") && matches!(&bytes[word], b"key" | b"Key" | b"KEY" | b"keys" | b"Keys")
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count()
}

fn word_start(bytes: &[u8], at: usize) -> usize {
    let length = bytes[..at].iter().rev().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    at - length
}

/// Where the name begins that the bytes at `anchor` belong to, and that ends at `end`.
fn name_start(bytes: &[u8], anchor: &Range<usize>, end: usize) -> usize {
    let start = word_start(bytes, anchor.start);
    if is_second_word(bytes, start..end) { word_start(bytes, start - 1) } else { start }
}

/// `<name>value`, `<x:name>value`; not the type `Vec<Name>` nor the place `<NAME> …`.
fn is_element(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_open = match &bytes[..start] {
        [before @ .., b'<'] => before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric()),
        [.., before, b':'] => before.is_ascii_alphanumeric(),
        _ => false,
    };
    is_open && bytes.get(end).is_some_and(|byte| !byte.is_ascii_whitespace())
}

fn is_harmless(value: &str) -> bool {
    value.is_empty() || HARMLESS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// `512`, `~1.2k`, `512/4096`, `[1, 2]`
fn is_quantity(value: &str) -> bool {
    value.len() < 64 && value.bytes().all(|byte| byte.is_ascii_digit() || b".,_~kKM%/+[] ".contains(&byte))
}

fn is_header(name: &str) -> bool {
    is_cookie(name) || name.to_ascii_lowercase().ends_with("authorization")
}

fn is_cookie(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("cookie")
}

fn has_scheme(value: &str) -> bool {
    let word = value.split_whitespace().next().unwrap_or_default();
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The quote that ends what begins at `start`.
pub(super) fn quote_end(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        if bytes[at] == quote {
            return Some(at);
        }
        at += 2;
    }
}

/// Behind the bracket that closes the one at `start`, where that is before `limit`.
pub(super) fn bracket_end(bytes: &[u8], start: usize, limit: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    while at < limit {
        match bytes[at] {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = quote_end(&bytes[..limit], at + 1, b'"')?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of a value without quotes: a blank, or a mark that separates it from what follows. Marks within a password,
/// as in `hun,ter;2`, do not end it.
fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            _ if byte.is_ascii_whitespace() => break,
            b',' | b';' | b'&' | b'|' if at > start && separates(bytes, at) => break,
            b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'>' if closes(bytes, at) => break,
            b'<' if bytes.get(at + 1) == Some(&b'/') => break,
            b'(' | b'[' | b'{' => {
                let limit = bytes.len().min(at + LONGEST_BRACKET);
                at = bracket_end(bytes, at, limit).map_or(at, |end| end - 1);
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// Whether another pair, or nothing, follows the mark at `at`.
fn separates(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at + 1..];
    let Some(first) = rest.first() else { return true };
    if first.is_ascii_whitespace() || matches!(first, b'"' | b'\'' | b'{' | b'[') || closes(bytes, at) {
        return true;
    }
    let length = rest.iter().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    length > 0 && matches!(rest.get(length), Some(b'=' | b':'))
}

/// Whether the quote or bracket at `at` is followed by what may follow an end.
fn closes(bytes: &[u8], at: usize) -> bool {
    let mut rest = bytes[at + 1..].iter().take(8);
    loop {
        match rest.next() {
            None | Some(b',' | b';' | b':' | b'.' | b'&' | b'<' | b'|' | b'\\' | b' ' | b'\t' | b'\n' | b'\r') => {
                return true;
            }
            Some(b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'>' | b'?' | b'!') => {}
            Some(_) => return false,
        }
    }
}
