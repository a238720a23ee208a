//! The figures at the top.

use crate::{
    components::tile::{Change, Tile},
    format,
    query::{requests_href, sessions_href},
    reports::{Bucket, Overview, Presence, RequestFilter, SessionFilter, Totals},
};
use leptos::prelude::*;

/// Who is there, how much, how well, how fast, how large.
#[component]
pub fn Tiles(overview: Overview) -> impl IntoView {
    let Overview { range, totals, previous, buckets, active_sessions, idle_sessions, .. } = overview;
    let all = RequestFilter { range: Some(range), ..RequestFilter::default() };
    let failed = RequestFilter { errors_only: true, ..all.clone() };
    let course = |of: fn(&Bucket) -> Option<f64>| buckets.iter().map(of).collect::<Vec<_>>();

    let requests = figure(format::short_count(totals.requests), format::count(totals.requests), requests_href(&all));
    let more =
        Change::relative(totals.requests as f64, previous.requests as f64, format::short_count(previous.requests));
    let rate = format::share(totals.errors, totals.requests);
    let errors = figure(rate, format::counted(totals.errors, "error"), requests_href(&failed));
    let worse = (previous.requests > 0 && totals.requests > 0).then(|| {
        Change::points(percentage(&totals), percentage(&previous), format::share(previous.errors, previous.requests))
    });
    let tokens = figure(
        format::tokens(totals.response_tokens),
        format!(
            "{} tokens, estimated; {} bytes",
            format::count(totals.response_tokens),
            format::count(totals.response_bytes)
        ),
        requests_href(&all),
    );
    let larger = Change::relative(
        totals.response_tokens as f64,
        previous.response_tokens as f64,
        format::tokens(previous.response_tokens),
    );
    let estimated = format!("estimated; {}", format::bytes(totals.response_bytes));
    view! {
        <section aria-labelledby="figures">
            <h2 id="figures" class="visually-hidden">
                {format!("Figures of the last {}, compared with the {} before", range.as_str(), range.as_str())}
            </h2>
            <ul class="tiles">
                <Tile name="Connected now" figure=connected(active_sessions, idle_sessions) instead="without probes" />
                <Tile name="Requests" figure=requests change=more course=course(|bucket| Some(total(bucket) as f64)) />
                <Tile name="Error rate" figure=errors change=worse course=course(error_rate) />
                {latency("p50", totals.p50_ms, previous.p50_ms, &all, course(|bucket| bucket.p50_ms))}
                {latency("p95", totals.p95_ms, previous.p95_ms, &all, course(|bucket| bucket.p95_ms))}
                {latency("p99", totals.p99_ms, previous.p99_ms, &all, course(|bucket| bucket.p99_ms))}
                <Tile
                    name="Tokens returned"
                    figure=tokens
                    change=larger
                    note=estimated
                    course=course(|bucket| Some(bucket.response_tokens as f64))
                />
            </ul>
        </section>
    }
}

fn figure(value: String, exact: String, href: String) -> AnyView {
    view! { <a href=href title=exact>{value}</a> }.into_any()
}

fn connected(active: u64, idle: u64) -> AnyView {
    let href = |presence| sessions_href(&SessionFilter { presence: Some(presence), ..SessionFilter::default() });
    view! {
        <a href=href(Presence::Active)>
            {format::short_count(active)} <small>" live"</small>
        </a>
        " "
        <a href=href(Presence::Idle)>
            {format::short_count(idle)} <small>" idle"</small>
        </a>
    }
    .into_any()
}

/// Leads to the requests that took at least so long.
fn latency(
    name: &'static str,
    now: Option<f64>,
    before: Option<f64>,
    all: &RequestFilter,
    course: Vec<Option<f64>>,
) -> impl IntoView + use<> {
    let change = now.zip(before).and_then(|(now, before)| Change::relative(now, before, format::duration(before)));
    let shown = match now {
        Some(ms) => {
            let slow = RequestFilter { min_ms: Some(floor(ms)), ..all.clone() };
            figure(format::duration(ms), format!("{ms} ms"), requests_href(&slow))
        }
        None => view! { <span class="none">"–"</span> }.into_any(),
    };
    view! { <Tile name=name figure=shown change=change course=course /> }
}

/// To the microsecond below, so that the request at the quantile itself is among those it leads to.
fn floor(ms: f64) -> f64 {
    (ms * 1_000.0).floor() / 1_000.0
}

fn total(bucket: &Bucket) -> u64 {
    bucket.outcomes.iter().map(|(_, count)| count).sum()
}

fn error_rate(bucket: &Bucket) -> Option<f64> {
    let errors: u64 = bucket.outcomes.iter().filter(|(outcome, _)| outcome.is_error()).map(|(_, count)| count).sum();
    let total = total(bucket);
    (total > 0).then(|| errors as f64 / total as f64)
}

fn percentage(totals: &Totals) -> f64 {
    totals.errors as f64 * 100.0 / totals.requests.max(1) as f64
}
