//! Finds a hundred short texts in a long one, whatever their case.
//!
//! `aho-corasick` did this. Its automaton of these texts takes 150 kB, a piece of which is read for each byte: where the
//! processor's caches hold other things, as they do between two calls of a server, that took longer than all else that is done
//! to a result. The table here takes 4 kB, and most bytes need no more than one bit of it.

use std::ops::Range;

/// How many bytes the table tells apart: no anchor is shorter.
const START: usize = 3;
/// Bits of a byte that the table looks at: a letter's, without its case.
const LETTER: usize = 5;
const STARTS: usize = 1 << (LETTER * START);

/// What is looked for, each with what it is.
pub struct Anchors<T> {
    /// A bit for each start of three bytes that some anchor has.
    starts: Box<[u64; STARTS / 64]>,
    /// The anchors, by the letter that they begin with.
    by_letter: [Vec<(&'static [u8], T)>; 1 << LETTER],
}

impl<T: Copy> Anchors<T> {
    /// Anchors are ASCII, of three bytes or more.
    pub fn new(anchors: impl Iterator<Item = (&'static str, T)>) -> Self {
        let mut this = Self { starts: Box::new([0; STARTS / 64]), by_letter: [const { Vec::new() }; 1 << LETTER] };
        for (text, what) in anchors {
            let text = text.as_bytes();
            let start = start_of(&text[..START]);
            this.starts[start / 64] |= 1 << (start % 64);
            this.by_letter[letter(text[0])].push((text, what));
        }
        this
    }

    /// All anchors in `bytes`, in the order of their starts.
    pub fn find<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (T, Range<usize>)> + 'a {
        let mut next = 0;
        let mut at = 0;
        let mut candidates: &[(&[u8], T)] = &[];
        std::iter::from_fn(move || {
            loop {
                while let Some(((text, what), others)) = candidates.split_first() {
                    candidates = others;
                    let there = bytes.get(at..at + text.len());
                    if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                        return Some((*what, at..at + text.len()));
                    }
                }
                at = self.next_start(bytes, next)?;
                next = at + 1;
                candidates = &self.by_letter[letter(bytes[at])];
            }
        })
    }

    /// Where the next three bytes stand that some anchor starts with. A loop of its own: every byte that is stored goes through it.
    fn next_start(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let (first, rest) = bytes.get(from..)?.split_first_chunk::<{ START - 1 }>()?;
        let mut start = start_of(first);
        let end = rest.iter().position(|byte| {
            start = (start << LETTER | letter(*byte)) % STARTS;
            self.starts[start / 64] >> (start % 64) & 1 == 1
        })?;
        Some(from + end)
    }
}

/// What the table knows some bytes by.
fn start_of(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |start, byte| start << LETTER | letter(*byte))
}

/// The lower bits of a byte: the same of a letter and of its capital.
const fn letter(byte: u8) -> usize {
    (byte & ((1 << LETTER) - 1)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXTS: [&str; 7] = ["pass", "assert", "key", "sk-", "://", "AKIA", "passkey"];

    /// Each place asked for each text.
    fn expected(text: &str) -> Vec<(usize, Range<usize>)> {
        let places =
            (0..text.len()).flat_map(|at| TEXTS.iter().enumerate().map(move |(index, anchor)| (at, index, anchor)));
        let stands = |at: usize, anchor: &str| {
            text.as_bytes()[at..].get(..anchor.len()).is_some_and(|there| there.eq_ignore_ascii_case(anchor.as_bytes()))
        };
        let found = places.filter(|(at, _, anchor)| stands(*at, anchor));
        found.map(|(at, index, anchor)| (index, at..at + anchor.len())).collect()
    }

    proptest! {
        #[test]
        fn all_are_found_wherever_they_stand(
            parts in prop::collection::vec(prop_oneof![
                prop::sample::select(&TEXTS[..]).prop_map(str::to_owned),
                prop::sample::select(&TEXTS[..]).prop_map(str::to_uppercase),
                "[pasertky:/AKI-]{0,4}",
                "\\PC{0,3}",
            ], 0..12)
        ) {
            let text = parts.concat();
            let anchors = Anchors::new(TEXTS.into_iter().enumerate().map(|(index, text)| (text, index)));
            let mut found: Vec<_> = anchors.find(text.as_bytes()).collect();
            let mut expected = expected(&text);
            found.sort_unstable_by_key(|(index, at)| (at.start, *index));
            expected.sort_unstable_by_key(|(index, at)| (at.start, *index));
            prop_assert_eq!(found, expected);
        }
    }
}
