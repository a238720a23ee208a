//! Reading through escapes: `\"`, `\n`, `\u0070`.
//!
//! A secret in text that was written as JSON, once or several times over, is found in what the text means and hidden in
//! what it says. So nothing is decoded and encoded again: the rest of the text stays as it was, byte for byte.

use std::ops::Range;

/// Text without one layer of escapes, and where each part of it came from.
pub(super) struct Unescaped {
    pub(super) text: String,
    /// Places in `text` and in the source, ascending: one at each turn between plain text and escapes.
    places: Vec<(usize, usize)>,
}

impl Unescaped {
    /// `None` where there is nothing to decode.
    pub(super) fn of(source: &str) -> Option<Self> {
        let bytes = source.as_bytes();
        let mut next = memchr::memchr(b'\\', bytes)?;
        let mut this = Self { text: String::with_capacity(source.len()), places: Vec::with_capacity(16) };
        this.places.push((0, 0));
        let (mut done, mut found) = (0, false);
        loop {
            let Some((letter, length)) = decode(&bytes[next..]) else {
                // A backslash that begins no escape is text; so is what follows it.
                match memchr::memchr(b'\\', &bytes[next + 1..]) {
                    Some(further) => next += 1 + further,
                    None => break,
                }
                continue;
            };
            found = true;
            this.text.push_str(source.get(done..next).unwrap_or_default());
            this.places.push((this.text.len(), next));
            this.text.push(letter);
            done = next + length;
            this.places.push((this.text.len(), done));
            match memchr::memchr(b'\\', &bytes[done..]) {
                Some(further) => next = done + further,
                None => break,
            }
        }
        this.text.push_str(source.get(done..).unwrap_or_default());
        found.then_some(this)
    }

    /// Where a part of `text` stands in the source.
    pub(super) fn in_source(&self, part: &Range<usize>) -> Range<usize> {
        self.place(part.start)..self.place(part.end)
    }

    fn place(&self, at: usize) -> usize {
        let after = self.places.partition_point(|(text, _)| *text <= at);
        self.places.get(after.wrapping_sub(1)).map_or(at, |(text, source)| source + (at - text))
    }
}

/// The letter of the escape at the start of `bytes`, and how many bytes it takes.
fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes.get(1)? {
        b'n' => Some(('\n', 2)),
        b't' => Some(('\t', 2)),
        b'r' => Some(('\r', 2)),
        b'b' => Some(('\u{8}', 2)),
        b'f' => Some(('\u{c}', 2)),
        mark @ (b'"' | b'\\' | b'/' | b'\'') => Some((char::from(*mark), 2)),
        b'x' => {
            let code = hex(bytes.get(2..4)?)?;
            (code < 0x80).then_some((char::from_u32(code)?, 4))
        }
        b'u' => {
            let high = hex(bytes.get(2..6)?)?;
            if (0xD800..0xDC00).contains(&high)
                && bytes.get(6..8) == Some(b"\\u")
                && let Some(low) = bytes.get(8..12).and_then(hex)
                && (0xDC00..0xE000).contains(&low)
            {
                let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Some((char::from_u32(code)?, 12));
            }
            Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
        }
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// What the escapes of a text may do to what stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Escapes {
    pub(super) any: bool,
    /// They may hide letters, digits or marks that a secret is known by. Those that may not, such as `\n` and `\"`, are by far the
    /// most common.
    pub(super) may_hide: bool,
}

impl Escapes {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut escapes = Self::default();
        let mut at = 0;
        while let Some(next) = memchr::memchr(b'\\', &text[at..]) {
            at = escapes.pass(text, at + next);
        }
        escapes
    }

    /// Takes in the backslashes at `at`, and gives where the text goes on behind what the last of them escapes. With several layers
    /// each of them may be the one whose letter counts.
    pub(super) fn pass(&mut self, text: &[u8], at: usize) -> usize {
        let run = text[at..].iter().take_while(|byte| **byte == b'\\').count();
        self.any = true;
        self.may_hide |= matches!(text.get(at + run), Some(b'u' | b'x' | b'/'));
        // Of an even number, each second one is escaped, and the letter behind them is none's.
        text.len().min(at + run + run % 2)
    }
}

#[cfg(test)]
mod tests {
    use super::{Escapes, Unescaped};

    #[test]
    fn what_is_found_in_the_text_is_found_in_its_source() {
        let source = r#"a\n\"p\u0061ss\" \q \ud83d\ude00 ü\\end"#;
        let unescaped = Unescaped::of(source).unwrap();
        assert_eq!(unescaped.text, "a\n\"pass\" \\q 😀 ü\\end");
        for (part, whence) in
            [("pass", r"p\u0061ss"), ("\"", r#"\""#), ("😀", r"\ud83d\ude00"), ("\\end", r"\\end"), ("ü", "ü")]
        {
            let start = unescaped.text.find(part).unwrap();
            assert_eq!(&source[unescaped.in_source(&(start..start + part.len()))], whence);
        }
    }

    #[test]
    fn text_without_escapes_is_left_alone() {
        assert!(Unescaped::of("plain").is_none());
        assert!(Unescaped::of(r"\q\ \").is_none());
        assert!(Unescaped::of(r"\u12").is_none());
        assert_eq!(Unescaped::of(r"\ud800!").unwrap().text, "\u{fffd}!");
    }

    #[test]
    fn escapes_that_may_hide_something_are_told_from_those_that_may_not() {
        let of = |text: &str| {
            let Escapes { any, may_hide } = Escapes::of(text.as_bytes());
            (any, may_hide)
        };
        assert_eq!(of("plain u/x"), (false, false));
        for harmless in [r#"a\n\"b\\c"#, r"\", r"\\ u", r"\q", r"\nu"] {
            assert_eq!(of(harmless), (true, false), "{harmless}");
        }
        for hiding in [r"\u0070", r"a\\u0070", r"\\\x70", r":\/\/", r#"\"\n\u0070"#] {
            assert_eq!(of(hiding), (true, true), "{hiding}");
        }
    }
}
