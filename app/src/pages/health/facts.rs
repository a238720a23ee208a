//! How long what is kept, and which server this is.

use crate::{
    components::{
        facts::{Fact, Facts, code, text},
        time::Exact,
    },
    format,
    reports::{DatabaseHealth, Retention},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// How long what is kept; nothing when nothing is said of it.
#[component]
pub fn RetentionSection(retention: Retention) -> impl IntoView {
    (retention != Retention::default()).then(|| {
        let Retention { requests, payloads, sessions, minute_buckets, hour_buckets } = retention;
        view! {
            <section aria-labelledby="retention">
                <div class="section-head">
                    <h2 id="retention">"Kept for"</h2>
                    <p class="hint">"What is older is deleted."</p>
                </div>
                <Facts>
                    <Fact name="Requests" value=kept(requests) />
                    <Fact name="Arguments and results" value=kept(payloads) />
                    <Fact name="Sessions that have ended" value=kept(sessions) />
                    <Fact name="Figures by the minute" value=kept(minute_buckets) />
                    <Fact name="Figures by the hour" value=kept(hour_buckets) />
                </Facts>
            </section>
        }
    })
}

fn kept(seconds: u64) -> Option<AnyView> {
    (seconds > 0).then(|| format::duration(seconds as f64 * 1e3)).and_then(text)
}

/// Which server this is, and since when.
#[component]
pub fn ServerSection(
    version: String,
    started_at: DateTime<Utc>,
    now: DateTime<Utc>,
    database: DatabaseHealth,
    tracked: bool,
) -> impl IntoView {
    let answers = if database.answers { "answers" } else { "does not answer" };
    view! {
        <section aria-labelledby="server">
            <div class="section-head">
                <h2 id="server">"Server"</h2>
            </div>
            <Facts>
                <Fact name="Version" value=code(Some(version)) />
                <Fact name="Started" value=Some(view! { <Exact time=started_at /> }.into_any()) />
                <Fact name="Running for" value=text(format::span(started_at, now)) />
                <Fact name="Database" value=text(format!("{}, {answers}", database.engine)) />
                <Fact name="Tracking" value=text(if tracked { "on" } else { "off" }) />
            </Facts>
        </section>
    }
}
