//! `/requests/{id}`: one request.

use crate::components::title::PageTitle;
use crate::{
    api::{self, PageError},
    components::{
        captured::CapturedJson,
        facts::{Fact, Facts, code, text},
        marks::{ClientMark, OutcomeMark},
        report::{report, show},
        time::Exact,
    },
    format,
    query::{request_href, requests_href, session_href},
    reports::{RequestDetail, RequestFilter, RequestRow},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One request.
#[component]
pub fn RequestPage() -> impl IntoView {
    let params = use_params_map();
    let request = report(move || Ok(params.read().get("id").unwrap_or_default()), fetch);
    view! { {show(request, |request| view! { <RequestBody detail=request /> })} }
}

async fn fetch(id: String) -> Result<RequestDetail, PageError> {
    api::request(id).await?.ok_or_else(|| PageError::NotFound("request".to_owned()))
}

#[component]
fn RequestBody(detail: RequestDetail) -> impl IntoView {
    let RequestRow {
        id,
        outcome,
        error_code,
        timestamp,
        duration_ms,
        request_bytes,
        response_bytes,
        response_tokens,
        ..
    } = detail.request.clone();
    let subject = detail.request.subject();
    let error = (detail.error_message.is_some() || outcome.is_error()).then(|| {
        view! { <Failure code=error_code message=detail.error_message.clone() /> }
    });
    let status = detail.http_status.map_or_else(|| "none: the client was gone".to_owned(), |status| status.to_string());
    let exact = |bytes: u64| text(format!("{} ({} bytes)", format::bytes(bytes), format::count(bytes)));
    view! {
        <PageTitle text=format!("{subject}: request") />
        <div class="page-head" data-request-id=id.clone()>
            <h1>{subject}</h1>
            <OutcomeMark outcome=outcome />
            <Neighbours previous=detail.previous.clone() next=detail.next.clone() />
        </div>
        {error}
        <Facts>
            <Fact name="Duration" value=text(format::duration(duration_ms)) />
            <Fact name="Started" value=Some(view! { <Exact time=timestamp /> }.into_any()) />
            <Fact name="Asked" value=exact(request_bytes) />
            <Fact name="Answered" value=exact(response_bytes) />
            <Fact name="Tokens returned" value=response_tokens.map(tokens) />
            <Fact name="HTTP status" value=text(status) />
            <Fact name="Method" value=Some(method(&detail.request)) />
            <Fact name="Tool" value=detail.request.tool_name.as_deref().map(tool) />
            <Fact name="Client" value=client(&detail.request) />
            <Fact name="Session" value=detail.request.session_id.clone().map(session) />
            <Fact name="JSON-RPC id" value=code(detail.rpc_id) />
            <Fact name="Protocol" value=code(detail.protocol_version) />
            <Fact name="Conversation" value=code(detail.conversation_id) />
            <Fact name="Turn" value=code(detail.turn_id) />
            <Fact name="Trace" value=code(detail.trace_id) />
            <Fact name="Server" value=text(detail.server_instance) />
            <Fact name="Request" value=code(Some(id)) />
        </Facts>
        <CapturedJson id="arguments" title="Arguments" captured=detail.arguments />
        <CapturedJson id="result" title="Result" captured=detail.result />
    }
}

/// What went wrong, as it was answered.
#[component]
fn Failure(code: Option<i64>, message: Option<String>) -> impl IntoView {
    view! {
        <section class="failure" aria-labelledby="error">
            <h2 id="error">
                "Error"
                {code.map(|code| view! { " " <span class="code">{code}</span> })}
            </h2>
            <p>{message.unwrap_or_else(|| "No message was recorded.".to_owned())}</p>
        </section>
    }
}

/// The requests before and after it in its session.
#[component]
fn Neighbours(previous: Option<String>, next: Option<String>) -> impl IntoView {
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="neighbours" aria-label="In the same session">
                {previous.map(|id| view! { <a class="button" rel="prev" href=request_href(&id)>"Previous"</a> })}
                {next.map(|id| view! { <a class="button" rel="next" href=request_href(&id)>"Next"</a> })}
            </nav>
        }
    })
}

/// What the result costs the client's context.
fn tokens(count: u32) -> AnyView {
    format!("{}, estimated", format::tokens(count.into())).into_any()
}

fn method(row: &RequestRow) -> AnyView {
    let filter = RequestFilter { method: Some(row.method.clone()), ..RequestFilter::default() };
    view! { <a href=requests_href(&filter)>{row.method.clone()}</a> }.into_any()
}

fn tool(name: &str) -> AnyView {
    let filter = RequestFilter { tool: Some(name.to_owned()), ..RequestFilter::default() };
    view! { <a href=requests_href(&filter)>{name.to_owned()}</a> }.into_any()
}

fn client(row: &RequestRow) -> Option<AnyView> {
    let name = row.client_type.clone()?;
    let filter = RequestFilter { client: Some(name.clone()), ..RequestFilter::default() };
    let link = view! {
        <a class="client" href=requests_href(&filter)>
            <ClientMark name=name.clone() />
            <span class="name">{name}</span>
        </a>
    };
    Some(link.into_any())
}

fn session(id: String) -> AnyView {
    let href = session_href(&id);
    view! {
        <a href=href>
            <code>{id}</code>
        </a>
    }
    .into_any()
}
