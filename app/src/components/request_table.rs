//! Requests as rows.

use super::{
    marks::{ClientMark, OutcomeMark},
    time::Ago,
};
use crate::{
    format,
    query::{request_href, session_href},
    reports::RequestRow,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One row a request; the first cell links to its page. On a phone each row is a card.
#[component]
pub fn RequestTable(
    /// What the table holds, for those who do not see where it stands.
    #[prop(into)]
    caption: String,
    rows: Vec<RequestRow>,
    now: DateTime<Utc>,
    /// Leaves out who asked, where the page is about one session.
    #[prop(optional)]
    of_one_session: bool,
) -> impl IntoView {
    let body = rows.into_iter().map(|row| request_row(row, now, of_one_session)).collect_view();
    view! {
        <table class="rows requests">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Request"</th>
                    <th scope="col">"Outcome"</th>
                    {(!of_one_session).then(|| view! { <th scope="col">"Client"</th> })}
                    <th scope="col" class="figure">"Duration"</th>
                    <th scope="col" class="figure answer">"Answer"</th>
                    <th scope="col" class="figure">"Tokens"</th>
                    <th scope="col" class="figure">"Started"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn request_row(row: RequestRow, now: DateTime<Utc>, of_one_session: bool) -> impl IntoView {
    let subject = row.subject();
    let method = row.tool_name.is_some().then(|| row.method.clone());
    let client = (!of_one_session).then(|| client_cell(row.client_type.clone(), row.session_id.clone()));
    view! {
        <tr data-request-id=row.id.clone()>
            <th scope="row">
                <a class="name" href=request_href(&row.id) title=subject.clone() data-row=row.id.clone()>
                    {subject.clone()}
                </a>
                {method.map(|method| view! { <span class="beside">{method}</span> })}
            </th>
            <td data-label="Outcome">
                <OutcomeMark outcome=row.outcome code=row.error_code />
            </td>
            {client}
            <td data-label="Duration" class="figure">
                {format::duration(row.duration_ms)}
            </td>
            <td data-label="Answer" class="figure answer">
                {format::bytes(row.response_bytes)}
            </td>
            <td data-label="Tokens" class="figure">
                {row.response_tokens.map_or_else(|| "–".to_owned(), |tokens| format::tokens(tokens.into()))}
            </td>
            <td data-label="Started" class="figure">
                <Ago time=row.timestamp now=now />
            </td>
        </tr>
    }
}

/// The client, with the way to its session; a refused request belongs to none.
fn client_cell(client: Option<String>, session: Option<String>) -> impl IntoView {
    let name = client.unwrap_or_else(|| "Unknown client".to_owned());
    let shown = match session {
        Some(id) => view! {
            <a class="client" href=session_href(&id) title=name.clone()>
                <ClientMark name=name.clone() />
                <span class="name">{name.clone()}</span>
            </a>
        }
        .into_any(),
        None => view! { <span class="none">"no session"</span> }.into_any(),
    };
    view! { <td data-label="Client">{shown}</td> }
}
