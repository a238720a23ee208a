//! `/sessions`: who connected.

use crate::components::title::PageTitle;
use crate::{
    api,
    components::{
        fields::{Choice, FilterForm},
        kinds::Kinds,
        pager::Pager,
        report::{report, show},
        session_table::SessionTable,
        states::{ConnectFirst, NothingMatches},
    },
    format,
    query::{self, sessions_href},
    reports::{Presence, SessionFilter, SessionPage},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list of sessions.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = move || query::session_filter(&query.read());
    let sessions =
        report(filter, |filter: SessionFilter| async move { Ok((filter.clone(), api::sessions(filter).await?)) });
    view! {
        <PageTitle text="Sessions" />
        {show(sessions, |(filter, page)| view! { <SessionsBody filter=filter page=page /> })}
    }
}

#[component]
fn SessionsBody(filter: SessionFilter, page: SessionPage) -> impl IntoView {
    let SessionPage { now, rows, total, probes, clients, next } = page;
    let unfiltered = SessionFilter { probes: filter.probes, ..SessionFilter::default() };
    let filtered = filter.presence.is_some() || filter.client.is_some();
    let never = rows.is_empty() && !filtered && !filter.probes && probes == 0 && filter.before.is_none();
    let newest = filter.before.is_some().then(|| sessions_href(&SessionFilter { before: None, ..filter.clone() }));
    let older = next.map(|before| sessions_href(&SessionFilter { before: Some(before), ..filter.clone() }));
    let list = if never {
        view! { <ConnectFirst /> }.into_any()
    } else if rows.is_empty() && filtered {
        view! { <NothingMatches what="sessions" clear=sessions_href(&unfiltered) /> }.into_any()
    } else if rows.is_empty() {
        view! { <p class="nothing">"There is none."</p> }.into_any()
    } else {
        view! { <SessionTable caption="Sessions" rows=rows now=now /> }.into_any()
    };
    let what = if filter.probes { "probe" } else { "session" };
    view! {
        <div class="page-head">
            <h1>"Sessions"</h1>
            <p class="total">{format::counted(total, what)}</p>
        </div>
        <Kinds
            label="Kinds of session"
            working=sessions_href(&SessionFilter::default())
            apart=sessions_href(&SessionFilter { probes: true, ..SessionFilter::default() })
            apart_name="Probes and idle lookers"
            count=probes
            is_apart=filter.probes
        />
        <Filters clients=clients clear=filtered.then(|| sessions_href(&unfiltered)) filter=filter />
        {list}
        <Pager newest=newest older=older />
    }
}

#[component]
fn Filters(filter: SessionFilter, clients: Vec<String>, clear: Option<String>) -> impl IntoView {
    let presences = Presence::ALL.map(|presence| (presence.as_str().to_owned(), presence.label().to_owned())).to_vec();
    let clients = clients.into_iter().map(|client| (client.clone(), client)).collect();
    view! {
        <FilterForm action="/sessions" label="Filter sessions" clear=clear>
            {filter.probes.then(|| view! { <input type="hidden" name="probes" value="1" /> })}
            <Choice name="client" label="Client" any="any" options=clients chosen=filter.client first=true />
            <Choice
                name="presence"
                label="Presence"
                any="any"
                options=presences
                chosen=filter.presence.map(|presence| presence.as_str().to_owned())
            />
        </FilterForm>
    }
}
