//! What orchestrators and load balancers ask: does the process serve, and can it do its work?
//!
//! Both stand outside the guard. A probe asks by whatever address the process has, which nobody lists in
//! `http.allowed_hosts`; and what they tell, that something serves here and whether it is ready, is no secret. They name
//! no version, no path and no figure, change nothing, and allow no other page to read them.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use http::{HeaderValue, header};
use serde::Serialize;
use tokio::time::timeout;
use tower_http::set_header::SetResponseHeaderLayer;
use tracon_app::reports::{Readiness, Reports};

/// Below the second that a probe commonly waits: a database that hangs is told, not timed out.
const PATIENCE: Duration = Duration::from_millis(800);

/// `/healthz` and `/readyz`.
pub fn router(reports: Arc<dyn Reports>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .with_state(reports)
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
}

/// What `/readyz` says: which part is not ready.
#[derive(Debug, Serialize)]
struct Answer {
    ready: bool,
    #[serde(flatten)]
    parts: Readiness,
}

/// 200 when the database answers and takes what is recorded, else 503.
async fn readyz(State(reports): State<Arc<dyn Reports>>) -> (StatusCode, Json<Answer>) {
    // Whether the writer works is not known then, and it would not help.
    let hangs = Readiness { database: false, writer: false };
    let parts = timeout(PATIENCE, reports.readiness()).await.unwrap_or(hangs);
    let ready = parts.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Answer { ready, parts }))
}

#[cfg(test)]
mod tests;
