//! Finds a hundred short texts in a long one, whatever their case.
//!
//! `aho-corasick` did this. Its automaton of these texts takes 150 kB, a piece of which is read for each byte: where the
//! processor's caches hold other things, as they do between two calls of a server, that took longer than all else that is done
//! to a result. The table here takes 4 kB, and most bytes need no more than one bit of it.

use std::ops::Range;

/// How many bytes of an anchor the table knows it by: none is shorter.
const HEAD: usize = 3;
/// Bits of a byte that the table looks at: a letter's, without its case.
const LETTER: usize = 5;
const HEADS: usize = 1 << (LETTER * HEAD);

/// What is looked for, each with what it is.
pub struct Anchors<T> {
    /// A bit for each head that some anchor has.
    heads: Box<[u64; HEADS / 64]>,
    /// The anchors, by the letter that they begin with.
    by_letter: [Vec<(&'static [u8], T)>; 1 << LETTER],
}

impl<T: Copy> Anchors<T> {
    /// Anchors are ASCII, of three bytes or more: others are a mistake in a table of constants, and it panics.
    pub fn new(anchors: impl Iterator<Item = (&'static str, T)>) -> Self {
        let mut this = Self { heads: Box::new([0; HEADS / 64]), by_letter: [const { Vec::new() }; 1 << LETTER] };
        for (text, what) in anchors {
            assert!(text.is_ascii() && text.len() >= HEAD, "{text:?} cannot be looked for");
            let text = text.as_bytes();
            let head = head_of(&text[..HEAD]);
            this.heads[head / 64] |= 1 << (head % 64);
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
                at = self.next_head(bytes, next)?;
                next = at + 1;
                candidates = &self.by_letter[letter(bytes[at])];
            }
        })
    }

    /// Where the next head of some anchor stands. A loop of its own: every byte that is stored goes through it.
    fn next_head(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let (first, rest) = bytes.get(from..)?.split_first_chunk::<{ HEAD - 1 }>()?;
        let mut head = head_of(first);
        // `rest` begins with the last byte of the first head: where another one's last byte stands in it, its first stands in `bytes`.
        let offset = rest.iter().position(|byte| {
            head = (head << LETTER | letter(*byte)) % HEADS;
            self.heads[head / 64] >> (head % 64) & 1 == 1
        })?;
        Some(from + offset)
    }
}

/// The number of a head, or of its beginning, in the table.
fn head_of(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |head, byte| head << LETTER | letter(*byte))
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
            let found: Vec<_> = anchors.find(text.as_bytes()).collect();
            prop_assert_eq!(found, expected(&text));
        }
    }
}
