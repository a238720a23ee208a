//! `/`: the figures of a range.

use chrono::{DateTime, Utc};
use tracon_app::reports::{Bucket, Coverage, Overview, TimeRange};

use super::{figures, requests, sessions};
use crate::store::{
    Store, StoreError,
    rollup::{Rollup, Width},
    stretch::{Stretch, floor},
};

impl Store {
    /// The figures of the stretch that [`TimeRange`] names, ending `now`. All of them from one snapshot, so that they
    /// agree with each other to the row.
    pub async fn overview(&self, range: TimeRange, now: DateTime<Utc>) -> Result<Overview, StoreError> {
        let (stretch, width) = (Stretch::of(range, now), Width::of(range));
        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let (active_sessions, idle_sessions) = sessions::connected(connection).await?;
        let rollups = figures::of_all(connection, width, stretch).await?;
        let previous = figures::sum_of_all(connection, width, stretch.previous(range, now)).await?;
        let top_tools = figures::of_top_tools(connection, width, stretch).await?;
        let connected = sessions::most_recently_active(connection).await?;
        let newest = requests::newest(connection).await?;
        snapshot.end().await?;

        // The buckets are made of the rollups, and the total of the buckets.
        let mut buckets: Vec<_> =
            stretch.buckets(range).into_iter().map(|bucket| (bucket.start, Rollup::default())).collect();
        for (start, rollup) in &rollups {
            let start = floor(*start, range.bucket());
            if let Ok(at) = buckets.binary_search_by_key(&start, |(start, _)| *start) {
                buckets[at].1.merge(rollup);
            }
        }
        let mut total = Rollup::default();
        for (_, rollup) in &buckets {
            total.merge(rollup);
        }
        Ok(Overview {
            range,
            now,
            active_sessions,
            idle_sessions,
            totals: total.totals(),
            previous: previous.totals(),
            buckets: buckets.iter().map(|(start, rollup)| bucket(*start, rollup)).collect(),
            top_tools,
            connected,
            newest,
        })
    }

    /// How many of the requests of the last 24 hours have a session, a client, a user.
    pub async fn coverage(&self, now: DateTime<Utc>) -> Result<Coverage, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let connection = &mut snapshot.connection();
        let day = Stretch::of(TimeRange::Day, now);
        let sum = figures::sum_of_all(connection, Width::of(TimeRange::Day), day).await?;
        snapshot.end().await?;
        Ok(Coverage {
            requests: sum.requests(),
            with_session: sum.with_session,
            with_client: sum.with_client,
            with_user: sum.with_user,
        })
    }
}

fn bucket(start: DateTime<Utc>, rollup: &Rollup) -> Bucket {
    let [p50_ms, p95_ms, p99_ms] = rollup.latency.percentiles([50, 95, 99]);
    Bucket {
        start,
        outcomes: rollup.occurring().collect(),
        p50_ms,
        p95_ms,
        p99_ms,
        response_bytes: rollup.response_bytes,
        response_tokens: rollup.response_tokens,
    }
}
