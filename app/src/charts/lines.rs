//! Lines through values, with gaps where there is none.

use super::coordinate;
use std::fmt::Write;

/// The path of a line in a box of 100 by 100, each point in the middle of its bucket. `y` gives the height of a value.
/// A value between two gaps is a dot: a line of no length, which round ends make visible.
#[must_use]
pub fn line(values: &[Option<f64>], y: impl Fn(f64) -> f64) -> String {
    let step = 100.0 / values.len().max(1) as f64;
    let mut path = String::new();
    let mut drawing = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let command = if drawing { 'L' } else { 'M' };
        let x = coordinate((index as f64 + 0.5) * step);
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x} {}", coordinate(y(*value)));
        let alone = !drawing && values.get(index + 1).is_none_or(Option::is_none);
        if alone {
            path.push_str("h.01");
        }
        drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lifts_the_pen() {
        let path = line(&[Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)], |value| value);
        assert_eq!(path, "M10 1L30 2M70 3L90 4");
    }

    #[test]
    fn a_lone_value_is_a_dot() {
        assert_eq!(line(&[None, Some(5.0), None], |value| value), "M50 5h.01");
        assert_eq!(line(&[Some(5.0)], |value| value), "M50 5h.01");
    }

    #[test]
    fn nothing_is_no_line() {
        assert_eq!(line(&[], |value| value), "");
        assert_eq!(line(&[None, None], |value| value), "");
    }
}
