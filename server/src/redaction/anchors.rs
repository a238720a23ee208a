//! Finds a hundred short texts in a long one, whatever their case.
//!
//! `aho-corasick` did this. Its automaton of these texts takes 150 kB, a piece of which is read for each byte: where the
//! processor's caches hold other things, as they do between two calls of a server, that took longer than all else that is done
//! to a result. The table here takes 4 kB, and most bytes need no more than one look at it.

use std::ops::Range;

/// How many bytes of an anchor the table knows it by: none is shorter.
const HEAD: usize = 3;
/// Of these bytes the bits that the table looks at: the five lower ones of each, which are a letter's without its case.
const LETTERS: u64 = 0x001f_1f1f;
/// How many heads there are in eight bytes.
const STEP: usize = 8 - HEAD + 1;
/// Bits of a head's number.
const BITS: u32 = 15;
const HEADS: usize = 1 << BITS;
/// How many there are in the table that each byte is looked up in. One in fifty leads to no anchor.
const KNOWN: usize = 4096;
/// More than there are anchors, so that most heads have a group of their own.
const GROUPS: usize = 256;

/// What is looked for, each with what it is.
pub struct Anchors<T> {
    /// Whether some anchor has a head that begins with these bits of its number.
    heads: Box<[bool; KNOWN]>,
    /// The anchors, sorted by their heads.
    sorted: Vec<(usize, &'static [u8], T)>,
    /// Where in them those begin whose heads have so many first bits.
    groups: [usize; GROUPS + 1],
}

impl<T: Copy> Anchors<T> {
    /// Anchors are ASCII, of three bytes or more: others are a mistake in a table of constants, and it panics.
    pub fn new(anchors: impl Iterator<Item = (&'static str, T)>) -> Self {
        let mut this = Self { heads: Box::new([false; KNOWN]), sorted: Vec::new(), groups: [0; GROUPS + 1] };
        for (text, what) in anchors {
            assert!(text.is_ascii() && text.len() >= HEAD, "{text:?} cannot be looked for");
            let text = text.as_bytes();
            let head = head_at(text, 0);
            this.heads[head / (HEADS / KNOWN)] = true;
            this.sorted.push((head, text, what));
        }
        this.sorted.sort_by_key(|(head, ..)| *head);
        this.groups = std::array::from_fn(|group| this.sorted.partition_point(|(head, ..)| group_of(*head) < group));
        this
    }

    /// All anchors in `bytes`, in the order of their starts.
    pub fn find<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (T, Range<usize>)> + 'a {
        let mut next = 0;
        let (mut at, mut head) = (0, 0);
        let mut candidates: &[(usize, &[u8], T)] = &[];
        std::iter::from_fn(move || {
            loop {
                while let Some(((own, text, what), others)) = candidates.split_first() {
                    candidates = others;
                    if *own != head {
                        continue;
                    }
                    let there = bytes.get(at..at + text.len());
                    if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                        return Some((*what, at..at + text.len()));
                    }
                }
                at = self.next_head(bytes, next)?;
                next = at + 1;
                head = head_at(bytes, at);
                let group = group_of(head);
                candidates = &self.sorted[self.groups[group]..self.groups[group + 1]];
            }
        })
    }

    /// Where the next head of some anchor stands. A loop of its own: every byte that is stored goes through it.
    fn next_head(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let is_known = |head: usize| self.heads[head / (HEADS / KNOWN)];
        let mut at = from;
        // Eight bytes are read at once, and the six heads in them looked up without a branch between them.
        while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_le_bytes(*word);
            let heads =
                (0..STEP).fold(0, |heads, place| heads | u8::from(is_known(head_of(word >> (8 * place)))) << place);
            if heads != 0 {
                return Some(at + heads.trailing_zeros() as usize);
            }
            at += STEP;
        }
        (at..(bytes.len() + 1).saturating_sub(HEAD)).find(|at| is_known(head_at(bytes, *at)))
    }
}

/// The number of the head that begins at a place that has as many bytes.
fn head_at(bytes: &[u8], at: usize) -> usize {
    let letters = &bytes[at..at + HEAD];
    head_of(u64::from_le_bytes([letters[0], letters[1], letters[2], 0, 0, 0, 0, 0]))
}

/// The number of a head, the same for a letter and its capital. Some share one. That of one place does not wait for that of the place
/// before.
#[inline]
const fn head_of(letters: u64) -> usize {
    (((letters & LETTERS) * 0x9e37_79b1) >> (u32::BITS - BITS)) as usize % HEADS
}

const fn group_of(head: usize) -> usize {
    head / (HEADS / GROUPS)
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
