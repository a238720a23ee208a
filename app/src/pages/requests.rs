//! `/requests`: every request, and filters to find some.

use crate::components::title::PageTitle;
use crate::{
    api,
    components::{
        fields::{Check, Choice, FilterForm, TextField},
        pager::Pager,
        ranges::RangeLinks,
        report::{report, show},
        request_table::RequestTable,
        states::{ConnectFirst, NothingMatches},
    },
    format,
    query::{self, requests_href},
    reports::{Outcome, RequestFilter, RequestPage, TimeRange},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list of requests.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = move || query::request_filter(&query.read());
    let requests =
        report(filter, |filter: RequestFilter| async move { Ok((filter.clone(), api::requests(filter).await?)) });
    view! {
        <PageTitle text="Requests" />
        {show(requests, |(filter, page)| view! { <RequestsBody filter=filter page=page /> })}
    }
}

#[component]
fn RequestsBody(filter: RequestFilter, page: RequestPage) -> impl IntoView {
    let first = RequestFilter { before: None, ..filter.clone() };
    let filtered = first != RequestFilter { range: first.range, ..RequestFilter::default() };
    let never = page.rows.is_empty() && first == RequestFilter::default() && filter.before.is_none();
    let clear = requests_href(&RequestFilter { range: first.range, ..RequestFilter::default() });
    let older = page.next.clone().map(|before| requests_href(&RequestFilter { before: Some(before), ..first.clone() }));
    let newest = filter.before.is_some().then(|| requests_href(&first));
    let list = if never {
        view! { <ConnectFirst /> }.into_any()
    } else if page.rows.is_empty() {
        view! { <NothingMatches what="requests" clear=requests_href(&RequestFilter::default()) /> }.into_any()
    } else {
        view! { <RequestTable caption="Requests" rows=page.rows.clone() now=page.now /> }.into_any()
    };
    let of_range = {
        let first = first.clone();
        move |range| requests_href(&RequestFilter { range, ..first.clone() })
    };
    view! {
        <div class="page-head">
            <h1>"Requests"</h1>
            <p class="total">{format::counted(page.total, "request")}</p>
            <RangeLinks chosen=filter.range with_all=true href=of_range />
        </div>
        <Filters page=page filter=first clear=filtered.then_some(clear) />
        {list}
        <Pager newest=newest older=older />
    }
}

/// Every filter there is; the range is kept beside them.
#[component]
fn Filters(filter: RequestFilter, page: RequestPage, clear: Option<String>) -> impl IntoView {
    let named = |names: Vec<String>| names.into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>();
    let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str().to_owned(), outcome.label().to_owned())).to_vec();
    view! {
        <FilterForm action="/requests" label="Filter requests" clear=clear>
            {filter.range.map(TimeRange::as_str).map(|range| view! { <input type="hidden" name="range" value=range /> })}
            <TextField name="text" label="Error text" value=filter.text kind="search" hint="in the message" first=true />
            <Choice name="tool" label="Tool" any="any" options=named(page.tools) chosen=filter.tool />
            <Choice name="method" label="Method" any="any" options=named(page.methods) chosen=filter.method />
            <Choice name="client" label="Client" any="any" options=named(page.clients) chosen=filter.client />
            <Choice
                name="outcome"
                label="Outcome"
                any="any"
                options=outcomes
                chosen=filter.outcome.map(|outcome| outcome.as_str().to_owned())
            />
            <TextField name="error_code" label="JSON-RPC code" value=filter.error_code.map(|code| code.to_string()) hint="-32602" />
            <TextField
                name="min_ms"
                label="At least, ms"
                kind="number"
                hint="0"
                value=filter.min_ms.map(|ms| ms.to_string())
            />
            <TextField name="session" label="Session" value=filter.session hint="its id" />
            <Check name="errors_only" label="Only errors" checked=filter.errors_only />
        </FilterForm>
    }
}
