//! Sessions as rows.

use super::{
    marks::{ClientMark, PresenceMark},
    time::Ago,
};
use crate::{
    format,
    query::{requests_href, session_href},
    reports::{RequestFilter, SessionRow},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One row a session; the first cell links to its page. On a phone each row is a card.
#[component]
pub fn SessionTable(#[prop(into)] caption: String, rows: Vec<SessionRow>, now: DateTime<Utc>) -> impl IntoView {
    let body = rows.into_iter().map(|row| session_row(row, now)).collect_view();
    view! {
        <table class="rows sessions">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Client"</th>
                    <th scope="col">"Presence"</th>
                    <th scope="col">"Attributed by"</th>
                    <th scope="col" class="figure">"Requests"</th>
                    <th scope="col" class="figure">"Errors"</th>
                    <th scope="col" class="figure">"p95"</th>
                    <th scope="col" class="figure">"Lasted"</th>
                    <th scope="col" class="figure">"Connected"</th>
                    <th scope="col" class="figure">"Last activity"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
}

fn session_row(row: SessionRow, now: DateTime<Utc>) -> impl IntoView {
    let client = row.client();
    let all = RequestFilter { session: Some(row.session_id.clone()), ..RequestFilter::default() };
    let failed = RequestFilter { errors_only: true, ..all.clone() };
    let lasted = format::span(row.connected_at, row.disconnected_at.unwrap_or(now));
    view! {
        <tr data-session-id=row.session_id.clone()>
            <th scope="row">
                <a class="client" href=session_href(&row.session_id) title=client.clone() data-row=row.session_id.clone()>
                    <ClientMark name=client.clone() />
                    <span class="name">{client.clone()}</span>
                </a>
                {row.client_version.map(|version| view! { <span class="beside">{version}</span> })}
            </th>
            <td data-label="Presence">
                <PresenceMark presence=row.presence reason=row.disconnect_reason />
            </td>
            <td data-label="Attributed by">{row.attribution}</td>
            <td data-label="Requests" class="figure">
                <CountLink count=row.total_requests href=requests_href(&all) />
            </td>
            <td data-label="Errors" class="figure">
                <CountLink count=row.failed_requests href=requests_href(&failed) />
            </td>
            <td data-label="p95" class="figure">
                {format::optional_duration(row.p95_ms)}
            </td>
            <td data-label="Lasted" class="figure">
                {lasted}
            </td>
            <td data-label="Connected" class="figure">
                <Ago time=row.connected_at now=now />
            </td>
            <td data-label="Last activity" class="figure">
                <Ago time=row.last_activity now=now />
            </td>
        </tr>
    }
}

/// A count that leads to what it counts; nought leads nowhere.
#[component]
pub fn CountLink(count: u64, #[prop(into)] href: String) -> impl IntoView {
    let text = format::count(count);
    if count == 0 {
        view! { <span class="none">{text}</span> }.into_any()
    } else {
        view! { <a class="count" href=href>{text}</a> }.into_any()
    }
}
