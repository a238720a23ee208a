//! Who may ask: requests that name this server, from no page but its own and those that were allowed.
//!
//! The server listens on loopback by default and has no log-in, so a page in somebody's browser must not reach it: not by
//! a host name of its own that resolves to 127.0.0.1 (DNS rebinding; `Host` tells), and not directly (`Origin` tells).

use std::sync::Arc;

use axum::{body::Body, extract::Request, middleware::Next, response::IntoResponse};
use http::{HeaderMap, StatusCode, header, uri::Authority};

/// Lets requests in, or says why not. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Allowed>);

#[derive(Debug)]
struct Allowed {
    /// `host` for any port, `host:port` for one; lower case, IPv6 in brackets.
    hosts: Vec<String>,
    /// `scheme://host[:port]`, lower case.
    origins: Vec<String>,
}

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("Forbidden: the request has no valid Host header")]
    NoHost,
    #[error("Forbidden: this server does not answer for the host {0:?}; add it to http.allowed_hosts if it should")]
    Host(String),
    #[error("Forbidden: requests from {0:?} are not allowed; add it to http.allowed_origins if they should be")]
    Origin(String),
}

impl Guard {
    #[must_use]
    pub fn new(hosts: &[String], origins: &[String]) -> Self {
        let lower = |entries: &[String]| entries.iter().map(|entry| entry.to_ascii_lowercase()).collect();
        Self(Arc::new(Allowed { hosts: lower(hosts), origins: lower(origins) }))
    }

    /// # Errors
    /// What the request is turned away for.
    pub fn check(&self, request: &http::Request<Body>) -> Result<(), Refused> {
        let host = host(request).ok_or(Refused::NoHost)?;
        let name = host.host().to_ascii_lowercase();
        let with_port = host.as_str().to_ascii_lowercase();
        if !self.0.hosts.iter().any(|allowed| *allowed == name || *allowed == with_port) {
            return Err(Refused::Host(shown(host.as_str())));
        }
        let Some(origin) = request.headers().get(header::ORIGIN) else {
            // Not a browser, or a browser that follows a link: then there is nothing for a page to read.
            return Ok(());
        };
        let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
        let own = origin
            .split_once("://")
            .is_some_and(|(scheme, authority)| matches!(scheme, "http" | "https") && authority == with_port);
        if own || self.0.origins.contains(&origin) { Ok(()) } else { Err(Refused::Origin(shown(&origin))) }
    }
}

/// The host that is asked: of the request line for HTTP/2, else of the one `Host` header.
fn host(request: &http::Request<Body>) -> Option<Authority> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.clone());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?;
    if hosts.next().is_some() {
        return None;
    }
    // A user in front of the host (`localhost@evil`) is never right here.
    Authority::try_from(host.as_bytes()).ok().filter(|authority| !authority.as_str().contains('@'))
}

/// A stranger's header, short enough for an answer and a log line.
fn shown(value: &str) -> String {
    value.chars().take(100).collect()
}

/// The guard as middleware for everything that is not the endpoint, which answers in JSON-RPC.
pub async fn middleware(guard: Guard, request: Request, next: Next) -> axum::response::Response {
    match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            tracing::warn!(%refused, path = request.uri().path(), "turned away");
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
            (StatusCode::FORBIDDEN, headers, refused.to_string()).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)]) -> Result<(), Refused> {
        let guard = Guard::new(
            &["localhost".into(), "127.0.0.1".into(), "[::1]".into(), "Tracon.example:8051".into()],
            &["https://app.example".into()],
        );
        let mut request = http::Request::builder().uri("/mcp");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.check(&request.body(Body::empty()).expect("a valid request"))
    }

    #[test]
    fn own_names_are_let_in_on_any_port() {
        for host in ["localhost", "LOCALHOST:9", "127.0.0.1:8051", "[::1]:8051", "tracon.example:8051"] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_names_are_turned_away() {
        for host in
            ["evil.example", "localhost.evil.example", "tracon.example", "tracon.example:80", "127.0.0.1.nip.io"]
        {
            assert_eq!(check(&[("host", host)]), Err(Refused::Host(host.into())), "{host}");
        }
        for headers in
            [vec![], vec![("host", "localhost"), ("host", "evil.example")], vec![("host", "localhost@evil.example")]]
        {
            assert_eq!(check(&headers), Err(Refused::NoHost), "{headers:?}");
        }
    }

    #[test]
    fn pages_of_this_server_and_allowed_ones_may_ask() {
        for origin in ["http://localhost:8051", "https://localhost:8051", "https://app.example", "HTTPS://APP.example"]
        {
            assert_eq!(check(&[("host", "localhost:8051"), ("origin", origin)]), Ok(()), "{origin}");
        }
    }

    #[test]
    fn other_pages_are_turned_away() {
        for origin in ["http://evil.example", "http://localhost:3000", "null", "", "http://localhost:8051.evil.example"]
        {
            let refused = check(&[("host", "localhost:8051"), ("origin", origin)]);
            assert_eq!(refused, Err(Refused::Origin(origin.into())), "{origin}");
        }
    }
}
