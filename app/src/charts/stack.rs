//! Columns of a bar chart, stacked by outcome.

use super::scale::{Linear, linear};
use crate::reports::{Bucket, Outcome};

/// The columns and their axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    pub axis: Linear,
    pub columns: Vec<Column>,
}

/// One bucket, in per cent of the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub x: f64,
    pub width: f64,
    /// From the bottom up.
    pub parts: Vec<Part>,
    pub total: u64,
}

/// One outcome's share of a column, in per cent of the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub outcome: Outcome,
    pub y: f64,
    pub height: f64,
    pub count: u64,
}

/// What stands between two columns, as a part of a column.
const GAP: f64 = 0.2;
/// A failure among ten thousand successes must still be seen, in per cent of the plot.
const LEAST_HEIGHT: f64 = 1.2;

/// Stacks the outcomes of each bucket in the order in which [`Outcome::ALL`] has them.
#[must_use]
pub fn stack(buckets: &[Bucket]) -> Stack {
    let total = |bucket: &Bucket| bucket.outcomes.iter().map(|(_, count)| count).sum::<u64>();
    let axis = linear(buckets.iter().map(total).max().unwrap_or_default() as f64);
    let step = 100.0 / buckets.len().max(1) as f64;
    let columns = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| Column {
            x: (index as f64 + GAP / 2.0) * step,
            width: step * (1.0 - GAP),
            parts: parts(&bucket.outcomes, &axis),
            total: total(bucket),
        })
        .collect();
    Stack { axis, columns }
}

fn parts(outcomes: &[(Outcome, u64)], axis: &Linear) -> Vec<Part> {
    let mut sorted: Vec<_> = outcomes.iter().copied().filter(|(_, count)| *count > 0).collect();
    sorted.sort_unstable_by_key(|(outcome, _)| *outcome);
    let mut bottom = 100.0_f64;
    sorted
        .into_iter()
        .map(|(outcome, count)| {
            let height = (count as f64 / axis.top * 100.0).max(LEAST_HEIGHT).min(bottom);
            bottom -= height;
            Part { outcome, y: bottom, height, count }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn bucket(outcomes: &[(Outcome, u64)]) -> Bucket {
        Bucket {
            start: DateTime::UNIX_EPOCH,
            outcomes: outcomes.to_vec(),
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            response_bytes: 0,
            response_tokens: 0,
        }
    }

    #[test]
    fn successes_stand_at_the_bottom_and_nothing_overlaps() {
        let stack = stack(&[bucket(&[(Outcome::Timeout, 10), (Outcome::Ok, 30)]), bucket(&[])]);
        let [first, second] = &stack.columns[..] else { panic!("two buckets, two columns") };
        assert!((stack.axis.top - 40.0).abs() < 1e-9);
        assert_eq!(first.parts.iter().map(|part| part.outcome).collect::<Vec<_>>(), [Outcome::Ok, Outcome::Timeout]);
        assert!((first.parts[0].y - 25.0).abs() < 1e-9 && first.parts[1].y.abs() < 1e-9);
        assert_eq!((first.total, second.total), (40, 0));
        assert!(second.parts.is_empty());
        assert!(first.x + first.width < second.x);
    }

    #[test]
    fn one_failure_among_many_is_seen_and_nothing_leaves_the_plot() {
        let all: Vec<_> = Outcome::ALL.into_iter().map(|outcome| (outcome, 1)).collect();
        let mut many = all.clone();
        many[0].1 = 1_000_000;
        let stack = stack(&[bucket(&many)]);
        let parts = &stack.columns[0].parts;
        assert!(parts.iter().all(|part| part.y >= 0.0 && part.y + part.height <= 100.0 + 1e-9));
        assert!(parts[1].height >= LEAST_HEIGHT);
    }

    #[test]
    fn no_bucket_is_no_column() {
        assert!(stack(&[]).columns.is_empty());
    }
}
