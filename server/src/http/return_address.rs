//! Where a form that was sent without script comes back to: the page that it stood on, and no other site.
//!
//! The server functions redirect to the `Referer` as it is. Browsers say there what is true, and the guard has checked their
//! `Origin`; still, no header of a request decides over another site here.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::Response,
};
use url::Url;

/// What the last try left in the address: the next one says it anew, or nothing.
const OF_LAST_TRY: [&str; 2] = ["__path", "__err"];

/// Whether a browser has sent it as a form, and shows whatever is answered.
pub fn is_form(parts: &Parts) -> bool {
    parts.method == Method::POST && wants_page(&parts.headers)
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Leaves a form's request with a `Referer` of this server, without what an earlier try has added to it. Where it has none, it
/// comes back to the list of projects.
pub async fn middleware(mut request: Request, next: Next) -> Response {
    if request.method() == Method::POST && wants_page(request.headers()) {
        let back = page(&request).and_then(|page| HeaderValue::from_str(page.as_str()).ok());
        match back {
            Some(back) => request.headers_mut().insert(header::REFERER, back),
            None => request.headers_mut().remove(header::REFERER),
        };
    }
    next.run(request).await
}

fn page(request: &Request) -> Option<Url> {
    let headers = request.headers();
    let host = request.uri().authority().map(ToString::to_string).or_else(|| text(headers, &header::HOST))?;
    let own = |url: &Url| matches!(url.scheme(), "http" | "https") && authority(url).eq_ignore_ascii_case(&host);
    let said = text(headers, &header::REFERER).and_then(|referer| Url::parse(&referer).ok()).filter(own);
    let mut page = match said {
        Some(page) => page,
        None => Url::parse(&format!("http://{host}/projects")).ok().filter(own)?,
    };
    let kept: Vec<(String, String)> =
        page.query_pairs().into_owned().filter(|(name, _)| !OF_LAST_TRY.contains(&&**name)).collect();
    if kept.is_empty() {
        page.set_query(None);
    } else {
        page.query_pairs_mut().clear().extend_pairs(kept);
    }
    page.set_fragment(None);
    Some(page)
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// As the `Host` header has it: with the port, unless that is the scheme's own.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn back(referer: &str) -> Option<String> {
        let request =
            Request::builder().uri("/api/move_task").header("host", "localhost:8051").header("referer", referer);
        page(&request.body(Body::empty()).expect("a valid request")).map(String::from)
    }

    #[test]
    fn a_form_comes_back_to_its_page() {
        for page in [
            "http://localhost:8051/projects/1?status=done&page=2",
            "https://localhost:8051/",
            "http://LOCALHOST:8051/x",
        ] {
            assert_eq!(back(page).as_deref(), Some(&*page.replace("LOCALHOST", "localhost")), "{page}");
        }
    }

    #[test]
    fn what_the_last_try_left_is_taken_away() {
        let page = "http://localhost:8051/projects/1";
        assert_eq!(back(&format!("{page}?__path=%2Fapi&__err=abc")).as_deref(), Some(page));
        let query = "?status=done&__path=%2Fapi&__err=abc&__err=def#x";
        assert_eq!(back(&format!("{page}{query}")).as_deref(), Some("http://localhost:8051/projects/1?status=done"));
    }

    #[test]
    fn no_form_leads_to_another_site() {
        for page in [
            "http://evil.example/",
            "http://localhost:8052/",
            "http://localhost/",
            "http://localhost:8051@evil.example/",
            "http://localhost:8051.evil.example/",
            "//evil.example/",
            "javascript:alert(1)",
            "file://localhost:8051/etc/passwd",
            "",
        ] {
            assert_eq!(back(page).as_deref(), Some("http://localhost:8051/projects"), "{page}");
        }
    }

    #[test]
    fn only_what_a_browser_shows_is_a_form() {
        let parts = |method: Method, accept: &'static str| {
            let request = Request::builder().method(method).header("accept", accept).body(());
            request.expect("a valid request").into_parts().0
        };
        assert!(is_form(&parts(Method::POST, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")));
        assert!(!is_form(&parts(Method::POST, "application/json")));
        assert!(!is_form(&parts(Method::GET, "text/html")));
    }
}
