//! The dashboard: pages rendered by Leptos, the server functions behind them, the live events and the client bundle.

use super::{assets, return_address};
use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use futures::{Stream, stream};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};
use tracon_app::{
    App,
    page::{PageContext, StatusSetter},
    reports::Reports,
    shell::shell,
    theme::Theme,
    workspace::Workspace,
};

/// The stream sends a comment after this long without an event, so that no proxy takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Two events are at least this far apart: a burst of commits is one event.
const COALESCE: Duration = Duration::from_millis(250);

/// What the dashboard is made of.
#[derive(Clone)]
pub struct Dashboard {
    /// Where the pages get their figures from.
    pub reports: Arc<dyn Reports>,
    /// Where the pages of projects get what they show, and what is changed there.
    pub workspace: Arc<dyn Workspace>,
    /// The store's revision, which grows whenever rows were committed. When its sender is dropped the event streams
    /// end, and with them the connections that graceful shutdown waits for.
    pub changes: watch::Receiver<u64>,
    /// The server's version, for the footer.
    pub version: &'static str,
}

impl std::fmt::Debug for Dashboard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Dashboard").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Every address of the dashboard; whatever the rest of the server does not know is its "not found" page.
pub fn router(dashboard: Dashboard) -> Router {
    let options = LeptosOptions::builder().output_name("app").build();
    let links = assets::links();
    let html = move || shell(links.clone());
    let changes = dashboard.changes.clone();
    let context = move || provide_page_context(&dashboard);
    let events = Router::new().route("/events", get(events)).with_state(changes);

    Router::new()
        // The pages, and the server functions under /api with the same context: a form that is sent without script goes back
        // to its page.
        .leptos_routes_with_context(&options, generate_route_list(App), context.clone(), html.clone())
        .layer(middleware::from_fn(return_address::middleware))
        .route("/pkg/{*path}", get(assets::bundle))
        .route("/favicon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .fallback(render_app_async_with_context(context, html))
        .with_state(options)
        // Event streams and the bundle's Brotli copies pass it unchanged.
        .layer(CompressionLayer::new())
        .merge(events)
        // Pages set a policy with their nonce; nothing else has a script to allow.
        .layer(or_else(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(or_else(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Other sites learn nothing. This one has to: with `no-referrer` browsers send forms with `Origin: null`, which the
        // guard turns away, and without the page that they are to come back to.
        .layer(or_else(header::REFERRER_POLICY, "same-origin"))
        // Figures are out of date at once, and who may see them may change.
        .layer(or_else(header::CACHE_CONTROL, "no-store"))
}

fn or_else(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Gives the pages and the server functions of one request what they need of the server.
fn provide_page_context(dashboard: &Dashboard) {
    let response = use_context::<ResponseOptions>();
    if let (Some(response), Some(nonce)) = (&response, use_nonce())
        && let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let parts = use_context::<Parts>();
    provide_context(PageContext {
        origin: parts.as_ref().map(origin).unwrap_or_default(),
        theme: parts.as_ref().map(chosen_theme).unwrap_or_default(),
        revision: *dashboard.changes.borrow(),
        version: dashboard.version.to_owned(),
    });
    // A form that is sent without script is answered with the way back, and the page there has the status.
    let form = parts.as_ref().is_some_and(return_address::is_form);
    provide_context(StatusSetter::new(move |status| {
        if form {
            return;
        }
        if let (Some(response), Ok(status)) = (&response, StatusCode::from_u16(status)) {
            response.set_status(status);
        }
    }));
    provide_context(Arc::clone(&dashboard.reports));
    provide_context(Arc::clone(&dashboard.workspace));
}

/// Nothing from another host, no inline style, and only the inline scripts that this response's nonce marks.
fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The server's address as the browser wrote it: what the user's client is to be connected to.
fn origin(parts: &Parts) -> String {
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    // As the guard reads it: the request line goes before the header.
    let host = authority.or(header(header::HOST)).unwrap_or("localhost");
    // Only shown, never trusted: behind a proxy that ends TLS the command must say https.
    let scheme = match header(HeaderName::from_static("x-forwarded-proto")) {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

fn chosen_theme(parts: &Parts) -> Theme {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(Theme::from_cookies)
        .unwrap_or_default()
}

/// `GET /events`: `changed` with the present revision at once, then once for every change, coalesced.
async fn events(State(changes): State<watch::Receiver<u64>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(changed_events(changes)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Ends when the sender of the changes is dropped.
fn changed_events(mut changes: watch::Receiver<u64>) -> impl Stream<Item = Result<Event, Infallible>> {
    changes.mark_changed();
    stream::unfold((changes, Instant::now()), |(mut changes, not_before)| async move {
        changes.changed().await.ok()?;
        sleep_until(not_before).await;
        let revision = *changes.borrow_and_update();
        let event =
            Event::default().event("changed").id(revision.to_string()).data(format!(r#"{{"revision":{revision}}}"#));
        Some((Ok(event), (changes, Instant::now() + COALESCE)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;

    fn parts(headers: &[(&'static str, &'static str)]) -> Parts {
        let mut request = axum::http::Request::new(());
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        request.into_parts().0
    }

    #[test]
    fn the_origin_is_the_one_that_the_browser_used() {
        assert_eq!(origin(&parts(&[("host", "127.0.0.1:8051")])), "http://127.0.0.1:8051");
        let proxied = parts(&[("host", "tracon.example"), ("x-forwarded-proto", "https")]);
        assert_eq!(origin(&proxied), "https://tracon.example");
    }

    #[test]
    fn the_theme_is_read_from_its_cookie() {
        assert_eq!(chosen_theme(&parts(&[("cookie", "a=b; tracon_theme=dark")])), Theme::Dark);
        assert_eq!(chosen_theme(&parts(&[("cookie", "tracon_theme=pink")])), Theme::System);
        assert_eq!(chosen_theme(&parts(&[])), Theme::System);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_changes_is_one_event_and_the_stream_ends_with_its_sender() {
        let (sender, receiver) = watch::channel(7);
        let mut events = Box::pin(changed_events(receiver));
        assert!(events.next().await.is_some(), "the present revision comes at once");
        for revision in 8..20 {
            let _ = sender.send(revision);
        }
        assert!(events.next().await.is_some());
        drop(sender);
        assert!(events.next().await.is_none());
    }
}
