//! Stretches of time and the buckets that they are cut into.

use chrono::{DateTime, TimeDelta, Utc};
use tracon_app::reports::TimeRange;

/// A stretch of time: from its start on, up to but not including its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Stretch {
    /// The stretch that `range` names and that ends with `now`, which belongs to it.
    ///
    /// It starts where the bucket starts in which `now - range.length()` lies, so that whole buckets make it up and their
    /// sum is its total: it reaches back by up to one bucket more than the range's name says. Every figure and every list
    /// of a range uses this start.
    pub fn of(range: TimeRange, now: DateTime<Utc>) -> Self {
        // What is stored has microseconds, so the first instant after `now` is one microsecond later.
        let end = now + TimeDelta::microseconds(1);
        Self { start: floor(now - range.length(), range.bucket()), end }
    }

    /// The stretch of the same length just before.
    pub fn previous(self) -> Self {
        Self { start: self.start - (self.end - self.start), end: self.start }
    }

    /// The stretch cut at multiples of the bucket's width since the epoch, oldest first. The last ends with the stretch.
    pub fn buckets(self, range: TimeRange) -> Vec<Self> {
        let width = range.bucket();
        std::iter::successors(Some(self.start), |start| Some(*start + width))
            .take_while(|start| *start < self.end)
            .map(|start| Self { start, end: (start + width).min(self.end) })
            .collect()
    }
}

/// The last multiple of `width` since the epoch that is not after `time`.
fn floor(time: DateTime<Utc>, width: TimeDelta) -> DateTime<Utc> {
    let width = width.num_seconds();
    let seconds = time.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(width), 0).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_aligned_and_cover_their_stretch_without_gap_or_overlap() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::microseconds(47_123_456_789);
        for range in TimeRange::ALL {
            let stretch = Stretch::of(range, now);
            let buckets = stretch.buckets(range);
            assert_eq!(buckets.first().map(|bucket| bucket.start), Some(stretch.start), "{range:?}");
            assert_eq!(buckets.last().map(|bucket| bucket.end), Some(stretch.end), "{range:?}");
            assert!(buckets.windows(2).all(|pair| pair[0].end == pair[1].start), "{range:?}");
            assert!(buckets.iter().all(|bucket| bucket.start.timestamp() % range.bucket().num_seconds() == 0));
            assert!(stretch.start <= now - range.length() && now - range.length() < buckets[0].end, "{range:?}");
            let whole = range.length().num_seconds() / range.bucket().num_seconds();
            assert_eq!(i64::try_from(buckets.len()), Ok(whole + 1), "{range:?}");
        }
    }

    #[test]
    fn the_stretch_before_is_as_long_and_ends_where_this_one_starts() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let stretch = Stretch::of(TimeRange::Hour, now);
        let previous = stretch.previous();
        assert_eq!(previous.end, stretch.start);
        assert_eq!(previous.end - previous.start, stretch.end - stretch.start);
    }
}
