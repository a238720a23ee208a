//! A session's errors by kind.

use crate::{
    components::marks::OutcomeMark,
    format,
    query::requests_href,
    reports::{ErrorKind, RequestFilter},
};
use leptos::prelude::*;

/// One row a kind; the count leads to the requests.
#[component]
pub fn Failures(errors: Vec<ErrorKind>, session_id: String) -> impl IntoView {
    let rows = errors
        .into_iter()
        .map(|kind| {
            let filter = RequestFilter {
                session: Some(session_id.clone()),
                outcome: Some(kind.outcome),
                error_code: kind.error_code,
                ..RequestFilter::default()
            };
            view! {
                <tr>
                    <th scope="row">
                        <OutcomeMark outcome=kind.outcome />
                    </th>
                    <td data-label="Code">{kind.error_code.map_or_else(|| "–".to_owned(), |code| code.to_string())}</td>
                    <td data-label="Requests" class="figure">
                        <a class="count" href=requests_href(&filter)>
                            {format::count(kind.count)}
                        </a>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="errors">
            <div class="section-head">
                <h2 id="errors">"Errors by kind"</h2>
            </div>
            <table class="rows kinds">
                <caption class="visually-hidden">"Errors by kind"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"JSON-RPC code"</th>
                        <th scope="col" class="figure">"Requests"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
