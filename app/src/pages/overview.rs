//! `/`: how the endpoint does.

mod tiles;

use crate::components::title::PageTitle;
use crate::{
    api,
    charts::{latency::LatencyChart, outcomes::OutcomesChart},
    components::{
        ranges::RangeLinks,
        report::{report, show},
        request_table::RequestTable,
        session_table::SessionTable,
        states::ConnectFirst,
        tool_table::ToolTable,
    },
    query::{self, overview_href, requests_href, sessions_href},
    reports::{Overview, RequestFilter, SessionFilter},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use tiles::Tiles;

/// What the columns of the tools mean.
const TOKENS: &str = "Tokens are estimates. Per call: what one result adds to a client’s context. Definition: what \
                      listing the tool adds to the context of every client, called or not.";

/// The front page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let query = use_query_map();
    let overview = report(move || query::range(&query.read()), api::overview);
    view! {
        <PageTitle text="Overview" />
        {show(overview, |overview| view! { <OverviewBody overview=overview /> })}
    }
}

#[component]
fn OverviewBody(overview: Overview) -> impl IntoView {
    let tiles = view! { <Tiles overview=overview.clone() /> };
    let Overview { range, now, totals, buckets, top_tools, connected, newest, .. } = overview;
    let never = newest.is_empty() && connected.is_empty();
    let quiet = totals.requests == 0;
    let charts = (!never).then(|| {
        view! {
            <div class="charts">
                <OutcomesChart buckets=buckets.clone() range=range now=now />
                <LatencyChart buckets=buckets range=range now=now />
            </div>
        }
    });
    let tools = (!quiet && !top_tools.is_empty()).then(|| {
        let all =
            RequestFilter { method: Some("tools/call".to_owned()), range: Some(range), ..RequestFilter::default() };
        view! {
            <section aria-labelledby="top-tools">
                <SectionHead
                    id="top-tools"
                    title="Top tools"
                    hint=TOKENS
                    href=requests_href(&all)
                    more="All tool calls"
                />
                <ToolTable rows=top_tools range=range />
            </section>
        }
    });
    let clients = (!never).then(|| {
        view! {
            <section aria-labelledby="connected-clients">
                <SectionHead
                    id="connected-clients"
                    title="Connected clients"
                    href=sessions_href(&SessionFilter::default())
                    more="All sessions"
                />
                {if connected.is_empty() {
                    view! { <p class="nothing">"Nobody is connected now."</p> }.into_any()
                } else {
                    view! { <SessionTable caption="Connected clients" rows=connected now=now /> }.into_any()
                }}
            </section>
        }
    });
    let requests = (!newest.is_empty()).then(|| {
        view! {
            <section aria-labelledby="newest-requests">
                <SectionHead
                    id="newest-requests"
                    title="Newest requests"
                    href=requests_href(&RequestFilter::default())
                    more="All requests"
                />
                <RequestTable caption="Newest requests" rows=newest now=now />
            </section>
        }
    });
    view! {
        <div class="page-head">
            <h1>"Overview"</h1>
            <RangeLinks chosen=Some(range) href=|range| overview_href(range.unwrap_or_default()) />
        </div>
        {never.then(|| view! { <ConnectFirst /> })}
        {tiles}
        {charts}
        {requests}
        {clients}
        {tools}
    }
}

#[component]
fn SectionHead(
    id: &'static str,
    title: &'static str,
    #[prop(default = "")] hint: &'static str,
    href: String,
    more: &'static str,
) -> impl IntoView {
    view! {
        <div class="section-head">
            <h2 id=id>{title}</h2>
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
            <a href=href>{more}</a>
        </div>
    }
}
