//! `/sessions/{id}`: one session.

mod capabilities;
mod failures;

use crate::components::title::PageTitle;
use crate::{
    api::{self, PageError},
    charts::timeline::Timeline,
    components::{
        facts::{Fact, Facts, code, optional_text, text},
        marks::{ClientMark, PresenceMark},
        report::{report, show},
        request_table::RequestTable,
        time::{Ago, Exact},
    },
    format,
    query::requests_href,
    reports::{RequestFilter, SessionDetail},
};
use capabilities::Capabilities;
use failures::Failures;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One session.
#[component]
pub fn SessionPage() -> impl IntoView {
    let params = use_params_map();
    let session = report(move || Ok(params.read().get("id").unwrap_or_default()), fetch);
    view! { {show(session, |session| view! { <SessionBody detail=session /> })} }
}

async fn fetch(id: String) -> Result<SessionDetail, PageError> {
    api::session(id).await?.ok_or_else(|| PageError::NotFound("session".to_owned()))
}

#[component]
fn SessionBody(detail: SessionDetail) -> impl IntoView {
    let head = view! { <Identity detail=detail.clone() /> };
    let SessionDetail { now, session, requests, errors, .. } = detail;
    let all = RequestFilter { session: Some(session.session_id.clone()), ..RequestFilter::default() };
    let shown = requests.len() as u64;
    let note = (shown < session.total_requests)
        .then(|| format!("the newest {} of {}", format::count(shown), format::count(session.total_requests)));
    let rows: Vec<_> = requests.iter().map(|detail| detail.request.clone()).collect();
    let body = if requests.is_empty() {
        view! { <p class="nothing">"It has asked for nothing yet."</p> }.into_any()
    } else {
        view! {
            <section aria-labelledby="timeline">
                <div class="section-head">
                    <h2 id="timeline">"Timeline"</h2>
                    <p class="hint">"A bar is a request; hollow ones failed. Dotted lines cut long waits short."</p>
                </div>
                <Timeline requests=requests />
            </section>
            {(!errors.is_empty()).then(|| view! { <Failures errors=errors session_id=session.session_id.clone() /> })}
            <section aria-labelledby="requests">
                <div class="section-head">
                    <h2 id="requests">"Requests"</h2>
                    {note.map(|note| view! { <p class="hint">{note}</p> })}
                    <a href=requests_href(&all)>"All of its requests"</a>
                </div>
                <RequestTable caption="Requests of this session" rows=rows now=now of_one_session=true />
            </section>
        }
        .into_any()
    };
    view! {
        {head}
        {body}
    }
}

/// Who it is, and what is known of it.
#[component]
fn Identity(detail: SessionDetail) -> impl IntoView {
    let SessionDetail { now, session, client_capabilities, peer, server_instance, .. } = detail;
    let client = session.client();
    let lasted = format::span(session.connected_at, session.disconnected_at.unwrap_or(now));
    let all = RequestFilter { session: Some(session.session_id.clone()), ..RequestFilter::default() };
    let failed = RequestFilter { errors_only: true, ..all.clone() };
    let counted = |count, noun, filter: &RequestFilter| {
        view! { <a href=requests_href(filter)>{format::counted(count, noun)}</a> }.into_any()
    };
    let named = session.client_name.clone().filter(|name| *name != client);
    let attribution = match session.attribution.as_str() {
        "transport" => "the session id of the transport",
        "conversation" => "the conversation id that the client sends",
        "trace" => "the trace that the client sends",
        "window" => "same client and address within a window of time",
        other => other,
    }
    .to_owned();
    view! {
        <PageTitle text=format!("{client}: session") />
        <div class="page-head" data-session-id=session.session_id.clone()>
            <h1 class="with-mark">
                <ClientMark name=client.clone() />
                <span>{client}</span>
            </h1>
            <PresenceMark presence=session.presence reason=session.disconnect_reason.clone() />
            <p class="total">"last active " <Ago time=session.last_activity now=now /></p>
        </div>
        <Facts>
            <Fact name="Names itself" value=code(named) />
            <Fact name="Version" value=code(session.client_version) />
            <Fact name="Protocol" value=code(session.protocol_version) />
            <Fact name="Requests" value=Some(counted(session.total_requests, "request", &all)) />
            <Fact name="Errors" value=Some(counted(session.failed_requests, "error", &failed)) />
            <Fact name="p95" value=text(format::optional_duration(session.p95_ms)) />
            <Fact name="Connected" value=Some(view! { <Exact time=session.connected_at /> }.into_any()) />
            <Fact name="Last activity" value=Some(view! { <Exact time=session.last_activity /> }.into_any()) />
            <Fact
                name="Disconnected"
                value=session.disconnected_at.map(|time| view! { <Exact time=time /> }.into_any())
            />
            <Fact name="Lasted" value=text(lasted) />
            <Fact name="Attributed by" value=text(attribution) />
            <Fact name="Session" value=code(Some(session.session_id)) />
            <Fact name="User agent" value=code(session.user_agent) />
            <Fact name="Peer" value=code(peer) />
            <Fact name="Server" value=optional_text(Some(server_instance)) />
            <Fact
                name="Can do"
                value=client_capabilities.map(|json| view! { <Capabilities json=json /> }.into_any())
            />
        </Facts>
    }
}
