//! The axis of time under a chart.

use chrono::{DateTime, TimeZone, Utc};

use crate::reports::{Bucket, TimeRange};

/// A mark on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeTick {
    /// In per cent of the axis.
    pub x: f64,
    pub label: String,
}

/// Steps that people count in, in seconds, up to five days.
const STEPS: [i64; 12] = [60, 180, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000];
const DAY: i64 = 86_400;

/// At most six marks at round times (UTC) between two times.
#[must_use]
pub fn ticks(start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<TimeTick> {
    let (from, to) = (start.timestamp(), end.timestamp());
    let length = to - from;
    if length <= 0 {
        return Vec::new();
    }
    let step = STEPS.into_iter().find(|step| length / step <= 6).unwrap_or(30 * DAY);
    let first = from + (step - from.rem_euclid(step)) % step;
    (0..=length / step)
        .map(|index| first + index * step)
        .take_while(|time| *time <= to)
        .filter_map(|time| {
            let label = label(time, step)?;
            Some(TimeTick { x: (time - from) as f64 / length as f64 * 100.0, label })
        })
        // A label at the very edge would be cut off.
        .filter(|tick| (3.0..=97.0).contains(&tick.x))
        .collect()
}

/// What a chart's axis spans: from its first bucket to the end of its last, which is not over yet; a moment for none.
#[must_use]
pub fn span(buckets: &[Bucket], range: TimeRange, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    match (buckets.first(), buckets.last()) {
        (Some(first), Some(last)) => (first.start, last.start + range.bucket()),
        _ => (now, now),
    }
}

/// A bucket, for people: `22 Nov 14:00 – 15:00 UTC`, or its day.
#[must_use]
pub fn bucket_label(start: DateTime<Utc>, range: TimeRange) -> String {
    let width = range.bucket();
    if width.num_seconds() >= DAY {
        return start.format("%-d %b UTC").to_string();
    }
    format!("{} – {}", start.format("%-d %b %H:%M"), (start + width).format("%H:%M UTC"))
}

fn label(time: i64, step: i64) -> Option<String> {
    let time = Utc.timestamp_opt(time, 0).single()?;
    Some(time.format(if step >= DAY { "%-d %b" } else { "%H:%M" }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_has_a_few_round_marks() -> Result<(), &'static str> {
        let end = Utc.with_ymd_and_hms(2026, 11, 22, 14, 3, 7).single().ok_or("no such time")?;
        for range in TimeRange::ALL {
            let ticks = ticks(end - range.length(), end);
            assert!((3..=6).contains(&ticks.len()), "{}: {ticks:?}", range.as_str());
        }
        let hour: Vec<_> = ticks(end - TimeRange::Hour.length(), end).into_iter().map(|tick| tick.label).collect();
        assert_eq!(hour, ["13:15", "13:30", "13:45", "14:00"]);
        Ok(())
    }

    #[test]
    fn a_bucket_says_when_it_was() -> Result<(), &'static str> {
        let start = Utc.with_ymd_and_hms(2026, 11, 22, 23, 0, 0).single().ok_or("no such time")?;
        assert_eq!(bucket_label(start, TimeRange::Hour), "22 Nov 23:00 – 23:01 UTC");
        assert_eq!(bucket_label(start, TimeRange::Day), "22 Nov 23:00 – 00:00 UTC");
        assert_eq!(bucket_label(start, TimeRange::Month), "22 Nov UTC");
        Ok(())
    }

    #[test]
    fn no_time_has_no_marks() {
        assert_eq!(ticks(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH), []);
    }
}
