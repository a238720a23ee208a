//! The axis of a session's timeline: bursts of work, with the long waits between them cut short.
//!
//! An agent calls a few tools within a second and then thinks, or waits for its user, for minutes. On one even axis all
//! calls would be hairlines.

use super::lanes::Extent;

/// Waits longer than this, in ms, are cut short; doubled until there are at most [`MOST_CUTS`].
const WAIT: f64 = 10_000.0;
const MOST_CUTS: usize = 8;
/// The width of a cut, in per cent of the axis.
const CUT_WIDTH: f64 = 2.5;

/// From times in ms to per cent of the width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineAxis {
    pub bursts: Vec<Burst>,
}

/// A stretch without a cut; times in ms, places in per cent of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    pub start: f64,
    pub end: f64,
    pub x: f64,
    pub width: f64,
}

/// A wait that was cut short: where, and how long it was, in ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    pub x: f64,
    pub wait: f64,
}

impl TimelineAxis {
    /// The axis for these spans, in ms since any time.
    #[must_use]
    pub fn new(spans: &[Extent]) -> Self {
        let mut spans: Vec<(f64, f64)> = spans.iter().map(|span| (span.start, span.start + span.length)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wait = WAIT;
        let mut joined = join(&spans, wait);
        while joined.len() > MOST_CUTS + 1 {
            wait *= 2.0;
            joined = join(&spans, wait);
        }
        Self { bursts: place(&joined) }
    }

    /// Where a time stands; a time inside a cut stands where the cut begins.
    #[must_use]
    pub fn x(&self, time: f64) -> f64 {
        let Some(burst) = self.bursts.iter().rev().find(|burst| burst.start <= time) else { return 0.0 };
        let length = burst.end - burst.start;
        let part = if length > 0.0 { ((time - burst.start) / length).min(1.0) } else { 0.0 };
        burst.x + part * burst.width
    }

    /// The waits that were cut short.
    #[must_use]
    pub fn cuts(&self) -> Vec<Cut> {
        self.bursts
            .windows(2)
            .filter_map(|pair| match pair {
                [before, after] => {
                    Some(Cut { x: f64::midpoint(before.x + before.width, after.x), wait: after.start - before.end })
                }
                _ => None,
            })
            .collect()
    }
}

/// Spans that overlap, or that are not further apart than `wait`, as one.
fn join(spans: &[(f64, f64)], wait: f64) -> Vec<(f64, f64)> {
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if *start - last.1 <= wait => last.1 = last.1.max(*end),
            _ => joined.push((*start, *end)),
        }
    }
    joined
}

/// Gives each burst a width by its length, but none so little that nothing is seen of it.
fn place(joined: &[(f64, f64)]) -> Vec<Burst> {
    let total: f64 = joined.iter().map(|(start, end)| end - start).sum();
    let least = (total * 0.03).max(1.0);
    let weights: f64 = joined.iter().map(|(start, end)| end - start + least).sum();
    let room = 100.0 - CUT_WIDTH * joined.len().saturating_sub(1) as f64;
    let mut x = 0.0;
    joined
        .iter()
        .map(|(start, end)| {
            let width = room * (end - start + least) / weights;
            let burst = Burst { start: *start, end: *end, x, width };
            x += width + CUT_WIDTH;
            burst
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(spans: &[(f64, f64)]) -> TimelineAxis {
        let spans: Vec<_> = spans.iter().map(|(start, length)| Extent { start: *start, length: *length }).collect();
        TimelineAxis::new(&spans)
    }

    #[test]
    fn a_short_session_is_one_even_stretch() {
        let axis = axis(&[(0.0, 100.0), (500.0, 500.0)]);
        assert_eq!(axis.bursts.len(), 1);
        assert!((axis.x(500.0) - 50.0).abs() < 1e-9);
        assert!(axis.cuts().is_empty());
    }

    #[test]
    fn a_long_wait_is_cut_and_its_length_is_kept() {
        let axis = axis(&[(0.0, 1_000.0), (3_601_000.0, 1_000.0)]);
        assert_eq!(axis.cuts().len(), 1);
        assert!((axis.cuts()[0].wait - 3_600_000.0).abs() < 1e-9);
        assert!(axis.x(1_000.0) < axis.cuts()[0].x && axis.cuts()[0].x < axis.x(3_601_000.0));
    }

    #[test]
    fn there_are_never_many_cuts_and_time_never_runs_backwards() {
        let spans: Vec<_> = (0..200_u32).map(|n| (f64::from(n * n) * 700.0, 50.0)).collect();
        let axis = axis(&spans);
        assert!(axis.cuts().len() <= MOST_CUTS);
        assert!(spans.windows(2).all(|pair| axis.x(pair[0].0) <= axis.x(pair[1].0)));
        assert!(spans.iter().all(|span| (0.0..=100.0 + 1e-9).contains(&axis.x(span.0 + span.1))));
    }

    #[test]
    fn nothing_has_an_axis_too() {
        assert_eq!(axis(&[]), TimelineAxis::default());
        assert!(axis(&[(5.0, 0.0)]).x(5.0).abs() < 1e-9, "one instant");
    }
}
