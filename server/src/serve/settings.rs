//! What the layers are told of the configuration.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    config::{self, Config},
    mcp::endpoint::Settings,
    store::{RetentionPolicy, ServerFacts},
    tracking::sessions::Limits,
};

pub(super) fn limits(config: &Config) -> Limits {
    Limits {
        idle_after: config.tracking.idle_after,
        session_timeout: config.tracking.session_timeout,
        max_sessions: config.mcp.max_sessions,
    }
}

pub(super) fn retention_policy(kept: &config::Retention) -> RetentionPolicy {
    RetentionPolicy {
        requests: kept.requests,
        payloads: kept.payloads,
        sessions: kept.sessions,
        minute_buckets: kept.minute_buckets,
        hour_buckets: kept.hour_buckets,
        quota_bytes: kept.database_quota_bytes,
    }
}

fn shown_retention(kept: &config::Retention) -> tracon_app::reports::Retention {
    tracon_app::reports::Retention {
        requests: kept.requests.as_secs(),
        payloads: kept.payloads.as_secs(),
        sessions: kept.sessions.as_secs(),
        minute_buckets: kept.minute_buckets.as_secs(),
        hour_buckets: kept.hour_buckets.as_secs(),
    }
}

pub(super) fn facts(config: &Config, started_at: DateTime<Utc>) -> ServerFacts {
    ServerFacts {
        version: env!("CARGO_PKG_VERSION"),
        started_at,
        retention: shown_retention(&config.retention),
        database_quota_bytes: config.retention.database_quota_bytes,
    }
}

pub(super) fn settings(config: &Config, tracked: bool) -> Settings {
    let Config { mcp, tracking, .. } = config;
    // rmcp's own time-out ignores calls that run, so it stays above any of them. With the tracker on, sessions end by
    // the sweep, which knows of running calls and open streams; then this is only a net.
    let slack = if tracked { Duration::from_hours(24) } else { mcp.tool_timeout };
    Settings {
        tool_timeout: mcp.tool_timeout,
        max_body_bytes: mcp.max_body_bytes,
        max_sessions: mcp.max_sessions,
        keep_alive: tracking.session_timeout + slack,
    }
}
