//! The same JSON twice in one document: a tool's result has its structured content once more, written as text. What has been
//! searched as the one is not searched again as the other, which says the same: to compare the two takes a third of that time.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use memchr::memmem::Finder;

use super::strings::first_mark;

/// Structured content, with its secrets hidden.
pub(super) struct Twin<'a> {
    /// Where it stands in the document.
    pub(super) range: Range<usize>,
    /// Borrowed where it has no secret, and is shown as it stands.
    pub(super) shown: Cow<'a, str>,
}

/// Where structured content may begin: an object.
pub(super) fn start(json: &[u8]) -> Option<usize> {
    static KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"structuredContent\":{"));
    Some(KEY.find(json)? + KEY.needle().len() - 1)
}

/// The end of the string that begins at `start`, where that is `twin`, a JSON value, written as text: each quote and each backslash
/// behind a backslash of its own. Other ways to write it are not looked for.
pub(super) fn end_of_text(json: &[u8], start: usize, twin: &[u8]) -> Option<usize> {
    let (mut at, mut rest) = (start, twin);
    // Eight bytes at once, or up to the first that has a backslash before it.
    while let (Some(word), Some(written)) = (rest.first_chunk(), json.get(at..).and_then(<[u8]>::first_chunk)) {
        let (word, written) = (u64::from_le_bytes(*word), u64::from_le_bytes(*written));
        let plain = first_mark(word);
        let differ = (word ^ written).trailing_zeros() as usize / 8;
        if differ < plain {
            return None;
        }
        if plain == 8 {
            at += 8;
            rest = &rest[8..];
        } else {
            if json.get(at + plain..at + plain + 2)? != [b'\\', rest[plain]] {
                return None;
            }
            at += plain + 2;
            rest = &rest[plain + 1..];
        }
    }
    for byte in rest {
        if matches!(byte, b'"' | b'\\') {
            if json.get(at) != Some(&b'\\') {
                return None;
            }
            at += 1;
        }
        if json.get(at) != Some(byte) {
            return None;
        }
        at += 1;
    }
    (json.get(at) == Some(&b'"')).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::end_of_text;

    proptest! {
        #[test]
        fn what_is_written_as_text_is_known_again(json in r#"[\\"{}a-cß:\u{1F600} ]{0,40}"#, behind in "[\"a ]{0,3}", at in 0..60_usize) {
            let document = format!("x{}{behind}", serde_json::to_string(&json).unwrap());
            let end = document.len() - behind.len() - 1;
            prop_assert_eq!(end_of_text(document.as_bytes(), 2, json.as_bytes()), Some(end));
            // With any byte changed it is another text.
            let mut other = document.into_bytes();
            let at = 2 + at % (end - 1);
            other[at] ^= 1;
            prop_assert_eq!(end_of_text(&other, 2, json.as_bytes()), None);
        }
    }
}
