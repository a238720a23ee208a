//! Where the strings of JSON end.

use super::escapes::Escapes;

/// The end of the string that begins at `start`, where that is before `limit`, and its escapes up to there.
pub(super) fn string_end(json: &[u8], start: usize, limit: usize) -> (Option<usize>, Escapes) {
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
