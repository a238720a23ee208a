//! The state of a page as its address keeps it: reading parameters, and writing links.

mod projects;

pub use self::projects::{
    board_filter, board_href, document_href, documents_href, history_href, project_filter, projects_href, task_href,
    version_filter, versions_href,
};
use crate::{
    api::PageError,
    reports::{Outcome, Presence, RequestFilter, SessionFilter, TimeRange},
};
use leptos_router::params::ParamsMap;
use std::fmt::Write;

/// The range of a page that always has one: an hour, if the address names none.
pub fn range(query: &ParamsMap) -> Result<TimeRange, PageError> {
    Ok(optional_range(query)?.unwrap_or_default())
}

/// What `/sessions` is asked to list.
pub fn session_filter(query: &ParamsMap) -> Result<SessionFilter, PageError> {
    Ok(SessionFilter {
        presence: parsed(query, "presence", Presence::parse, || names(Presence::ALL.map(Presence::as_str)))?,
        client: text(query, "client"),
        probes: flag(query, "probes")?,
        before: text(query, "before"),
    })
}

/// What `/requests` is asked to list.
pub fn request_filter(query: &ParamsMap) -> Result<RequestFilter, PageError> {
    Ok(RequestFilter {
        method: text(query, "method"),
        tool: text(query, "tool"),
        client: text(query, "client"),
        session: text(query, "session"),
        outcome: parsed(query, "outcome", Outcome::parse, || names(Outcome::ALL.map(Outcome::as_str)))?,
        error_code: parsed(
            query,
            "error_code",
            |code| code.parse().ok(),
            || "a JSON-RPC code, such as -32602".to_owned(),
        )?,
        errors_only: flag(query, "errors_only")?,
        min_ms: parsed(query, "min_ms", milliseconds, || "a number of milliseconds, such as 250".to_owned())?,
        text: text(query, "text"),
        range: optional_range(query)?,
        before: text(query, "before"),
    })
}

fn optional_range(query: &ParamsMap) -> Result<Option<TimeRange>, PageError> {
    parsed(query, "range", TimeRange::parse, || names(TimeRange::ALL.map(TimeRange::as_str)))
}

/// A form sends its empty fields too: they ask for nothing.
fn text(query: &ParamsMap, name: &str) -> Option<String> {
    query.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn flag(query: &ParamsMap, name: &str) -> Result<bool, PageError> {
    let given = parsed(query, name, |value| matches!(value, "1" | "true" | "on").then_some(true), || "1".to_owned())?;
    Ok(given.unwrap_or_default())
}

fn milliseconds(value: &str) -> Option<f64> {
    value.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0)
}

fn parsed<T>(
    query: &ParamsMap,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    expected: impl FnOnce() -> String,
) -> Result<Option<T>, PageError> {
    let Some(value) = text(query, name) else { return Ok(None) };
    parse(&value).map(Some).ok_or_else(|| {
        let shown: String = value.chars().take(80).collect();
        PageError::Invalid(format!("“{shown}” is not a value of the parameter “{name}”: give {}", expected()))
    })
}

fn names<const N: usize>(names: [&str; N]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// The front page over this range.
#[must_use]
pub fn overview_href(range: TimeRange) -> String {
    let mut link = Link::to("/");
    if range != TimeRange::default() {
        link.with("range", range.as_str());
    }
    link.finish()
}

/// `/sessions` with this filter.
#[must_use]
pub fn sessions_href(filter: &SessionFilter) -> String {
    let mut link = Link::to("/sessions");
    link.with_some("presence", filter.presence.map(Presence::as_str));
    link.with_some("client", filter.client.as_deref());
    link.with_some("probes", filter.probes.then_some("1"));
    link.with_some("before", filter.before.as_deref());
    link.finish()
}

/// `/requests` with this filter.
#[must_use]
pub fn requests_href(filter: &RequestFilter) -> String {
    let mut link = Link::to("/requests");
    link.with_some("method", filter.method.as_deref());
    link.with_some("tool", filter.tool.as_deref());
    link.with_some("client", filter.client.as_deref());
    link.with_some("session", filter.session.as_deref());
    link.with_some("outcome", filter.outcome.map(Outcome::as_str));
    link.with_some("error_code", filter.error_code.map(|code| code.to_string()).as_deref());
    link.with_some("errors_only", filter.errors_only.then_some("1"));
    link.with_some("min_ms", filter.min_ms.map(|ms| ms.to_string()).as_deref());
    link.with_some("text", filter.text.as_deref());
    link.with_some("range", filter.range.map(TimeRange::as_str));
    link.with_some("before", filter.before.as_deref());
    link.finish()
}

/// `path` with those of the fields that are filled in.
#[must_use]
pub fn href(path: &str, fields: impl IntoIterator<Item = (String, String)>) -> String {
    let mut link = Link::to(path);
    for (name, value) in fields {
        link.with_some(&name, Some(value.trim()).filter(|value| !value.is_empty()));
    }
    link.finish()
}

/// The page of one session.
#[must_use]
pub fn session_href(id: &str) -> String {
    format!("/sessions/{}", encoded(id))
}

/// The page of one request.
#[must_use]
pub fn request_href(id: &str) -> String {
    format!("/requests/{}", encoded(id))
}

/// An address that grows by parameters.
struct Link(String);

impl Link {
    fn to(path: &str) -> Self {
        Self(path.to_owned())
    }

    fn with(&mut self, name: &str, value: &str) {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{separator}{name}={}", encoded(value));
    }

    fn with_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.with(name, value);
        }
    }

    fn finish(self) -> String {
        self.0
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters: right in a path's segment and in a query.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn empty_fields_do_not_filter() {
        let filter = request_filter(&query(&[("method", ""), ("min_ms", " "), ("outcome", "")]));
        assert_eq!(filter, Ok(RequestFilter::default()));
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in [
            ("outcome", "foo"),
            ("min_ms", "abc"),
            ("min_ms", "-1"),
            ("range", "2y"),
            ("errors_only", "x"),
            ("error_code", "-1e3"),
        ] {
            let Err(PageError::Invalid(message)) = request_filter(&query(&[(name, value)])) else {
                panic!("{name}={value} was accepted");
            };
            assert!(message.contains(name) && message.contains(value), "{message}");
        }
        assert!(session_filter(&query(&[("presence", "asleep")])).is_err());
    }

    #[test]
    fn a_filter_survives_its_link() {
        let filter = RequestFilter {
            method: Some("tools/call".to_owned()),
            tool: Some("a&b=c <script>".to_owned()),
            outcome: Some(Outcome::ToolError),
            errors_only: true,
            min_ms: Some(12.5),
            range: Some(TimeRange::Week),
            ..RequestFilter::default()
        };
        assert_eq!(
            requests_href(&filter),
            "/requests?method=tools%2Fcall&tool=a%26b%3Dc%20%3Cscript%3E&outcome=tool_error&errors_only=1&min_ms=12.5&range=7d"
        );
    }

    #[test]
    fn what_is_default_stays_out_of_the_address() {
        assert_eq!(overview_href(TimeRange::Hour), "/");
        assert_eq!(overview_href(TimeRange::Day), "/?range=24h");
        assert_eq!(sessions_href(&SessionFilter::default()), "/sessions");
        assert_eq!(session_href("a/b c"), "/sessions/a%2Fb%20c");
        let fields = [("tool", " "), ("text", "no such")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(href("/requests", fields), "/requests?text=no%20such");
    }
}
