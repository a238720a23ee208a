//! Numbers of payment cards: 13 to 19 digits of a known issuer whose check digit is right.

use std::ops::Range;

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// First digits (from, to) and lengths of the numbers that an issuer gives out.
const ISSUERS: [(u32, u32, &[usize]); 13] = [
    (4, 4, &[13, 16, 19]),           // Visa
    (51, 55, &[16]),                 // Mastercard
    (2221, 2720, &[16]),             // Mastercard
    (34, 34, &[15]),                 // American Express
    (37, 37, &[15]),                 // American Express
    (300, 305, &[14]),               // Diners Club
    (36, 39, &[14, 16]),             // Diners Club; 37 stands above
    (3528, 3589, &[16, 17, 18, 19]), // JCB
    (60, 60, &[16, 19]),             // Discover, RuPay
    (62, 62, &[16, 17, 18, 19]),     // UnionPay
    (63, 63, &[16, 18, 19]),         // Maestro
    (644, 659, &[16, 17, 18, 19]),   // Discover
    (67, 67, &[16, 18, 19]),         // Maestro
];

/// Puts the cards of `text` into `found`.
pub(super) fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    for run in runs(text) {
        find_in_run(text, run, found);
    }
}

/// Whether a card may stand in a text with escapes that hide no digits, in whichever of its layers: false says that there is none.
pub(super) fn may_hold(text: &[u8]) -> bool {
    let mut found = Vec::new();
    runs(text).any(|run| {
        // `\n4111 …`: what seems to be the letter of a word is the end of an escape.
        let is_behind_escape = text[..run.start].split_last_chunk::<2>().is_some_and(|(_, before)| before[0] == b'\\');
        find_in_run(text, run, &mut found);
        is_behind_escape || !found.is_empty()
    })
}

/// Where digits with single separators between them stand, long enough for a card.
fn runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    // No card is shorter than 13 bytes, so that one byte of 13 is enough to look at.
    let mut at = SHORTEST - 1;
    std::iter::from_fn(move || {
        loop {
            let byte = *text.get(at)?;
            let looked_at = at;
            at += SHORTEST;
            if is_part(text, looked_at, byte) {
                let start = (0..looked_at).rev().find(|&index| !is_part(text, index, text[index]));
                let end = (looked_at..text.len()).find(|&index| !is_part(text, index, text[index]));
                let (start, end) = (start.map_or(0, |before| before + 1), end.unwrap_or(text.len()));
                at = end + SHORTEST;
                if end - start >= SHORTEST {
                    return Some(start..end);
                }
            }
        }
    })
}

/// Whether a number without separators is a card's.
pub(super) fn is_card(digits: &[u8]) -> bool {
    (SHORTEST..=LONGEST).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && is_issued(digits)
        && is_checked(digits)
}

/// A digit, or one separator between two digits.
fn is_part(text: &[u8], at: usize, byte: u8) -> bool {
    let is_digit = |index: Option<usize>| index.and_then(|index| text.get(index)).is_some_and(u8::is_ascii_digit);
    match byte {
        b'0'..=b'9' => true,
        b' ' | b'-' => is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)),
        _ => false,
    }
}

/// Looks for cards in digits and separators: `pay 12 of 4111 1111 1111 1111 12/27` holds other numbers beside it.
fn find_in_run(text: &[u8], run: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut start = run.start;
    while start < run.end {
        let mut digits = [0; LONGEST];
        let (mut count, mut end, mut group_start, mut card_end) = (0, start, start, None);
        while end < run.end && count < LONGEST {
            if text[end].is_ascii_digit() {
                digits[count] = text[end];
                count += 1;
                end += 1;
                let closes = end == run.end || !text[end].is_ascii_digit();
                // Cards are written in groups of three to six digits, four at first; other lists of numbers are not.
                let group = end - group_start;
                let is_grouped = group_start == start || (3..=6).contains(&group);
                if closes && group_start == start && end < run.end && group != 4 && group < SHORTEST {
                    break;
                }
                if closes && !is_grouped {
                    break;
                }
                if closes && is_card(&digits[..count]) {
                    card_end = Some(end);
                }
            } else {
                end += 1;
                group_start = end;
            }
        }
        if let Some(card_end) = card_end
            && is_apart(text, start, card_end)
        {
            found.push(start..card_end);
            start = card_end;
        }
        // On to the next group.
        start += text[start..run.end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        start += text[start..run.end].iter().take_while(|byte| !byte.is_ascii_digit()).count();
    }
}

/// Not a part of a word, nor of a fraction (`0.4111111111111111`).
fn is_apart(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|index| text[index]);
    let is_fraction = before == Some(b'.') && start.checked_sub(2).is_some_and(|index| text[index].is_ascii_digit());
    let after = text.get(end).copied();
    let is_decimal = after == Some(b'.') && text.get(end + 1).is_some_and(u8::is_ascii_digit);
    let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    !is_fraction && !is_decimal && !is_word(before) && !is_word(after)
}

fn is_issued(digits: &[u8]) -> bool {
    ISSUERS.iter().any(|(from, to, lengths)| {
        let places = from.ilog10() as usize + 1;
        let first = digits[..places].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        (*from..=*to).contains(&first) && lengths.contains(&digits.len())
    })
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn is_checked(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(digit - b'0') << (index & 1);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::find;

    fn found(text: &str) -> Vec<&str> {
        let mut ranges = Vec::new();
        find(text.as_bytes(), &mut ranges);
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn cards_are_found_as_people_write_them() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
            "3782 822463 10005",
            "5555555555554444",
            "2223003122003222",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
            "4222222222222",
            "6250941006528599",
            "4917610000000000003",
        ] {
            for text in [card.to_owned(), format!("card: {card}."), format!("12 {card} 12/27"), format!("({card}),x")] {
                assert_eq!(found(&text), [card], "{text}");
            }
        }
    }

    #[test]
    fn other_numbers_are_not_cards() {
        for (text, why) in [
            ("4111111111111112", "the check digit is wrong"),
            ("1767971234567", "a time in ms: no issuer"),
            ("0.4111111111111111", "a fraction"),
            ("4111111111111111.5", "a decimal"),
            ("a4111111111111111", "part of a word"),
            ("41111111111111110000000000", "too long"),
            ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "a list of digits"),
            ("550e8400-e29b-41d4-a716-446655440000", "a UUID"),
            ("2026-01-09 14:40:00.123456", "a time"),
            ("+49 30 1234567890", "a telephone number"),
        ] {
            assert!(found(text).is_empty(), "{text}: {why}");
        }
    }
}
