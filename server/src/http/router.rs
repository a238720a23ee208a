//! What answers where.

use std::sync::Arc;

use axum::{Router, middleware, routing::any};
use http::{Method, StatusCode};
use tower_http::cors::{AllowHeaders, CorsLayer};

use super::{
    dashboard::{self, Dashboard},
    guard::{self, Guard},
    health,
};
use crate::{mcp::endpoint::Endpoint, tracking::layer::SESSION_ID};

/// The whole server as one router.
pub fn router(endpoint: Endpoint, dashboard: Dashboard, guard: Guard, allowed_origins: &[String]) -> Router {
    let probes = health::router(Arc::clone(&dashboard.reports));
    // Clients look for an authorization server in these places, and 404 is how they learn that there is none. In plain
    // text: no page is rendered for them.
    let absent = any(async || (StatusCode::NOT_FOUND, "Not Found"));
    let pages = dashboard::router(dashboard)
        .route("/.well-known/{*rest}", absent.clone())
        .route("/mcp/{*rest}", absent)
        .layer(middleware::from_fn(move |request, next| guard::middleware(guard.clone(), request, next)));
    // The endpoint has the guard inside its tracker, so that what is turned away is recorded. `route_service`, not
    // `nest_service`, which would swallow the paths below it.
    let mcp = Router::new()
        .route_service("/mcp", endpoint.service.clone())
        // People paste it with a slash, too.
        .route_service("/mcp/", endpoint.service)
        .layer(cors(allowed_origins));
    mcp.merge(pages).merge(probes)
}

/// Tells browsers that pages of these origins may ask the endpoint and read which session they are in. Without any it adds
/// nothing, and the guard lets no other page in either.
fn cors(allowed_origins: &[String]) -> CorsLayer {
    let origins: Vec<_> = allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([SESSION_ID.clone()])
}
