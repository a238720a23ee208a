//! `/`: the figures of a range.

use chrono::{DateTime, Utc};
use tracon_app::reports::{Bucket, Overview, TimeRange, ToolTotals};

use super::{
    figures::{self, Figures},
    requests, sessions,
};
use crate::store::{StoreError, sqlite::SqliteStore, stretch::Stretch};

impl SqliteStore {
    pub async fn overview(&self, range: TimeRange, now: DateTime<Utc>) -> Result<Overview, StoreError> {
        let stretch = Stretch::of(range, now);
        let stretches = stretch.buckets(range);
        let mut snapshot = self.snapshot().await?;

        let (active_sessions, idle_sessions) = sessions::connected(&mut snapshot).await?;
        let wholes = figures::of_stretches(&mut snapshot, &[stretch, stretch.previous()]).await?;
        let parts = figures::of_stretches(&mut snapshot, &stretches).await?;
        let tools = figures::of_top_tools(&mut snapshot, stretch).await?;
        let connected = sessions::most_recently_active(&mut snapshot).await?;
        let newest = requests::newest(&mut snapshot).await?;
        snapshot.commit().await?;

        let mut totals = wholes.iter().map(Figures::totals);
        Ok(Overview {
            range,
            now,
            active_sessions,
            idle_sessions,
            totals: totals.next().unwrap_or_default(),
            previous: totals.next().unwrap_or_default(),
            buckets: stretches.iter().zip(parts).map(|(stretch, figures)| bucket(*stretch, figures)).collect(),
            top_tools: tools.into_iter().map(tool).collect(),
            connected,
            newest,
        })
    }
}

fn bucket(stretch: Stretch, figures: Figures) -> Bucket {
    Bucket {
        start: stretch.start,
        outcomes: figures.outcomes,
        p50_ms: figures.p50_ms,
        p95_ms: figures.p95_ms,
        p99_ms: figures.p99_ms,
        response_bytes: figures.response_bytes,
        response_tokens: 0,
    }
}

fn tool((tool_name, figures): (String, Figures)) -> ToolTotals {
    ToolTotals {
        tool_name,
        calls: figures.requests(),
        errors: figures.errors(),
        p95_ms: figures.p95_ms,
        response_bytes: figures.response_bytes,
        response_tokens: 0,
        definition_tokens: None,
    }
}
