//! What differs between two texts, line by line.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};
use tracon_app::workspace::DiffLine;

/// Lines that are the same before and after each change, so that a reader knows where he is.
const CONTEXT: usize = 3;
/// The most lines that are given.
const LINES: usize = 2_000;
/// The most characters of a line that are given: JSON comes on one.
const CHARACTERS: usize = 2_000;
/// After this long the rest is compared roughly: more lines differ than need to, none is missing.
const PATIENCE: Duration = Duration::from_millis(300);

/// The changes from `old` to `new`, with the lines around them, and how many lines were cut off behind the 2,000th. Both
/// are empty and nought when nothing differs. What follows the 2,000th character of a line is counted in its place.
#[must_use]
pub fn lines(old: &str, new: &str) -> (Vec<DiffLine>, u64) {
    if old == new {
        return (Vec::new(), 0);
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut lines = Vec::new();
    let mut cut = 0;
    let mut next = 0;
    let mut push = |line: DiffLine| if lines.len() < LINES { lines.push(line) } else { cut += 1 };
    for group in diff.grouped_ops(CONTEXT) {
        let Some(start) = group.first().map(|change| change.old_range().start) else { continue };
        if start > next {
            push(DiffLine::Skipped((start - next) as u64));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let line = shown(change.value());
            push(match change.tag() {
                ChangeTag::Equal => DiffLine::Same(line),
                ChangeTag::Delete => DiffLine::Removed(line),
                ChangeTag::Insert => DiffLine::Added(line),
            });
        }
        next = group.last().map_or(next, |change| change.old_range().end);
    }
    if diff.old_len() > next {
        push(DiffLine::Skipped((diff.old_len() - next) as u64));
    }
    (lines, cut)
}

/// A line without its end, and not longer than can be read.
fn shown(line: &str) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    match line.char_indices().nth(CHARACTERS) {
        None => line.to_owned(),
        Some((end, _)) => {
            let (shown, rest) = line.split_at(end);
            format!("{shown} … ({} more characters)", rest.chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DiffLine::{Added, Removed, Same, Skipped};
    use std::time::Instant;

    fn text(lines: impl Iterator<Item = String>) -> String {
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    }

    fn same(line: &str) -> DiffLine {
        Same(line.to_owned())
    }

    #[test]
    fn nothing_differs_from_itself() {
        for text in ["", "a", "a\nb\n"] {
            assert_eq!(lines(text, text), (vec![], 0));
        }
    }

    #[test]
    fn a_change_stands_between_three_lines_and_a_count_of_the_rest() {
        let old = text((0..20).map(|line| format!("{line}")));
        let new = old.replace("10\n", "ten\n");
        let expected = vec![
            Skipped(7),
            same("7"),
            same("8"),
            same("9"),
            Removed("10".to_owned()),
            Added("ten".to_owned()),
            same("11"),
            same("12"),
            same("13"),
            Skipped(6),
        ];
        assert_eq!(lines(&old, &new), (expected, 0));
    }

    #[test]
    fn everything_is_new_or_gone_beside_nothing() {
        assert_eq!(lines("", "a\r\nb").0, [Added("a".to_owned()), Added("b".to_owned())]);
        assert_eq!(lines("a\nb\n", "").0, [Removed("a".to_owned()), Removed("b".to_owned())]);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let old = text((0..3_000).map(|line| format!("old {line}")));
        let (shown, cut) = lines(&old, "");
        assert_eq!((shown.len(), cut), (2_000, 1_000));
        let (long, _) = lines("", &"é".repeat(2_005));
        assert_eq!(long, [Added(format!("{} … (5 more characters)", "é".repeat(2_000)))]);
    }

    /// Every line of both is there, or counted.
    #[test]
    fn no_line_is_missing() {
        let old = text((0..500).map(|line| format!("{}", line * 7 % 101)));
        let new = text((0..500).map(|line| format!("{}", line * 11 % 103)));
        let (shown, cut) = lines(&old, &new);
        let (mut before, mut after) = (0, 0);
        for line in shown {
            match line {
                Same(_) => (before, after) = (before + 1, after + 1),
                Removed(_) => before += 1,
                Added(_) => after += 1,
                Skipped(lines) => (before, after) = (before + lines, after + lines),
            }
        }
        assert_eq!((before, after, cut), (500, 500, 0));
    }

    #[test]
    fn a_megabyte_on_either_side_is_compared_at_once() {
        let old = text((0..180_000_u64).map(|line| format!("{}", line * 7_919 % 10_007)));
        let new = text((0..180_000_u64).map(|line| format!("{}", line * 104_729 % 10_009)));
        let started = Instant::now();
        let (shown, cut) = lines(&old, &new);
        assert!(shown.len() == LINES && cut > 0);
        assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    }
}
