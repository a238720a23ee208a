//! What answers where.

use axum::{Router, middleware, routing::any};
use http::StatusCode;

use super::{
    dashboard::{self, Dashboard},
    guard::{self, Guard},
};
use crate::mcp::endpoint::Endpoint;

/// The whole server as one router.
pub fn router(endpoint: Endpoint, dashboard: Dashboard, guard: Guard) -> Router {
    // Clients look for an authorization server in these places, and 404 is how they learn that there is none. In plain
    // text: no page is rendered for them.
    let absent = any(async || (StatusCode::NOT_FOUND, "Not Found"));
    let pages = dashboard::router(dashboard)
        .route("/.well-known/{*rest}", absent.clone())
        .route("/mcp/{*rest}", absent)
        .layer(middleware::from_fn(move |request, next| guard::middleware(guard.clone(), request, next)));
    // The endpoint has the guard inside its tracker, so that what is turned away is recorded. `route_service`, not
    // `nest_service`, which would swallow the paths below it.
    Router::new()
        .route_service("/mcp", endpoint.service.clone())
        // People paste it with a slash, too.
        .route_service("/mcp/", endpoint.service)
        .merge(pages)
}
