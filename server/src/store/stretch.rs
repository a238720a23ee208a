//! Stretches of time and the buckets that they are cut into.

use chrono::{DateTime, TimeDelta, Utc};
use tracon_app::reports::TimeRange;
use uuid::Uuid;

use super::rollup::Width;

/// A stretch of time: from its start on, up to but not including its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Stretch {
    /// The stretch that `range` names and in whose last bucket `now` lies.
    ///
    /// It starts where the bucket starts in which `now - range.length()` lies, and ends where the rollup ends in which
    /// `now` lies, so that whole rollups make it up and their sum is its total: it reaches back by up to one bucket more
    /// than the range's name says. Every figure and every list of a range uses these bounds.
    pub fn of(range: TimeRange, now: DateTime<Utc>) -> Self {
        let width = Width::of(range).length();
        Self { start: floor(now - range.length(), range.bucket()), end: floor(now, width) + width }
    }

    /// The stretch just before: as long as this one has lasted, to the nearest rollup. With a bucket more or less, a
    /// comparison of the two would be off by up to a sixteenth.
    pub fn previous(self, range: TimeRange, now: DateTime<Utc>) -> Self {
        let width = Width::of(range).length();
        Self { start: floor(self.start - (now - self.start) + width / 2, width), end: self.start }
    }

    /// The stretch cut at multiples of the bucket's width since the epoch, oldest first. The last ends with the stretch.
    pub fn buckets(self, range: TimeRange) -> Vec<Self> {
        self.cut(range.bucket()).collect()
    }

    fn cut(self, width: TimeDelta) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.start), move |start| Some(*start + width))
            .take_while(move |start| *start < self.end)
            .map(move |start| Self { start, end: (start + width).min(self.end) })
    }

    /// Where each rollup of that width starts of those that make up the stretch.
    pub fn starts(self, width: Width) -> impl Iterator<Item = DateTime<Utc>> {
        self.cut(width.length()).map(|bucket| bucket.start)
    }

    /// The stretch as few rollups: of the next wider kind where whole ones fit, of `width` at its edges.
    pub fn cover(self, width: Width) -> Vec<(Width, Self)> {
        let Some(wider) = width.wider() else { return vec![(width, self)] };
        let first = floor(self.start + wider.length() - TimeDelta::microseconds(1), wider.length());
        let last = floor(self.end, wider.length());
        if first >= last {
            return vec![(width, self)];
        }
        let pieces = [
            (width, Self { start: self.start, end: first }),
            (wider, Self { start: first, end: last }),
            (width, Self { start: last, end: self.end }),
        ];
        pieces.into_iter().filter(|(_, piece)| piece.start < piece.end).collect()
    }
}

/// The last multiple of `width` since the epoch that is not after `time`.
pub fn floor(time: DateTime<Utc>, width: TimeDelta) -> DateTime<Utc> {
    let width = width.num_seconds();
    let seconds = time.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(width), 0).unwrap_or(time)
}

/// The least id that a request of that time may have: ids are of version 7 and begin with the milliseconds of the start.
pub fn first_id(time: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::microseconds(47_123_456_789)
    }

    #[test]
    fn buckets_are_aligned_and_cover_their_stretch_without_gap_or_overlap() {
        for range in TimeRange::ALL {
            let stretch = Stretch::of(range, now());
            let buckets = stretch.buckets(range);
            assert_eq!(buckets.first().map(|bucket| bucket.start), Some(stretch.start), "{range:?}");
            assert_eq!(buckets.last().map(|bucket| bucket.end), Some(stretch.end), "{range:?}");
            assert!(buckets.windows(2).all(|pair| pair[0].end == pair[1].start), "{range:?}");
            assert!(buckets.iter().all(|bucket| bucket.start.timestamp() % range.bucket().num_seconds() == 0));
            assert!(stretch.start <= now() - range.length() && now() - range.length() < buckets[0].end, "{range:?}");
            let last = buckets[buckets.len() - 1];
            assert!(last.start <= now() && now() < last.end, "{range:?}");
            let whole = range.length().num_seconds() / range.bucket().num_seconds();
            assert_eq!(i64::try_from(buckets.len()), Ok(whole + 1), "{range:?}");
        }
    }

    #[test]
    fn the_stretch_before_ends_where_this_one_starts_and_is_as_long_to_the_nearest_rollup() {
        for range in TimeRange::ALL {
            let stretch = Stretch::of(range, now());
            let previous = stretch.previous(range, now());
            assert_eq!(previous.end, stretch.start, "{range:?}");
            let width = Width::of(range).length();
            assert_eq!(previous.start, floor(previous.start, width), "{range:?}");
            let differ = ((previous.end - previous.start) - (now() - stretch.start)).abs();
            assert!(differ <= width / 2, "{range:?}: {differ}");
        }
    }

    #[test]
    fn a_stretch_is_covered_by_few_rollups_without_gap_or_overlap() {
        for range in TimeRange::ALL {
            let width = Width::of(range);
            for shift in 0..200 {
                let now = now() + TimeDelta::minutes(shift * 37);
                let stretch = Stretch::of(range, now);
                for stretch in [stretch, stretch.previous(range, now)] {
                    let cover = stretch.cover(width);
                    assert_eq!(cover[0].1.start, stretch.start);
                    assert_eq!(cover[cover.len() - 1].1.end, stretch.end);
                    assert!(cover.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
                    for (width, piece) in &cover {
                        assert_eq!(
                            (piece.start, piece.end),
                            (floor(piece.start, width.length()), floor(piece.end, width.length()))
                        );
                    }
                    let rollups: usize = cover.iter().map(|(width, piece)| piece.starts(*width).count()).sum();
                    assert!(rollups <= 130, "{range:?}: {rollups}");
                }
            }
        }
    }
}
