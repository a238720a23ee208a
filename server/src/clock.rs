//! Time and ids, passed in wherever they are needed: the only module that asks the system for either.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::{Builder, Uuid};

/// The wall clock, UTC. Durations are measured with `Instant`, not with this.
pub trait Clock: Debug + Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved: for tests of windows and time-outs.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    #[must_use]
    pub fn at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the clock forward (or back).
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes ids that sort by the time they were made for, also within one millisecond, and in the order in which they were made
/// where the clock is set back.
#[derive(Debug, Default)]
pub struct Ids(Mutex<Latest>);

/// Of the latest id, what it begins with.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    millis: u64,
    counter: u16,
}

impl Ids {
    /// A `UUIDv7` for that time. Behind its version stands a counter of 12 bits (RFC 9562, 6.2, method 1), so that no two of one
    /// server begin with the same 64: SQLite's rows are numbered by them. It runs into the next millisecond where one has more ids.
    pub fn next(&self, at: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let Latest { millis, counter } = {
            let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = match *latest {
                before if before.millis < millis => Latest { millis, counter: 0 },
                Latest { millis, counter: 0xfff } => Latest { millis: millis + 1, counter: 0 },
                Latest { millis, counter } => Latest { millis, counter: counter + 1 },
            };
            *latest
        };
        let mut rest = [0; 10];
        #[expect(clippy::disallowed_methods, reason = "for its random bits")]
        rest.copy_from_slice(&Uuid::new_v4().as_bytes()[6..]);
        rest[..2].copy_from_slice(&counter.to_be_bytes());
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_instant_sort_in_the_order_they_were_made() {
        let ids = Ids::default();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let made: Vec<Uuid> = (0..1_000).map(|_| ids.next(now)).collect();
        let mut sorted = made.clone();
        sorted.sort_unstable();
        assert_eq!(made, sorted);
    }

    #[test]
    fn no_two_ids_begin_alike_however_many_there_are_and_wherever_the_clock_goes() {
        let ids = Ids::default();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let times = (0..20_000).map(|made| now + TimeDelta::milliseconds([0, 5, -60_000, 1][made % 4]));
        let made: Vec<u128> = times.map(|at| ids.next(at).as_u128() >> 64).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        // Five of them are a millisecond apart, and the rest do not fit into one.
        let last = i64::try_from(made[made.len() - 1] >> 16).unwrap();
        assert_eq!(last, now.timestamp_millis() + 5 + 20_000 / 0x1000);
    }
}
