//! The client bundle, out of the binary: script, WebAssembly, stylesheet and icon.
//!
//! `cargo xtask client` writes the bundle and its Brotli copies to `target/site`, a fixed place that does not follow
//! `CARGO_TARGET_DIR`. Without a bundle the server builds all the same, and its pages work without script and style.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::{Path, RawQuery},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use tracon_app::shell::AssetLinks;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

const ICON: &str = include_str!("../../../style/favicon.svg");

/// A browser may keep what is asked for by its content hash for ever: another content has another address.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The addresses of the bundle's files, each with its content hash; `None` for a file that was not built.
pub fn links() -> AssetLinks {
    AssetLinks {
        script: hashed_url("app.js"),
        wasm: hashed_url("app_bg.wasm"),
        style: hashed_url("style.css"),
        icon: "/favicon.svg".to_owned(),
    }
}

fn hashed_url(file: &str) -> Option<String> {
    let embedded = Site::get(&format!("pkg/{file}"))?;
    Some(format!("/pkg/{file}?v={}", content_hash(&embedded)))
}

/// `GET /pkg/{path}`.
pub async fn bundle(Path(path): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let name = format!("pkg/{path}");
    let Some(plain) = Site::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hash = content_hash(&plain);
    let mime = mime_guess::from_path(&path).first_or_octet_stream();
    let keep = if query.as_deref() == Some(&format!("v={hash}")) { FOR_EVER } else { ASK_AGAIN };

    let compressed = accepts_brotli(&headers).then(|| Site::get(&format!("{name}.br"))).flatten();
    let (tag, body, encoding) = match compressed {
        Some(file) => (format!("\"{hash}-br\""), file.data, Some(HeaderValue::from_static("br"))),
        None => (format!("\"{hash}\""), plain.data, None),
    };
    let mut response = answer(&headers, &tag, body);
    let answered = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(mime.as_ref()) {
        answered.insert(header::CONTENT_TYPE, mime);
    }
    if let Some(encoding) = encoding {
        answered.insert(header::CONTENT_ENCODING, encoding);
    }
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answered.insert(header::CACHE_CONTROL, keep);
    response
}

/// `GET /favicon.svg`, and `/favicon.ico`, which browsers ask for unasked.
pub async fn icon() -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
        ],
        ICON,
    )
        .into_response()
}

/// 304 when the browser has this very content, else the content. A HEAD request's body is dropped by axum.
fn answer(headers: &HeaderMap, tag: &str, body: Cow<'static, [u8]>) -> Response {
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|sent| sent.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*"));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match body {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        }
        .into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether `Accept-Encoding` names `br` with a quality above nought.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("br")
                && !parts.any(|part| {
                    part.strip_prefix("q=").and_then(|quality| quality.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
                })
        })
    })
}

/// Eight bytes of the file's SHA-256 in hex: enough to tell two builds apart.
fn content_hash(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_is_sent_to_those_who_ask_for_it() {
        assert!(accepts_brotli(&accepting("gzip, deflate, br, zstd")));
        assert!(accepts_brotli(&accepting("br;q=0.5")));
        assert!(!accepts_brotli(&accepting("gzip, br;q=0")));
        assert!(!accepts_brotli(&accepting("gzip")));
        assert!(!accepts_brotli(&HeaderMap::new()));
    }

    #[test]
    fn a_known_tag_is_answered_with_304() {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static("\"old\", W/\"new\""))]);
        assert_eq!(answer(&headers, "\"new\"", Cow::Borrowed(b"x")).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer(&headers, "\"newer\"", Cow::Borrowed(b"x")).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn an_unknown_file_is_not_found() {
        let response = bundle(Path("../Cargo.toml".to_owned()), RawQuery(None), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
